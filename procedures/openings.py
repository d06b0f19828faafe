"""What is still open: for which members a condition is unknown, who of them are alike to it, and what
further answers could change.

A condition sees a member through its tests (residual.reads). Members for whom all of these say the same, or
stay unknown for the same reason, are worked out once for all of them, and so is a case that is like an
earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from procedures.analysis import Analysis, certainly
from procedures.catalogue import Analysed, Catalogue, Rule
from procedures.conditions import HOUSEHOLD, Age, Leaf, Missing, Node, Value, members
from procedures.date_answers import Day
from procedures.facts import CaseView
from procedures.residual import Reads, Variable, blamed, reads, residual

_SELF = -2
_MOST_KEPT = 20_000
Row = tuple[object, ...]
"""What one test says of each member, or several tests say of one member."""


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
        """The live facts, each with those of whom it can be asked (everybody for a fact of the household).
        What is live for the first of the members is live for each.
        """
        found: dict[str, int] = {}
        for fact, home in self._facts:
            if home == HOUSEHOLD:
                those = self._everybody
            else:
                those = self.people if home == _SELF or self.people >> home & 1 else 1 << home
            found[fact] = found.get(fact, 0) | those
        return found


class Openings:
    """The open conditions of one case."""

    def __init__(self, view: CaseView, catalogue: Catalogue) -> None:
        self._view = view
        self._catalogue = catalogue
        self._columns: dict[Leaf, Row] = {}
        self._seen: dict[Node, list[Row]] = {}

    def groups(self, rule: Rule, people: int) -> Iterable[int]:
        """These members in sets that the rule cannot tell apart, in the order of their first ones."""
        if not rule.person or not people & (people - 1):
            return (people,) if people else ()
        columns = self._sees(rule.when)
        for variant in rule.variants:
            columns = [*columns, *self._sees(variant.when)]
        groups: dict[Row, int] = {}
        for person, row in enumerate(zip(*columns, strict=True) if columns else [()] * self._view.size):
            if people >> person & 1:
                groups[row] = groups.get(row, 0) | 1 << person
        return groups.values()

    def opened(self, rule: Rule, node: Node, people: int) -> Open:
        """What could still change a condition of a rule that is unknown for members whom it cannot tell
        apart.
        """
        everybody = self._view.everybody
        if not rule.person:
            return Open(rule, *self._analysed(node, HOUSEHOLD), 0, 1, everybody)
        return Open(rule, *self._analysed(node, members(people)[0]), people, people.bit_count(), everybody)

    def dated(self, rule: Rule, starts: Iterable[str], person: int) -> Iterator[Open]:
        """The dates that a deadline of a rule counts from and that nobody has been asked for."""
        for fact in starts:
            home = self._view.home(fact, person)
            if self._view.value(fact, home) is Missing.UNASKED:
                live = [(fact, home)]
                yield Open(rule, certainly(live), tuple(live), 0, 1, self._view.everybody)

    def _analysed(self, node: Node, person: int) -> Analysed:
        """The analysis of a condition, and its live facts with the members of whom they are."""
        row = tuple([column[person] for column in self._sees(node)])
        every = self._reads(node).every
        around = (person, *[self._column(leaf) for leaf in every]) if every else ()
        key = (node, self._view.date, self._view.events, row, around)
        known = self._catalogue.analysed
        found = known.get(key)
        if found is None:
            if len(known) > _MOST_KEPT:
                known.clear()
            numbers = {HOUSEHOLD: HOUSEHOLD}
            tree = residual(node, self._view, person, numbers)
            analysis = self._catalogue.analyst.analyse(tree, Day(self._view.date, self._view.calendar))
            homes = {number: _SELF if member == person else member for member, number in numbers.items()}
            homes[HOUSEHOLD] = HOUSEHOLD
            live = tuple((fact, homes[number]) for fact, number in analysis.live)
            found = known[key] = analysis, live
        return found

    def _reads(self, node: Node) -> Reads:
        found = self._catalogue.reads.get(node)
        if found is None:
            found = self._catalogue.reads[node] = reads(node, self._catalogue.facts)
        return found

    def _sees(self, node: Node) -> list[Row]:
        """What each test behind a condition says of each member."""
        found = self._seen.get(node)
        if found is None:
            seen = self._reads(node)
            found = self._seen[node] = [self._column(leaf) for leaf in (*seen.own, *seen.every)]
        return found

    def _column(self, leaf: Leaf) -> Row:
        """What a test says of each member: true, false, or why it is unknown (never the value itself, for
        what is kept between cases must not hold anybody's facts).
        """
        found = self._columns.get(leaf)
        if found is None:
            found = self._columns[leaf] = tuple(self._states(leaf))
        return found

    def _states(self, leaf: Leaf) -> Iterable[object]:
        view = self._view
        true, false = leaf.sets(view)
        if view.everybody in (true, false):
            return [true != 0] * view.size
        if isinstance(leaf, Age) and leaf.at:
            why = [blamed(leaf, view, person)[::2] for person in range(view.size)]
            reasons: list[object] = [(fact, _missing(value)) for fact, value in why]
        else:
            reasons = [_missing(value) for value in view.values(leaf.fact)]
            if leaf.household:
                return reasons * view.size
        if not true | false:
            return reasons
        return [
            True if true >> person & 1 else False if false >> person & 1 else reason
            for person, reason in enumerate(reasons)
        ]


def _missing(value: Value | Missing) -> Missing | None:
    return value if isinstance(value, Missing) else None
