"""What opens a card, as a page sends it: the PIN, or 照合番号B as it is printed on the card or scanned.

It comes under /station/ alone, is made into one bytearray that is zeroed after one reading, and is in no
answer, log or error text.
"""

from dataclasses import dataclass

from card_reader.b_number import BadB, PrintedYear, b_from_fields
from card_reader.outcomes import Mode
from card_reader.scan import NotScannable, read_scan

_NAMES = ("pin", "birth", "printed", "expiry", "code", "scan")
_LONGEST = 64


@dataclass(frozen=True)
class BadSecret:
    """What was sent cannot open a card; nothing went to it. `field` is where it was typed, `reason` why, in
    words that station.words knows."""

    field: str
    reason: str


def secret_in(body: dict[str, object], mode: Mode) -> bytearray | BadSecret:
    """The secret for `mode`, taken out of `body`, which holds none of it afterwards.

    pin: `pin`, four digits. b and face: `scan`, the fourteen digits in one go, or `birth` (as printed, or a
    whole date with `printed` era or western), `expiry`, `code`. none: nothing.
    """
    given = {name: body.pop(name, "") for name in _NAMES}
    said = {name: value[:_LONGEST] if isinstance(value, str) else "" for name, value in given.items()}
    match mode:
        case "pin":
            return _pin(said["pin"])
        case "none":
            return bytearray()
        case _:
            return _b(said)


def _pin(digits: str) -> bytearray | BadSecret:
    if len(digits) == 4 and digits.isascii() and digits.isdigit():
        return bytearray(digits, "ascii")
    return BadSecret("pin", "not_digits")


def _b(said: dict[str, str]) -> bytearray | BadSecret:
    if said["scan"]:
        found = read_scan(said["scan"])
        if isinstance(found, NotScannable) and found.reason == "individual_number":
            return BadSecret("whole", "individual_number")
    else:
        printed: PrintedYear = "western" if said["printed"] == "western" else "era"
        if not said["printed"] and not _six_digits(said["birth"]):
            return BadSecret("printed", "missing")
        found = b_from_fields(said["birth"], printed, said["expiry"], said["code"])
    if isinstance(found, BadB):
        return BadSecret(found.field, found.reason)
    digits = getattr(found, "digits", None)
    return digits if isinstance(digits, bytearray) else BadSecret("whole", "not_digits")


def _six_digits(birth: str) -> bool:
    """Whether no year has to be made out of it: the six digits are taken as they are, or it is faulty."""
    return not birth or (birth.isdigit() and len(birth) != 8)
