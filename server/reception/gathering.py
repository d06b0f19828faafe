"""Who is in the intake: the card that was tapped, the household from the core, people entered by hand.

Nobody is taken to be somebody else: the holder of a card, the one who files and those whose record changes
are three persons until staff say that they are one.
"""

from typing import Any

from core_adapter.models import Household
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.protection.rules import worst
from server.queue import card_reads
from server.queue.models import CardRead
from server.reception import facts, known, people
from server.reception.models import Reception
from server.reception.service import ProtectedError, changed
from server.reception.states import move


def card_of(unit: Unit, ctx: Context, reception: Reception) -> CardRead | None:
    """The newest successful card read that belongs to this intake or its ticket."""
    reads = card_reads.waiting_for(unit, ctx, reception.ticket_id, reception.id)
    return next((read for read in reads if read.outcome == "read"), None)


def attach_card(
    unit: Unit,
    ctx: Context,
    vault: Vault,
    reception: Reception,
    key: DataKey,
    read: CardRead,
    matched_by: str,
) -> card_reads.CardText:
    """Staff have matched the person in front of them with the card: its text becomes facts of the bearer."""
    text = card_reads.text_of(unit, ctx, vault, read)
    if read.attached_at is None:
        card_reads.attach(unit, ctx, read, reception.id)
        record(
            unit,
            ctx,
            "card.attached",
            reception.id,
            key=key,
            card_read=read.id,
            matched_by=matched_by,
            name=text.name,
        )
        facts.put(unit, ctx, key, reception.id, "card", vars(text), source="card", confirmed_by=ctx.actor)
        reception.version += 1
        unit.add(reception)
        changed(unit, reception)
    return text


def refer_to_supervisor(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, household_id: str, resident_id: str
) -> None:
    """The household found has a protected member: keep who was meant, and stop before any prefill."""
    facts.put(unit, ctx, key, reception.id, "chosen_resident", [household_id, resident_id], source="staff")
    if reception.protection != "yes":
        reception.protection = "yes"
        record(unit, ctx, "protection.referred", reception.id, reason="protected_household")
    reception.version += 1
    unit.add(reception)
    changed(unit, reception)


def release(unit: Unit, ctx: Context, reception: Reception, reason: str) -> None:
    """A supervisor who is not the clerk of this intake allows it to go on."""
    if ctx.role != "supervisor" or ctx.actor == reception.staff_id:
        raise ProtectedError
    reception.released_by = ctx.actor
    reception.version += 1
    unit.add(reception)
    record(unit, ctx, "protection.released", reception.id, reason=reason)
    changed(unit, reception)


def take_household(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, household: Household, bearer_id: str | None
) -> None:
    """Take everybody of `household` in, with what the core knows of them.

    Raises ProtectedError for a protected household that no supervisor has released.
    """
    flag = worst([member.protection for member in household.members])
    if flag == "yes" and reception.released_by is None:
        raise ProtectedError
    move(reception, "gather")
    people.clear(unit, reception.id)
    facts.withdraw(unit, reception.id, source="core")
    card = facts.read(unit, key, reception.id).value("", "card")
    for position, member in enumerate(household.members):
        person = people.add_resident(unit, ctx, key, reception, position, member)
        facts.put_many(
            unit,
            ctx,
            key,
            reception.id,
            person.id,
            "core",
            known.register_facts(member) | known.rule_facts(member),
            as_of=household.as_of,
        )
        if member.birth.value is None:
            facts.put(
                unit,
                ctx,
                key,
                reception.id,
                "birth",
                None,
                source="core",
                person_id=person.id,
                unknown=True,
                as_of=household.as_of,
            )
        facts.put(unit, ctx, key, reception.id, "moves", True, source="derived", person_id=person.id)
        if member.resident_id == bearer_id:
            reception.bearer_person_id = person.id
            if reception.relation == "self" or reception.filer_person_id is None:
                reception.filer_person_id = person.id
            if card:
                _card_facts(unit, ctx, key, reception, person.id, card)
    reception.protection, reception.core_as_of, reception.gathered_from = flag, household.as_of, "core"
    unit.add(reception)
    record(
        unit,
        ctx,
        "reception.gathered",
        reception.id,
        key=key,
        members=len(household.members),
        as_of=household.as_of.isoformat(),
        protection=flag,
        residents=[m.resident_id for m in household.members],
    )
    changed(unit, reception)


def enter_person(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, entered: dict[str, Any], *, origin: str
) -> str:
    """Take in somebody without the core: name, birth (YYYY-MM-DD), sex, relationship, from mouth or card."""
    move(reception, "gather")
    reception.gathered_from = reception.gathered_from or origin
    position = len(people.read(unit, key, reception.id))
    person = people.add_entered(unit, ctx, key, reception, position, entered, origin)
    source = "card" if origin == "card" else "resident"
    shown = {name: entered.get(name) for name in ("name", "kana", "birth", "sex", "relationship", "address")}
    facts.put_many(unit, ctx, key, reception.id, person.id, source, {k: v for k, v in shown.items() if v})
    facts.put_many(
        unit,
        ctx,
        key,
        reception.id,
        person.id,
        source,
        {"rel": entered["relationship"].split("の"), "is_head": entered["relationship"] == "世帯主"},
    )
    facts.put(unit, ctx, key, reception.id, "moves", True, source="derived", person_id=person.id)
    if origin == "card":
        reception.bearer_person_id = person.id
        facts.put_many(
            unit, ctx, key, reception.id, person.id, "card", {"mnc": "held", "mnc_pin4_known": True}
        )
        if reception.relation == "self":
            reception.filer_person_id = person.id
    unit.add(reception)
    record(
        unit,
        ctx,
        "reception.person_added",
        reception.id,
        key=key,
        person=person.id,
        name=entered["name"],
        birth=entered.get("birth"),
    )
    changed(unit, reception)
    return person.id


def _card_facts(
    unit: Unit, ctx: Context, key: DataKey, reception: Reception, person_id: str, card: dict[str, str]
) -> None:
    birth = card["birth"]
    facts.put_many(
        unit,
        ctx,
        key,
        reception.id,
        person_id,
        "card",
        {
            "name": card["name"],
            "address": card["address"],
            "birth": f"{birth[:4]}-{birth[4:6]}-{birth[6:]}",
            "sex": card["sex"],
            "mnc": "held",
            "mnc_pin4_known": True,
        },
    )
