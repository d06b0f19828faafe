"""What a station tells the server about one reading of one card: the wire form of an outcome."""

import base64
import binascii
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from card_reader.outcomes import (
    AttributesRead,
    Blocked,
    CardOutcome,
    FaceRead,
    ForgedReason,
    LastTryRefused,
    Mode,
    NoSecret,
    NotVerifiedReason,
    OtherCard,
    Removed,
    Sex,
    Tapped,
    Unreadable,
    WrongSecret,
)
from card_reader.reader import ReaderState
from card_reader.remedies import remedy_for
from card_reader.tries import Tries, TriesOutcome

Outcome = Literal[
    "read",
    "wrong_secret",
    "last_try_refused",
    "blocked",
    "other_card",
    "removed",
    "unreadable",
    "no_card",
    "no_reader",
    "no_service",
]

NOT_ON_CARD = "no_secret"
"""`detail` of a card that has no such secret; `outcome` is then blocked, for to its holder it is the same."""

MALFORMED = "check_secret:secret_format"
"""`detail` when what was typed cannot be the secret: it has not its digits, and nothing was sent."""

MAX_PHOTO_BYTES = 32 * 1024
MAX_PICTURE_BYTES = 16 * 1024


def _from_base64(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None


Picture = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    PlainSerializer(lambda value: base64.b64encode(value).decode("ascii"), return_type=str, when_used="json"),
]
"""Bytes in the process, base64 on the wire."""

Day = Annotated[str, Field(pattern=r"^[0-9]{8}$")]


class _Message(BaseModel):
    # Inputs stay out of error texts: they are somebody's name and address.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AttributesMessage(_Message):
    """CardAttributes on the wire; personal, so never in a repr."""

    name: str = Field(min_length=1, max_length=2048, repr=False)
    address: str = Field(min_length=1, max_length=2048, repr=False)
    birth: str = Field(pattern=r"^[0-9]{8}$", repr=False)
    sex: Sex = Field(repr=False)


class FaceMessage(_Message):
    """CardFace on the wire: `photo` JPEG 2000, `name` and `address` PNG, days as YYYYMMDD. Personal."""

    photo: Picture = Field(min_length=1, max_length=MAX_PHOTO_BYTES, repr=False)
    name: Picture = Field(min_length=1, max_length=MAX_PICTURE_BYTES, repr=False)
    address: Picture = Field(min_length=1, max_length=MAX_PICTURE_BYTES, repr=False)
    birth: Day = Field(repr=False)
    sex: Sex = Field(repr=False)
    expiry: Day = Field(repr=False)


class AuthenticityMessage(_Message):
    """Authenticity on the wire."""

    result: Literal["verified", "not_verified", "forged"]
    reason: ForgedReason | NotVerifiedReason | None = None


