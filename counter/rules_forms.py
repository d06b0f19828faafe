"""What the small forms send, as the values that the file takes."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from server.kit.clock import today
from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.rulebook import guided
from server.rulebook.guided import UNITS, CannotPut, DeadlineForm
from server.web.forms import Sent

__all__ = ["CannotPut", "WrongFieldError", "department", "procedure"]
_ID = re.compile(r"x-[a-z0-9-]{1,30}")
_DESK = re.compile(r"[a-z][a-z0-9_-]{0,29}")


class WrongFieldError(ValueError):
    """A field of the form cannot be; `field` names the sentence that says so."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def department(text: str, sent: Sent) -> str:
    """`text` with one department as the form has it. Raises WrongFieldError, CannotPut."""
    key = sent.text("id", limit=40)
    if sent.text("new") and not _ID.fullmatch(key):
        raise WrongFieldError("department")
    desks = {
        desk: _words(sent, f"desk:{desk}")
        for desk in (name.removesuffix(".ja") for name in sent.prefixed("desk:") if name.endswith(".ja"))
    }
    added = sent.text("desk_new", limit=30)
    if added:
        if not _DESK.fullmatch(added) or added in desks:
            raise WrongFieldError("desk")
        desks[added] = _words(sent, "desk_new")
    return guided.put_department(
        text, _day(sent), key, _words(sent, "name"), desks, external=sent.text("external") == "1"
    )


def procedure(text: str, procedure_id: str, sent: Sent) -> str:
    """`text` with one part of a procedure as the form has it. Raises WrongFieldError, CannotPut."""
    if sent.text("part", limit=20) == "confirm":
        day = _day(sent, "confirmed")
        if day is None or day > today():
            raise WrongFieldError("confirmed")
        return guided.put_confirmed(text, procedure_id, day, _words(sent, "by"))
    read = _PARTS.get(sent.text("part", limit=20))
    if read is None:
        raise WrongFieldError("part")
    return guided.put_part(text, _day(sent), procedure_id, read(sent))


def _fee(sent: Sent) -> dict[str, Any]:
    yen = sent.number("yen")
    if yen is None:
        raise WrongFieldError("yen")
    fee: dict[str, Any] = {"yen": yen}
    for name in ("per", "note"):
        japanese = f"{name}.ja"
        if sent.text(japanese):
            fee[name] = _words(sent, name)
    return {"fee": fee}


def _deadline(sent: Sent) -> dict[str, Any]:
    kind = sent.text("kind", limit=10)
    if kind == "text":
        words = _words(sent, "words", easy=True)
        return {"deadline": {"type": "text", "words": words}}
    if kind != "offset":
        return {"deadline": {"type": "unknown"}}
    amount, unit = sent.number("amount"), sent.text("unit", "days", 10)
    if amount is None or unit not in UNITS or (unit != "days" and not amount):
        raise WrongFieldError("amount")
    form = DeadlineForm(
        "offset",
        sent.text("start", limit=60),
        amount,
        unit,
        sent.text("count", "next_day", 20),
        sent.text("closed", "next_open", 20),
    )
    return {"deadline": guided.deadline_part(form)}


def _forms(sent: Sent) -> dict[str, Any]:
    ids = [name.removesuffix(".ja") for name in sent.prefixed("form:") if name.endswith(".ja")]
    return {"forms": [{"id": one, "name": _words(sent, f"form:{one}", easy=True)} for one in ids]}


def _note(sent: Sent) -> dict[str, Any]:
    return {"note": _words(sent, "note")}


def _place(sent: Sent) -> dict[str, Any]:
    key, _, desk = sent.text("place", limit=80).partition("/")
    return {"department": key, "desk": desk or None}


def _disable(sent: Sent) -> dict[str, Any]:
    return {"disabled": True, "why": _words(sent, "why")}


def _enable(sent: Sent) -> dict[str, Any]:
    return {"disabled": False}


_PARTS: dict[str, Callable[[Sent], dict[str, Any]]] = {
    "fee": _fee,
    "deadline": _deadline,
    "forms": _forms,
    "note": _note,
    "place": _place,
    "disable": _disable,
    "enable": _enable,
}


def _words(sent: Sent, name: str, *, easy: bool = False) -> dict[str, str]:
    """Japanese and English, which the rules always have, and plain Japanese where residents read it."""
    keys = {lang: f"{name}.{lang}" for lang in ("ja", "easy", "en")}
    found = {lang: sent.text(key, limit=400) for lang, key in keys.items()}
    if not found["ja"] or not found["en"] or (easy and not found["easy"]):
        raise WrongFieldError("words")
    return {lang: words for lang, words in found.items() if words}


def _day(sent: Sent, name: str = "day") -> date | None:
    try:
        day = read_date(sent.text(name, limit=20))
    except UnsafeTextError as error:
        raise WrongFieldError("day") from error
    return date.fromisoformat(day) if day else None
