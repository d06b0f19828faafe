"""What the kiosk shows of a card: just enough to see that it is the right one, and not how long anything
is."""

import re
import unicodedata
from datetime import date

_HIDDEN_FAMILY = "○○"
_HIDDEN = "＊"

# First day of each era (改元の政令); a birth before Meiji has no card.
_ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 1, 25), "明治"),
)


def masked_name(name: str) -> str:
    """`見本　花子` → `○○　花＊`: the first character of the last part alone. A name in one part shows
    none: `○○＊`."""
    parts = re.split(r"[\s\u3000]+", name.strip())
    if len(parts) < 2:
        return _HIDDEN_FAMILY + _HIDDEN
    return f"{_HIDDEN_FAMILY}　{_first_character(parts[-1])}{_HIDDEN}"


def masked_birth(birth: str) -> str:
    """`19730409` → `昭和＊年`. A date whose parts are not all known gives `＊年`."""
    try:
        day = date(int(birth[:4]), int(birth[4:6]), int(birth[6:8]))
    except ValueError:
        return f"{_HIDDEN}年"
    era = next((name for first, name in _ERAS if day >= first), "")
    return f"{era}{_HIDDEN}年"


def _first_character(text: str) -> str:
    """The first character with the marks and variation selectors that belong to it (邉󠄀 is two code
    points)."""
    end = 1
    while end < len(text) and unicodedata.category(text[end]) in ("Mn", "Mc", "Me"):
        end += 1
    return text[:end]
