"""What the small forms show before anything is typed: for each part of a page its fields by name."""

from datetime import date

from counter.rules_fields import LANGUAGES, Values
from server.rulebook.guided import DeadlineForm, DepartmentForm, ProcedureForm, Text


def department(one: DepartmentForm | None) -> Values:
    """A department as it counts; None for one that is being added."""
    if one is None:
        return {"id": "x-"}
    found = {"id": one.id} | _words("name", one.name)
    for desk, name in one.desks:
        found |= _words(f"desk:{desk}", name)
    return found


def procedure(one: ProcedureForm, today: date) -> dict[str, Values]:
    """The parts of a procedure as it counts."""
    fee: Values = {}
    if one.fee:
        fee = {"yen": "" if one.fee.yen is None else str(one.fee.yen)}
        fee |= _words("per", one.fee.per) | _words("note", one.fee.note)
    forms: Values = {}
    for form in one.forms:
        forms |= _words(f"form:{form.id}", form.name)
    confirmed = (one.confirmed_on or today).isoformat()
    return {
        "fee": fee,
        "deadline": deadline(one.deadline),
        "forms": forms,
        "department": {"place": one.place},
        "note": _words("note", one.note),
        "lost_if_missed": _words("lost", one.lost),
        "legal_basis": {"basis": "\n".join(one.basis)},
        "confirm": {"confirmed": confirmed} | _words("by", one.confirmed_by),
        "disable": {},
    }


def deadline(one: DeadlineForm) -> Values:
    """A deadline; one that the form cannot write leaves its length open."""
    known = one.amount is not None and one.amount >= 0
    return {
        "kind": one.kind if one.kind != "other" else "offset",
        "start": one.start,
        "amount": str(one.amount) if known else "",
        "unit": one.unit,
        "count": one.count,
        "closed": one.closed,
    } | _words("words", one.words)


def _words(name: str, words: Text | None) -> Values:
    if words is None:
        return {}
    found = dict(zip(LANGUAGES, (words.ja, words.easy, words.en), strict=True))
    return {f"{name}.{lang}": value or "" for lang, value in found.items()}
