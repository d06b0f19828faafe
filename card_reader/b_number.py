"""照合番号B: 14 digits made of what is printed on the card: birth date YYMMDD, year of expiry, security code.

Whether the two digits of the birth year are those of the Japanese era or of the western year follows from
what is printed: soltia48/myna-card (src/data.rs) proves the era year on a Japanese holder's test card; what
foreign residents' cards want is not known. So the person who holds the card says how the year is printed,
and nothing here ever makes a second number to be tried.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

PrintedYear = Literal["era", "western"]

_DIGITS = 14
_CODE_DIGITS = 4
# First day of each era (元号法 and the orders before it), newest first.
_ERAS: Sequence[tuple[str, tuple[str, ...], date]] = (
    ("R", ("令和", "令"), date(2019, 5, 1)),
    ("H", ("平成", "平"), date(1989, 1, 8)),
    ("S", ("昭和", "昭"), date(1926, 12, 25)),
    ("T", ("大正", "大"), date(1912, 7, 30)),
    ("M", ("明治", "明"), date(1868, 1, 25)),
)
_FIRST_EXPIRY, _LAST_EXPIRY = 2016, 2099


@dataclass(frozen=True)
class BNumber:
    """照合番号B, ready to be presented. Whoever presents `digits` finds zeros in it afterwards."""

    digits: bytearray = field(repr=False)


@dataclass(frozen=True)
class BadB:
    """What was typed cannot be 照合番号B; nothing was sent.

    missing: nothing typed; not_digits; length; no_such_date; era: an era that does not exist, or a date
    outside it; year: an expiry no card has.
    """

    field: Literal["birth", "expiry", "code", "whole"]
    reason: Literal["missing", "not_digits", "length", "no_such_date", "era", "year"]


def b_from_fields(birth: str, printed: PrintedYear, expiry: str, code: str) -> BNumber | BadB:
    """照合番号B from what a person typed. Full-width digits and separators are fine.

    `birth`: six digits as printed (taken as they are), or a whole date with its year (19750605, 1975-06-05,
    昭和50年6月5日, S50.6.5), from which the year is taken as `printed` says. `expiry`: the year, or a date.
    `code`: the four digits under the photo.
    """
    found_birth = _birth(_plain(birth), printed)
    if isinstance(found_birth, BadB):
        return found_birth
    year = _expiry(_plain(expiry))
    if isinstance(year, BadB):
        return year
    digits = _plain(code)
    if bad := _not_digits("code", digits, _CODE_DIGITS):
        return bad
    # Never one text of all fourteen: that could not be zeroed.
    whole = bytearray(_DIGITS)
    for at, part in ((0, found_birth), (6, year), (10, digits)):
        whole[at : at + len(part)] = part.encode("ascii")
    return BNumber(whole)


def b_from_scan(text: str) -> BNumber | BadB:
    """照合番号B from 14 digits as a keyboard-wedge scanner or a person types them in one go; the year stands
    in them as printed."""
    digits = re.sub(r"[\s\-_.]", "", _plain(text))
    if bad := _not_digits("whole", digits, _DIGITS):
        return bad
    if not _is_day(digits[2:6]):
        return BadB("birth", "no_such_date")
    if not _FIRST_EXPIRY <= int(digits[6:10]) <= _LAST_EXPIRY:
        return BadB("expiry", "year")
    return BNumber(bytearray(digits.encode("ascii")))


def _plain(text: str) -> str:
    """Full-width characters as their ASCII ones, without the control characters a scanner adds."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(character for character in folded if character.isprintable()).strip()


def _not_digits(where: Literal["code", "whole"], digits: str, length: int) -> BadB | None:
    if not digits:
        return BadB(where, "missing")
    if not (digits.isascii() and digits.isdigit()):
        return BadB(where, "not_digits")
    return None if len(digits) == length else BadB(where, "length")


def _is_day(month_and_day: str) -> bool:
    """Whether some year has this day (MMDD); 2000 is a leap year."""
    try:
        date(2000, int(month_and_day[:2]), int(month_and_day[2:]))
    except ValueError:
        return False
    return True


def _birth(text: str, printed: PrintedYear) -> str | BadB:
    if not text:
        return BadB("birth", "missing")
    if text.isascii() and text.isdigit():
        if len(text) == 6:
            return text if _is_day(text[2:]) else BadB("birth", "no_such_date")
        if len(text) == 8:
            return _with_year(int(text[:4]), int(text[4:6]), int(text[6:]), printed)
        return BadB("birth", "length")
    matched = re.fullmatch(
        r"([^\d\s]*)\s*(\d{1,4}|元)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", text
    )
    if matched is None:
        return BadB("birth", "not_digits")
    era, year, month, day = matched.groups()
    number = 1 if year == "元" else int(year)
    if not era:
        if len(year) != 4:
            return BadB("birth", "length")
        return _with_year(number, int(month), int(day), printed)
    return _of_era(era, number, int(month), int(day), printed)


def _with_year(year: int, month: int, day: int, printed: PrintedYear) -> str | BadB:
    """YYMMDD of a Gregorian date."""
    try:
        born = date(year, month, day)
    except ValueError:
        return BadB("birth", "no_such_date")
    if printed == "western":
        return f"{born:%y%m%d}"
    for _, _, first in _ERAS:
        if born >= first:
            return f"{born.year - first.year + 1:02d}{born:%m%d}"
    return BadB("birth", "era")


def _of_era(era: str, year: int, month: int, day: int, printed: PrintedYear) -> str | BadB:
    following: date | None = None
    for letter, names, first in _ERAS:
        if era.upper() == letter or era in names:
            try:
                born = date(first.year + year - 1, month, day)
            except ValueError:
                return BadB("birth", "no_such_date")
            if born < first or (following is not None and born >= following) or year < 1:
                return BadB("birth", "era")
            return f"{born:%y%m%d}" if printed == "western" else f"{year:02d}{month:02d}{day:02d}"
        following = first
    return BadB("birth", "era")


def _expiry(text: str) -> str | BadB:
    """The four digits of the year in a year or a date."""
    if not text:
        return BadB("expiry", "missing")
    matched = re.fullmatch(r"(\d{4})(?:\d{4}|\s*年.*|\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{1,2})?", text, re.ASCII)
    if matched is None:
        digits = text.isascii() and text.isdigit()
        return BadB("expiry", "length" if digits else "not_digits")
    year = matched.group(1)
    return year if _FIRST_EXPIRY <= int(year) <= _LAST_EXPIRY else BadB("expiry", "year")
