"""Dates as people write them at a counter: 1973-05-07, 19730507, S48.5.7, 昭和48年5月7日."""

import re
from datetime import date

from server.kit.text import UnsafeTextError
from server.kit.wareki import ERAS

_LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_STARTS = {era: start for start, era in ERAS}
_WESTERN = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?", re.ASCII)
_JAPANESE = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHR])(元|\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII
)


def read_date(text: str) -> str | None:
    """`text` as YYYY-MM-DD, None when it is empty. Raises UnsafeTextError for what is no date."""
    plain = (
        text.strip()
        .upper()
        .translate(str.maketrans("０１２３４５６７８９．／－ＭＴＳＨＲ", "0123456789./-MTSHR"))
    )
    if not plain:
        return None
    try:
        if found := _JAPANESE.fullmatch(plain):
            era = _LETTERS.get(found[1], found[1])
            year = _STARTS[era].year - 1 + (1 if found[2] == "元" else int(found[2]))
            return date(year, int(found[3]), int(found[4])).isoformat()
        if found := _WESTERN.fullmatch(plain):
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError as error:
        raise UnsafeTextError("date") from error
    raise UnsafeTextError("date")
