"""Which days the town hall is closed, and the deadlines that depend on it.

A deadline that the law counts in days and that ends on a closed day moves to the next open day
(地方自治法4条の2第4項); holidays come from 国民の祝日に関する法律 (jpholiday), weekends and the turn of
the year from the municipality's own ordinance.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import jpholiday

_DAY = timedelta(days=1)
_WEEKDAYS_JA = "月火水木金土日"
_WEEKDAY_READINGS = ("げつ", "か", "すい", "もく", "きん", "ど", "にち")
# Read as a whole with their number; the other days are number and にち.
_DAY_READINGS = {
    1: "ついたち",
    2: "ふつか",
    3: "みっか",
    4: "よっか",
    5: "いつか",
    6: "むいか",
    7: "なのか",
    8: "ようか",
    9: "ここのか",
    10: "とおか",
    14: "じゅうよっか",
    20: "はつか",
    24: "にじゅうよっか",
}


@lru_cache(maxsize=4096)
def _is_holiday(day: date) -> bool:
    return bool(jpholiday.is_holiday(day))


@dataclass(frozen=True, slots=True)
class OfficeCalendar:
    """Closed days of one municipality. Weekdays count from Monday = 0; `year_end` is the first and the last
    (month, day), both closed.
    """

    closed_weekdays: frozenset[int] = frozenset((5, 6))
    year_end: tuple[tuple[int, int], tuple[int, int]] = ((12, 29), (1, 3))
    closed: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        """True on a day that the ordinance does not close. Extra openings (opening.py) do not count here."""
        month_day = (day.month, day.day)
        first, last = self.year_end
        return not (
            day.weekday() in self.closed_weekdays
            or month_day >= first
            or month_day <= last
            or day in self.closed
            or _is_holiday(day)
        )

    def open_from(self, day: date) -> date:
        """`day` itself when open, else the next open day."""
        while not self.is_open(day):
            day += _DAY
        return day

    def open_until(self, day: date) -> date:
        """`day` itself when open, else the last open day before it."""
        while not self.is_open(day):
            day -= _DAY
        return day

    def open_after(self, day: date) -> date:
        """The first open day after `day`: what ends before it ends today."""
        return self.open_from(day + _DAY)


def date_ja(day: date) -> str:
    """令和8年12月7日. Deadlines lie in 令和; earlier dates are written by the western year."""
    year = day.year - 2018
    era = f"{day.year}年" if day < date(2019, 5, 1) else "令和元年" if year == 1 else f"令和{year}年"
    return f"{era}{day.month}月{day.day}日"


@lru_cache(maxsize=4096)
def day_ja(day: date) -> str:
    """令和8年12月7日（月）; see date_ja."""
    return f"{date_ja(day)}（{_WEEKDAYS_JA[day.weekday()]}）"


@lru_cache(maxsize=4096)
def day_en(day: date) -> str:
    """Mon 7 December 2026."""
    return f"{day:%a} {day.day} {day:%B %Y}"


@lru_cache(maxsize=4096)
def day_easy(day: date) -> str:
    """2026年（ねん）12月（がつ）7日（なのか） 月曜日（げつようび）, as やさしい日本語 writes it."""
    weekday = f"{_WEEKDAYS_JA[day.weekday()]}曜日（{_WEEKDAY_READINGS[day.weekday()]}ようび）"
    reading = _DAY_READINGS.get(day.day, "にち")
    return f"{day.year}年（ねん）{day.month}月（がつ）{day.day}日（{reading}） {weekday}"


def days_easy(number: int) -> str:
    """So many days, with the reading: 14日（じゅうよっか）."""
    reading = "いちにち" if number == 1 else _DAY_READINGS.get(number, "にち")
    return f"{number}日（{reading}）"
