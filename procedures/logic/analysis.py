"""Which open facts can still change a residual, and which order of questions settles it soonest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from procedures.logic.conditions import Age, Has, Is, Leaf, Node, Truth
from procedures.logic.date_answers import Day, date_answers
from procedures.logic.facts import FactSpec
from procedures.logic.residual import Tree, Variable, variables
from procedures.logic.truth_tables import Answers, Rows, Table, patterns, table

SELF = -2
_MOST_ASSIGNMENTS = 512
_MOST_PLANNED = 5
_Chances = Mapping[str, float]


@dataclass(frozen=True)
class Analysis:
    """What further answers can do to a residual.

    certain: the truth that every continuation leads to, although no single fact says so yet; else None.
    live: the open facts (fact, member) some answer to which still changes the truth in some continuation,
    in the order of the text.
    """

    certain: Truth
    live: tuple[Variable, ...]
    _plan: Callable[[], tuple[_Chances, Mapping[str, _Chances]]] = field(repr=False, compare=False)

    @cached_property
    def _planned(self) -> tuple[_Chances, Mapping[str, _Chances]]:
        return self._plan()

    @property
    def asked(self) -> _Chances:
        """Likelihood that each fact has to be asked when the facts of this residual are asked in the order
        that needs the fewest questions; worked out when first read.
        """
        return self._planned[0]

    @property
    def after(self) -> Mapping[str, _Chances]:
        """after[f][g]: as asked[g], once f has been answered for everyone."""
        return self._planned[1]


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A condition that is open, what further answers can do to it, and the facts that are live in it: of a
    member (by index), of the HOUSEHOLD, or of the one whom it was asked for (SELF).
    """

    node: Node
    analysis: Analysis
    facts: tuple[Variable, ...]


def certainly(facts: list[Variable]) -> Analysis:
    """The analysis of which nothing more is known than that all of these facts have to be asked."""
    chances = dict.fromkeys((fact for fact, _ in facts), 1.0)
    after = {fact: {other: 1.0 for other in chances if other != fact} for fact in chances}
    return Analysis(None, tuple(facts), lambda: (chances, after))


class Analyst:
    """Works out Analyses and keeps them: residuals of the same shape come again and again."""

    def __init__(self, specs: Mapping[str, FactSpec], leaves: Mapping[int, Leaf]) -> None:
        self._specs = specs
        self._leaves = leaves
        self._known: dict[tuple[Tree, Day], Analysis] = {}

    def analyse(self, tree: Tree, day: Day) -> Analysis:
        """`tree` is a residual with numbered members. Exact up to 512 combinations of answers; beyond,
        every open leaf counts as live and every other fact as still to be asked.
        """
        found = self._known.get((tree, day))
        if found is None:
            if len(self._known) > 20_000:
                self._known.clear()
            found = self._known[tree, day] = self._work_out(tree, day)
        return found

    def _work_out(self, tree: Tree, day: Day) -> Analysis:
        leaves: dict[Variable, set[int]] = {}
        for number, fact, person in variables(tree):
            leaves.setdefault((fact, person), set()).add(number)
        names = list(leaves)
        answers = [self._answers(fact, sorted(leaves[fact, person]), day) for fact, person in names]
        if math.prod(len(options) for options in answers) > _MOST_ASSIGNMENTS:
            return certainly(names)
        rows = Rows([len(options) for options in answers])
        truths = table(tree, patterns(rows, names, answers), rows.all)
        live = tuple(name for i, name in enumerate(names) if rows.differ(truths, rows.all, i))
        certain = None if live else truths.at(0)
        return Analysis(certain, live, lambda: _Planner(names, answers, rows, truths).plan())

    def _answers(self, fact: str, numbers: list[int], day: Day) -> Answers:
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
                pairs = list(zip(wanted, ticks, strict=True))
                chance = math.prod(spec.chances[o] if tick else 1 - spec.chances[o] for o, tick in pairs)
                ticked = {option for option, tick in pairs if tick}
                key = tuple(isinstance(test, Has) and not test.values.isdisjoint(ticked) for test in tests)
                merged[key] = merged.get(key, 0.0) + chance
        elif spec.type == "date" and not any(isinstance(test, Age) and test.at for test in tests):
            merged = dict(date_answers(tests, day))
        else:  # a number, or a day on which an age is counted: each distinct test is a coin of its own
            for key in itertools.product((True, False), repeat=len(tests)):
                merged[key] = 0.5 ** len(tests)
        return [(dict(zip(numbers, key, strict=True)), chance) for key, chance in merged.items()]


class _Planner:
    """The order of questions that settles one residual with the fewest questions, found by trying all.

    A set of combinations of answers is written as the bits of a number, as in truth_tables.py.
    """

    def __init__(self, names: list[Variable], answers: list[Answers], rows: Rows, truths: Table) -> None:
        self._answers = answers
        self._rows = rows
        self._truths = truths
        self._indexes: dict[str, list[int]] = {}
        for index, (fact, _) in enumerate(names):
            self._indexes.setdefault(fact, []).append(index)
        self._plans: dict[int, tuple[float, dict[str, float]]] = {}

    def plan(self) -> tuple[_Chances, Mapping[str, _Chances]]:
        """Analysis.asked and Analysis.after."""
        facts = list(self._indexes)
        after = {fact: self._after(fact) for fact in facts}
        return self._best(self._rows.all, facts)[1], after

    def _after(self, fact: str) -> dict[str, float]:
        left = dict.fromkeys((name for name in self._indexes if name != fact), 0.0)
        others = list(left)
        for weight, part in self._split(fact, self._rows.all):
            for name, chance in self._best(part, others)[1].items():
                left[name] += weight * chance
        return left

    def _split(self, fact: str, among: int) -> Iterator[tuple[float, int]]:
        """The combinations by what is answered to a fact, each with its likelihood."""
        indexes = self._indexes[fact]
        for picks in itertools.product(*(range(len(self._answers[i])) for i in indexes)):
            part, chances = among, []
            for index, pick in zip(indexes, picks, strict=True):
                part &= self._rows.picked(index, pick)
                chances.append(self._answers[index][pick][1])
            yield math.prod(chances), part

    def _best(self, among: int, facts: list[str]) -> tuple[float, dict[str, float]]:
        """Expected number of questions, and how likely each fact is to be asked, under the best order."""
        known = self._plans.get(among)
        if known is not None:
            return known
        if self._truths.same(among):
            return 0.0, {}
        best: tuple[float, dict[str, float]] | None = None
        useful = [
            fact
            for fact in facts
            if any(self._rows.differ(self._truths, among, i) for i in self._indexes[fact])
        ]
        if len(useful) > _MOST_PLANNED:
            return float(len(useful)), dict.fromkeys(useful, 1.0)
        for fact in useful:
            cost, asked = 1.0, {fact: 1.0}
            rest = [name for name in useful if name != fact]
            for weight, part in self._split(fact, among):
                more, wanted = self._best(part, rest)
                cost += weight * more
                for name, chance in wanted.items():
                    asked[name] = asked.get(name, 0.0) + weight * chance
            if best is None or cost < best[0] - 1e-9:
                best = cost, asked
        assert best is not None  # noqa: S101 - rows that differ differ in some fact
        self._plans[among] = best
        return best
