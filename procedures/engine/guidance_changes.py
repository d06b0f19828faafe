"""What a changed answer, another day or another catalogue changes in a guidance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from procedures.engine.guidance import Guidance, Item
from procedures.terms.text import Text

_OUTCOMES = ("applies", "may_apply", "needs_confirmation")
_WORDS = {
    "applies": Text("該当する", "applies"),
    "may_apply": Text("該当するかもしれない", "may apply"),
    "needs_confirmation": Text("確認が必要", "needs confirmation"),
    None: Text("該当しない", "does not apply"),
}
# In the order in which they are compared.
_FIELDS = ("variant", "deadline", "department", "documents", "fee", "class", "applicants", "forms")
_FIELD_WORDS = {
    "variant": "扱い",
    "deadline": "期限",
    "department": "担当課",
    "documents": "必要なもの",
    "fee": "手数料",
    "class": "区分",
    "applicants": "手続きできる方",
    "forms": "様式",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One procedure that is not as it was, for the people for whom it changed in the same way.

    kind: appeared | disappeared | outcome (it is more or less sure than before) | content (same outcome,
    but `fields` differ: variant, deadline, department, documents, fee, class, applicants, forms).
    """

    kind: str
    procedure_id: str
    name: Text
    person_ids: tuple[str, ...]
    before: str | None
    after: str | None
    fields: tuple[str, ...]
    text: Text

    def to_dict(self) -> dict[str, Any]:
        """Every field by its name."""
        return {
            "kind": self.kind,
            "procedure_id": self.procedure_id,
            "name": self.name.to_dict(),
            "person_ids": list(self.person_ids),
            "before": self.before,
            "after": self.after,
            "fields": list(self.fields),
            "text": self.text.to_dict(),
        }


def changes(before: Guidance, after: Guidance) -> tuple[Change, ...]:
    """What appeared, disappeared or is different, in the order of the later guidance; () when all is as it
    was. Both are of the same household; persons are told apart by their ids.
    """
    old, new = _states(before), _states(after)
    grouped: dict[tuple[str, str | None, str | None, tuple[str, ...]], list[str]] = {}
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        fields = () if was is None or now is None else _fields(was[1], now[1])
        states = (was[0] if was else None), (now[0] if now else None)
        if states[0] != states[1] or fields:
            grouped.setdefault((key[0], *states, fields), []).append(key[1])
    names = {item.procedure_id: item.name for guidance in (before, after) for item in _items(guidance)}
    return tuple(
        _change(procedure, names[procedure], was, now, fields, people)
        for (procedure, was, now, fields), people in grouped.items()
    )


def _items(guidance: Guidance) -> list[Item]:
    return [item for outcome in _OUTCOMES for item in getattr(guidance, outcome)]


def _states(guidance: Guidance) -> dict[tuple[str, str], tuple[str, Item]]:
    """Outcome and item by procedure and person; the household is the person ''."""
    return {
        (item.procedure_id, person): (outcome, item)
        for outcome in _OUTCOMES
        for item in getattr(guidance, outcome)
        for person in item.person_ids or ("",)
    }


def _fields(was: Item, now: Item) -> tuple[str, ...]:
    pairs: tuple[tuple[object, object], ...] = (
        (was.variant, now.variant),
        (was.deadline.to_dict() | {"days_left": 0}, now.deadline.to_dict() | {"days_left": 0}),
        (was.department, now.department),
        ([(one.id, one.needed) for one in was.documents], [(one.id, one.needed) for one in now.documents]),
        (was.fee, now.fee),
        (was.klass, now.klass),
        (was.applicants, now.applicants),
        (was.forms, now.forms),
    )
    return tuple(name for name, (left, right) in zip(_FIELDS, pairs, strict=True) if left != right)


def _change(
    procedure: str, name: Text, was: str | None, now: str | None, fields: tuple[str, ...], people: list[str]
) -> Change:
    kind = (
        "content"
        if was == now
        else "appeared"
        if was is None
        else "disappeared"
        if now is None
        else "outcome"
    )
    who = tuple(person for person in people if person)
    words = Text(f"{_WORDS[was].ja} → {_WORDS[now].ja}", f"{_WORDS[was].en} → {_WORDS[now].en}")
    if kind == "content":
        changed = "・".join(_FIELD_WORDS[name] for name in fields)
        words = Text(f"{changed}が変わる", f"changes in {', '.join(fields)}")
    text = Text(f"{name.ja}：{words.ja}", f"{name.en}: {words.en}")
    return Change(kind, procedure, name, who, was, now, fields, text)
