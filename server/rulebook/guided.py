"""The small forms: what they show of a draft, and the single values that they write into its text.

Each writes whole entries where the file has none yet, because an entry of the overlay takes the place of the
national one, and only what differs where it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from procedures import Catalogue
from procedures import Text as Text
from procedures.engine.catalogue import DeadlineSpec, Face, Rule
from procedures.engine.guidance_parts import Fee, Form
from procedures.pages.portrait import in_force
from procedures.reading.overlay_edit import CannotPut as CannotPut
from procedures.reading.overlay_edit import append, drop, for_day, lay, put
from procedures.reading.yaml_lines import Place, read_text, value_at
from procedures.schema.overlays import ConfirmedModel
from procedures.schema.rules import OffsetModel, TextDeadlineModel

# Of each unit of a deadline the least and the most that procedures.schema.rules takes.
UNITS = {"days": (0, 36_500), "months": (1, 1_200), "years": (1, 100)}
COUNTS = ("next_day", "same_day")
# Parts of a form that are several keys of the file.
_TOGETHER = {"disable": ("disabled", "why"), "department": ("department", "desk")}
ENDS = ("next_open", "previous_open", "as_is")


@dataclass(frozen=True)
class DepartmentForm:
    """A department as it counts on a day; `desks`: (id, name). `own`: the file says something of it."""

    id: str
    name: Text
    external: bool
    desks: tuple[tuple[str, Text], ...]
    own: bool


@dataclass(frozen=True)
class DeadlineForm:
    """kind: offset | text | unknown | other (which the form cannot write)."""

    kind: str
    start: str = "event_date"
    amount: int | None = None
    unit: str = "days"
    count: str = "next_day"
    closed: str = "next_open"
    words: Text | None = None


@dataclass(frozen=True)
class ProcedureForm:
    """A procedure as it counts on a day. `place` is department or department/desk; `places` are all of them.
    `starts`: the dates from which a deadline can count. `own`: which parts the municipality has changed.
    `branches`: some cases have a deadline, fee or department of their own, which the form leaves alone.
    `confirmed_on`, `confirmed_by`: when a practitioner confirmed the rule, and in which office.
    """

    id: str
    name: Text
    place: str
    places: tuple[tuple[str, Text], ...]
    fee: Fee | None
    deadline: DeadlineForm
    starts: tuple[tuple[str, Text], ...]
    forms: tuple[Form, ...]
    note: Text | None
    lost: Text | None
    basis: tuple[str, ...]
    own: frozenset[str]
    branches: bool
    confirmed_on: date | None
    confirmed_by: Text | None


@dataclass(frozen=True)
class Choices:
    """What a procedure of the municipality's own can be made of, each with its words. `ids` are taken."""

    ids: frozenset[str]
    events: tuple[tuple[str, Text], ...]
    places: tuple[tuple[str, Text], ...]
    starts: tuple[tuple[str, Text], ...]
    classes: tuple[tuple[str, Text], ...]
    applicants: frozenset[str]


def choices(catalogue: Catalogue, day: date) -> Choices:
    """What can be chosen on a day; what is entered ahead takes its id already."""
    counting, codes = catalogue.at(day), catalogue.codes
    every = (catalogue, *catalogue.later)
    taken = {rule.id for one in every for rule in one.rules} | {key for one in every for key in one.disabled}
    return Choices(
        frozenset(taken),
        tuple((code, event.name.text()) for code, event in codes.events.items()),
        _places(counting),
        _starts(counting, person=False),
        tuple((code, words.text()) for code, words in codes.classes.items()),
        frozenset(codes.applicants),
    )


def departments(catalogue: Catalogue, text: str, day: date) -> list[DepartmentForm]:
    """Every department of a day."""
    known = catalogue.at(day).departments
    written = own(text, "departments")
    return [
        DepartmentForm(
            key,
            one.name,
            one.external,
            tuple(
                (desk.partition("/")[2], other.desk)
                for desk, other in known.items()
                if other.id == key and other.desk is not None
            ),
            key in written,
        )
        for key, one in known.items()
        if "/" not in key
    ]