class CardReadMessage(_Message):
    """One reading. `attributes` are there exactly when `outcome` is read in mode pin or b, `face` when it is
    read in mode face; `other_kind` when `outcome` is other_card.

    `tries_left` is None when it is not known. `detail` is "step:reason_code" of an unreadable card, or
    no_secret, and holds no personal data. `certificate_expires` is the last day of the user authentication
    certificate (YYYYMMDD) and personal; `certificate_unknown` says why it is not there although it was asked
    for. `authenticity` is None when nobody asked. `procedure` is the id of the procedure that sets a blocked
    secret anew, `instead` the other ways to go on, best first.
    """

    mode: Mode = "pin"
    outcome: Outcome
    attributes: AttributesMessage | None = None
    face: FaceMessage | None = Field(default=None, repr=False)
    tries_left: int | None = Field(default=None, ge=0, le=15)
    apdus: int = Field(ge=0)
    other_kind: str | None = Field(default=None, max_length=40)
    detail: str | None = Field(default=None, max_length=80)
    certificate_expires: Day | None = Field(default=None, repr=False)
    certificate_unknown: Literal["needs_pin", "absent", "unreadable"] | None = None
    authenticity: AuthenticityMessage | None = None
    procedure: str | None = Field(default=None, pattern=r"^R[0-9]{3}$")
    instead: tuple[Literal["pin", "b", "manual"], ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        read = self.outcome == "read"
        if (self.attributes is not None) != (read and self.mode in ("pin", "b")):
            raise ValueError("attributes go with the outcome read of a PIN or B, and only with it")
        if (self.face is not None) != (read and self.mode == "face"):
            raise ValueError("a face goes with the outcome read of a face, and only with it")
        if (self.other_kind is not None) != (self.outcome == "other_card"):
            raise ValueError("other_kind goes with the outcome other_card, and only with it")
        return self


class TriesMessage(_Message):
    """What a card said when it was asked how many tries a way of reading has left.

    `outcome`: asked (`tries_left` is a number, or None when the card counts none) or how the asking ended, as
    in CardReadMessage; blocked has `procedure` and `instead` too.
    """

    mode: Mode
    outcome: Literal["asked"] | Outcome
    tries_left: int | None = Field(default=None, ge=0, le=15)
    apdus: int = Field(ge=0)
    other_kind: str | None = Field(default=None, max_length=40)
    detail: str | None = Field(default=None, max_length=80)
    procedure: str | None = Field(default=None, pattern=r"^R[0-9]{3}$")
    instead: tuple[Literal["pin", "b", "manual"], ...] = ()


_BY_STATE: dict[ReaderState, Outcome] = {
    ReaderState.EMPTY: "no_card",
    ReaderState.NO_READER: "no_reader",
    ReaderState.NO_SERVICE: "no_service",
}


def message_from(outcome: CardOutcome | ReaderState, mode: Mode = "pin") -> CardReadMessage:
    """The message for how a reading in `mode` ended, or for a reader in whose state no reading can begin."""
    return CardReadMessage(mode=mode, **_parts(outcome))


def tries_message_from(outcome: TriesOutcome | ReaderState, mode: Mode) -> TriesMessage:
    """The message for what asking for the tries of `mode` came to."""
    if not isinstance(outcome, Tries):
        return TriesMessage(mode=mode, **_parts(outcome))
    if outcome.blocked:
        return TriesMessage(mode=mode, **_parts(Blocked(outcome.apdus, by="pin" if mode == "pin" else "b")))
    return TriesMessage(mode=mode, outcome="asked", tries_left=outcome.left, apdus=outcome.apdus)


def _parts(outcome: CardOutcome | ReaderState) -> dict[str, Any]:
    match outcome:
        case ReaderState():
            if outcome in _BY_STATE:
                return {"outcome": _BY_STATE[outcome], "apdus": 0}
            return {"outcome": "unreadable", "apdus": 0, "detail": f"connect:{outcome.value}"}
        case AttributesRead():
            return _read(outcome) | {
                "attributes": AttributesMessage(**vars(outcome.attributes)),
                "tries_left": outcome.tries_left,
            }
        case FaceRead():
            return _face_parts(outcome)
        case Tapped():
            return _read(outcome)
        case WrongSecret(tries_left, apdus, by):
            ways = remedy_for(by).instead if tries_left == 1 else ()
            return {"outcome": "wrong_secret", "tries_left": tries_left, "apdus": apdus, "instead": ways}
        case LastTryRefused(apdus, by):
            found = remedy_for(by).instead
            return {"outcome": "last_try_refused", "tries_left": 1, "apdus": apdus, "instead": found}
        case Blocked(apdus, _, by):
            return {"outcome": "blocked", "tries_left": 0, "apdus": apdus, **vars(remedy_for(by))}
        case NoSecret(apdus, by):
            return {"outcome": "blocked", "detail": NOT_ON_CARD, "apdus": apdus, **vars(remedy_for(by))}
        case OtherCard(kind, apdus):
            return {"outcome": "other_card", "other_kind": kind, "apdus": apdus}
        case Removed(apdus):
            return {"outcome": "removed", "apdus": apdus}
        case Unreadable(step, reason_code, apdus):
            if reason_code in ("no_reader", "no_service"):
                return {"outcome": _BY_STATE[ReaderState(reason_code)], "apdus": apdus}
            return {"outcome": "unreadable", "apdus": apdus, "detail": f"{step}:{reason_code}"}


def _read(outcome: AttributesRead | FaceRead | Tapped) -> dict[str, Any]:
    found: dict[str, Any] = {"outcome": "read", "apdus": outcome.apdus}
    if outcome.certificate is not None:
        found["certificate_expires"] = outcome.certificate.on
        found["certificate_unknown"] = outcome.certificate.unknown
    if not isinstance(outcome, Tapped) and outcome.authenticity is not None:
        found["authenticity"] = AuthenticityMessage(**vars(outcome.authenticity))
    return found


def _face_parts(outcome: FaceRead) -> dict[str, Any]:
    face = outcome.face
    if len(face.photo) > MAX_PHOTO_BYTES or max(len(face.name), len(face.address)) > MAX_PICTURE_BYTES:
        return {"outcome": "unreadable", "apdus": outcome.apdus, "detail": "read_face:too_long"}
    return _read(outcome) | {
        "face": FaceMessage(**vars(face)),
        "tries_left": outcome.tries_left,
    }
