"""Verbs of the intake up to the signature: open, identify, settle facts, say who moves and who files."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from server.db.context import Context
from server.db.uow import NotThereError, Unit, one_of
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.kit.clock import jst, now
from server.queue import service as queue
from server.queue.models import Ticket
from server.reception import facts, life_events, people
from server.reception.life_events import date_fact
from server.reception.models import PreparedIntake, Reception
from server.reception.states import move
from server.reception.towns import TownDirectory

# Whether somebody is under protection, as the rules call it.
MEASURE = "dv_support"

RELATIONS = ("self", "member", "relative", "legal_representative", "agent", "messenger")
# Who does not live in the household: named by hand, and whose own card opens no household.
PROXIES = ("relative", "agent", "messenger")
IDENTITY_METHODS = ("my_number_card", "photo_document", "two_documents", "acquaintance")


class StaleScreenError(RuntimeError):
    """Somebody changed the reception after this screen was drawn."""


class ProtectedError(PermissionError):
    """A member of the household is protected: a supervisor must allow it first."""


def open_reception(
    unit: Unit,
    ctx: Context,
    vault: Vault,
    ticket_id: str | None,
    purpose: str,
    desk: str,
    language: str = "ja",
) -> Reception:
    """Start an intake, from a called ticket (which is served from now on) or without one.

    `purpose` is the class of the ticket, or what who has none came for; "" leaves the life event open.
    A ticket's intake is opened once; whoever opens it again gets the same. Raises NotThereError for a desk
    that there is not, AlreadyCalled for another desk's ticket, NotNowError.
    """
    queue.desk_of(unit, ctx, desk)
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
        events=",".join(life_events.of_purpose(purpose)),
        ticket_id=ticket_id,
        desk=desk,
        staff_id=ctx.actor,
        language=language,
        key_id=key.id,
        opened_at=at,
    )
    unit.add(ctx.stamp(reception))
    record(unit, ctx, "reception.opened", reception.id, kind=purpose, ticket=ticket_id)
    changed(unit, reception)
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
    """Say whose procedure it is and how the person present was identified (住基法27条2項).

    `documents` are kinds of document, never their numbers. Raises NotThereError, NotNowError.
    """
    if relation not in RELATIONS or method not in IDENTITY_METHODS:
        raise NotThereError("relation")
    move(reception, "identify")
    if relation in PROXIES and reception.relation != relation:
        # Whoever was the filer before acts no longer for themselves.
        reception.filer_person_id = None
    reception.relation, reception.identity_method, reception.identity_documents = relation, method, documents
    unit.add(reception)
    record(
        unit, ctx, "reception.identified", reception.id, relation=relation, method=method, documents=documents
    )
    changed(unit, reception)


def say_no_measure(unit: Unit, ctx: Context, reception: Reception, key: DataKey, *, stands: bool) -> None:
    """The record of the move-out (転出証明書情報) carries no special handling: settles for the rules what the
    core cannot know of who was entered by hand. With `stands` it may carry one after all.

    Who was entered stays as covered as somebody of whom nothing is known. Raises NotNowError.
    """
    for person in people.read(unit, key, reception.id):
        if person.resident is None:
            set_fact(
                unit,
                ctx,
                reception,
                key,
                MEASURE,
                None if stands else False,
                person_id=person.person_id,
                source="staff",
                unknown=stands,
            )


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
    """Settle one fact as said at the counter. Raises NotNowError."""
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
    changed(unit, reception)


def choose_events(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, chosen: Iterable[str]
) -> None:
    """Say what happened: one life event or several together. Days that were said stay with their events.

    Raises UnfitEventsError, NotNowError.
    """
    events = life_events.read(chosen)
    before = tuple(filter(None, reception.events.split(",")))
    move(reception, "choose")
    reception.events = ",".join(events)
    unit.add(reception)
    known = facts.read(unit, key, reception.id)
    days = {code: known.get("", date_fact(code, code == before[0])) for code in before}
    for code in before:
        facts.withdraw(unit, reception.id, person_id="", name=date_fact(code, code == before[0]))
    for code in events:
        day = days.get(code)
        if day is not None:
            facts.put(
                unit,
                ctx,
                key,
                reception.id,
                date_fact(code, code == events[0]),
                day.value,
                source=day.source,
                unknown=day.unknown,
                confirmed_by=day.confirmed_by,
            )
    for person in people.read(unit, key, reception.id):
        for subject in life_events.concerning_all(events):
            if known.get(person.person_id, subject) is None:
                facts.put(
                    unit, ctx, key, reception.id, subject, True, source="derived", person_id=person.person_id
                )
    record(unit, ctx, "reception.events_chosen", reception.id, events=list(events))
    changed(unit, reception)


def set_day(unit: Unit, ctx: Context, reception: Reception, key: DataKey, code: str, day: str) -> None:
    """The day of one of the chosen events, of the leading one for "". Raises NotThereError, NotNowError."""
    chosen = list(filter(None, reception.events.split(",")))
    if not chosen or (code and code not in chosen):
        raise NotThereError("LifeEvent")
    set_fact(unit, ctx, reception, key, date_fact(code, code in ("", chosen[0])), day)


def set_concerned(unit: Unit, ctx: Context, reception: Reception, key: DataKey, chosen: set[str]) -> None:
    """Say whom the leading event concerns. Raises NotThereError where it concerns no single person."""
    leading = life_events.EVENTS.get(reception.events.split(",")[0])
    if leading is None or leading.subject is None:
        raise NotThereError("LifeEvent")
    set_movers(unit, ctx, reception, key, chosen, leading.subject)


def set_movers(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, chosen: set[str], fact: str = "moves"
) -> None:
    """Say whom the event concerns, by default who moves; it concerns nobody else of the household.

    `fact` is the subject of a life event. Raises NotNowError.
    """
    move(reception, "edit")
    unit.add(reception)
    for person in people.read(unit, key, reception.id):
        facts.put(
            unit,
            ctx,
            key,
            reception.id,
            fact,
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
        name=fact,
        source="staff",
        value=sorted(chosen),
    )
    changed(unit, reception)


def derive_school_district(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, towns: TownDirectory
) -> None:
    """Whether the move changes the public school (学区), by the master of towns; silent while unknown."""
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
        # Whether a child then changes school is the rules' business; if nothing changes, nothing is asked.
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
    changed(unit, reception)


def current_intake(unit: Unit, reception_id: str) -> PreparedIntake | None:
    """The prepared intake that stands."""
    query = select(PreparedIntake).where(
        PreparedIntake.reception_id == reception_id, col(PreparedIntake.dropped).is_(False)
    )
    return unit.first(query.order_by(col(PreparedIntake.at).desc()))


def name_filer(unit: Unit, ctx: Context, reception: Reception, key: DataKey, name: str) -> None:
    """Say who files for the household without belonging to it."""
    set_fact(unit, ctx, reception, key, "filer_name", name, source="staff")
    reception.filer_person_id = None
    unit.add(reception)


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


def changed(unit: Unit, reception: Reception) -> None:
    """Tell the screens that show this reception, and the one its resident sits at."""
    unit.announce(f"subject:{reception.id}")
    unit.announce(f"desk:{reception.desk}")
