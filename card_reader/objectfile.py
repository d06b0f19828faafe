"""Files of one outer object with fields inside: how far they go, and their fields by tag."""

from card_reader.cards import ObjectFileFacts
from card_reader.tlv import BadTlv, Octets, objects, read_header


class BadObjectFile(ValueError):
    """The file cannot be used. `reason` is a reason_code of Unreadable; there is no card data in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def extent(beginning: Octets, facts: ObjectFileFacts) -> tuple[int, int]:
    """(start of the outer object's value, its end) as offsets in the file, told from the file's first bytes.

    Raises BadObjectFile (no_object, bad_tlv, too_long).
    """
    tag = bytes.fromhex(facts.outer)
    start = bytes(beginning[: facts.lead_in_bytes + len(tag)]).find(tag)
    if start < 0:
        raise BadObjectFile("no_object")
    try:
        header = read_header(beginning, start)
    except BadTlv as error:
        raise BadObjectFile("bad_tlv") from error
    end = start + header.size + header.length
    if end > facts.max_bytes:
        raise BadObjectFile("too_long")
    return start + header.size, end


def fields(data: Octets, facts: ObjectFileFacts) -> dict[int, bytes]:
    """The fields by tag; filler around them is fine. Raises BadObjectFile (also cut_short)."""
    start, end = extent(data, facts)
    if end > len(data):
        raise BadObjectFile("cut_short")
    try:
        return dict(objects(data[start:end]))
    except BadTlv as error:
        raise BadObjectFile("bad_tlv") from error


def field(found: dict[int, bytes], tag: str) -> bytes:
    """The field with this tag (hexadecimal). Raises BadObjectFile (missing_field)."""
    try:
        return found[int(tag, 16)]
    except KeyError as error:
        raise BadObjectFile("missing_field") from error
