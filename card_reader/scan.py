"""What came out of a keyboard-wedge scanner, or was typed into its field: which of the things staff scan.

The back of a My Number card carries the 12-digit number as a QR code. Scanned by mistake it is refused here,
and the value that says so does not hold it; the screen clears its field.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from card_reader.b_number import BadB, BNumber, b_from_scan
from card_reader.mrz import BadMrz, Mrz, parse_mrz, residence_card_number

_NUMBER_DIGITS = 12
_B_DIGITS = 14
_SHORTEST_ZONE = 60


@dataclass(frozen=True)
class ResidenceCardNumber:
    """The number printed on a residence card (在留カード)."""

    number: str = field(repr=False)


@dataclass(frozen=True)
class NotScannable:
    """individual_number: twelve digits, which are the one thing nobody may take here; empty; unknown."""

    reason: Literal["individual_number", "empty", "unknown"]


Scanned = BNumber | BadB | Mrz | BadMrz | ResidenceCardNumber | NotScannable


def read_scan(text: str) -> Scanned:
    """照合番号B, the zone of a passport, the number of a residence card, or why it is none of them."""
    folded = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    folded = "".join(character for character in folded if character.isprintable())
    if not folded:
        return NotScannable("empty")
    digits = re.sub(r"\D", "", folded, flags=re.ASCII)
    if len(digits) == _NUMBER_DIGITS and not re.search("[A-Z<]", folded):
        return NotScannable("individual_number")
    if (number := residence_card_number(folded)) is not None:
        return ResidenceCardNumber(number)
    if len(folded) >= _SHORTEST_ZONE or "<" in folded:
        return parse_mrz(text)
    if len(digits) == _B_DIGITS and digits == folded:
        return b_from_scan(digits)
    return NotScannable("unknown")


def holder_of(zone: Mrz, on: date) -> dict[str, str]:
    """What a zone gives for a form: `name` as printed there (surname first), `birth` YYYYMMDD with zeros for
    what is not known, `sex` as in ISO 5218 (0 not stated), `nationality`, `number`. `on` is today."""
    return {
        "name": f"{zone.surname} {zone.given}".strip(),
        "birth": zone.birth_date(on),
        "sex": {"M": "1", "F": "2", "<": "0"}[zone.sex],
        "nationality": zone.nationality,
        "number": zone.number,
    }
