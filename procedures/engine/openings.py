"""What is still open: for which members a condition is unknown, who of them are alike to it, and what
further answers could change.

Members for whom the same parts of a condition are open, for the same reasons, are worked out once for all of
them, and so is a case that is like an earlier one. What is open of a condition is written as a Shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from procedures.engine.catalogue import Catalogue, Rule
from procedures.logic.analysis import SELF, Analysis, Unsettled, certainly
from procedures.logic.conditions import HOUSEHOLD, Age, Is, Leaf, Members, Missing, Node, Not, members
from procedures.logic.date_answers import Day
from procedures.logic.facts import PERSON, CaseView
from procedures.logic.residual import Variable, looks_around, residual

Shape = object
"""A test that somebody can be asked about; None for one that stays unknown; else a tuple of a condition (or
what names a test whose fact follows from others) and the shapes of those of its parts that are open. Where
the shape is the same, so is the residual. Nobody's facts are in it, for it is kept for the next case.
"""
Groups = list[tuple[Shape, int]]
"""Sets of members, each with the shape that a condition has for them."""


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
        self._kept = catalogue.memory.analysed_on(view.date)
        self._day = Day(view.date, view.calendar)
        self._around = catalogue.memory.around
        self._leaves: dict[Node, Groups] = {}
        self._askable: dict[str, int] = {}

    def unsettled(self, node: Node, people: int, personal: bool) -> Iterator[tuple[int, Unsettled]]:
        """What could still change a condition that is unknown for these: members in sets that it cannot
        tell apart, in the order of their first ones, or the household as a whole.
        """
        around = self._around.get(node)
        if around is None:
            around = self._around[node] = looks_around(node, self._view.specs)
        groups = self._shapes(node, people, personal)
        if len(groups) > 1:
            groups.sort(key=lambda group: group[1] & -group[1])
        for shape, alike in groups:
            key = (node, shape, personal and alike & -alike) if around else (node, shape)
            found = self._kept.get(key)
            if found is None:
                person = members(alike)[0] if personal else HOUSEHOLD
                found = self._memory.keep(self._kept, key, self._analysed(node, person))
            yield alike, found

    def _analysed(self, node: Node, person: int) -> Unsettled:
        numbers = {HOUSEHOLD: HOUSEHOLD}
        tree = residual(node, self._view, person, numbers)
        analysis = self._analyst.analyse(tree, self._day)
        homes = {number: SELF if member == person else member for member, number in numbers.items()}
        homes[HOUSEHOLD] = HOUSEHOLD
        return Unsettled(node, analysis, tuple([(fact, homes[number]) for fact, number in analysis.live]))

    def _shapes(self, node: Node, people: int, personal: bool) -> Groups:
        """The shapes of a condition that is unknown for these."""
        if isinstance(node, Leaf):
            found = self._leaves.get(node) or self._leaf(node)
            return [(shape, those) for shape, open_ in found if (those := open_ & people)]
        if isinstance(node, Members):
            return self._members(node, people, personal)
        if isinstance(node, Not):
            return self._shapes(node.part, people, personal)
        view, leaves = self._view, self._leaves
        same: list[Shape] = [node]
        apart: list[tuple[int, Groups]] = []
        for part in node.parts():
            true, false = view.known.get(part) or part.sets(view)
            if open_ := people & ~(true | false):
                below = leaves.get(part) or self._shapes(part, open_, personal)
                if open_ == people and len(below) == 1:
                    same.append(below[0][0])
                else:
                    apart.append((open_, below))
        groups: list[tuple[tuple[Shape, ...], int]] = [(tuple(same), people)]
        for open_, below in apart:
            split = []
            for one, those in groups:
                for more, alike in below:
                    if both := those & alike:
                        split.append(((*one, more), both))
                if rest := those & ~open_:
                    split.append((one, rest))
            groups = split
        return list(groups)

    def _members(self, node: Members, people: int, personal: bool) -> Groups:
        """How many of the household count for sure, and who else may; and to which of these belongs the
        one who is asked about.
        """
        true, false = node.where.sets(self._view)
        below = self._shapes(node.where, self._view.everybody & ~(true | false), True)
        shape = (node, true.bit_count(), *below)
        if not personal:
            return [(shape, people)]
        places = [true, false, *[those for _, those in below]]
        return [(shape, alike) for those in places if (alike := those & people)]

    def _leaf(self, leaf: Leaf) -> Groups:
        """Why a test is unknown, each time with all members of whom it is so; see residual.blamed."""
        view = self._view
        true, false = leaf.sets(view)
        left = view.everybody & ~(true | false)
        groups = self._leaves[leaf] = []
        if asked := left & self._asked(leaf.fact):
            groups.append((leaf, asked))
            left &= ~asked
        derive = view.specs[leaf.fact].derive
        if left and derive is not None and isinstance(leaf, Is):
            open_ = left & self._lacking(leaf.fact, (Missing.OPEN,))
            below = self._shapes(derive, open_, not leaf.household) if open_ else []
            groups += [((leaf.number, shape), those) for shape, those in below]
            left &= ~open_
        elif left and isinstance(leaf, Age) and leaf.at:
            asked = left & ~self._lacking(leaf.fact, tuple(Missing)) & self._asked(leaf.at)
            groups += [((leaf.at, leaf), asked)] if asked else []
            left &= ~asked
        if left:
            groups.append((None, left))
        return groups

    def _lacking(self, fact: str, reasons: tuple[Missing, ...]) -> int:
        return sum([people for reason, people in self._view.lacking(fact) if reason in reasons])

    def _asked(self, fact: str) -> int:
        """Those who can be asked about a fact. Nobody is asked what presupposes something that is not so, or
        that stays unknown.
        """
        people = self._askable.get(fact)
        if people is None:
            people, only_if = self._lacking(fact, (Missing.UNASKED,)), self._view.specs[fact].only_if
            if people and only_if is not None:
                true, false = only_if.sets(self._view)
                personal = self._view.specs[fact].scope == PERSON
                open_ = people & ~(true | false)
                gates = self._shapes(only_if, open_, personal) if open_ else []
                people = people & true | sum([those for gate, those in gates if _asks(gate)])
            self._askable[fact] = people
        return people


def _asks(shape: Shape) -> bool:
    """Whether there is somebody to ask."""
    return isinstance(shape, Leaf) or (isinstance(shape, tuple) and any(map(_asks, shape)))
