"""Days in words: in Japanese calendar years, and in English for who reads it.

The era table is law (元号を改める政令); dates are exact from 明治6年 on.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

ERAS: tuple[tuple[date, str], ...] = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 1, 25), "明治"),
)
FIRST_DAY = ERAS[-1][0]
WEEKDAYS = "月火水木金土日"
# Written out: the locale of the process is no matter of the page's.
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class Wareki:
    """One day in the Japanese calendar; `year` 1 is written 元."""

    era: str
    year: int
    month: int
    day: int

    @property
    def year_text(self) -> str:
        return "元" if self.year == 1 else str(self.year)

    def __str__(self) -> str:
        return f"{self.era}{self.year_text}年{self.month}月{self.day}日"


def wareki(day: date) -> Wareki:
    """`day` in the era that was in force on it.

    Raises ValueError before 明治元年 (25 January 1868).
    """
    for start, era in ERAS:
        if day >= start:
            return Wareki(era, day.year - start.year + 1, day.month, day.day)
    raise ValueError("no era is known before 1868-01-25")


def long_date(day: date) -> str:
    """令和8年11月23日（月）."""
    return f"{wareki(day)}（{WEEKDAYS[day.weekday()]}）"


def long_date_in_english(day: date) -> str:
    """23 November 2026 (Mon)."""
    return f"{partial_in_english(day.isoformat())} ({DAYS[day.weekday()]})"


def last_day_meant(value: str) -> date:
    """The last day that "YYYY-MM-DD", "YYYY-MM" or "YYYY" can mean: its era names a partial date."""
    year, month, day = ([int(part) for part in value.split("-")] + [0, 0])[:3]
    month = month or 12
    return date(year, month, day or monthrange(year, month)[1])


def partial(value: str | None, western: bool = False) -> str:
    """A date of which perhaps only the year or the month is known, in words.

    `value` is "YYYY-MM-DD", "YYYY-MM", "YYYY" or None. A year or month alone names the era of its last day.
    Foreign residents' birth dates are written in western years (住民基本台帳事務処理要領).
    """
    if not value:
        return "不詳"
    parts = [int(part) for part in value.split("-")]
    year, month, day = (*parts, 0, 0)[:3]
    if western:
        head = f"{year}年"
    else:
        era = wareki(last_day_meant(value))
        head = f"{era.era}{era.year_text}年"
    if not month:
        return f"{head}月日不詳"
    return f"{head}{month}月{day}日" if day else f"{head}{month}月日不詳"


def partial_in_english(value: str | None) -> str:
    """The same as `partial`, for who reads English: 7 May 1973, May 1973, 1973."""
    if not value:
        return "not known"
    year, month, day = ([int(part) for part in value.split("-")] + [0, 0])[:3]
    return " ".join(str(part) for part in (day, MONTHS[month - 1] if month else "", year) if part)
