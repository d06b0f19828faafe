"""A command APDU taken apart (ISO 7816-3 12.1, ISO 7816-4 5.1), short and extended."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Command:
    """`expected` is Le with its meaning (00 is 256, or 65536 when extended), None when there is none."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    expected: int | None = None

    @classmethod
    def parse(cls, apdu: bytes) -> Self | None:
        """The four cases; None when the lengths do not add up."""
        if len(apdu) < 4:
            return None
        body = apdu[4:]
        width = 2 if len(body) >= 3 and body[0] == 0 else 1
        parsed = (b"", None) if not body else _body(body[width - 1 :], width)
        if parsed is None:
            return None
        data, expected = parsed
        return cls(apdu[0], apdu[1], apdu[2], apdu[3], data, expected)


def _body(body: bytes, width: int) -> tuple[bytes, int | None] | None:
    """(data, Le) of `body` from its first length field on, whose length fields are `width` bytes wide."""
    everything = 1 << 8 * width
    first = int.from_bytes(body[:width], "big")
    if len(body) == width:
        return b"", first or everything
    data, rest = body[width : width + first], body[width + first :]
    if first == 0 or len(data) < first or len(rest) not in (0, width):
        return None
    return data, (int.from_bytes(rest, "big") or everything) if rest else None
