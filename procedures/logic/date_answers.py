"""The answers to a question for a date that the rules can tell apart.

Tests of one date go together: nobody is both under 15 and over 65. Between the days at which some test
turns, every day is as good as every other, so one day stands for each such stretch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from procedures.logic.conditions import Age, Dated, Leaf, OnDate, OnMonth, Truth, Value, View, Within
from procedures.terms.dates import PartialDate
from procedures.terms.office_days import OfficeCalendar

_FIRST, _LAST = date(1900, 1, 1).toordinal(), date(2100, 12, 31).toordinal()
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Day:
    """As much of a View as tests of dates read."""

    date: date
    calendar: OfficeCalendar


def date_answers(tests: Sequence[Leaf], day: Day) -> list[tuple[tuple[Truth, ...], float]]:
    """What each stretch of days makes of the tests, and how likely it is: births lie evenly in the last
    hundred years, other dates within a year of the day of filing.
    """
    turns = {_FIRST}
    for test in tests:
        for step in _steps(test):
            turns.update(_turns(step, day))
    starts = [*sorted(turns), _LAST + 1]
    today = day.date.toordinal()
    birth = any(isinstance(test, Age) for test in tests)
    early, late = (today - 36524, today) if birth else (today - 365, today + 365)
    found: dict[tuple[Truth, ...], float] = {}
    for first, after in pairwise(starts):
        key = tuple(_truth(test, first, day) for test in tests)
        weight = max(0, min(after - 1, late) - max(first, early) + 1) / (late - early + 1)
        found[key] = found.get(key, 0.0) + max(weight, _TINY)
    total = sum(found.values())
    return [(key, weight / total) for key, weight in found.items()]


def _steps(test: Leaf) -> Iterator[Leaf]:
    """The test in parts that each turn once only."""
    if isinstance(test, Age | OnDate | OnMonth):
        if test.low is not None:
            yield replace(test, high=None)
        if test.high is not None:
            yield replace(test, low=None)
    elif isinstance(test, Dated):
        if test.since is not None:
            yield replace(test, before=None)
        if test.before is not None:
            yield replace(test, since=None)
    elif isinstance(test, Within):
        yield test


def _turns(step: Leaf, day: Day) -> Iterator[int]:
    """The first day on which the step has its other value."""
    low, high = _FIRST, _LAST
    before = _truth(step, low, day)
    if before is _truth(step, high, day):
        return
    while high - low > 1:
        middle = (low + high) // 2
        if _truth(step, middle, day) is before:
            low = middle
        else:
            high = middle
    yield high


def _truth(test: Leaf, ordinal: int, day: Day) -> Truth:
    exact = date.fromordinal(ordinal)
    value: Value = PartialDate(exact, exact)
    view: View = day  # type: ignore[assignment]  # tests of dates read no more of it
    return test.test(value, view)
