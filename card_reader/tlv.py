"""BER-TLV as ISO 8825-1 and ISO 7816-4 5.2.2 define it: tags of one to three bytes, definite lengths."""

from collections.abc import Iterator
from typing import NamedTuple


class BadTlv(ValueError):
    """Bytes that are no BER-TLV. The text names the fault and never the bytes, which may be personal."""


class Header(NamedTuple):
    """A tag, the length of its value, and the length of tag and length field together; lengths in bytes."""

    tag: int
    length: int
    size: int


Octets = bytes | bytearray | memoryview


class Span(NamedTuple):
    """Where one object lies: where it begins, where its value starts and where both end."""

    tag: int
    begin: int
    start: int
    end: int


def read_header(data: Octets, offset: int = 0) -> Header:
    """The header at `offset`; the value need not be there yet. Raises BadTlv.

    Long lengths of up to three bytes are taken, also where a shorter form would do. The indefinite form (80)
    is refused: a file on a card knows its size.
    """
    position = offset + 1
    tag = _byte(data, offset)
    if tag & 0x1F == 0x1F:
        while True:
            following = _byte(data, position)
            tag = tag << 8 | following
            position += 1
            if not following & 0x80:
                break
            if position - offset >= 3:
                raise BadTlv("tag too long")
    length = _byte(data, position)
    position += 1
    if length == 0x80:
        raise BadTlv("indefinite length")
    if length > 0x80:
        count = length & 0x7F
        if count > 3:
            raise BadTlv("length too long")
        length = 0
        for _ in range(count):
            length = length << 8 | _byte(data, position)
            position += 1
    return Header(tag, length, position - offset)


def _byte(data: Octets, position: int) -> int:
    if position >= len(data):
        raise BadTlv("cut short")
    return data[position]


def spans(data: Octets) -> Iterator[Span]:
    """Where each object in `data` lies, up to its end or to filler (00 or FF FF…); copies nothing. Raises
    BadTlv.

    FF alone is no filler: it opens every private constructed tag (FF20), so only FF followed by FF or by the
    end is.
    """
    position = 0
    while position < len(data):
        if data[position] == 0x00 or data[position : position + 2] in (b"\xff", b"\xff\xff"):
            return
        header = read_header(data, position)
        begin, start = position, position + header.size
        position = start + header.length
        if position > len(data):
            raise BadTlv("value cut short")
        yield Span(header.tag, begin, start, position)


def objects(data: Octets) -> Iterator[tuple[int, bytes]]:
    """(tag, value) of each object, as spans() finds them."""
    for span in spans(data):
        yield span.tag, bytes(data[span.start : span.end])


def encode(tag: int, value: bytes) -> bytes:
    """One object with the shortest length form. `tag` as its bytes read, for example 0xDF22."""
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + encode_length(len(value)) + value


def encode_length(length: int) -> bytes:
    """The shortest definite length field (X.690 8.1.3): one byte up to 127, then 81 nn, 82 nn nn."""
    if length < 0x80:
        return bytes([length])
    body = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(body)]) + body
