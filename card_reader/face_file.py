"""The card-face file of the My Number card: bytes to CardFace.

Layout (soltia48/myna-card src/ap/surface.rs, AokiApp/jsapdu, jpki/myna src/visual.rs agree): FF20 { DF21
offsets, DF22 birth date, DF23 sex, DF24 public key, DF25 and DF26 pictures of name and address, DF27 photo,
DF28 signature, DF29 expiry, DF2A picture of the security code }. The last is left on the table: whoever reads
the file has just typed it.
"""

from card_reader.attributes_file import sex_of
from card_reader.cards import FaceFileFacts
from card_reader.objectfile import BadObjectFile, field, fields
from card_reader.outcomes import CardFace
from card_reader.tlv import Octets


def decode_face(data: Octets, facts: FaceFileFacts) -> CardFace:
    """The face in the file's bytes. Pictures are taken as they are. Raises BadObjectFile."""
    found = fields(data, facts)
    return CardFace(
        photo=_picture(field(found, facts.photo)),
        name=_picture(field(found, facts.name)),
        address=_picture(field(found, facts.address)),
        birth=_day(field(found, facts.birth), "bad_birth"),
        sex=sex_of(field(found, facts.sex)),
        expiry=_day(field(found, facts.expiry), "bad_date"),
    )


def _picture(value: bytes) -> bytes:
    if not value:
        raise BadObjectFile("missing_field")
    return value


def _day(value: bytes, reason: str) -> str:
    if len(value) != 8 or not value.isdigit():
        raise BadObjectFile(reason)
    return value.decode("ascii")
