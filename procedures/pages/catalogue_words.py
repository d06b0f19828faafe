"""Conditions and deadlines in one line, for the pages of the catalogue."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from procedures.engine.catalogue import Catalogue, DeadlineSpec
from procedures.engine.deadlines import period_words
from procedures.logic.conditions import All, Any, Event, Leaf, Members, Node, Not
from procedures.logic.words import opposite, required
from procedures.schema.rules import EarliestModel, OffsetModel, TextDeadlineModel
from procedures.terms.text import Text

_SOMEBODY = {"any_member": ("いる", "somebody"), "no_member": ("いない", "nobody")}
_DENIED = {"any_member": "no_member", "no_member": "any_member"}
_CLOSED = {
    "next_open": "（末日が閉庁日なら翌開庁日まで）",
    "previous_open": "（末日が閉庁日ならその前の開庁日まで）",
    "as_is": "",
}


def deadline_words(spec: DeadlineSpec, catalogue: Catalogue, events: Collection[str]) -> str:
    """A deadline in Japanese; what it counts from is called as in these life events."""
    if isinstance(spec, TextDeadlineModel):
        return spec.words.ja
    if isinstance(spec, EarliestModel):
        return "次のうち早い方：" + "、".join(deadline_words(one, catalogue, events) for one in spec.of)
    if isinstance(spec, OffsetModel):
        names = {catalogue.facts[spec.start].named((event,)) for event in events}
        label = names.pop() if len(names) == 1 else catalogue.facts[spec.start].label
        return f"{period_words(spec, label).ja}{_CLOSED[spec.closed]}"
    return "要確認（市区町村で決めます）"


def condition(node: Node, catalogue: Catalogue) -> Text:
    """A condition in one line, with brackets where they are needed; empty when it always holds."""
    if isinstance(node, Leaf | Event):
        words = required(node, catalogue.facts, catalogue.codes)
        return Text(f"「{words.ja}」", words.en)
    if isinstance(node, Not):
        return _denied(node.part, catalogue)
    if isinstance(node, Members):
        inner = condition(node.where, catalogue)
        ja = f"{node.low}人以上" if node.low is not None else f"{node.high}人以下"
        en = f"at least {node.low}" if node.low is not None else f"at most {node.high}"
        if node.kind in _SOMEBODY:
            ja, en = _SOMEBODY[node.kind]
        return Text(f"世帯に〔{inner.ja}〕の方が{ja}", f"{en} in the household: [{inner.en}]")
    if isinstance(node, All):
        parts = [condition(part, catalogue) for part in node.parts()]
        return Text(" かつ ".join(part.ja for part in parts), " and ".join(part.en for part in parts))
    assert isinstance(node, Any)  # noqa: S101 - the only kind of node left
    parts = [_bracketed(part, catalogue) for part in node.parts()]
    inner_ja = " または ".join(part.ja for part in parts)
    return Text(f"（{inner_ja}）", f"({' or '.join(part.en for part in parts)})")


def _denied(node: Node, catalogue: Catalogue) -> Text:
    """The opposite of a condition, in words of its own where there are some."""
    plain = opposite(node, catalogue.facts, catalogue.codes) if isinstance(node, Leaf) else None
    if plain is not None:
        return Text(f"「{plain.ja}」", plain.en)
    if isinstance(node, Members) and node.kind in _DENIED:
        return condition(replace(node, kind=_DENIED[node.kind]), catalogue)
    inner = _bracketed(node, catalogue)
    return Text(f"{inner.ja}でない", f"not {inner.en}")


def _bracketed(node: Node, catalogue: Catalogue) -> Text:
    """A condition that stands beside others: 「かつ」 inside 「または」 gets brackets."""
    words = condition(node, catalogue)
    return Text(f"（{words.ja}）", f"({words.en})") if isinstance(node, All) else words
