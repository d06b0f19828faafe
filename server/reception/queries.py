"""The intake as its screens show it: frozen views in which nothing hidden is present.

Addresses are masked here, by the data's own protection, never in a template.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select

from core_adapter.matching import fold_address
from procedures import Catalogue, Conflict, Guidance, Question
from server.auth.queries import names
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey, Vault
from server.journal.queries import Step, steps
from server.kit.text import HIDDEN
from server.print_jobs.queries import PaperView, papers
from server.queue import queries as queue
from server.queue.queries import TicketView
from server.reception import guidance as guiding
from server.reception import new_household
from server.reception.card_views import CardView, FaceView, TapView, card_views
from server.reception.confirmation import is_withheld, outdated
from server.reception.documents import NUMBER, may_hold
from server.reception.ending import held_items
from server.reception.gathering import UNSETTLED_FACT
from server.reception.intake import Intake, load
from server.reception.life_events import EVENTS
from server.reception.missing import asked, gaps, needs_address
from server.reception.models import Reception
from server.reception.new_household import NewHouseholdView
from server.reception.people import PersonView
from server.reception.service import current_intake
from server.reception.states import available_actions
from server.reception.strip import StepView, strip
from server.reception.sweeping import ALONE, sweep
from server.submissions.queries import CoreStanding, SubmissionView, core_standing, of_reception

# Combinations of facts that cannot be, for which the page has a notice of its own.
SAID_ELSEWHERE = ("future_event", "nobody_moves")
SHOWN = ("name", "kana", "birth", "sex", "relationship", "address", NUMBER)


@dataclass(frozen=True)
class ValueView:
    """One value with its source mark (card, core, pre-entry, resident, staff, derived)."""

    value: str = field(repr=False)
    source: str
    as_of: datetime | None = None


@dataclass(frozen=True)
class ConflictView:
    """A field on which sources disagree, the value of record first. `kind`: glyphs (異体字) or content."""

    field: str
    kind: str
    values: tuple[ValueView, ...]


@dataclass(frozen=True)
class MemberView:
    """One person of the intake. Fields that nobody has said are absent from `fields`."""

    person_id: str
    name: str = field(repr=False)
    is_head: bool
    is_filer: bool
    is_bearer: bool
    concerned: bool
    origin: str
    foreign: bool
    may_hold_residence_card: bool
    age: int | None
    birth_text: str = field(repr=False)
    fields: dict[str, ValueView] = field(repr=False)
    conflicts: tuple[ConflictView, ...] = field(repr=False)


@dataclass(frozen=True)
class EventView:
    """A chosen life event and its day. `ahead`: it may lie ahead; `too_early`: it does where it must not."""

    code: str
    dated: bool
    ahead: bool
    day: date | None
    too_early: bool


@dataclass(frozen=True)
class ItemView:
    """An お預かり品."""

    item_id: str
    kind: str
    person_id: str | None
    taken_at: datetime
    returned_at: datetime | None


@dataclass(frozen=True)
class PreparedView:
    """The frozen form. withheld: it holds an address that may not be shown or printed now. outdated: what has
    changed since, as confirmation.outdated says, until it is accepted.
    """

    intake_id: str
    digest: str
    form_sha256: str
    pages: int
    at: datetime
    catalogue_version: str
    withheld: bool
    outdated: str


@dataclass(frozen=True)
class Workspace:
    """Everything on the clerk's one page."""

    reception_id: str
    number: str
    version: int
    events: tuple[EventView, ...]
    subject: str | None
    arrives: bool
    settles: bool
    files_here: bool
    state: str
    language: str
    desk: str
    opened_at: datetime
    accepted_at: datetime | None
    staff_name: str
    ticket: TicketView | None
    relation: str | None
    identity_method: str | None
    protection: str
    needs_supervisor: bool
    core: CoreStanding
    core_as_of: datetime | None
    addresses_hidden: bool
    unsettled: tuple[str, ...]
    card: CardView | None
    face: FaceView | None
    tap: TapView | None
    members: tuple[MemberView, ...]
    filer_name: str | None = field(repr=False)
    new_address: dict[str, Any] | None = field(repr=False)
    new_household: NewHouseholdView | None = field(repr=False)
    moved_on: date | None
    guidance: Guidance | None = field(repr=False)
    questions: tuple[Question, ...] = field(repr=False)
    swept: tuple[Question, ...] = field(repr=False)
    impossible: tuple[Conflict, ...] = field(repr=False)
    answers: tuple[dict[str, Any], ...] = field(repr=False)
    gaps: tuple[str, ...]
    strip: tuple[StepView, ...]
    actions: frozenset[str]
    prepared: PreparedView | None
    confirmed_how: str | None
    disputed: tuple[str, ...]
    papers: tuple[PaperView, ...]
    items: tuple[ItemView, ...]
    submissions: tuple[SubmissionView, ...]
    chosen_waits: bool


