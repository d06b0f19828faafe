"""Dates of birth that may be incomplete, and the four ways in which Japanese law counts an age.

Sources: 年齢計算ニ関スル法律, 民法143条 (age is reached on the day before the birthday), 学校教育法17条
(school year), 高齢者の医療の確保に関する法律50・52条 (75 on the birthday itself), 国民健康保険法42条 (70:
first of the following month).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)
_PATTERN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which the day, or the month and the day, may be unknown (不詳日). Ordered by its two
    ends.
    """

    earliest: date
    latest: date

    def __hash__(self) -> int:
        return hash(self.earliest)  # that of a dataclass takes three times as long

    @property
    def exact(self) -> date | None:
        """The date when it is fully known, else None."""
        return self.earliest if self.earliest == self.latest else None

    def __str__(self) -> str:
        if self.earliest == self.latest:
            return self.earliest.isoformat()
        same_month = (self.earliest.year, self.earliest.month) == (self.latest.year, self.latest.month)
        return f"{self.earliest:%Y-%m}" if same_month else f"{self.earliest:%Y}"


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])


def months_later(day: date, months: int) -> date:
    """The same day of a month that lies `months` later (negative: earlier), or that month's last day
    (民法143条2項).
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, month_end(year, month).day))


@lru_cache(maxsize=4096)
def parse_partial(text: str) -> PartialDate:
    """Read "1951", "1951-05", "1951-05-03" or the zero-filled "1951-00-00"; ValueError for anything else.

    A day that is not in the calendar (the register allows 2月29日 of a common year) counts as an unknown
    day of its month.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError("a date is written YYYY-MM-DD, YYYY-MM or YYYY")
    year, month, day = (int(part) if part else 0 for part in match.groups())
    if month == 0:
        return PartialDate(date(year, 1, 1), date(year, 12, 31))
    if month > 12 or day > 31:
        raise ValueError("there is no such month or day")
    if day == 0 or day > month_end(year, month).day:
        return PartialDate(date(year, month, 1), month_end(year, month))
    exact = date(year, month, day)
    return PartialDate(exact, exact)


def anniversary_age(birth: date, on: date) -> int:
    """Birthdays passed by `on`, the birthday itself included; someone born on 29 February has it on 1
    March.
    """
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def legal_age(birth: date, on: date) -> int:
    """Completed years where a year is completed on the day BEFORE the birthday (年齢計算ニ関スル法律)."""
    return anniversary_age(birth, on + _DAY)


def fiscal_age(birth: date, on: date) -> int:
    """Age that sorts people into school years: the birthdays passed by 1 April of the fiscal year of `on`.

    Someone born on 1 April is therefore in the year before those born on 2 April (学校教育法17条), and
    "until the end of the fiscal year of the 18th year" (18歳に達する日以後の最初の3月31日まで) is
    fiscal_age <= 17.
    """
    return anniversary_age(birth, date(on.year if on.month >= 4 else on.year - 1, 4, 1))


def school_year(birth: date, on: date) -> int:
    """1–6 elementary, 7–9 junior high, 10–12 high school; 0 and less before school."""
    return fiscal_age(birth, on) - 5


def kouki_age(birth: date, on: date) -> int:
    """Age as 後期高齢者医療 counts it: 75 from the birthday itself, not from the day before."""
    return anniversary_age(birth, on)


def kokuho70_age(birth: date, on: date) -> int:
    """Age as the 70–74 co-payment of 国民健康保険 counts it: from the first of the month after the age is
    reached.

    Reached on the day before the birthday, so those born on the 1st count from the birthday's own month.
    """
    return legal_age(birth, date(on.year, on.month, 1) - _DAY)


AGE_KINDS = {
    "legal_age": legal_age,
    "fiscal_age": fiscal_age,
    "school_year": school_year,
    "kouki_age": kouki_age,
    "kokuho70_age": kokuho70_age,
}


def age_range(kind: str, birth: PartialDate, on: date, until: date | None = None) -> tuple[int, int]:
    """The lowest and the highest age that an incomplete date of birth allows on a day, or on some day until
    a later one; equal when everything is complete.
    """
    count, last = AGE_KINDS[kind], until or on
    highest = count(birth.earliest, last)
    if birth.earliest == birth.latest and on == last:
        return highest, highest
    return count(birth.latest, on), highest
