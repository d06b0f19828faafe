"""How reading a card can end. Every end that a person can cause is a value, and there are no others.

`apdus` counts the commands sent to the card until that end.
"""

from dataclasses import dataclass, field
from typing import Literal

Sex = Literal["1", "2", "9", "0"]

Mode = Literal["pin", "b", "face", "none"]
"""What opens the card: its PIN; what is printed on it (照合番号B); the same, for the card's face; nothing."""

Secret = Literal["pin", "b"]

Step = Literal[
    "check_secret",
    "connect",
    "select_jpki",
    "read_label",
    "read_certificate",
    "select_text",
    "select_face",
    "query_tries",
    "verify",
    "read_attributes",
    "read_face",
    "check_authenticity",
]
"""Where reading stopped, in the order of the reading."""

ForgedReason = Literal[
    "certificate_signature",
    "record_signature",
    "attributes_differ",
    "card_key_signature",
    "not_the_card_s_key",
]
NotVerifiedReason = Literal["off", "unknown_issuer", "not_readable", "unexpected_form", "no_answer"]


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
class CardFace:
    """What is printed on the card, as its chip holds it.

    `photo` is JPEG 2000 (JP2), `name` and `address` are PNG: see pictures.py before showing them. `birth`
    and `expiry` are YYYYMMDD; `expiry` is the card's and the card does not sign it.
    """

    photo: bytes = field(repr=False)
    name: bytes = field(repr=False)
    address: bytes = field(repr=False)
    birth: str = field(repr=False)
    sex: Sex = field(repr=False)
    expiry: str = field(repr=False)


@dataclass(frozen=True)
class CertificateExpiry:
    """The last day of the user authentication certificate, YYYYMMDD in Japan; None with the reason.

    needs_pin: it is not free to read (phones); absent: the card has none; unreadable: anything else. The day
    follows from the holder's birthday: personal.
    """

    on: str | None = field(repr=False)
    unknown: Literal["needs_pin", "absent", "unreadable"] | None = None


@dataclass(frozen=True)
class Authenticity:
    """Whether the card is genuine: `reason` says what was wrong (forged) or could not be looked at
    (not_verified).

    forged: certificate_signature, record_signature, card_key_signature (a signature does not fit),
    attributes_differ (from what the issuer signed), not_the_card_s_key (a copy of a genuine card's files).
    not_verified: off (no trusted key configured), unknown_issuer (signed by a key that nobody configured),
    not_readable (the card keeps a file to itself), unexpected_form (a structure other than the one source
    describes), no_answer (the card does not prove that it holds its key).
    """

    result: Literal["verified", "not_verified", "forged"]
    reason: ForgedReason | NotVerifiedReason | None = None


@dataclass(frozen=True)
class AttributesRead:
    """The card gave its attributes. `tries_left` after this success; None when the card counts none.

    `by` is what opened it. `certificate` and `authenticity` are None when they were not asked for.
    """

    attributes: CardAttributes
    tries_left: int | None
    apdus: int
    by: Secret = "pin"
    certificate: CertificateExpiry | None = None
    authenticity: Authenticity | None = None


@dataclass(frozen=True)
class FaceRead:
    """The card gave its face; the rest as in AttributesRead."""

    face: CardFace
    tries_left: int | None
    apdus: int
    certificate: CertificateExpiry | None = None
    authenticity: Authenticity | None = None


@dataclass(frozen=True)
class Tapped:
    """A plastic My Number card lay on the reader; nothing of its holder was read."""

    apdus: int
    certificate: CertificateExpiry | None = None


@dataclass(frozen=True)
class WrongSecret:
    """The secret was wrong, one try is used up. `tries_left` is 1 or more, None when the card counts none."""

    tries_left: int | None
    apdus: int
    by: Secret = "pin"


@dataclass(frozen=True)
class LastTryRefused:
    """One try is left and nobody agreed to use it: no secret was sent."""

    apdus: int
    by: Secret = "pin"


@dataclass(frozen=True)
class Blocked:
    """No try is left; only the municipality can set a new one. `by_this_attempt`: this was the last.

    A card that arrives blocked may be one without a usable PIN (顔認証マイナンバーカード): how those answer
    is not known. remedies.remedy_for() says what leads on, for both.
    """

    apdus: int
    by_this_attempt: bool = False
    by: Secret = "pin"


@dataclass(frozen=True)
class NoSecret:
    """The card has no such secret; nothing was sent. 顔認証マイナンバーカード may answer so (doubtful)."""

    apdus: int
    by: Secret = "pin"


@dataclass(frozen=True)
class OtherCard:
    """Not a plastic My Number card.

    `kind`: juki, phone, driving_licence, residence_card, transit, two_cards or unknown.
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
    too_slow, transmit), `secret_format` (not the digits that this secret has; nothing was sent), or a fault
    of a file of the card: `no_object`, `too_long`, `cut_short`, `bad_tlv`, `missing_field`, `bad_text`,
    `bad_birth`, `bad_date`.
    """

    step: Step
    reason_code: str
    apdus: int


Stopped = WrongSecret | LastTryRefused | Blocked | NoSecret | OtherCard | Removed | Unreadable
"""How any reading can end before its purpose."""

CardOutcome = AttributesRead | FaceRead | Tapped | Stopped