def workspace(
    unit: Unit,
    ctx: Context,
    vault: Vault,
    catalogue: Catalogue,
    municipality: str,
    reception: Reception,
    key: DataKey,
) -> Workspace:
    """The clerk's page for this reception, as of this transaction."""
    intake = load(unit, ctx, key, reception)
    guidance = guiding.guide(intake, catalogue, municipality)
    missing, questions = gaps(intake, guidance), asked(intake, guidance)
    prepared = current_intake(unit, reception.id)
    sent = of_reception(unit, ctx, vault, reception.id)
    items = tuple(
        ItemView(i.id, i.kind, i.person_id, i.taken_at, i.returned_at) for i in held_items(unit, reception.id)
    )
    printed = tuple(papers(unit, ctx.tenant_id, reception.id))
    cards = card_views(unit, ctx, vault, reception)
    return Workspace(
        reception_id=reception.id,
        number=reception.number,
        version=reception.version,
        events=tuple(
            EventView(
                code,
                EVENTS[code].dated,
                EVENTS[code].ahead,
                day,
                bool(day and day > intake.filed_on and not EVENTS[code].ahead),
            )
            for code, day in ((code, intake.day_of(code)) for code in intake.events)
        ),
        subject=intake.leading.subject if intake.leading else None,
        arrives=any(EVENTS[code].arrives for code in intake.events),
        settles=needs_address(intake),
        files_here=intake.files_here,
        state=reception.state,
        language=reception.language,
        desk=reception.desk,
        opened_at=reception.opened_at,
        accepted_at=reception.accepted_at,
        staff_name=names(unit, ctx.tenant_id).get(reception.staff_id, ""),
        ticket=queue.ticket(unit, ctx, reception.ticket_id) if reception.ticket_id else None,
        relation=reception.relation,
        identity_method=reception.identity_method,
        protection=intake.standing.effective,
        needs_supervisor=intake.standing.needs_supervisor,
        core=core_standing(unit, ctx),
        core_as_of=reception.core_as_of,
        addresses_hidden=not intake.may_show("core"),
        unsettled=tuple(intake.facts.value("", UNSETTLED_FACT, ())),
        card=cards.card,
        face=cards.face,
        tap=cards.tap,
        members=tuple(member(intake, person) for person in intake.people),
        filer_name=intake.facts.value(intake.filer_id or "", "name") or intake.facts.value("", "filer_name"),
        new_address=intake.new_address if intake.standing.may_show_any_address else None,
        new_household=new_household.view(intake),
        moved_on=intake.moved_on,
        guidance=guidance,
        questions=questions,
        swept=sweep(questions, catalogue.facts, intake.facts.value("", ALONE, ())),
        impossible=tuple(
            one for one in (guidance.conflicts if guidance else ()) if one.id not in SAID_ELSEWHERE
        ),
        answers=_answers(intake),
        gaps=tuple(missing),
        strip=strip(reception, missing, printed, sent, all(item.returned_at for item in items)),
        actions=available_actions(reception.state, ctx.role),
        prepared=None
        if prepared is None
        else PreparedView(
            prepared.id,
            prepared.digest,
            prepared.form_sha256,
            prepared.pages,
            prepared.at,
            prepared.catalogue_version,
            is_withheld(unit, ctx, key, reception),
            outdated(key, prepared, intake, guidance) if reception.state in ("prepared", "confirmed") else "",
        ),
        confirmed_how=reception.confirmed_how,
        disputed=tuple(filter(None, (reception.disputed or "").split(","))),
        papers=printed,
        items=items,
        submissions=tuple(sent),
        chosen_waits=bool(intake.facts.value("", "chosen_resident")) and not intake.people,
    )


