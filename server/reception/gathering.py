"""Who is in the intake: the card that was tapped, the household from the core, people entered by hand.

Nobody is taken to be somebody else: the holder of a card, the one who files and those whose record changes
are three persons until staff say that they are one.
"""

from datetime import timedelta
from typing import Any

from core_adapter.models import Household
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.kit.clock import today
from server.kit.machine import NotNowError
from server.protection.rules import worst
from server.queue import card_reads
from server.queue.card_reads import CardText
from server.queue.models import CardRead
from server.reception import facts, known, people, prefill
from server.reception.life_events import date_fact
from server.reception.models import Reception
from server.reception.service import ProtectedError, changed
from server.reception.states import MACHINE, move


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
    """Staff have matched the person in front of them with the card; from now on it belongs to this intake.

    The same read again changes nothing. Raises NotNowError, KeyDestroyedError.
    """
    text = card_reads.text_of(unit, ctx, vault, read)
    if read.attached_at is None:
        move(reception, "attach")
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
        unit.add(reception)
        changed(unit, reception)
    return text


def check_searchable(reception: Reception) -> None:
    """Residents are looked for only in an intake that still needs somebody. Raises NotNowError."""
    MACHINE.next(reception.state, "search")


def refer_to_supervisor(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, household_id: str, resident_id: str
) -> None:
    """The household found has a protected member: keep who was meant, and stop before any prefill.

    What a supervisor allowed before was another household. Raises NotNowError.
    """
    move(reception, "refer")
    facts.put(unit, ctx, key, reception.id, "chosen_resident", [household_id, resident_id], source="staff")
    reception.protection, reception.released_by = "yes", None
    unit.add(reception)
    record(unit, ctx, "protection.referred", reception.id, reason="protected_household")
    changed(unit, reception)


def release(unit: Unit, ctx: Context, reception: Reception, key: DataKey, reason: str) -> None:
    """A supervisor allows the household that was referred to be taken in: that one and no other.

    Raises ProtectedError for whoever is no supervisor, opened this intake or chose the household: two people
    are needed. Raises NotNowError when nothing waits for it.
    """
    chosen_by = facts.said_by(unit, reception.id, "chosen_resident")
    if ctx.role != "supervisor" or ctx.actor in (reception.staff_id, chosen_by):
        raise ProtectedError
    if chosen_by is None or reception.protection != "yes":
        raise NotNowError("reception", "release", reception.state)
    move(reception, "release")
    reception.released_by = ctx.actor
    unit.add(reception)
    record(unit, ctx, "protection.released", reception.id, key=key, reason=reason)
    changed(unit, reception)


def is_allowed(unit: Unit, reception: Reception, key: DataKey, household: Household) -> bool:
    """Whether this household may be taken in: nobody of it is protected, or a supervisor has allowed it."""
    if worst([member.protection for member in household.members]) != "yes":
        return True
    chosen = facts.read(unit, key, reception.id).value("", "chosen_resident")
    return reception.released_by is not None and bool(chosen) and chosen[0] == household.household_id


def take_household(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, household: Household, chosen_id: str
) -> None:
    """Take everybody of `household` in, with what the core knows of them; `chosen_id` is who was looked for.

    Whoever the card names gets what it says, and nobody else. Raises ProtectedError for a protected household
    that no supervisor has released, NotNowError.
    """
    if not is_allowed(unit, reception, key, household):
        raise ProtectedError
    move(reception, "gather")
    people.clear(unit, reception.id)
    facts.withdraw(unit, reception.id, source="core")
    facts.put(
        unit,
        ctx,
        key,
        reception.id,
        "chosen_resident",
        [household.household_id, chosen_id],
        source="staff",
    )
    reception.filer_person_id = reception.bearer_person_id = None
    card = _card_of(unit, key, reception)
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
        tapped = card is not None and prefill.names(card, member)
        if card is not None and tapped:
            reception.bearer_person_id = person.id
            _card_facts(unit, ctx, key, reception, person.id, card)
        if (reception.relation == "self" and member.resident_id == chosen_id) or (
            reception.relation == "member" and tapped
        ):
            reception.filer_person_id = person.id
    flag = worst([member.protection for member in household.members])
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
    """Take in somebody without the core: name, kana, birth (as a partial date), sex, relationship, address.

    `origin` is card or entered. Returns the person's id. Raises NotNowError.
    """
    move(reception, "gather")
    reception.gathered_from = reception.gathered_from or origin
    position = max((one.position for one in people.read(unit, key, reception.id)), default=-1) + 1
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
    if "BIRTH" in reception.events.split(",") and _was_just_born(entered.get("birth")):
        facts.put(unit, ctx, key, reception.id, "newborn", True, source="derived", person_id=person.id)
        born = date_fact("BIRTH", reception.events.startswith("BIRTH"))
        facts.put(unit, ctx, key, reception.id, born, entered["birth"], source="derived")
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


def remove_person(unit: Unit, ctx: Context, reception: Reception, key: DataKey, person_id: str) -> None:
    """Take out somebody who was entered by hand, to be entered anew or not at all.

    Raises NotThereError for anybody else: whom the core has in the household is in it. Raises NotNowError.
    """
    found = [one for one in people.read(unit, key, reception.id) if one.person_id == person_id]
    if not found or found[0].resident is not None:
        raise NotThereError("Person")
    move(reception, "edit")
    people.remove(unit, reception.id, person_id)
    facts.withdraw(unit, reception.id, person_id=person_id)
    if reception.filer_person_id == person_id:
        reception.filer_person_id = None
    if reception.bearer_person_id == person_id:
        reception.bearer_person_id = None
    unit.add(reception)
    record(unit, ctx, "reception.person_removed", reception.id, person=person_id)
    changed(unit, reception)


def _was_just_born(birth: str | None) -> bool:
    """Whether somebody entered for a birth is the child: born within three months, the longest term."""
    return bool(birth) and str(birth) >= (today() - timedelta(days=92)).isoformat()


def _card_of(unit: Unit, key: DataKey, reception: Reception) -> CardText | None:
    """What the attached card said."""
    said = facts.read(unit, key, reception.id).value("", "card")
    return CardText(**said) if said else None


def _card_facts(
    unit: Unit, ctx: Context, key: DataKey, reception: Reception, person_id: str, card: CardText
) -> None:
    facts.put_many(
        unit,
        ctx,
        key,
        reception.id,
        person_id,
        "card",
        {
            "name": card.name,
            "address": card.address,
            "birth": card.born,
            "sex": card.sex,
            "mnc": "held",
            "mnc_pin4_known": True,
        },
    )
