"""What the engine works out for everybody at once, worked out for one member and one combination of answers
at a time: slow, plain, and only there to be compared with.
"""

from collections.abc import Sequence

from procedures.logic.conditions import (
    HOUSEHOLD,
    Age,
    All,
    Any,
    Event,
    Leaf,
    Members,
    Missing,
    Node,
    Not,
    Truth,
    View,
    span,
)
from procedures.logic.facts import CaseView
from procedures.logic.residual import Tree
from procedures.terms.dates import AGE_KINDS, PartialDate


def truth(node: Node, view: CaseView, person: int) -> Truth:
    """The truth of a condition for one member or the HOUSEHOLD."""
    if isinstance(node, Leaf):
        return _leaf(node, view, HOUSEHOLD if node.household else person)
    if isinstance(node, Event):
        return not view.events.isdisjoint(node.events)
    if isinstance(node, Not):
        found = truth(node.part, view, person)
        return None if found is None else not found
    if isinstance(node, Members):
        return _counted([truth(node.where, view, one) for one in range(view.size)], node.low, node.high)
    assert isinstance(node, All | Any)
    return _kleene([truth(part, view, person) for part in node.of], isinstance(node, Any))


def _leaf(leaf: Leaf, view: CaseView, home: int) -> Truth:
    value = view.value(leaf.fact, home)
    if isinstance(value, Missing):
        return None
    if isinstance(leaf, Age) and leaf.at is not None:
        day, count = view.value(leaf.at, HOUSEHOLD if leaf.at_household else home), AGE_KINDS[leaf.kind]
        if not isinstance(day, PartialDate):
            return None
        assert isinstance(value, PartialDate)
        return span(count(value.latest, day.earliest), count(value.earliest, day.latest), leaf.low, leaf.high)
    plain: View = view
    return leaf.test(value, plain)


def _kleene(parts: Sequence[Truth], stop: bool) -> Truth:
    if stop in parts:
        return stop
    return None if None in parts else not stop


def _counted(parts: Sequence[Truth], low: int | None, high: int | None) -> Truth:
    sure = sum(part is True for part in parts)
    return span(sure, sure + sum(part is None for part in parts), low, high)


def told(tree: Tree, truths: dict[tuple[int, str, int], Truth]) -> Truth:
    """What a residual becomes under one combination of answers."""
    kind = tree[0]
    if kind == "v":
        return truths[tree[1], tree[2], tree[3]]
    if kind == "?":
        return None
    if kind == "not":
        part = told(tree[1], truths)
        return None if part is None else not part
    if kind == "count":
        return _counted([told(part, truths) for part in tree[3:]], tree[1], tree[2])
    return _kleene([told(part, truths) for part in tree[1:]], kind == "any")
