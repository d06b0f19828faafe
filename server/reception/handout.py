"""お手続きのご案内: the checklist that the resident takes home, made from the counter's list.

It holds no address of anybody's, has no place for one, and of a household with a protected member no name
either (支援措置: whoever finds the sheet learns of nobody). Confidential procedures are not on it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date

from printing.forms import checklist
from printing.forms.checklist import Checklist, ChecklistLine, ChecklistSection, SectionKind
from procedures import Catalogue, Text
from procedures.pages.resident_list import resident_row
from procedures.terms.office_days import day_easy, day_en
from server.auth import queries as stations
from server.db.context import Context
from server.db.uow import NotThereError, Unit, one_of
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.kit.clock import now
from server.kit.wareki import long_date
from server.print_jobs import service as print_jobs
from server.reception.desk_list import DeskList, DeskRow
from server.reception.forms import unguessable
from server.reception.intake import Intake
from server.reception.models import Handout, Reception
from server.reception.service import ProtectedError, changed
from server.reception.states import move

LANGUAGES = ("ja", "easy", "en")
KIND = "checklist"
_ORDER: tuple[SectionKind, ...] = ("done", "here", "handover", "later", "elsewhere", "info")
_READINGS = (
    ("月", "げつ"),
    ("火", "か"),
    ("水", "すい"),
    ("木", "もく"),
    ("金", "きん"),
    ("土", "ど"),
    ("日", "にち"),
)
_DAYS: dict[str, Sequence[str]] = {
    "ja": "月火水木金土日",
    "easy": tuple(f"{day}曜日（{reading}ようび）" for day, reading in _READINGS),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_CLOSED = {
    "ja": "（祝日・年末年始を除く）",
    "easy": "（祝日（しゅくじつ）・年末（ねんまつ）・年始（ねんし）は 休（やす）み）",
    "en": " (closed on holidays and at the turn of the year)",
}


def language_of(wanted: str) -> str:
    """The language asked for, Japanese for any other."""
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def fill(
    intake: Intake, listed: DeskList, language: str, *, office: str, hours: str, finished: bool
) -> Checklist:
    """The sheet's content. `finished`: the notification was accepted, so what was settled here is done.

    Raises ProtectedError while the household waits for a supervisor's permission.
    """
    if intake.standing.needs_supervisor:
        raise ProtectedError
    lines: dict[SectionKind, list[ChecklistLine]] = {kind: [] for kind in _ORDER}
    for row in listed.rows:
        if row.outcome != "open" and not row.item.confidential:
            kind = _section(row, finished)
            lines[kind].append(_line(row, intake, language, kind))
    return Checklist(
        office=office,
        case_no=intake.number,
        barcode=f"{intake.number}/{checklist.FORM_ID}/{checklist.FORM_VERSION}",
        language=language,  # type: ignore[arg-type]
        made_on=day_words(intake.filed_on, language),
        hours=hours,
        sections=[ChecklistSection(kind=kind, lines=found) for kind, found in lines.items() if found],
    )


def hours_text(catalogue: Catalogue, site: str, language: str) -> str:
    """When the office is open in an ordinary week; empty where the municipality has not entered it."""
    opening = catalogue.opening
    if opening is None:
        return ""
    place = opening.site_named(site)
    days = _DAYS[language]
    parts = [
        f"{days[weekdays[0]]}{'-' if language == 'en' else '〜'}{days[weekdays[-1]]}"
        if len(weekdays) > 1
        else days[weekdays[0]]
        for weekdays, _ in opening.hours(place)
    ]
    times = [
        "・".join(f"{slot.begins:%-H:%M}-{slot.ends:%-H:%M}" for slot in slots if not slot.only)
        for _, slots in opening.hours(place)
    ]
    week = "、".join(f"{days_said} {said}" for days_said, said in zip(parts, times, strict=True) if said)
    return f"{say(opening.sites[place].name, language)} {week}{_CLOSED[language]}"


def render(content: Checklist) -> bytes:
    """The PDF; slow enough to be made outside a transaction."""
    return checklist.render(content)


def hand_out(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, language: str, pdf: bytes, station: str
) -> Handout:
    """Keep the sheet and ask a counter's station for it; one that waits unprinted is taken back.

    Raises NotThereError for any other station: nobody's papers come out at a kiosk. Raises NotNowError.
    """
    found = stations.station(unit, ctx.tenant_id, station)
    if found is None or found.kind != "counter":
        raise NotThereError("Station")
    move(reception, "hand_out")
    unit.add(reception)
    pdf = unguessable(pdf)
    row = Handout(
        tenant_id="",
        site_id="",
        reception_id=reception.id,
        language=language,
        pages=pdf.count(b"/Type /Page\n") or 1,
        sha256=hashlib.sha256(pdf).hexdigest(),
        pdf=b"",
        at=now(),
        by=ctx.actor,
    )
    row.pdf = key.seal_bytes(pdf, f"handout:{row.id}")
    unit.add(ctx.stamp(row))
    print_jobs.cancel(unit, ctx, reception.id, "printed anew", kinds=[KIND])
    print_jobs.queue_form(unit, ctx, station, reception.id, row.id, reception.key_id, kind=KIND)
    record(
        unit, ctx, "reception.handed_out", reception.id, language=language, pages=row.pages, sha256=row.sha256
    )
    changed(unit, reception)
    return row


def pdf_of(unit: Unit, ctx: Context, vault: Vault, handout_id: str, key_id: str) -> bytes:
    """The bytes that are printed. Raises NotThereError, KeyDestroyedError."""
    row = one_of(unit, Handout, ctx.tenant_id, handout_id)
    return vault.key(unit, ctx, key_id).open_bytes(row.pdf, f"handout:{row.id}")


def say(text: Text, language: str) -> str:
    """`text` in the sheet's language; やさしい日本語 falls back to Japanese."""
    return text.to_dict()[language]


