"""Dates as people write them at a counter: 1973-05-07, 19730507, S48.5.7, 昭和48年5月7日."""

import re
from datetime import date

from server.kit.text import UnsafeTextError
from server.kit.wareki import ERAS, FIRST_DAY

_LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_STARTS = {era: start for start, era in ERAS}
# Without separators only eight digits say which of them are the month.
_WESTERN = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))", re.ASCII)
_JAPANESE = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHR])(元|\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII
)


def read_date(text: str) -> str | None:
    """`text` as YYYY-MM-DD, None when it is empty.

    Raises UnsafeTextError for what is no date, or lies before the first year of 明治, which no form can
    write. A year beyond its era's end is read as it is counted: 平成31年5月1日 stands on many papers.
    """
    plain = (
        text.strip()
        .upper()
        .translate(str.maketrans("０１２３４５６７８９．／－ＭＴＳＨＲ", "0123456789./-MTSHR"))
    )
    if not plain:
        return None
    day = _read(plain)
    if day is None or day < FIRST_DAY:
        raise UnsafeTextError("date")
    return day.isoformat()


def _read(plain: str) -> date | None:
    try:
        if found := _JAPANESE.fullmatch(plain):
            number = 1 if found[2] == "元" else int(found[2])
            year = _STARTS[_LETTERS.get(found[1], found[1])].year - 1 + number
            return date(year, int(found[3]), int(found[4])) if number else None
        if found := _WESTERN.fullmatch(plain):
            return date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    except ValueError:
        return None
    return None
