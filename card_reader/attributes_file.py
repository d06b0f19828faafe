"""The attributes file of the My Number card: bytes to CardAttributes and back.

Layout (soltia48/myna-card src/ap/text.rs, bytes of a public test card; AokiApp/jsapdu agrees): FF20 { DF21
four start offsets, DF22 name, DF23 address, DF24 birth date, DF25 sex }. Read by tag, never by offset: the
offsets of cards with bytes in front of FF20 are doubtful.
"""

from typing import cast

from card_reader.cards import AttributesFileFacts
from card_reader.outcomes import CardAttributes, Sex
from card_reader.tlv import BadTlv, encode, objects, read_header

_OFFSETS_TAG = 0xDF21


class BadAttributesFile(ValueError):
    """The file cannot be used. `reason` is a reason_code of Unreadable; there is no card data in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def extent(beginning: bytes, facts: AttributesFileFacts) -> tuple[int, int]:
    """(start of the outer object's value, its end) as offsets in the file, told from the file's first bytes.

    Raises BadAttributesFile (no_object, bad_tlv, too_long).
    """
    tag = bytes.fromhex(facts.outer)
    start = beginning.find(tag, 0, facts.lead_in_bytes + len(tag))
    if start < 0:
        raise BadAttributesFile("no_object")
    try:
        header = read_header(beginning, start)
    except BadTlv as error:
        raise BadAttributesFile("bad_tlv") from error
    end = start + header.size + header.length
    if end > facts.max_bytes:
        raise BadAttributesFile("too_long")
    return start + header.size, end


def decode(data: bytes, facts: AttributesFileFacts) -> CardAttributes:
    """The attributes in the file's bytes (filler around them is fine). Raises BadAttributesFile."""
    start, end = extent(data, facts)
    if end > len(data):
        raise BadAttributesFile("cut_short")
    try:
        found = dict(objects(data[start:end]))
    except BadTlv as error:
        raise BadAttributesFile("bad_tlv") from error
    try:
        name, address, birth, sex = (
            found[int(tag, 16)] for tag in (facts.name, facts.address, facts.birth, facts.sex)
        )
    except KeyError as error:
        raise BadAttributesFile("missing_field") from error
    if len(birth) != 8 or not birth.isdigit():
        raise BadAttributesFile("bad_birth")
    return CardAttributes(_text(name), _text(address), birth.decode("ascii"), _sex(sex))


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        # "from None": the decoder's error carries the bytes of somebody's name.
        raise BadAttributesFile("bad_text") from None
    if not text or any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text):
        raise BadAttributesFile("bad_text")
    return text


def _sex(value: bytes) -> Sex:
    return cast(Sex, value.decode("ascii")) if value in (b"1", b"2", b"9") else "0"


def encode_attributes(attributes: CardAttributes, facts: AttributesFileFacts) -> bytes:
    """The file as a card holds it, offset table included."""
    fields = [
        encode(int(tag, 16), value.encode("utf-8"))
        for tag, value in (
            (facts.name, attributes.name),
            (facts.address, attributes.address),
            (facts.birth, attributes.birth),
            (facts.sex, attributes.sex),
        )
    ]
    table_size = len(encode(_OFFSETS_TAG, bytes(8)))
    inner_size = table_size + sum(map(len, fields))
    position = len(encode(int(facts.outer, 16), bytes(inner_size))) - inner_size + table_size
    table = b""
    for item in fields:
        table += position.to_bytes(2, "big")
        position += len(item)
    return encode(int(facts.outer, 16), encode(_OFFSETS_TAG, table) + b"".join(fields))
