"""What is left of a condition once the known facts are put in, and which of the open facts can still
change it.

A residual is True, False, or a nested tuple:
("?",) unknown for good (declared unknown, incomplete date, nobody to ask) | ("v", leaf number, fact,
person) | ("not", r) | ("all", r, ...) | ("any", r, ...) | ("count", low, high, r, ...).
Persons in it can be renumbered in the order of their appearance, so that members in the same position
share one analysis.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any as Tree

from procedures.conditions import (
    HOUSEHOLD,
    All,
    Any,
    Has,
    Is,
    Leaf,
    Members,
    Missing,
    Node,
    Not,
    Truth,
    within,
)
from procedures.facts import CaseView, FactSpec

UNKNOWN = ("?",)
_MOST_ASSIGNMENTS = 512
Variable = tuple[str, int]


def residual(node: Node, view: CaseView, person: int) -> Tree:
    """The residual of a condition for one member (or the HOUSEHOLD)."""
    if isinstance(node, Leaf):
        return _leaf(node, view, person)
    if isinstance(node, Not):
        part = residual(node.part, view, person)
        return (not part) if isinstance(part, bool) else ("not", part)
    if isinstance(node, All | Any):
        stop = isinstance(node, Any)
        parts = []
        for below in node.of:
            part = residual(below, view, person)
            if part is stop:
                return stop
            if not isinstance(part, bool):
                parts.append(part)
        if not parts:
            return not stop
        return parts[0] if len(parts) == 1 else ("any" if stop else "all", *parts)
    if isinstance(node, Members):
        return _members(node, view)
    return node.truth(view, person)


def _leaf(leaf: Leaf, view: CaseView, person: int) -> Tree:
    home = HOUSEHOLD if leaf.household else person
    truth = leaf.truth(view, home)
    if truth is not None:
        return truth
    value = view.value(leaf.fact, home)
    spec = view.specs[leaf.fact]
    if value is Missing.OPEN and spec.derive is not None and isinstance(leaf, Is):
        inner = residual(spec.derive, view, home)
        return inner if True in leaf.values else ("not", inner)
    if value is not Missing.UNASKED:
        return UNKNOWN
    if spec.only_if is not None and spec.only_if.truth(view, home) is False:
        return UNKNOWN
    return ("v", leaf.number, leaf.fact, home)


def _members(node: Members, view: CaseView) -> Tree:
    parts = [residual(node.where, view, index) for index in range(len(view.people))]
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


def renumbered(tree: Tree) -> tuple[Tree, dict[int, int]]:
    """The residual with members numbered 0, 1, … by first appearance, and the way back (new number →
    member).
    """
    forward: dict[int, int] = {HOUSEHOLD: HOUSEHOLD}

    def rename(part: Tree) -> Tree:
        if not isinstance(part, tuple):
            return part
        if part[0] == "v":
            home = forward.setdefault(part[3], len(forward) - 1)
            return ("v", part[1], part[2], home)
        return (part[0], *(rename(below) for below in part[1:]))

    renamed = rename(tree)
    return renamed, {new: old for old, new in forward.items()}


@dataclass(frozen=True, slots=True)
class Analysis:
    """live: the open facts (fact, member) some answer to which can still change the truth, in some
    continuation.

    after[f][g]: likelihood that fact g is still live for someone once fact f has been answered for
    everyone.
    """

    live: frozenset[Variable]
    after: Mapping[str, Mapping[str, float]]


class Analyst:
    """Works out Analyses and keeps them: residuals of the same shape come again and again."""

    def __init__(self, specs: Mapping[str, FactSpec], leaves: Mapping[int, Leaf]) -> None:
        self._specs = specs
        self._leaves = leaves
        self._known: dict[Tree, Analysis] = {}

    def analyse(self, tree: Tree) -> Analysis:
        """`tree` must be renumbered. Exact up to 512 combinations of answers; beyond, every open leaf
        counts as live.
        """
        found = self._known.get(tree)
        if found is None:
            if len(self._known) > 20_000:
                self._known.clear()
            found = self._known[tree] = self._work_out(tree)
        return found

    def _work_out(self, tree: Tree) -> Analysis:
        leaves: dict[Variable, set[int]] = {}
        for number, fact, person in variables(tree):
            leaves.setdefault((fact, person), set()).add(number)
        names = list(leaves)
        answers = [self._answers(fact, sorted(leaves[fact, person])) for fact, person in names]
        facts = list(dict.fromkeys(fact for fact, _ in names))
        if math.prod(len(options) for options in answers) > _MOST_ASSIGNMENTS:
            return Analysis(frozenset(names), {f: {g: 1.0 for g in facts if g != f} for f in facts})
        table: dict[tuple[int, ...], Truth] = {}
        for picks in itertools.product(*(range(len(options)) for options in answers)):
            truths = {
                (number, *names[i]): truth
                for i, pick in enumerate(picks)
                for number, truth in answers[i][pick][0].items()
            }
            table[picks] = _evaluate(tree, truths)
        live = frozenset(name for i, name in enumerate(names) if _matters(table, i))
        after = {f: self._after(f, names, answers, table) for f in facts}
        return Analysis(live, after)

    def _after(
        self,
        fact: str,
        names: list[Variable],
        answers: list[list[tuple[dict[int, Truth], float]]],
        table: dict[tuple[int, ...], Truth],
    ) -> dict[str, float]:
        asked = [i for i, (name, _) in enumerate(names) if name == fact]
        others: dict[str, list[int]] = {}
        for i, (name, _) in enumerate(names):
            if name != fact:
                others.setdefault(name, []).append(i)
        rest = dict.fromkeys(others, 0.0)
        if not others:
            return rest
        groups: dict[tuple[int, ...], dict[tuple[int, ...], Truth]] = {}
        for picks, truth in table.items():
            groups.setdefault(tuple(picks[i] for i in asked), {})[picks] = truth
        for chosen, subtable in groups.items():
            weight = math.prod(answers[i][pick][1] for i, pick in zip(asked, chosen, strict=True))
            for name, indexes in others.items():
                if any(_matters(subtable, i) for i in indexes):
                    rest[name] += weight
        return rest

    def _answers(self, fact: str, numbers: list[int]) -> list[tuple[dict[int, Truth], float]]:
        """The distinguishable answers to a fact: what each makes of the leaves, and how likely it is."""
        spec = self._specs[fact]
        merged: dict[tuple[Truth, ...], float] = {}
        tests = [self._leaves[number] for number in numbers]
        if spec.type in ("yes_no", "choice"):
            for value, chance in spec.chances.items():
                key = tuple(isinstance(test, Is) and value in test.values for test in tests)
                merged[key] = merged.get(key, 0.0) + chance
        elif spec.type == "choices":
            wanted = sorted({o for test in tests if isinstance(test, Has) for o in test.values})
            for ticks in itertools.product((True, False), repeat=len(wanted)):
                ticked = {option for option, tick in zip(wanted, ticks, strict=True) if tick}
                chance = math.prod(
                    spec.chances[o] if tick else 1 - spec.chances[o]
                    for o, tick in zip(wanted, ticks, strict=True)
                )
                key = tuple(isinstance(test, Has) and not test.values.isdisjoint(ticked) for test in tests)
                merged[key] = merged.get(key, 0.0) + chance
        else:  # a date or a number: each test is taken as a coin of its own
            for key in itertools.product((True, False), repeat=len(tests)):
                merged[key] = 0.5 ** len(tests)
        return [(dict(zip(numbers, key, strict=True)), chance) for key, chance in merged.items()]


def _matters(table: dict[tuple[int, ...], Truth], index: int) -> bool:
    seen: dict[tuple[int, ...], Truth] = {}
    for picks, truth in table.items():
        rest = picks[:index] + picks[index + 1 :]
        if seen.setdefault(rest, truth) is not truth:
            return True
    return False


def _evaluate(tree: Tree, truths: dict[tuple[int, str, int], Truth]) -> Truth:
    kind = tree[0]
    if kind == "v":
        return truths[tree[1], tree[2], tree[3]]
    if kind == "?":
        return None
    if kind == "not":
        part = _evaluate(tree[1], truths)
        return None if part is None else not part
    if kind == "count":
        parts = [_evaluate(part, truths) for part in tree[3:]]
        sure = sum(part is True for part in parts)
        return within(sure, sure + sum(part is None for part in parts), tree[1], tree[2])
    stop = kind == "any"
    result: Truth = not stop
    for part in tree[1:]:
        found = _evaluate(part, truths)
        if found is stop:
            return stop
        if found is None:
            result = None
    return result
