"""Which open facts can still change a residual, and which order of questions settles it soonest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from procedures.conditions import Age, Has, Is, Leaf, Truth
from procedures.date_answers import Day, date_answers
from procedures.facts import FactSpec
from procedures.residual import Tree, Variable, evaluate_residual, variables

_MOST_ASSIGNMENTS = 512
_MOST_PLANNED = 5


@dataclass(frozen=True, slots=True)
class Analysis:
    """What further answers can do to a residual.

    certain: the truth that every continuation leads to, although no single fact says so yet; else None.
    live: the open facts (fact, member) some answer to which still changes the truth in some continuation.
    asked[g]: likelihood that fact g has to be asked when the facts of this residual are asked in the
    order that needs the fewest questions; after[f][g]: the same once f has been answered for everyone.
    """

    certain: Truth
    live: frozenset[Variable]
    asked: Mapping[str, float]
    after: Mapping[str, Mapping[str, float]]


_Row = tuple[tuple[int, ...], Truth]
_Answers = list[tuple[dict[int, Truth], float]]


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
        facts = list(dict.fromkeys(fact for fact, _ in names))
        if math.prod(len(options) for options in answers) > _MOST_ASSIGNMENTS:
            everything = dict.fromkeys(facts, 1.0)
            return Analysis(None, frozenset(names), everything, dict.fromkeys(facts, everything))
        rows: list[_Row] = []
        for picks in itertools.product(*(range(len(options)) for options in answers)):
            truths = {
                (number, *names[i]): truth
                for i, pick in enumerate(picks)
                for number, truth in answers[i][pick][0].items()
            }
            rows.append((picks, evaluate_residual(tree, truths)))
        live = frozenset(name for i, name in enumerate(names) if _matters(rows, i))
        planner = _Planner(names, answers)
        after = {fact: planner.after(fact, rows) for fact in facts}
        certain = rows[0][1] if not live else None
        return Analysis(certain, live, planner.asked(rows), after)

    def _answers(self, fact: str, numbers: list[int], day: Day) -> _Answers:
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
    """The order of questions that settles one residual with the fewest questions, found by trying all."""

    def __init__(self, names: list[Variable], answers: list[_Answers]) -> None:
        self._answers = answers
        self._indexes: dict[str, list[int]] = {}
        for index, (fact, _) in enumerate(names):
            self._indexes.setdefault(fact, []).append(index)
        self._plans: dict[tuple[_Row, ...], tuple[float, dict[str, float]]] = {}

    def asked(self, rows: list[_Row]) -> dict[str, float]:
        """See Analysis.asked."""
        return self._best(tuple(rows), list(self._indexes))[1]

    def after(self, fact: str, rows: list[_Row]) -> dict[str, float]:
        """See Analysis.after, for one fact."""
        left = dict.fromkeys((name for name in self._indexes if name != fact), 0.0)
        others = list(left)
        for weight, part in self._split(fact, rows):
            for name, chance in self._best(tuple(part), others)[1].items():
                left[name] += weight * chance
        return left

    def _split(self, fact: str, rows: Iterable[_Row]) -> list[tuple[float, list[_Row]]]:
        """The rows by what is answered to a fact, each with its likelihood."""
        indexes = self._indexes[fact]
        parts: dict[tuple[int, ...], list[_Row]] = {}
        for row in rows:
            parts.setdefault(tuple(row[0][i] for i in indexes), []).append(row)
        return [
            (math.prod(self._answers[i][pick][1] for i, pick in zip(indexes, picks, strict=True)), part)
            for picks, part in parts.items()
        ]

    def _best(self, rows: tuple[_Row, ...], facts: list[str]) -> tuple[float, dict[str, float]]:
        """Expected number of questions, and how likely each fact is to be asked, under the best order."""
        known = self._plans.get(rows)
        if known is not None:
            return known
        first = rows[0][1]
        if all(truth is first for _, truth in rows):
            return 0.0, {}
        best: tuple[float, dict[str, float]] | None = None
        useful = [fact for fact in facts if any(_matters(rows, i) for i in self._indexes[fact])]
        if len(useful) > _MOST_PLANNED:
            return float(len(useful)), dict.fromkeys(useful, 1.0)
        for fact in useful:
            cost, asked = 1.0, {fact: 1.0}
            rest = [name for name in useful if name != fact]
            for weight, part in self._split(fact, rows):
                more, wanted = self._best(tuple(part), rest)
                cost += weight * more
                for name, chance in wanted.items():
                    asked[name] = asked.get(name, 0.0) + weight * chance
            if best is None or cost < best[0] - 1e-9:
                best = cost, asked
        assert best is not None  # noqa: S101 - rows that differ differ in some fact
        self._plans[rows] = best
        return best


def _matters(rows: Iterable[_Row], index: int) -> bool:
    seen: dict[tuple[int, ...], Truth] = {}
    for picks, truth in rows:
        rest = picks[:index] + picks[index + 1 :]
        if seen.setdefault(rest, truth) is not truth:
            return True
    return False
