"""What is left of a condition once the known facts are put in.

A residual is True, False, or a nested tuple:
("?",) unknown for good (declared unknown, incomplete date, nobody to ask) | ("v", leaf number, fact,
person) | ("not", r) | ("all", r, ...) | ("any", r, ...) | ("count", low, high, r, ...).
Persons in it can be renumbered in the order of their appearance, so that members in the same position
share one analysis.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping

from procedures.logic.conditions import (
    HOUSEHOLD,
    Age,
    All,
    Any,
    Is,
    Leaf,
    Members,
    Missing,
    Node,
    Not,
    Value,
    walk,
)
from procedures.logic.facts import CaseView, FactSpec

UNKNOWN = ("?",)
Tree = typing.Any
Variable = tuple[str, int]


def residual(node: Node, view: CaseView, person: int, numbers: dict[int, int]) -> Tree:
    """The residual of a condition for one member (or the HOUSEHOLD).

    `numbers` receives member → number, in the order of first appearance; start with {HOUSEHOLD: HOUSEHOLD}.
    """
    truth = node.truth(view, person)
    if truth is not None:
        return truth
    if isinstance(node, Leaf):
        return _leaf(node, view, person, numbers)
    if isinstance(node, Members):
        return _members(node, view, numbers)
    if isinstance(node, Not):
        return ("not", residual(node.part, view, person, numbers))
    assert isinstance(node, All | Any)  # noqa: S101 - an event is never unknown
    parts = [residual(below, view, person, numbers) for below in node.of]
    left = [part for part in parts if not isinstance(part, bool)]
    return left[0] if len(left) == 1 else ("any" if isinstance(node, Any) else "all", *left)


def blamed(leaf: Leaf, view: CaseView, person: int) -> tuple[str, int, Value | Missing]:
    """The fact that leaves a test unknown, whose it is, and its value (a date that is incomplete)."""
    home = HOUSEHOLD if leaf.household else person
    value = view.value(leaf.fact, home)
    if isinstance(leaf, Age) and leaf.at is not None and not isinstance(value, Missing):
        home = HOUSEHOLD if leaf.at_household else person
        return leaf.at, home, view.value(leaf.at, home)
    return leaf.fact, home, value


def _leaf(leaf: Leaf, view: CaseView, person: int, numbers: dict[int, int]) -> Tree:
    fact, home, value = blamed(leaf, view, person)
    spec = view.specs[fact]
    if value is Missing.OPEN and spec.derive is not None and isinstance(leaf, Is):
        inner = residual(spec.derive, view, home, numbers)
        return inner if True in leaf.values else ("not", inner)
    if value is not Missing.UNASKED:
        return UNKNOWN
    if spec.only_if is not None:
        gate = residual(spec.only_if, view, home, dict(numbers))
        # Nobody is asked what follows from a question that was answered with no or with わからない.
        if gate is False or (gate is not True and next(variables(gate), None) is None):
            return UNKNOWN
    return ("v", leaf.number, fact, numbers.setdefault(home, len(numbers) - 1))


def _members(node: Members, view: CaseView, numbers: dict[int, int]) -> Tree:
    parts = [residual(node.where, view, index, numbers) for index in range(view.size)]
    sure = sum(part is True for part in parts)
    unsure = [part for part in parts if not isinstance(part, bool)]
    low = None if node.low is None else node.low - sure
    high = None if node.high is None else node.high - sure
    return ("count", low, high, *unsure)


def variables(tree: Tree) -> Iterator[tuple[int, str, int]]:
    """(leaf number, fact, person) of every open leaf, in the order of the text."""
    if isinstance(tree, bool) or tree is None:
        return
    if tree[0] == "v":
        yield tree[1], tree[2], tree[3]
        return
    for part in tree[1:]:
        if isinstance(part, tuple | bool):
            yield from variables(part)


def looks_around(node: Node, specs: Mapping[str, FactSpec]) -> bool:
    """Whether a residual depends on the other members, the derived facts and the presuppositions behind it
    included.
    """
    todo, seen = [node], set()
    while todo:
        for one in walk(todo.pop()):
            if isinstance(one, Members):
                return True
            if isinstance(one, Leaf) and one not in seen:
                seen.add(one)
                for fact in (one.fact, one.at) if isinstance(one, Age) and one.at else (one.fact,):
                    todo += [behind for behind in (specs[fact].derive, specs[fact].only_if) if behind]
    return False