def named(text: Text, language: str) -> str:
    """A name; in English with the Japanese beside it, as it stands on papers and signs."""
    return f"{text.en} {text.ja}" if language == "en" else say(text, language)


def _section(row: DeskRow, finished: bool) -> SectionKind:
    """Under which heading a procedure stands."""
    if row.place == "nothing" or (row.place == "elsewhere" and (row.item.optional or _undated(row))):
        return "info"
    if row.place == "elsewhere":
        return "elsewhere"
    if row.place == "handover":
        return "handover"
    # The notification itself is what the visit is for: accepted, it is done.
    if row.is_settled or row.item.klass == "N":
        return "done" if finished else "here"
    if row.item.optional and row.choice is None:
        return "info"
    return "here" if not finished and row.signed_by != "later" else "later"


def _undated(row: DeskRow) -> bool:
    return row.item.deadline.kind == "text" and not row.item.documents and not row.item.applicants


def _line(row: DeskRow, intake: Intake, language: str, kind: SectionKind) -> ChecklistLine:
    resident = resident_row(row.item, sure=row.outcome == "sure")
    settled = row.signed_by
    return ChecklistLine(
        name=named(resident.name, language),
        people=_people(row, intake),
        until=_until(row, language) if kind != "info" or _ends(row) else "",
        where=named(resident.where, language),
        bring=list(_bring(row, language)),
        who=("; " if language == "en" else "、").join(_who(row, language)),
        fee=say(resident.fee, language) if resident.fee else "",
        lost=say(resident.lost, language) if resident.lost else "",
        sign="letter" if row.needs_letter else "later" if settled == "later" else None,
        certain=resident.certain,
    )


def _ends(row: DeskRow) -> bool:
    """Whether something that nobody has to do can be done until a certain day only."""
    return row.item.optional and row.item.deadline.on is not None


def _until(row: DeskRow, language: str) -> str:
    """The last day; how it was counted only where it has passed, or where there is no date."""
    deadline = row.item.deadline
    if deadline.on is None or language == "easy" or (deadline.days_left or 0) < 0:
        return say(deadline.text, language)
    return f"by {day_en(deadline.on)}" if language == "en" else f"{long_date(deadline.on)}まで"


def _who(row: DeskRow, language: str) -> list[str]:
    """Who may come. What a proxy has to know is said where somebody else than the person present must
    come.
    """
    if row.signed_by in (None, "here"):
        return list(dict.fromkeys(say(one.name, language) for one in row.item.applicants))
    return [say(one, language) for one in resident_row(row.item).who]


def _bring(row: DeskRow, language: str) -> Iterator[str]:
    """What was not seen yet; at another office everything has to be shown again."""
    for one in row.documents:
        if one.document.needed == "no" or (row.place != "elsewhere" and one.complete):
            continue
        doubt = one.document.needed == "unknown" and one.document.note is not None
        name = named(one.document.name, language)
        yield f"{name}（{say(one.document.note, language)}）" if doubt and one.document.note else name


def _people(row: DeskRow, intake: Intake) -> str:
    """Whom it concerns, by the names that the household uses; nobody's where somebody is protected."""
    if intake.standing.effective != "no" or len(row.item.person_ids) in (0, len(intake.people)):
        return ""
    names = [str(intake.facts.value(person, "name", "")) for person in row.item.person_ids]
    family = str(intake.facts.value(intake.people[0].person_id, "name", "")).split("　")[0]
    return "、".join(name.removeprefix(f"{family}　") for name in names if name)


def day_words(day: date, language: str) -> str:
    """A day as the sheet writes it in this language."""
    if language == "en":
        return day_en(day)
    if language == "easy":
        return day_easy(day)
    return long_date(day)
