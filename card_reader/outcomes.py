"""How reading a card can end. Every end that a person can cause is a value, and there are no others.

`apdus` counts the commands sent to the card until that end.
"""

from dataclasses import dataclass, field
from typing import Literal

Sex = Literal["1", "2", "9", "0"]

Step = Literal[
    "check_secret",
    "connect",
    "select_jpki",
    "read_label",
    "select_text",
    "query_tries",
    "verify",
    "read_attributes",
]
"""Where reading stopped, in the order of the reading."""


@dataclass(frozen=True)
class CardAttributes:
    """The four basic attributes (基本4情報) as the card gives them, never normalised.

    `birth` is YYYYMMDD, Gregorian; parts that the register does not know may be zeros. `sex` as in ISO 5218:
    1 male, 2 female, 9 not applicable, 0 unknown; sources disagree on 9 and 0, so only 1 and 2 may be relied
    on. Name and address can hold substitute characters (代替文字) and differ from the register.
    """

    name: str = field(repr=False)
    address: str = field(repr=False)
    birth: str = field(repr=False)
    sex: Sex = field(repr=False)


@dataclass(frozen=True)
class AttributesRead:
    """The card gave its attributes. `tries_left` after this success; None when the card counts none."""

    attributes: CardAttributes
    tries_left: int | None
    apdus: int


@dataclass(frozen=True)
class WrongSecret:
    """The secret was wrong, one try is used up. `tries_left` is 1 or more, None when the card counts none."""

    tries_left: int | None
    apdus: int


@dataclass(frozen=True)
class LastTryRefused:
    """One try is left and nobody agreed to use it: no secret was sent."""

    apdus: int


@dataclass(frozen=True)
class Blocked:
    """No try is left; only the municipality can set a new one. `by_this_attempt`: this was the last."""

    apdus: int
    by_this_attempt: bool = False


@dataclass(frozen=True)
class OtherCard:
    """Not a plastic My Number card.

    `kind`: juki, phone, driving_licence, residence_card, transit or unknown.
    """

    kind: str
    apdus: int


@dataclass(frozen=True)
class Removed:
    """The card left the reader before the end, or was not there."""

    apdus: int


@dataclass(frozen=True)
class Unreadable:
    """Anything else. `reason_code` is one of these, never card data:

    `status_XXXX` (the card's status word), a ReaderFailed reason (busy, mute, no_reader, no_service, reset,
    transmit), `secret_format` (not the digits that this secret has; nothing was sent), or a fault of the
    attributes file: `no_object`, `too_long`, `cut_short`, `bad_tlv`, `missing_field`, `bad_text`,
    `bad_birth`.
    """

    step: Step
    reason_code: str
    apdus: int


CardOutcome = AttributesRead | WrongSecret | LastTryRefused | Blocked | OtherCard | Removed | Unreadable
