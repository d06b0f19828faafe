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
from procedures.residual import Variable, blamed, reads, residual

_SELF = -2
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


@dataclass(slots=True)
class _Seen:
    """What the tests behind a condition say of the members: `own` for the member asked about, `around` for
    everybody; `apart` are those of all of them that do not say the same of everybody.
    """

    own: list[Row]
    around: Row
    apart: list[Row]


class Openings:
    """The open conditions of one case."""

    def __init__(self, view: CaseView, catalogue: Catalogue) -> None:
        self._view = view
        self._catalogue = catalogue
        self._kept = catalogue.memory.analysed_on(view.date, view.events)
        self._day = Day(view.date, view.calendar)
        self._columns: dict[Leaf, Row] = {}
        self._reasons: dict[str, Row] = {}
        self._seen: dict[Node, _Seen] = {}

    def groups(self, rule: Rule, people: int) -> Iterable[int]:
        """These members in sets that the rule cannot tell apart, in the order of their first ones."""
        if not rule.person or not people & (people - 1):
            return (people,) if people else ()
        columns = self._sees(rule.when).apart
        for variant in rule.variants:
            columns = columns + self._sees(variant.when).apart
        if not columns:
            return (people,)
        groups: dict[Row, int] = {}
        for person, row in enumerate(zip(*columns, strict=True)):
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
        seen = self._sees(node)
        row = tuple([column[person] for column in seen.own])
        key = (node, row, person, seen.around) if seen.around else (node, row)
        found = self._kept.get(key)
        if found is None:
            numbers = {HOUSEHOLD: HOUSEHOLD}
            tree = residual(node, self._view, person, numbers)
            analysis = self._catalogue.analyst.analyse(tree, self._day)
            homes = {number: _SELF if member == person else member for member, number in numbers.items()}
            homes[HOUSEHOLD] = HOUSEHOLD
            live = tuple((fact, homes[number]) for fact, number in analysis.live)
            found = self._catalogue.memory.keep(self._kept, key, (analysis, live))
        return found

    def _sees(self, node: Node) -> _Seen:
        found = self._seen.get(node)
        if found is None:
            known = self._catalogue.memory.reads
            tests = known.get(node)
            if tests is None:
                tests = known[node] = reads(node, self._catalogue.facts)
            columns = self._columns
            own = [columns.get(leaf) or self._column(leaf) for leaf in tests.own]
            around = [columns.get(leaf) or self._column(leaf) for leaf in tests.every]
            own += around
            apart = [row for row in own if row.count(row[0]) < len(row)]
            found = self._seen[node] = _Seen(own, tuple(around), apart)
        return found

    def _column(self, leaf: Leaf) -> Row:
        """What a test says of each member: true, false, or why it is unknown (never the value itself, for
        what is kept between cases must not hold anybody's facts).
        """
        found = self._columns[leaf] = self._says(leaf, self._view)
        return found

    def _says(self, leaf: Leaf, view: CaseView) -> Row:
        true, false = leaf.sets(view)
        if view.everybody in (true, false):
            return (true != 0,) * view.size
        if isinstance(leaf, Age) and leaf.at:
            why = [blamed(leaf, view, person)[::2] for person in range(view.size)]
            reasons: Row = tuple([(fact, _missing(value)) for fact, value in why])
        else:
            reasons = self._lacking(leaf.fact)
        if not true | false:
            return reasons
        return tuple(
            [
                True if true >> person & 1 else False if false >> person & 1 else reason
                for person, reason in enumerate(reasons)
            ]
        )

    def _lacking(self, fact: str) -> Row:
        """Why each member has no value of a fact."""
        found = self._reasons.get(fact)
        if found is None:
            reasons = tuple([_missing(value) for value in self._view.values(fact)])
            found = self._reasons[fact] = reasons if len(reasons) > 1 else reasons * self._view.size
        return found


def _missing(value: Value | Missing) -> Missing | None:
    return value if isinstance(value, Missing) else None
