"""Verbs of the intake up to the signature: open, identify, gather, settle facts, hold and return items."""

from datetime import datetime
from typing import Any

from sqlmodel import col, select

from core_adapter.models import Household
from server.db.context import Context
from server.db.uow import NotThereError, Unit, one_of
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.kit.clock import jst, now
from server.print_jobs import service as print_jobs
from server.protection.rules import worst
from server.queue import card_reads
from server.queue import service as queue
from server.queue.models import CardRead, Ticket
from server.reception import facts, known, people
from server.reception.models import HeldItem, PreparedIntake, Reception
from server.reception.states import move
from server.reception.towns import TownDirectory

RELATIONS = ("self", "member", "legal_representative", "agent", "messenger")
IDENTITY_METHODS = ("my_number_card", "photo_document", "two_documents", "acquaintance")
ITEM_KINDS = ("my_number_card", "residence_card", "insurance", "certificate", "other")


class StaleScreenError(RuntimeError):
    """Somebody changed the reception after this screen was drawn."""


class ProtectedError(PermissionError):
    """A member of the household is protected: a supervisor must allow it first."""


class ItemsHeldError(RuntimeError):
    """Something of the resident's is still here."""


def open_reception(
    unit: Unit, ctx: Context, vault: Vault, ticket_id: str | None, kind: str, desk: str, language: str = "ja"
) -> Reception:
    """Start an intake, from a called ticket (which is served from now on) or without one."""
    if ticket_id is not None:
        ticket = one_of(unit, Ticket, ctx.tenant_id, ticket_id, lock=True)
        known_one = unit.first(
            select(Reception).where(Reception.ticket_id == ticket_id, Reception.state != "abandoned")
        )
        if known_one is not None:
            return known_one
        queue.serve(unit, ctx.at_desk(desk), ticket.id)
        language = ticket.language
    key = vault.new_key(unit, ctx, "reception")
    at = now()
    reception = Reception(
        tenant_id="",
        site_id="",
        number=_number(unit, ctx, at),
        kind=kind,
        ticket_id=ticket_id,
        desk=desk,
        staff_id=ctx.actor,
        language=language,
        key_id=key.id,
        opened_at=at,
    )
    unit.add(ctx.stamp(reception))
    record(unit, ctx, "reception.opened", reception.id, kind=kind, ticket=ticket_id)
    return reception


def locked(
    unit: Unit, ctx: Context, vault: Vault, reception_id: str, version: int | None = None
) -> tuple[Reception, DataKey]:
    """The reception held for writing, and its key.

    `version` is the one the screen shows; a newer one in the database raises StaleScreenError.
    """
    reception = one_of(unit, Reception, ctx.tenant_id, reception_id, lock=True)
    if version is not None and version != reception.version:
        raise StaleScreenError(reception_id)
    return reception, vault.key(unit, ctx, reception.key_id)


def opened(unit: Unit, ctx: Context, vault: Vault, reception_id: str) -> tuple[Reception, DataKey]:
    """The reception for reading, and its key. Raises NotThereError, KeyDestroyedError."""
    reception = one_of(unit, Reception, ctx.tenant_id, reception_id)
    return reception, vault.key(unit, ctx, reception.key_id)


def identify(
    unit: Unit, ctx: Context, reception: Reception, *, relation: str, method: str, documents: str
) -> None:
    """Say whose procedure it is and how the person present was identified (住基法27条2項). Kinds, never numbers."""
    if relation not in RELATIONS or method not in IDENTITY_METHODS:
        raise NotThereError("relation")
    move(reception, "identify")
    reception.relation, reception.identity_method, reception.identity_documents = relation, method, documents
    unit.add(reception)
    record(
        unit, ctx, "reception.identified", reception.id, relation=relation, method=method, documents=documents
    )
    _changed(unit, reception)


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
        _changed(unit, reception)
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
    _changed(unit, reception)


def release(unit: Unit, ctx: Context, reception: Reception, reason: str) -> None:
    """A supervisor who is not the clerk of this intake allows it to go on."""
    if ctx.role != "supervisor" or ctx.actor == reception.staff_id:
        raise ProtectedError
    reception.released_by = ctx.actor
    reception.version += 1
    unit.add(reception)
    record(unit, ctx, "protection.released", reception.id, reason=reason)
    _changed(unit, reception)


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
    _changed(unit, reception)


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
    _changed(unit, reception)
    return person.id


def set_fact(
    unit: Unit,
    ctx: Context,
    reception: Reception,
    key: DataKey,
    name: str,
    value: Any,
    *,
    person_id: str = "",
    source: str = "resident",
    unknown: bool = False,
) -> None:
    """Settle one fact as said at the counter."""
    move(reception, "edit")
    unit.add(reception)
    facts.put(
        unit,
        ctx,
        key,
        reception.id,
        name,
        value,
        source=source,
        person_id=person_id,
        unknown=unknown,
        confirmed_by=ctx.actor,
    )
    record(
        unit,
        ctx,
        "reception.fact_set",
        reception.id,
        key=key,
        name=name,
        source=source,
        person=person_id or None,
        value={"value": value, "unknown": unknown},
    )
    _changed(unit, reception)


def set_movers(unit: Unit, ctx: Context, reception: Reception, key: DataKey, chosen: set[str]) -> None:
    """Say whose record changes; everybody else of the household stays."""
    move(reception, "edit")
    unit.add(reception)
    for person in people.read(unit, key, reception.id):
        facts.put(
            unit,
            ctx,
            key,
            reception.id,
            "moves",
            person.person_id in chosen,
            source="staff",
            person_id=person.person_id,
            confirmed_by=ctx.actor,
        )
    record(
        unit,
        ctx,
        "reception.fact_set",
        reception.id,
        key=key,
        name="moves",
        source="staff",
        value=sorted(chosen),
    )
    _changed(unit, reception)


