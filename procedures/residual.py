"""What is left of a condition once the known facts are put in.

A residual is True, False, or a nested tuple:
("?",) unknown for good (declared unknown, incomplete date, nobody to ask) | ("v", leaf number, fact,
person) | ("not", r) | ("all", r, ...) | ("any", r, ...) | ("count", low, high, r, ...).
Persons in it can be renumbered in the order of their appearance, so that members in the same position
share one analysis.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator

from procedures.conditions import (
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
    Truth,
    within,
)
from procedures.facts import CaseView

UNKNOWN = ("?",)
Tree = typing.Any
Variable = tuple[str, int]


def residual(node: Node, view: CaseView, person: int, numbers: dict[int, int]) -> Tree:
    """The residual of a condition for one member (or the HOUSEHOLD).

    `numbers` receives member → number, in the order of first appearance; start with {HOUSEHOLD: HOUSEHOLD}.
    """
    if isinstance(node, Leaf):
        return _leaf(node, view, person, numbers)
    if isinstance(node, Not):
        part = residual(node.part, view, person, numbers)
        return (not part) if isinstance(part, bool) else ("not", part)
    if isinstance(node, All | Any):
        stop = isinstance(node, Any)
        parts = []
        for below in node.of:
            part = residual(below, view, person, numbers)
            if part is stop:
                return stop
            if not isinstance(part, bool):
                parts.append(part)
        if not parts:
            return not stop
        return parts[0] if len(parts) == 1 else ("any" if stop else "all", *parts)
    if isinstance(node, Members):
        return _members(node, view, numbers)
    return node.truth(view, person)


def _leaf(leaf: Leaf, view: CaseView, person: int, numbers: dict[int, int]) -> Tree:
    home = HOUSEHOLD if leaf.household else person
    truth = leaf.truth(view, home)
    if truth is not None:
        return truth
    fact = leaf.fact
    value = view.value(fact, home)
    if isinstance(leaf, Age) and leaf.at is not None and not isinstance(value, Missing):
        fact, home = leaf.at, HOUSEHOLD if leaf.at_household else person
        value = view.value(fact, home)
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
    parts = [residual(node.where, view, index, numbers) for index in range(len(view.people))]
    sure = sum(part is True for part in parts)
    unsure = [part for part in parts if not isinstance(part, bool)]
    truth = within(sure, sure + len(unsure), node.low, node.high)
    if truth is not None:
        return truth
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


def evaluate_residual(tree: Tree, truths: dict[tuple[int, str, int], Truth]) -> Truth:
    kind = tree[0]
    if kind == "v":
        return truths[tree[1], tree[2], tree[3]]
    if kind == "?":
        return None
    if kind == "not":
        part = evaluate_residual(tree[1], truths)
        return None if part is None else not part
    if kind == "count":
        parts = [evaluate_residual(part, truths) for part in tree[3:]]
        sure = sum(part is True for part in parts)
        return within(sure, sure + sum(part is None for part in parts), tree[1], tree[2])
    stop = kind == "any"
    result: Truth = not stop
    for part in tree[1:]:
        found = evaluate_residual(part, truths)
        if found is stop:
            return stop
        if found is None:
            result = None
    return result
