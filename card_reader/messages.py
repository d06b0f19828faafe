"""What a station tells the server about one reading of one card: the wire form of an outcome."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from card_reader.outcomes import (
    AttributesRead,
    Blocked,
    CardOutcome,
    LastTryRefused,
    OtherCard,
    Removed,
    Sex,
    Unreadable,
    WrongSecret,
)
from card_reader.reader import ReaderState

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


class _Message(BaseModel):
    # Inputs stay out of error texts: they are somebody's name and address.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AttributesMessage(_Message):
    """CardAttributes on the wire; personal, so never in a repr."""

    name: str = Field(min_length=1, max_length=2048, repr=False)
    address: str = Field(min_length=1, max_length=2048, repr=False)
    birth: str = Field(pattern=r"^[0-9]{8}$", repr=False)
    sex: Sex = Field(repr=False)


class CardReadMessage(_Message):
    """One reading. Attributes are there exactly when `outcome` is read, `other_kind` when it is other_card.

    `tries_left` is None when it is not known. `detail` is "step:reason_code" of an unreadable card and holds
    no personal data.
    """

    mode: Literal["pin"] = "pin"
    outcome: Outcome
    attributes: AttributesMessage | None = None
    tries_left: int | None = Field(default=None, ge=0, le=15)
    apdus: int = Field(ge=0)
    other_kind: str | None = Field(default=None, max_length=40)
    detail: str | None = Field(default=None, max_length=80)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.attributes is not None) != (self.outcome == "read"):
            raise ValueError("attributes go with the outcome read, and only with it")
        if (self.other_kind is not None) != (self.outcome == "other_card"):
            raise ValueError("other_kind goes with the outcome other_card, and only with it")
        return self


_BY_STATE: dict[ReaderState, Outcome] = {
    ReaderState.EMPTY: "no_card",
    ReaderState.NO_READER: "no_reader",
    ReaderState.NO_SERVICE: "no_service",
}


def message_from(outcome: CardOutcome | ReaderState) -> CardReadMessage:
    """The message for how a reading ended, or for a reader in whose state no reading can begin."""
    match outcome:
        case ReaderState():
            return _from_state(outcome)
        case AttributesRead(attributes, tries_left, apdus):
            wire = AttributesMessage(
                name=attributes.name, address=attributes.address, birth=attributes.birth, sex=attributes.sex
            )
            return CardReadMessage(outcome="read", attributes=wire, tries_left=tries_left, apdus=apdus)
        case WrongSecret(tries_left, apdus):
            return CardReadMessage(outcome="wrong_secret", tries_left=tries_left, apdus=apdus)
        case LastTryRefused(apdus):
            return CardReadMessage(outcome="last_try_refused", tries_left=1, apdus=apdus)
        case Blocked(apdus):
            return CardReadMessage(outcome="blocked", tries_left=0, apdus=apdus)
        case OtherCard(kind, apdus):
            return CardReadMessage(outcome="other_card", other_kind=kind, apdus=apdus)
        case Removed(apdus):
            return CardReadMessage(outcome="removed", apdus=apdus)
        case Unreadable(step, reason_code, apdus):
            if reason_code in ("no_reader", "no_service"):
                return CardReadMessage(outcome=_BY_STATE[ReaderState(reason_code)], apdus=apdus)
            return CardReadMessage(outcome="unreadable", apdus=apdus, detail=f"{step}:{reason_code}")


def _from_state(state: ReaderState) -> CardReadMessage:
    if state in _BY_STATE:
        return CardReadMessage(outcome=_BY_STATE[state], apdus=0)
    return CardReadMessage(outcome="unreadable", apdus=0, detail=f"connect:{state.value}")
