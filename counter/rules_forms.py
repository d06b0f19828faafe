"""What the small forms send, as the values that the file takes."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from counter.rules_fields import Fields, WrongFieldsError
from server.kit.clock import today
from server.rulebook import guided
from server.rulebook.guided import COUNTS, ENDS, UNITS, DeadlineForm, DepartmentForm, ProcedureForm
from server.web.forms import Sent

OWN_ID = re.compile(r"x-[a-z0-9-]{1,30}")
_DESK = re.compile(r"[a-z][a-z0-9_-]{0,29}")
MOST_YEN = 9_999_999


def department(text: str, known: list[DepartmentForm], sent: Sent) -> str:
    """`text` with one department as the form has it. Raises WrongFieldsError, CannotPut."""
    form = Fields(sent)
    key, ids = form.text("id", 40), [one.id for one in known]
    if not form.text("new"):
        form.choice("id", ids)
    elif not OWN_ID.fullmatch(key):
        form.refuse("id", "department")
    elif key in ids:
        form.refuse("id", "department_twice")
    name = form.words("name")
    desks = {desk: form.words(f"desk:{desk}") for desk in form.names("desk:")}
    added, words = form.text("desk_new", 30), form.some_words("desk_new")
    if added or words:
        if not _DESK.fullmatch(added):
            form.refuse("desk_new", "desk")
        elif added in desks:
            form.refuse("desk_new", "desk_twice")
        desks[added] = words or form.words("desk_new")
    day = from_day(form, text)
    form.must_be_right()
    return guided.put_department(text, day, key, name, desks, external=form.text("external") == "1")


def procedure(text: str, shown: ProcedureForm | None, procedure_id: str, sent: Sent) -> str:
    """`text` with one part of a procedure as the form has it; `shown` is what the form showed, None of one
    that was taken away. Raises WrongFieldsError, CannotPut.
    """
    form = Fields(sent)
    part = form.text("part", 20)
    if part == "confirm" and not form.text("act"):
        return _confirmed(text, procedure_id, form)
    if form.text("act") == "take_back" and part in (*_PARTS, "confirm"):
        day = form.day("on")
        form.must_be_right()
        return guided.take_back(text, day, procedure_id, part)
    read = _PARTS.get(part)
    if read is None or (shown is None and part != "enable"):
        form.refuse("", "part")
        raise WrongFieldsError(form.wrong)
    value = read(form, shown)
    day = from_day(form, text)
    form.must_be_right()
    return guided.put_part(text, day, procedure_id, value)


def from_day(form: Fields, text: str) -> date | None:
    """From when; a day that is over only where the file has an entry for it already."""
    day = form.day()
    if day is not None and day < today() and day not in guided.entered_days(text):
        form.refuse("day", "past")
    return day


def _confirmed(text: str, procedure_id: str, form: Fields) -> str:
    day = form.day("confirmed", must=True)
    if day is None or day > today():
        form.refuse("confirmed", "confirmed")
    by = form.words("by")
    if day is None:
        raise WrongFieldsError(form.wrong)
    form.must_be_right()
    return guided.put_confirmed(text, procedure_id, day, by)


def _fee(form: Fields, _: ProcedureForm | None) -> dict[str, Any]:
    fee: dict[str, Any] = {"yen": form.number("yen", 0, MOST_YEN, "yen")}
    for name in ("per", "note"):
        words = form.some_words(name)
        if words:
            fee[name] = words
    return {"fee": fee}


def deadline(form: Fields, starts: list[str]) -> dict[str, Any]:
    """A deadline as the file writes it."""
    kind = form.choice("kind", ("offset", "text", "unknown"))
    if kind == "text":
        return {"type": "text", "words": form.words("words", easy=True)}
    if kind != "offset":
        return {"type": "unknown"}
    start = form.choice("start", starts)
    unit = form.choice("unit", UNITS)
    least, most = UNITS.get(unit, (0, 0))
    amount = form.number("amount", least, most, "amount")
    count, closed = form.choice("count", COUNTS), form.choice("closed", ENDS)
    return guided.deadline_part(DeadlineForm("offset", start, amount, unit, count, closed))


def _deadline(form: Fields, shown: ProcedureForm | None) -> dict[str, Any]:
    return {"deadline": deadline(form, [name for name, _ in shown.starts] if shown else [])}


def _forms(form: Fields, _: ProcedureForm | None) -> dict[str, Any]:
    ids = form.names("form:")
    return {"forms": [{"id": one, "name": form.words(f"form:{one}", easy=True)} for one in ids]}


def _note(form: Fields, _: ProcedureForm | None) -> dict[str, Any]:
    return {"note": form.words("note")}


def _lost(form: Fields, _: ProcedureForm | None) -> dict[str, Any]:
    return {"lost_if_missed": form.words("lost", easy=True)}


def basis(form: Fields) -> list[str]:
    """Articles, at least one."""
    lines = form.lines("basis")
    if not lines:
        form.refuse("basis", "basis")
    return lines


def _basis(form: Fields, _: ProcedureForm | None) -> dict[str, Any]:
    return {"legal_basis": basis(form)}


def _place(form: Fields, shown: ProcedureForm | None) -> dict[str, Any]:
    key, _, desk = form.choice("place", [name for name, _ in shown.places] if shown else []).partition("/")
    return {"department": key, "desk": desk or None}


def _disable(form: Fields, _: ProcedureForm | None) -> dict[str, Any]:
    return {"disabled": True, "why": form.words("why")}


def _enable(_: Fields, __: ProcedureForm | None) -> dict[str, Any]:
    return {"disabled": False}


_PARTS: dict[str, Callable[[Fields, ProcedureForm | None], dict[str, Any]]] = {
    "fee": _fee,
    "deadline": _deadline,
    "forms": _forms,
    "note": _note,
    "lost_if_missed": _lost,
    "legal_basis": _basis,
    "department": _place,
    "disable": _disable,
    "enable": _enable,
}