def procedure(catalogue: Catalogue, text: str, procedure_id: str, day: date) -> ProcedureForm | None:
    """One procedure of a day; None when there is none (any more)."""
    rule = in_force(catalogue, day).get(procedure_id)
    if rule is None:
        return None
    counting = catalogue.at(day)
    face = rule.face
    confirmed = _confirmed(text, procedure_id)
    standing = [key for key, one in counting.departments.items() if one == face.department]
    return ProcedureForm(
        id=rule.id,
        name=face.name,
        place=standing[0] if standing else face.department.id,
        places=_places(counting),
        fee=face.fee,
        deadline=_deadline(face.deadline),
        starts=_starts(counting, person=rule.person),
        forms=face.forms,
        note=face.note,
        lost=face.lost_if_missed,
        basis=tuple(face.legal_basis),
        own=frozenset(own(text, "procedures").get(procedure_id) or {}),
        branches=_branches(rule),
        confirmed_on=confirmed.day if confirmed else None,
        confirmed_by=confirmed.by.text() if confirmed else None,
    )


def _places(counting: Catalogue) -> tuple[tuple[str, Text], ...]:
    """Departments and desks."""
    return tuple(
        (
            key,
            Text(f"{one.name.ja} {one.desk.ja}", f"{one.name.en}, {one.desk.en}") if one.desk else one.name,
        )
        for key, one in counting.departments.items()
    )


def _starts(counting: Catalogue, *, person: bool) -> tuple[tuple[str, Text], ...]:
    """The dates from which a deadline can count; those of a person only in rules of persons."""
    return tuple(
        (name, spec.label)
        for name, spec in counting.facts.items()
        if spec.type == "date" and (person or spec.scope != "person")
    )


def entered_days(text: str) -> list[date]:
    """The days from which something is entered ahead."""
    return [entry["effective_from"] for entry in _data(text).get("changes") or ()]


def later(text: str, section: str, key: str, day: date) -> list[tuple[date, tuple[str, ...]]]:
    """What is entered for one department or procedure after `day`: from when, and which of its parts."""
    return [
        (entry["effective_from"], tuple(found))
        for entry in _data(text).get("changes") or ()
        if entry["effective_from"] > day and (found := (entry.get(section) or {}).get(key))
    ]


def put_department(
    text: str,
    day: date | None,
    key: str,
    name: Mapping[str, str],
    desks: Mapping[str, Mapping[str, str]],
    external: bool,
) -> str:
    """Name and desks of a department, from the beginning or from `day` on. Raises CannotPut."""
    value: dict[str, Any] = {"name": dict(name)}
    if external:
        value["external"] = True
    if desks:
        value["desks"] = {desk: dict(words) for desk, words in desks.items()}
    text, place = _place(text, day)
    return lay(text, (*place, "departments", key), value)


def put_part(text: str, day: date | None, procedure_id: str, part: Mapping[str, Any]) -> str:
    """Fields of a procedure (fee, deadline, forms, note, department and desk, disabled and why), from the
    beginning or from `day` on. Raises CannotPut.
    """
    text, place = _place(text, day)
    at = (*place, "procedures", procedure_id)
    for key, value in part.items():
        standing = value_at(_data(text), (*at, key))
        if isinstance(value, dict) and isinstance(standing, dict) and _shape(value) == _shape(standing):
            text = lay(text, (*at, key), value)
        else:
            text = put(text, (*at, key), value)
    return text


