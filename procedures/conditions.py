"""The condition language, compiled: three-valued truth (True, False, None = unknown) over the facts of
one case.

Unknown is never false: `all` is False as soon as one part is False, `any` True as soon as one part is
True, and everything else that touches an unknown stays unknown.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Protocol

from procedures.dates import AGE_KINDS, PartialDate, age_range, months_later
from procedures.office_days import OfficeCalendar
from procedures.periods import Period, last_day

HOUSEHOLD = -1
"""The person index that stands for the household itself."""

Value = bool | int | str | tuple[str, ...] | PartialDate
Truth = bool | None


class Missing(Enum):
    """Why a fact has no value."""

    UNASKED = "unasked"
    DECLARED_UNKNOWN = "declared_unknown"
    OPEN = "open"  # a derived fact whose own facts are not known yet
    UNAVAILABLE = "unavailable"  # nobody to ask: the fact comes from a system that did not give it


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
    def people(self) -> Sequence[dict[str, Value | Missing]]:
        """The members' facts, by index."""

    @property
    def household(self) -> dict[str, Value | Missing]:
        """The facts of the household and of the municipality."""

    def value(self, fact: str, person: int) -> Value | Missing:
        """The value of any fact, for one member or the HOUSEHOLD."""

    def resolve(self, fact: str, person: int) -> Value | Missing:
        """The value of a fact that the case does not hold: derived, presumed, of the municipality, or
        missing.
        """


class Node:
    """A compiled condition."""

    __slots__ = ()

    def truth(self, view: View, person: int) -> Truth:
        """Truth for one member (index into the household) or for the HOUSEHOLD."""
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

    def truth(self, view: View, person: int) -> Truth:
        facts = view.household if self.household else view.people[person]
        value = facts.get(self.fact)
        if value is None:
            value = view.resolve(self.fact, HOUSEHOLD if self.household else person)
        if value.__class__ is Missing:
            return None
        return self.test(value, view)  # type: ignore[arg-type]

    def test(self, value: Value, view: View) -> Truth:
        """Truth for a value that is there."""
        raise NotImplementedError


@dataclass(slots=True, eq=False)
class Is(Leaf):
    """The fact has one of these values."""

    values: frozenset[bool | int | str]

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

    def truth(self, view: View, person: int) -> Truth:
        if self.at is None:
            return Leaf.truth(self, view, person)
        birth = view.value(self.fact, HOUSEHOLD if self.household else person)
        day = view.value(self.at, HOUSEHOLD if self.at_household else person)
        if not isinstance(birth, PartialDate) or not isinstance(day, PartialDate):
            return None
        count = AGE_KINDS[self.kind]
        return span(count(birth.latest, day.earliest), count(birth.earliest, day.latest), self.low, self.high)

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

    def truth(self, view: View, person: int) -> Truth:
        return not view.events.isdisjoint(self.events)


@dataclass(slots=True, eq=False)
class Not(Node):
    """The opposite; the opposite of unknown is unknown."""

    part: Node

    def truth(self, view: View, person: int) -> Truth:
        found = self.part.truth(view, person)
        return None if found is None else not found

    def parts(self) -> tuple[Node, ...]:
        return (self.part,)


@dataclass(slots=True, eq=False)
class All(Node):
    """Every part holds."""

    of: tuple[Node, ...]

    def truth(self, view: View, person: int) -> Truth:
        result: Truth = True
        for part in self.of:
            found = part.truth(view, person)
            if found is False:
                return False
            if found is None:
                result = None
        return result

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

    def truth(self, view: View, person: int) -> Truth:
        result: Truth = False
        for part in self.of:
            found = part.truth(view, person)
            if found is True:
                return True
            if found is None:
                result = None
        return result

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

    def truth(self, view: View, person: int) -> Truth:
        sure = possible = 0
        for index in range(len(view.people)):
            found = self.where.truth(view, index)
            if found is not False:
                possible += 1
                sure += found is True
        return within(sure, possible, self.low, self.high)

    def parts(self) -> tuple[Node, ...]:
        return (self.where,)


def span(least: int, most: int, low: int | None, high: int | None) -> Truth:
    """Truth of low <= n <= high for an n that lies somewhere in least..most."""
    if (low is None or least >= low) and (high is None or most <= high):
        return True
    if (low is not None and most < low) or (high is not None and least > high):
        return False
    return None


def within(sure: int, possible: int, low: int | None, high: int | None) -> Truth:
    """Truth of low <= n <= high for an n that lies somewhere in sure..possible."""
    return span(sure, possible, low, high)
