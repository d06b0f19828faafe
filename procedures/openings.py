"""What is still open: for which members a condition is unknown, who of them are alike to it, and what
further answers could change.

A condition sees a member through its tests (residual.reads). Members for whom all of these say the same, or
stay unknown for the same reason, are worked out once for all of them, and so is a case that is like an
earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from procedures.analysis import SELF, Analysis, Unsettled, certainly
from procedures.catalogue import Catalogue, Rule
from procedures.conditions import HOUSEHOLD, Age, Leaf, Missing, Node, members
from procedures.date_answers import Day
from procedures.facts import CaseView
from procedures.residual import Reads, Variable, blamed, reads, residual

Says = object
"""What a test says of everybody alike (true, false, or why it is unknown), or a Row."""
Row = tuple[object, ...]
"""What one test says of each member, or several tests say of one member."""
_APART = ...


@dataclass(slots=True)
class Open:
    """One rule that is open for `times` members (`people`; none when it asks about the household), and what
    each answer leaves.
    """

    rule: Rule
    analysis: Analysis
    _facts: tuple[Variable, ...]
    people: int
    times: int
    _everybody: int

    @property
    def asked(self) -> dict[str, int]:
        """The live facts, each with those of whom it can be asked."""
        return asked(self._facts, self.people, self._everybody)


def asked(facts: Iterable[Variable], people: int, everybody: int) -> dict[str, int]:
    """The live facts of a condition that is open for `people`, each with those of whom it can be asked
    (everybody for a fact of the household). What is live for the first of them is live for each.
    """
    found: dict[str, int] = {}
    for fact, home in facts:
        if home == HOUSEHOLD:
            those = everybody
        else:
            those = people if home == SELF or people >> home & 1 else 1 << home
        found[fact] = found.get(fact, 0) | those
    return found


def dated(rule: Rule, starts: Iterable[str], view: CaseView, person: int) -> Iterator[Open]:
    """The dates that a deadline of a rule counts from and that nobody has been asked for."""
    for fact in starts:
        home = view.home(fact, person)
        if view.value(fact, home) is Missing.UNASKED:
            live = [(fact, home)]
            yield Open(rule, certainly(live), tuple(live), 0, 1, view.everybody)


class Openings:
    """The open conditions of one case."""

    def __init__(self, view: CaseView, catalogue: Catalogue) -> None:
        self._view = view
        self._analyst = catalogue.analyst
        self._memory = catalogue.memory
        self._reads = catalogue.memory.reads
        self._kept = catalogue.memory.analysed_on(view.date, view.events)
        self._day = Day(view.date, view.calendar)
        self._says = _Columns(view).__getitem__

    def unsettled(self, node: Node, people: int, personal: bool) -> Iterator[tuple[int, Unsettled]]:
        """What could still change a condition that is unknown for these: members in sets that it cannot
        tell apart, in the order of their first ones, or the household as a whole.
        """
        tests = self._reads.get(node) or self._read(node)
        says: Row = tuple(map(self._says, tests.tests))
        rows: dict[Row, int] = {(): people}
        apart = [one for one in says if one.__class__ is tuple]
        if apart:
            says = tuple([_APART if one.__class__ is tuple else one for one in says])
            if personal:
                rows = self.alike(apart, people)
        kept = self._kept.get((node, says))
        if kept is None:
            kept = self._memory.keep(self._kept, (node, says), {})
        for row, alike in rows.items():
            key = (row, alike & -alike, personal, self._view.size, *apart) if tests.around else row
            found = kept.get(key)
            if found is None:
                person = members(alike)[0] if personal else HOUSEHOLD
                found = self._memory.keep(kept, key, self._analysed(node, person))
            yield alike, found

    def alike(self, apart: list[Row], people: int) -> dict[Row, int]:
        """These members by what the tests say of them that do not say the same of everybody."""
        groups: dict[Row, int] = {}
        for person, row in enumerate(zip(*apart, strict=True)):
            if people >> person & 1:
                groups[row] = groups.get(row, 0) | 1 << person
        return groups

    def _analysed(self, node: Node, person: int) -> Unsettled:
        numbers = {HOUSEHOLD: HOUSEHOLD}
        tree = residual(node, self._view, person, numbers)
        analysis = self._analyst.analyse(tree, self._day)
        homes = {number: SELF if member == person else member for member, number in numbers.items()}
        homes[HOUSEHOLD] = HOUSEHOLD
        return Unsettled(node, analysis, tuple([(fact, homes[number]) for fact, number in analysis.live]))

    def _read(self, node: Node) -> Reads:
        found = self._reads[node] = reads(node, self._view.specs)
        return found


class _Columns(dict[Leaf, Says]):
    """What each test says, worked out when it is first looked up: true, false, or why it is unknown (never
    the value itself, for what is kept between cases must not hold anybody's facts).
    """

    def __init__(self, view: CaseView) -> None:
        super().__init__()
        self._view = view

    def __missing__(self, leaf: Leaf) -> Says:
        view = self._view
        true, false = leaf.sets(view)
        if true == view.everybody or false == view.everybody:
            says: Says = bool(true)
        elif isinstance(leaf, Age) and leaf.at:
            unknown = members(view.everybody & ~(true | false))
            says = _row(true, false, tuple([(_why(leaf, view, one), 1 << one) for one in unknown]), view.size)
        else:
            says = _row(true, false, view.lacking(leaf.fact), view.size)
        self[leaf] = says
        return says


def _why(leaf: Age, view: CaseView, person: int) -> str:
    """Which of the two facts leaves an age on another day unknown, and why."""
    fact, _, value = blamed(leaf, view, person)
    return f"{fact} {value.name if isinstance(value, Missing) else ''}"


@lru_cache(maxsize=4096)
def _row(true: int, false: int, lacking: tuple[tuple[object, int], ...], size: int) -> Says:
    """Member by member what was found for sets of them; None is left for an incomplete date."""
    found: list[object] = [None] * size
    for says, people in (*lacking, (True, true), (False, false)):
        for person in members(people):
            found[person] = says
    return found[0] if found.count(found[0]) == size else tuple(found)
