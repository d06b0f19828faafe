"""The last day of a period.

民法140条: the first day is not counted unless the law says so (戸籍法43条: it is, for 出生届 and 死亡届).
A period that ends on a closed day of the town hall runs to the next open day (地方自治法4条の2第4項)
unless the rule says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from procedures.terms.dates import months_later
from procedures.terms.office_days import OfficeCalendar


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time; exactly one of days, months and years. See schema.PeriodModel."""

    days: int | None = None
    months: int | None = None
    years: int | None = None
    count: str = "next_day"
    closed: str = "next_open"


def last_day(period: Period, start: date, calendar: OfficeCalendar) -> date:
    """The last day of the period that begins with `start`."""
    first_counts = period.count == "same_day"
    if period.days is not None:
        end = start + timedelta(days=period.days - first_counts)
    else:
        months = period.months if period.months is not None else 12 * (period.years or 0)
        end = months_later(start, months) - timedelta(days=first_counts)
    if period.closed == "next_open":
        return calendar.open_from(end)
    return calendar.open_until(end) if period.closed == "previous_open" else end
