"""The condition language, compiled: three-valued truth (True, False, None = unknown) over the facts of
one case.

Unknown is never false: `all` is False as soon as one part is False, `any` True as soon as one part is
True, and everything else that touches an unknown stays unknown.

A condition is worked out for all members at once, as two sets of them written as the bits of a number
(bit 0 is the first member): those for whom it is true and those for whom it is false. For the others it
is unknown. What concerns the household alone is so for everybody.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Protocol

from procedures.terms.dates import PartialDate, age_range, months_later
from procedures.terms.office_days import OfficeCalendar
from procedures.terms.periods import Period, last_day

HOUSEHOLD = -1
"""The person index that stands for the household itself."""

_FAR = 10_000
Value = bool | int | str | tuple[str, ...] | PartialDate
Truth = bool | None
Sets = tuple[int, int]
"""The members for whom something is true, and those for whom it is false."""


@lru_cache(maxsize=4096)
def members(people: int) -> tuple[int, ...]:
    """The indexes of a set of members."""
    return tuple(index for index in range(people.bit_length()) if people >> index & 1)


class Missing(Enum):
    """Why a fact has no value."""

    UNASKED = "unasked"
    DECLARED_UNKNOWN = "declared_unknown"
    OPEN = "open"  # a derived fact whose own facts are not known yet
    UNAVAILABLE = "unavailable"  # nobody to ask: the fact comes from a system that did not give it

    __hash__ = object.__hash__  # that of Enum goes through the name, and is asked for thousands of times


class View(Protocol):
    """The facts of one case as conditions read them."""

    @property
    def date(self) -> date:
        """The day of filing."""

    @property
    def events(self) -> frozenset[str]:
        """The codes of the life events of this case."""

    @property
    def calendar(self) -> OfficeCalendar:
        """The days on which periods end."""

    @property
    def everybody(self) -> int:
        """The set of all members."""

    @property
    def known(self) -> dict[Node, Sets]:
        """What was worked out already."""

    def spread(self, fact: str) -> Mapping[Value, int]:
        """The values of a fact with the set of members who have each; whoever is in none has no value.
        A fact of the household has one value for everybody.
        """

    def ages(self, kind: str, fact: str, at: str | None) -> Sequence[tuple[int, int, int]]:
        """The lowest and the highest age that a date of birth allows (equal when it is complete), each with
        the set of members of whom it is so; counted in one of the ways of dates.AGE_KINDS on the day of
        filing, or on the day in the fact `at`.
        """


class Node:
    """A compiled condition."""

    __slots__ = ()

    def truth(self, view: View, person: int) -> Truth:
        """Truth for one member (index into the household) or for the HOUSEHOLD."""
        true, false = self.sets(view)
        bit = 1 if person == HOUSEHOLD else 1 << person
        return True if true & bit else False if false & bit else None

    def sets(self, view: View) -> Sets:
        """The members for whom it is true, and those for whom it is false."""
        found = view.known.get(self)
        if found is None:
            found = view.known[self] = self._sets(view)
        return found

    def _sets(self, view: View) -> Sets:
        raise NotImplementedError

    def parts(self) -> tuple[Node, ...]:
        """The conditions directly below."""
        return ()


def walk(node: Node) -> list[Node]:
    """The node and everything below it, without entering derived facts."""
    return [node, *itertools.chain.from_iterable(walk(part) for part in node.parts())]


_leaf_numbers = itertools.count()


@dataclass(slots=True, eq=False)
class Leaf(Node):
    """A test of one fact. `household` tells whose fact it is; `number` identifies the leaf inside the
    process.
    """

    fact: str
    household: bool
    number: int = field(default_factory=_leaf_numbers.__next__, init=False)

    def _sets(self, view: View) -> Sets:
        true = false = 0
        for value, members in view.spread(self.fact).items():
            truth = self.test(value, view)
            if truth is True:
                true |= members
            elif truth is False:
                false |= members
        return true, false

    def test(self, value: Value, view: View) -> Truth:
        """Truth for a value that is there."""
        raise NotImplementedError


@dataclass(slots=True, eq=False)
class Is(Leaf):
    """The fact has one of these values."""

    values: frozenset[bool | int | str]

    def _sets(self, view: View) -> Sets:
        true = false = 0
        for value, people in view.spread(self.fact).items():
            if value in self.values:
                true |= people
            else:
                false |= people
        return true, false

    def test(self, value: Value, view: View) -> Truth:
        return value in self.values


@dataclass(slots=True, eq=False)
class Has(Leaf):
    """The fact, a set of choices, contains at least one of these."""

    values: frozenset[str]

    def test(self, value: Value, view: View) -> Truth:
        return isinstance(value, tuple) and not self.values.isdisjoint(value)


@dataclass(slots=True, eq=False)
class Between(Leaf):
    """A number within bounds, both included; None is no bound."""

    low: int | None
    high: int | None

    def test(self, value: Value, view: View) -> Truth:
        assert isinstance(value, int)  # noqa: S101 - the checker admits number facts only
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(slots=True, eq=False)
class Age(Leaf):
    """An age within bounds, counted in one of the ways of dates.AGE_KINDS on the day of filing, or on the
    day in the fact `at` (of the household when `at_household`, else of the same person).
    """

    kind: str
    low: int | None
    high: int | None
    at: str | None = None
    at_household: bool = True

    def _sets(self, view: View) -> Sets:
        true = false = 0
        low = -_FAR if self.low is None else self.low
        high = _FAR if self.high is None else self.high
        for least, most, people in view.ages(self.kind, self.fact, self.at):
            if low <= least and most <= high:
                true |= people
            elif most < low or high < least:
                false |= people
        return true, false

    def test(self, value: Value, view: View) -> Truth:
        assert isinstance(value, PartialDate)  # noqa: S101 - the checker admits date facts only
        return span(*age_range(self.kind, value, view.date), self.low, self.high)


@dataclass(slots=True, eq=False)
class OnDate(Leaf):
    """A date compared with the day of filing: days from the fact to that day, within bounds (both
    included).
    """

    low: int | None
    high: int | None

    def test(self, value: Value, view: View) -> Truth:
        assert isinstance(value, PartialDate)  # noqa: S101 - the checker admits date facts only
        most, least = (view.date - value.earliest).days, (view.date - value.latest).days
        return span(least, most, self.low, self.high)


@dataclass(slots=True, eq=False)
class OnMonth(Leaf):
    """The day of filing lies at least `low` and at most `high` months after the date (negative: before)."""

    low: int | None
    high: int | None

    def test(self, value: Value, view: View) -> Truth:
        assert isinstance(value, PartialDate)  # noqa: S101 - the checker admits date facts only
        ends = [self._holds(day, view.date) for day in (value.earliest, value.latest)]
        return ends[0] if ends[0] is ends[1] else None

    def _holds(self, day: date, on: date) -> bool:
        return (self.low is None or on >= months_later(day, self.low)) and (
            self.high is None or on <= months_later(day, self.high)
        )


@dataclass(slots=True, eq=False)
class Dated(Leaf):
    """The date lies on or after `since` and before `before`."""

    since: date | None
    before: date | None

    def test(self, value: Value, view: View) -> Truth:
        assert isinstance(value, PartialDate)  # noqa: S101 - the checker admits date facts only
        if (self.since is None or value.earliest >= self.since) and (
            self.before is None or value.latest < self.before
        ):
            return True
        if (self.since is not None and value.latest < self.since) or (
            self.before is not None and value.earliest >= self.before
        ):
            return False
        return None


@dataclass(slots=True, eq=False)
class Within(Leaf):
    """The day of filing is not after the last day of a period that begins with the date."""

    period: Period

    def test(self, value: Value, view: View) -> Truth:
        assert isinstance(value, PartialDate)  # noqa: S101 - the checker admits date facts only
        if view.date <= last_day(self.period, value.earliest, view.calendar):
            return True
        return None if view.date <= last_day(self.period, value.latest, view.calendar) else False


@dataclass(slots=True, eq=False)
class Event(Node):
    """The life event is one of these."""

    events: frozenset[str]

    def _sets(self, view: View) -> Sets:
        return (0, view.everybody) if view.events.isdisjoint(self.events) else (view.everybody, 0)


@dataclass(slots=True, eq=False)
class Not(Node):
    """The opposite; the opposite of unknown is unknown."""

    part: Node

    def _sets(self, view: View) -> Sets:
        true, false = self.part.sets(view)
        return false, true

    def parts(self) -> tuple[Node, ...]:
        return (self.part,)


@dataclass(slots=True, eq=False)
class All(Node):
    """Every part holds."""

    of: tuple[Node, ...]

    def _sets(self, view: View) -> Sets:
        known, everybody = view.known, view.everybody
        true, false = everybody, 0
        for part in self.of:
            holds, fails = known.get(part) or part.sets(view)
            true &= holds
            false |= fails
            if false == everybody:
                break
        return true, false

    def parts(self) -> tuple[Node, ...]:
        return self.of


def both(node: Node, more: Sequence[Node]) -> Node:
    """The condition together with further ones, on one level."""
    if not more:
        return node
    return All((*(node.of if isinstance(node, All) else (node,)), *more))


@dataclass(slots=True, eq=False)
class Any(Node):
    """At least one part holds."""

    of: tuple[Node, ...]

    def _sets(self, view: View) -> Sets:
        known, everybody = view.known, view.everybody
        true, false = 0, everybody
        for part in self.of:
            holds, fails = known.get(part) or part.sets(view)
            true |= holds
            false &= fails
            if true == everybody:
                break
        return true, false

    def parts(self) -> tuple[Node, ...]:
        return self.of


@dataclass(slots=True, eq=False)
class Members(Node):
    """The number of household members for whom `where` holds lies within bounds.

    any_member is low 1; no_member is high 0; all_members is written as no member for whom the opposite
    holds, so the kind is kept for the words. The member asked about is counted too.
    """

    kind: str
    where: Node
    low: int | None
    high: int | None

    def _sets(self, view: View) -> Sets:
        true, false = self.where.sets(view)
        possible = view.everybody.bit_count() - false.bit_count()
        truth = span(true.bit_count(), possible, self.low, self.high)
        if truth is None:
            return 0, 0
        return (view.everybody, 0) if truth else (0, view.everybody)

    def parts(self) -> tuple[Node, ...]:
        return (self.where,)


def span(least: int, most: int, low: int | None, high: int | None) -> Truth:
    """Truth of low <= n <= high for an n that lies somewhere in least..most."""
    if (low is None or least >= low) and (high is None or most <= high):
        return True
    if (low is not None and most < low) or (high is not None and least > high):
        return False
    return None
