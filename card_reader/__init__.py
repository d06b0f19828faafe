"""The My Number card: APDU, TLV, PC/SC transport and the simulated card."""

from card_reader.messages import AttributesMessage, CardReadMessage, message_from
from card_reader.mynumber import read_attributes
from card_reader.outcomes import (
    AttributesRead,
    Blocked,
    CardAttributes,
    CardOutcome,
    LastTryRefused,
    OtherCard,
    Removed,
    Unreadable,
    WrongSecret,
)
from card_reader.reader import Reader, ReaderState
from card_reader.reading import read_card
from card_reader.transport import CardRemoved, ReaderFailed, Transport

__all__ = [
    "AttributesMessage",
    "AttributesRead",
    "Blocked",
    "CardAttributes",
    "CardOutcome",
    "CardReadMessage",
    "CardRemoved",
    "LastTryRefused",
    "OtherCard",
    "Reader",
    "ReaderFailed",
    "ReaderState",
    "Removed",
    "Transport",
    "Unreadable",
    "WrongSecret",
    "message_from",
    "read_attributes",
    "read_card",
]
