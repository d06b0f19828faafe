"""Conditions and deadlines in one line, for the pages of the catalogue."""

from __future__ import annotations

from procedures.catalogue import Catalogue, DeadlineSpec
from procedures.conditions import All, Any, Event, Leaf, Members, Node, Not
from procedures.deadlines import amount_of
from procedures.schema import EarliestModel, OffsetModel, TextDeadlineModel
from procedures.text import Text
from procedures.words import required

_CLOSED = {"next_open": "、閉庁日なら翌開庁日", "previous_open": "、閉庁日なら前の開庁日", "as_is": ""}


def deadline_words(spec: DeadlineSpec) -> str:
    """A deadline in Japanese, with the name of the fact it counts from."""
    if isinstance(spec, TextDeadlineModel):
        return spec.words.ja
    if isinstance(spec, EarliestModel):
        return "次の早い方: " + "、".join(deadline_words(one) for one in spec.of)
    if isinstance(spec, OffsetModel):
        amount = amount_of(spec).ja
        count = "の翌日から" if spec.count == "next_day" else "を含めて"
        closed = _CLOSED[spec.closed]
        if spec.days is not None and spec.days <= 0:
            return (
                f"`{spec.start}` の{-spec.days}日前{closed}"
                if spec.days
                else f"`{spec.start}` の当日{closed}"
            )
        return f"`{spec.start}` {count}{amount}{closed}"
    return "要確認"


def condition(node: Node, catalogue: Catalogue) -> Text:
    """A condition in one line, with brackets where they are needed; empty when it always holds."""
    if isinstance(node, Leaf | Event):
        words = required(node, catalogue.facts, catalogue.codes)
        return Text(f"「{words.ja}」", words.en)
    if isinstance(node, Not):
        inner = condition(node.part, catalogue)
        return Text(f"{inner.ja}でない", f"not ({inner.en})")
    if isinstance(node, Members):
        inner = condition(node.where, catalogue)
        ja = f"{node.low}人以上" if node.low is not None else f"{node.high}人以下"
        en = f"at least {node.low}" if node.low is not None else f"at most {node.high}"
        return Text(f"世帯に〔{inner.ja}〕方が{ja}", f"{en} in the household with ({inner.en})")
    parts = [condition(part, catalogue) for part in node.parts()]
    if isinstance(node, All):
        return Text(" かつ ".join(part.ja for part in parts), " and ".join(part.en for part in parts))
    assert isinstance(node, Any)  # noqa: S101 - the only kind of node left
    inner_ja = " または ".join(part.ja for part in parts)
    return Text(f"（{inner_ja}）", f"({' or '.join(part.en for part in parts)})")
