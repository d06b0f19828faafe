"""The My Number card: reading modes, tries, authenticity, PC/SC transport and the simulated card."""

from card_reader.b_number import BadB, BNumber, b_from_fields, b_from_scan
from card_reader.messages import AttributesMessage, CardReadMessage, FaceMessage, TriesMessage, message_from
from card_reader.mrz import BadMrz, Mrz, parse_mrz, residence_card_number
from card_reader.mynumber import (
    Extras,
    read,
    read_attributes,
    read_attributes_by_b,
    read_face,
    read_nothing,
)
from card_reader.outcomes import (
    AttributesRead,
    Authenticity,
    Blocked,
    CardAttributes,
    CardFace,
    CardOutcome,
    CertificateExpiry,
    FaceRead,
    LastTryRefused,
    Mode,
    NoSecret,
    OtherCard,
    Removed,
    Tapped,
    Unreadable,
    WrongSecret,
)
from card_reader.policy import ReadingPolicy, load_policy
from card_reader.reader import Reader, ReaderState
from card_reader.reading import ask_tries, read_card
from card_reader.remedies import remedy_for
from card_reader.scan import NotScannable, ResidenceCardNumber, Scanned, holder_of, read_scan
from card_reader.transport import CardRemoved, ReaderFailed, Transport
from card_reader.tries import Tries, TriesOutcome, tries

__all__ = [
    "AttributesMessage",
    "AttributesRead",
    "Authenticity",
    "BNumber",
    "BadB",
    "BadMrz",
    "Blocked",
    "CardAttributes",
    "CardFace",
    "CardOutcome",
    "CardReadMessage",
    "CardRemoved",
    "CertificateExpiry",
    "Extras",
    "FaceMessage",
    "FaceRead",
    "LastTryRefused",
    "Mode",
    "Mrz",
    "NoSecret",
    "NotScannable",
    "OtherCard",
    "Reader",
    "ReaderFailed",
    "ReaderState",
    "ReadingPolicy",
    "Removed",
    "ResidenceCardNumber",
    "Scanned",
    "Tapped",
    "Transport",
    "Tries",
    "TriesMessage",
    "TriesOutcome",
    "Unreadable",
    "WrongSecret",
    "ask_tries",
    "b_from_fields",
    "b_from_scan",
    "holder_of",
    "load_policy",
    "message_from",
    "parse_mrz",
    "read",
    "read_attributes",
    "read_attributes_by_b",
    "read_card",
    "read_face",
    "read_nothing",
    "read_scan",
    "remedy_for",
    "residence_card_number",
    "tries",
]
