"""The machine-readable zone of a passport or card (ICAO Doc 9303 parts 3 to 6): TD1, TD2 and TD3, typed or
scanned.

Pure. Foreign residents show a passport; a keyboard-wedge scanner types its zone like a person would. Every
check digit is computed, and what does not fit is a value that names the field, so that a person looks there
again. Visas have a zone of the same shape and are no identity document.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

Form = Literal["TD1", "TD2", "TD3"]
Part = Literal["number", "birth", "expiry", "optional", "composite"]

_FILLER = "<"
_WEIGHTS = (7, 3, 1)
_VISA = "V"
_RESIDENCE_CARD = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}")


@dataclass(frozen=True)
class Mrz:
    """What the zone says. All of it is personal but `form`, `document`, `issuer` and `nationality`.

    `document` P, I, AC, …; `issuer` and `nationality` as ICAO 9303-3 codes (JPN, D). `birth` and `expiry` are
    YYMMDD, with < where a part is not known. `sex` M, F or < (not stated). `name_cut`: the name may be longer
    than its field.
    """

    form: Form
    document: str
    issuer: str
    nationality: str
    number: str = field(repr=False)
    surname: str = field(repr=False)
    given: str = field(repr=False)
    name_cut: bool = field(repr=False)
    birth: str = field(repr=False)
    sex: Literal["M", "F", "<"] = field(repr=False)
    expiry: str = field(repr=False)
    optional: str = field(repr=False)

    def birth_date(self, on: date) -> str:
        """YYYYMMDD with zeros for what is not known; the zone has no century, so it is the last one in which
        the day is not after `on`. Whoever is over a hundred has to be asked."""
        if self.birth.startswith(_FILLER):
            return "00000000"
        digits = self.birth.replace(_FILLER, "0")
        century = "20" if f"20{digits}" <= f"{on:%Y%m%d}" else "19"
        return century + digits

    def expiry_date(self) -> str | None:
        """YYYYMMDD; None when the document names no day. Documents of this century only."""
        return None if _FILLER in self.expiry else f"20{self.expiry}"


@dataclass(frozen=True)
class BadMrz:
    """The zone cannot be used.

    length: not 90, 72 or 88 characters; characters: others than A to Z, 0 to 9 and <; visa: no identity
    document; check_digits and no_such_date: `parts` says what, and `places` where each of them stands.
    """

    reason: Literal["length", "characters", "visa", "check_digits", "no_such_date"]
    parts: tuple[Part, ...] = ()
    form: Form | None = field(default=None, compare=False)

    @property
    def places(self) -> tuple[tuple[Part, "Place"], ...]:
        """The faulty parts with their places. A composite digit that fails with another part says nothing
        more, for it covers that part as well."""
        if self.form is None:
            return ()
        alone = [part for part in self.parts if part != "composite"] or self.parts
        return tuple((part, PLACES[self.form][part]) for part in alone)


class Place(NamedTuple):
    """Characters of a zone as a person counts them: line 1 and position 1 are the first, `last` holds the
    check digit."""

    line: int
    first: int
    last: int


# ICAO 9303-5 (TD1), 9303-6 (TD2), 9303-4 (TD3).
PLACES: dict[Form, dict[Part, Place]] = {
    "TD1": {
        "number": Place(1, 6, 15), "birth": Place(2, 1, 7), "expiry": Place(2, 9, 15),
        "optional": Place(1, 16, 30), "composite": Place(2, 1, 30),
    },
    "TD2": {
        "number": Place(2, 1, 10), "birth": Place(2, 14, 20), "expiry": Place(2, 22, 28),
        "optional": Place(2, 29, 35), "composite": Place(2, 1, 36),
    },
    "TD3": {
        "number": Place(2, 1, 10), "birth": Place(2, 14, 20), "expiry": Place(2, 22, 28),
        "optional": Place(2, 29, 43), "composite": Place(2, 1, 44),
    },
}  # fmt: skip


class _Zone(NamedTuple):
    """The fields of a zone by their place; `composite` is all that its last check digit covers."""

    form: Form
    document: str
    issuer: str
    name: str
    number: str
    number_check: str
    nationality: str
    birth: str
    birth_check: str
    sex: str
    expiry: str
    expiry_check: str
    optional: str
    optional_check: str | None
    composite: str
    composite_check: str


def parse_mrz(text: str) -> Mrz | BadMrz:
    """The zone in what was typed or scanned: with line ends or without, small letters and full-width ones
    too."""
    folded = unicodedata.normalize("NFKC", text).upper()
    zone = re.sub(r"\s", "", "".join(c for c in folded if c.isprintable() or c.isspace()))
    if re.search(r"[^A-Z0-9<]", zone):
        return BadMrz("characters")
    places = {90: _td1, 72: _td2, 88: _td3}.get(len(zone))
    if places is None:
        return BadMrz("length")
    if zone[0] == _VISA:
        return BadMrz("visa")
    return _judge(places(zone))


def residence_card_number(text: str) -> str | None:
    """The number of a residence card (在留カード): two letters, eight digits, two letters. None for anything
    else. No check digit of it is published."""
    folded = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    return folded if _RESIDENCE_CARD.fullmatch(folded) else None


def check_digit(characters: str) -> str:
    """ICAO 9303-3 4.9: weights 7, 3, 1; A is 10, < is 0."""
    values = (0 if c == _FILLER else int(c, 36) for c in characters)
    return str(sum(value * _WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)


def _td1(zone: str) -> _Zone:
    """ICAO 9303-5: three lines of 30."""
    first, second, third = zone[:30], zone[30:60], zone[60:]
    return _Zone(
        "TD1", first[:2], first[2:5], third, first[5:14], first[14],
        second[15:18], second[:6], second[6], second[7], second[8:14], second[14],
        first[15:30] + second[18:29], None,
        first[5:] + second[:7] + second[8:15] + second[18:29], second[29],
    )  # fmt: skip


def _td2(zone: str) -> _Zone:
    """ICAO 9303-6: two lines of 36."""
    first, second = zone[:36], zone[36:]
    return _Zone(
        "TD2", first[:2], first[2:5], first[5:], second[:9], second[9],
        second[10:13], second[13:19], second[19], second[20], second[21:27], second[27],
        second[28:35], None,
        second[:10] + second[13:20] + second[21:35], second[35],
    )  # fmt: skip


def _td3(zone: str) -> _Zone:
    """ICAO 9303-4: two lines of 44."""
    first, second = zone[:44], zone[44:]
    return _Zone(
        "TD3", first[:2], first[2:5], first[5:], second[:9], second[9],
        second[10:13], second[13:19], second[19], second[20], second[21:27], second[27],
        second[28:42], second[42],
        second[:10] + second[13:20] + second[21:43], second[43],
    )  # fmt: skip


def _judge(zone: _Zone) -> Mrz | BadMrz:
    number, number_check, optional = _long_number(zone)
    checks: Sequence[tuple[Part, str, str]] = (
        ("number", number, number_check),
        ("birth", zone.birth, zone.birth_check),
        ("expiry", zone.expiry, zone.expiry_check),
        ("composite", zone.composite, zone.composite_check),
    )
    failed: list[Part] = [part for part, covered, digit in checks if check_digit(covered) != digit]
    if zone.optional_check is not None and not _optional_fits(zone.optional, zone.optional_check):
        failed.append("optional")
    if failed:
        return BadMrz("check_digits", tuple(failed), zone.form)
    dates: Sequence[tuple[Part, str]] = (("birth", zone.birth), ("expiry", zone.expiry))
    if wrong := [part for part, digits in dates if not _is_date(digits)]:
        return BadMrz("no_such_date", tuple(wrong), zone.form)
    if zone.sex not in ("M", "F", _FILLER):
        return BadMrz("characters")
    surname, _, given = zone.name.partition(_FILLER * 2)
    return Mrz(
        form=zone.form,
        document=zone.document.rstrip(_FILLER),
        issuer=zone.issuer.rstrip(_FILLER),
        nationality=zone.nationality.rstrip(_FILLER),
        number=number.rstrip(_FILLER),
        surname=_words(surname),
        given=_words(given),
        name_cut=not zone.name.endswith(_FILLER),
        birth=zone.birth,
        sex="M" if zone.sex == "M" else "F" if zone.sex == "F" else "<",
        expiry=zone.expiry,
        optional=_words(optional),
    )


def _long_number(zone: _Zone) -> tuple[str, str, str]:
    """(number, its check digit, what is left of the optional data). A number of more than nine characters
    goes on in the optional data of TD1 and TD2, followed by its check digit (9303-5 4.2.2, note j)."""
    rest, separator, more = zone.optional.partition(_FILLER)
    if zone.form == "TD3" or zone.number_check != _FILLER or len(rest) < 2:
        return zone.number, zone.number_check, zone.optional
    return zone.number + rest[:-1], rest[-1], separator + more


def _optional_fits(optional: str, digit: str) -> bool:
    """The check digit of the optional data of a passport may be < when there is none (9303-4 4.2.2)."""
    return check_digit(optional) == digit or (digit == _FILLER and not optional.strip(_FILLER))


def _is_date(digits: str) -> bool:
    """YYMMDD whose unknown parts are <; a day needs a month, a month a year."""
    known = digits.rstrip(_FILLER)
    if len(known) % 2 or (known and not known.isdigit()):
        return False
    month, day = known[2:4] or "01", known[4:6] or "01"
    try:
        # Of this century or the last: both have their leap years in the same places, 1900 apart.
        date(2000 + int(known[:2] or "0"), int(month), int(day))
    except ValueError:
        return False
    return True


def _words(name: str) -> str:
    return " ".join(part for part in name.split(_FILLER) if part)