def derive_school_district(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, towns: TownDirectory
) -> None:
    """Whether the move changes the public school (学区), from the master of towns; silent while either is unknown."""
    known_facts = facts.read(unit, key, reception.id)
    new = known_facts.value("", "new_address")
    member = next((p.resident for p in people.read(unit, key, reception.id) if p.resident), None)
    if not new or member is None:
        return
    before, after = towns.find(member.address.town_code), towns.find(new["town_code"])
    if before is None or after is None:
        return
    changed = (before.elementary_school, before.junior_high_school) != (
        after.elementary_school,
        after.junior_high_school,
    )
    for person in people.read(unit, key, reception.id):
        # Whether a child then changes school is the rules' business; where nothing changes there is nothing to ask.
        facts.put(
            unit,
            ctx,
            key,
            reception.id,
            "school_district_changes",
            changed,
            source="derived",
            person_id=person.person_id,
        )


def choose_filer(unit: Unit, ctx: Context, reception: Reception, key: DataKey, person_id: str) -> None:
    """Say which member files; holder of the card, filer and subjects are separate persons."""
    if person_id not in {person.person_id for person in people.read(unit, key, reception.id)}:
        raise NotThereError("Person")
    move(reception, "edit")
    reception.filer_person_id = person_id
    unit.add(reception)
    record(unit, ctx, "reception.fact_set", reception.id, name="filer", source="staff", person=person_id)
    _changed(unit, reception)


def hold_item(unit: Unit, ctx: Context, reception: Reception, kind: str, person_id: str | None) -> HeldItem:
    """Take something in (お預かり品)."""
    if kind not in ITEM_KINDS:
        raise NotThereError("HeldItem")
    item = HeldItem(
        tenant_id="", site_id="", reception_id=reception.id, kind=kind, person_id=person_id, taken_at=now()
    )
    unit.add(ctx.stamp(item))
    reception.version += 1
    unit.add(reception)
    record(unit, ctx, "reception.item_held", reception.id, kind=kind, item=item.id)
    return item


def return_item(unit: Unit, ctx: Context, reception: Reception, item_id: str) -> None:
    """Give it back; giving it back twice changes nothing."""
    item = one_of(unit, HeldItem, ctx.tenant_id, item_id, lock=True)
    if item.reception_id != reception.id:
        raise NotThereError("HeldItem")
    if item.returned_at is None:
        item.returned_at = now()
        unit.add(item)
        reception.version += 1
        unit.add(reception)
        record(unit, ctx, "reception.item_returned", reception.id, kind=item.kind, item=item.id)


def held_items(unit: Unit, reception_id: str) -> list[HeldItem]:
    query = select(HeldItem).where(HeldItem.reception_id == reception_id)
    return unit.all(query.order_by(col(HeldItem.taken_at)))


def close(unit: Unit, ctx: Context, reception: Reception) -> None:
    """End the visit. Raises ItemsHeldError while something of the resident's is here."""
    if any(item.returned_at is None for item in held_items(unit, reception.id)):
        raise ItemsHeldError
    move(reception, "close")
    reception.closed_at = now()
    unit.add(reception)
    _finish_ticket(unit, ctx, reception)
    record(unit, ctx, "reception.closed", reception.id)
    _changed(unit, reception)


def abandon(unit: Unit, ctx: Context, vault: Vault, reception: Reception, reason: str) -> None:
    """Stop before acceptance: papers are taken back and the intake's key is destroyed."""
    if any(item.returned_at is None for item in held_items(unit, reception.id)):
        raise ItemsHeldError
    move(reception, "abandon")
    reception.closed_at = now()
    unit.add(reception)
    print_jobs.cancel(unit, ctx, reception.id, "abandoned")
    for read in card_reads.waiting_for(unit, ctx, reception.ticket_id, reception.id):
        card_reads.erase(unit, ctx, read, "abandoned")
    _finish_ticket(unit, ctx, reception)
    record(unit, ctx, "reception.abandoned", reception.id, reason=reason)
    vault.destroy(unit, ctx, reception.key_id)
    _changed(unit, reception)


def current_intake(unit: Unit, reception_id: str) -> PreparedIntake | None:
    """The prepared intake that stands."""
    query = select(PreparedIntake).where(
        PreparedIntake.reception_id == reception_id, col(PreparedIntake.dropped).is_(False)
    )
    return unit.first(query.order_by(col(PreparedIntake.at).desc()))


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


def _finish_ticket(unit: Unit, ctx: Context, reception: Reception) -> None:
    if reception.ticket_id:
        queue.finish(unit, ctx, reception.ticket_id)


def _number(unit: Unit, ctx: Context, at: datetime) -> str:
    """受付番号: the day and a running number, for people to read out and type."""
    day = f"{jst(at):%Y%m%d}"
    query = select(Reception.number).where(
        Reception.tenant_id == ctx.tenant_id,
        Reception.site_id == ctx.site_id,
        col(Reception.number).startswith(day),
    )
    queue.site_of(unit, ctx, lock=True)
    last = max((int(number.rsplit("-", 1)[1]) for number in unit.session.exec(query).all()), default=0)
    return f"{day}-{last + 1:04d}"


def _changed(unit: Unit, reception: Reception) -> None:
    unit.announce(f"subject:{reception.id}")
    unit.announce(f"desk:{reception.desk}")
