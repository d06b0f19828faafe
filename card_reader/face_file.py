"""The card-face file of the My Number card: bytes to CardFace and back.

Layout (soltia48/myna-card src/ap/surface.rs, AokiApp/jsapdu, jpki/myna src/visual.rs agree): FF20 { DF21
offsets, DF22 birth date, DF23 sex, DF24 public key, DF25 and DF26 pictures of name and address, DF27 photo,
DF28 signature, DF29 expiry, DF2A picture of the security code }. The last is left on the table: whoever reads
the file has just typed it.
"""

from card_reader.attributes_file import sex_of
from card_reader.cards import FaceFileFacts
from card_reader.objectfile import BadObjectFile, field, fields
from card_reader.outcomes import CardFace
from card_reader.tlv import Octets, encode


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


def encode_face(face: CardFace, facts: FaceFileFacts, *, more: dict[int, bytes] | None = None) -> bytes:
    """The file as a card holds it, in the order of the tags; `more` are fields that reading leaves alone
    (offset table, key, signature, security code)."""
    found = {
        int(facts.birth, 16): face.birth.encode("ascii"),
        int(facts.sex, 16): face.sex.encode("ascii"),
        int(facts.name, 16): face.name,
        int(facts.address, 16): face.address,
        int(facts.photo, 16): face.photo,
        int(facts.expiry, 16): face.expiry.encode("ascii"),
        **(more or {}),
    }
    return encode(int(facts.outer, 16), b"".join(encode(tag, found[tag]) for tag in sorted(found)))