def take_back(text: str, day: date | None, procedure_id: str, part: str) -> str:
    """Without what the municipality says of one part, from the beginning or from `day` on: the national rule,
    or what was said before, counts again. Raises CannotPut.
    """
    if part == "confirm":
        return drop(text, ("confirmed", procedure_id))
    place: Place = ()
    if day is not None:
        if day not in entered_days(text):
            return text
        text, place = _place(text, day)
    for key in _TOGETHER.get(part, (part,)):
        text = drop(text, (*place, "procedures", procedure_id, key))
    return text


def own_parts(text: str, procedure_id: str, day: date | None) -> frozenset[str]:
    """The parts of a procedure of which the file says something at the beginning, or from `day` on."""
    data = _data(text)
    if day is None:
        said = value_at(data, ("procedures", procedure_id)) or {}
        sure = {"confirm"} if value_at(data, ("confirmed", procedure_id)) else set()
        return frozenset(said) | sure
    entries = [one for one in data.get("changes") or () if one["effective_from"] == day]
    return frozenset(value_at(entries, (0, "procedures", procedure_id)) or ())


def put_confirmed(text: str, procedure_id: str, day: date, by: Mapping[str, str]) -> str:
    """A practitioner confirmed the procedure on a day: residents may be shown it. Raises CannotPut."""
    return put(text, ("confirmed", procedure_id), {"day": day, "by": dict(by)})


def add(text: str, day: date | None, rule: Mapping[str, Any]) -> str:
    """A procedure of the municipality's own, from the beginning or from `day` on. Raises CannotPut."""
    text, place = _place(text, day)
    known = value_at(_data(text), (*place, "add")) or []
    return text if rule in known else append(text, (*place, "add"), dict(rule))


def deadline_part(form: DeadlineForm) -> dict[str, Any]:
    """A deadline as the file writes it; what is usual is left out."""
    if form.kind == "text" and form.words is not None:
        return {"type": "text", "words": words_part(form.words)}
    if form.kind != "offset":
        return {"type": "unknown"}
    value: dict[str, Any] = {"type": "offset", "start": form.start, form.unit: form.amount}
    if form.count != "next_day":
        value["count"] = form.count
    if form.closed != "next_open":
        value["closed"] = form.closed
    return value


def words_part(words: Text) -> dict[str, str]:
    """Words as the file writes them."""
    return {"ja": words.ja} | ({"easy": words.easy} if words.easy else {}) | {"en": words.en}


def _place(text: str, day: date | None) -> tuple[str, tuple[str | int, ...]]:
    if day is None:
        return text, ()
    text, index = for_day(text, day)
    return text, ("changes", index)


def own(text: str, section: str) -> dict[str, Any]:
    """What the file says in a section, from the beginning or later."""
    data = _data(text)
    found: dict[str, Any] = {}
    for entry in (data, *(data.get("changes") or ())):
        for key, value in (entry.get(section) or {}).items():
            found[key] = {**(found.get(key) or {}), **(value or {})}
    return found


def _confirmed(text: str, procedure_id: str) -> ConfirmedModel | None:
    found = value_at(_data(text), ("confirmed", procedure_id))
    return ConfirmedModel.model_validate(found) if found else None


def _data(text: str) -> Any:
    return read_text(text, "overlay.yaml").data


def _shape(value: Any) -> Any:
    return {key: _shape(part) for key, part in value.items()} if isinstance(value, dict) else None


def _deadline(spec: DeadlineSpec) -> DeadlineForm:
    if isinstance(spec, TextDeadlineModel):
        return DeadlineForm("text", words=spec.words.text())
    if isinstance(spec, OffsetModel):
        unit = next(unit for unit in UNITS if getattr(spec, unit) is not None)
        return DeadlineForm("offset", spec.start, getattr(spec, unit), unit, spec.count, spec.closed)
    return DeadlineForm("unknown" if getattr(spec, "type", "") == "unknown" else "other")


def _branches(rule: Rule) -> bool:
    def told(face: Face) -> tuple[object, ...]:
        return (face.deadline, face.fee, face.department, face.forms)

    return any(told(variant.face) != told(rule.face) for variant in rule.variants)