def member(intake: Intake, person: PersonView) -> MemberView:
    """One person with every field's standing value and the disagreements."""
    facts, resident = intake.facts, person.resident
    fields, conflicts = {}, []
    for name in SHOWN:
        views = [
            ValueView(_text(intake, name, view.value, view.source), view.source, view.as_of)
            for view in facts.all(person.person_id, name)
            if not view.unknown
        ]
        if views:
            fields[name] = views[0]
        if _differ(name, views):
            conflicts.append(ConflictView(name, "glyphs" if name == "name" else "content", tuple(views)))
    birth = facts.value(person.person_id, "birth")
    return MemberView(
        person_id=person.person_id,
        name=str(facts.value(person.person_id, "name", "")),
        is_head=person.is_head,
        is_filer=person.person_id == intake.filer_id,
        is_bearer=person.person_id == intake.bearer_id,
        concerned=person in intake.concerned,
        origin=person.origin,
        foreign=resident is not None and resident.residence_kind != "JP",
        may_hold_residence_card=may_hold(facts, person.person_id),
        age=_age(birth, intake.filed_on),
        birth_text=(resident.birth.text or "") if resident else "",
        fields=fields,
        conflicts=tuple(conflicts),
    )


def history(unit: Unit, ctx: Context, reception: Reception, lang: str) -> list[Step]:
    """Every journalled step of the reception and its ticket."""
    subjects = [reception.id, *([reception.ticket_id] if reception.ticket_id else [])]
    return steps(unit, ctx.tenant_id, subjects, lang)


def open_receptions(unit: Unit, ctx: Context, desk: str | None = None) -> list[Reception]:
    """Intakes that are not closed, newest first."""
    query = select(Reception).where(
        Reception.tenant_id == ctx.tenant_id,
        Reception.site_id == ctx.site_id,
        col(Reception.state).not_in(["closed", "abandoned"]),
    )
    if desk is not None:
        query = query.where(Reception.desk == desk)
    return unit.all(query.order_by(col(Reception.opened_at).desc()))


def presented_at(unit: Unit, ctx: Context, desk: str) -> Reception | None:
    """The intake of the person who sits at this desk: the one opened last that has not ended.

    An earlier one that was left open is somebody else's, and never shown to whoever sits there now.
    """
    query = select(Reception).where(
        Reception.tenant_id == ctx.tenant_id,
        Reception.site_id == ctx.site_id,
        Reception.desk == desk,
        col(Reception.state).not_in(["closed", "abandoned"]),
    )
    return unit.first(query.order_by(col(Reception.opened_at).desc(), col(Reception.id).desc()))


def _differ(name: str, views: list[ValueView]) -> bool:
    """Whether sources disagree.

    Widths and dashes of an address are ways of writing, not another place; a name in other glyphs (異体字,
    代替文字) is shown, so that somebody looks.
    """
    values = {view.value for view in views if view.value != HIDDEN}
    return len({fold_address(value) for value in values} if name == "address" else values) > 1


def _text(intake: Intake, name: str, value: Any, source: str) -> str:
    if name == "address" and not intake.may_show(source):
        return HIDDEN
    return str(value)


_ASKED_APART = ("new_address", "chosen_resident", new_household.HEAD, new_household.RELATIONSHIP)


def _answers(intake: Intake) -> tuple[dict[str, Any], ...]:
    """What was answered at the counter, so that it can be changed."""
    owners = ["", *(person.person_id for person in intake.people)]
    return tuple(
        {
            "person_id": owner,
            "name": name,
            "value": view.value,
            "unknown": view.unknown,
            "source": view.source,
        }
        for owner in owners
        for name, view in intake.facts.of(owner).items()
        if view.source in ("resident", "staff", "pre-entry")
        and not name.startswith("event_date")
        and name not in (*SHOWN, *_ASKED_APART, ALONE, intake.leading and intake.leading.subject)
    )


def _age(birth: str | None, on: date) -> int | None:
    """Years as people count them; the rules count for themselves (年齢計算ニ関スル法律)."""
    if not birth or len(birth) < 10:
        return None
    day = date.fromisoformat(birth)
    return on.year - day.year - ((on.month, on.day) < (day.month, day.day))
