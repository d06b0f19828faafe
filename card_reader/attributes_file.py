"""The attributes file of the My Number card: bytes to CardAttributes.

Layout (soltia48/myna-card src/ap/text.rs, bytes of a public test card; AokiApp/jsapdu agrees): FF20 { DF21
four start offsets, DF22 name, DF23 address, DF24 birth date, DF25 sex }. Read by tag, never by offset: the
offsets of cards with bytes in front of FF20 are doubtful.
"""

from typing import cast

from card_reader.cards import AttributesFileFacts
from card_reader.objectfile import BadObjectFile, field, fields
from card_reader.outcomes import CardAttributes, Sex
from card_reader.tlv import Octets


def decode(data: Octets, facts: AttributesFileFacts) -> CardAttributes:
    """The attributes in the file's bytes (filler around them is fine). Raises BadObjectFile."""
    found = fields(data, facts)
    name, address, birth, sex = (
        field(found, tag) for tag in (facts.name, facts.address, facts.birth, facts.sex)
    )
    if len(birth) != 8 or not birth.isdigit():
        raise BadObjectFile("bad_birth")
    return CardAttributes(_text(name), _text(address), birth.decode("ascii"), sex_of(sex))


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        # "from None": the decoder's error carries the bytes of somebody's name.
        raise BadObjectFile("bad_text") from None
    if not text or any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text):
        raise BadObjectFile("bad_text")
    return text


def sex_of(value: bytes) -> Sex:
    """The sex that the card's byte stands for; whatever is not known to mean one is 0, unknown."""
    return cast(Sex, value.decode("ascii")) if value in (b"1", b"2", b"9") else "0"
