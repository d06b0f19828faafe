"""Every combination of answers to the open facts of a residual at once.

Combinations are numbered like the figures of a counter, the first fact turning slowest; a set of them is
written as the bits of a number. So one pass over a residual tells what it becomes under all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from procedures.logic.conditions import Truth
from procedures.logic.residual import Tree, Variable

Answers = list[tuple[dict[int, Truth], float]]
"""For each distinguishable answer to a fact: what it makes of the leaves (by number), and its likelihood."""


@dataclass(frozen=True, slots=True)
class Table:
    """The combinations under which a residual is true, and those under which it is false; under the others
    it stays unknown.
    """

    true: int
    false: int

    def at(self, combination: int) -> Truth:
        """The truth under one combination."""
        bit = 1 << combination
        return True if self.true & bit else False if self.false & bit else None

    def same(self, among: int) -> bool:
        """Whether the truth is the same under all of these."""
        return among in (among & self.true, among & self.false, among & ~(self.true | self.false))


class Rows:
    """The combinations of answers to facts of which each has this many."""

    def __init__(self, options: Sequence[int]) -> None:
        total = math.prod(options)
        self.all = (1 << total) - 1
        self._picked: list[list[int]] = []
        self._steps: list[int] = []
        step = total
        for count in options:
            period, step = step, step // count
            first = sum(((1 << step) - 1) << start for start in range(0, total, period))
            self._picked.append([first << option * step for option in range(count)])
            self._steps.append(step)

    def picked(self, index: int, option: int) -> int:
        """The combinations that answer a fact in this way."""
        return self._picked[index][option]

    def differ(self, table: Table, among: int, index: int) -> bool:
        """Whether the answer to a fact changes the truth under some of these combinations, which hold every
        answer to it.
        """
        first, *others = self._picked[index]
        true, false, step = table.true & among, table.false & among, self._steps[index]
        for number, other in enumerate(others, 1):
            back = number * step
            if (true & other) >> back != true & first or (false & other) >> back != false & first:
                return True
        return False


def patterns(
    rows: Rows, names: Sequence[Variable], answers: Sequence[Answers]
) -> dict[tuple[int, Variable], Table]:
    """The table of each open leaf, by its number and its fact."""
    found = {}
    for index, (name, options) in enumerate(zip(names, answers, strict=True)):
        for number in options[0][0]:
            sets = {True: 0, False: 0, None: 0}
            for option, (truths, _) in enumerate(options):
                sets[truths[number]] |= rows.picked(index, option)
            found[number, name] = Table(sets[True], sets[False])
    return found


def table(tree: Tree, leaves: Mapping[tuple[int, Variable], Table], everything: int) -> Table:
    """What a residual becomes under each combination."""
    kind = tree[0]
    if kind == "v":
        return leaves[tree[1], (tree[2], tree[3])]
    if kind == "?":
        return Table(0, 0)
    if kind == "count":
        return _count(tree[1], tree[2], [table(part, leaves, everything) for part in tree[3:]], everything)
    parts = [table(part, leaves, everything) for part in tree[1:]]
    if kind == "not":
        return Table(parts[0].false, parts[0].true)
    true, false = parts[0].true, parts[0].false
    for part in parts[1:]:
        if kind == "all":
            true, false = true & part.true, false | part.false
        else:
            true, false = true | part.true, false & part.false
    return Table(true, false)


def _count(low: int | None, high: int | None, parts: list[Table], everything: int) -> Table:
    sure = _at_least([part.true for part in parts], everything)
    possible = _at_least([everything & ~part.false for part in parts], everything)

    def reached(sets: list[int], number: int) -> int:
        return sets[max(number, 0)] if number < len(sets) else 0

    true, false = everything, 0
    if low is not None:
        true &= reached(sure, low)
        false |= everything & ~reached(possible, low)
    if high is not None:
        true &= ~reached(possible, high + 1)
        false |= reached(sure, high + 1)
    return Table(true, false)


def _at_least(sets: list[int], everything: int) -> list[int]:
    """The combinations that lie in at least 0, 1, 2 … of the sets."""
    found = [everything] + [0] * len(sets)
    for one in sets:
        for number in range(len(sets), 0, -1):
            found[number] |= found[number - 1] & one
    return found
