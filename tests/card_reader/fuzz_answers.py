"""What can become of a card's answer: the ways in which the fuzzer spoils it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from card_reader.transport import CardRemoved, ReaderFailed, ReaderFault

Spoil = Callable[[random.Random, bytes, bytes], bytes]
"""(chance, command, the card's answer) -> what arrives. May raise CardRemoved or ReaderFailed."""

# Every class of status words that ISO 7816-4 5.6 has, and some that it has not.
STATUS_WORDS = (
    *("9000", "9001", "9100", "6100", "6101", "6110", "61FF", "6200", "6281", "6282", "6283", "6300"),
    *("63C0", "63C1", "63C2", "63C3", "63CA", "63CF", "6400", "6401", "6500", "6581", "6600", "6700"),
    *("6800", "6881", "6882", "6900", "6981", "6982", "6983", "6984", "6985", "6986", "6987", "6999"),
    *("6A00", "6A80", "6A81", "6A82", "6A83", "6A84", "6A86", "6A87", "6A88", "6B00", "6C00", "6C01"),
    *("6C10", "6CFF", "6D00", "6E00", "6F00", "6F01", "6FFF", "0000", "FFFF", "1234"),
)
_LENGTH_BOMBS = tuple(
    bytes.fromhex(text)
    for text in ("80", "81FF", "82FFFF", "837FFFFF", "83FFFFFF", "84FFFFFFFF", "8F", "FF", "00")
)
# Overlong, surrogate, lone continuation, lone start, beyond U+10FFFF; and characters no name has.
_BAD_TEXT = (
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\x80\x80",
    b"\xe8",
    b"\xf5\x80\x80\x80",
    b"\x00\x00\x00",
    b"\x1b[2J",
)
_OK = b"\x90\x00"


@dataclass(frozen=True)
class Damage:
    """One way of spoiling. `alters`: whether the bytes of a file may arrive as others than the card's.

    `unheard`: the command does not reach the card; what it answered last is spoiled instead.
    """

    name: str
    spoil: Spoil
    alters: bool = True
    unheard: bool = False


def _status(word: str) -> Damage:
    return Damage(f"status {word}", lambda chance, command, real: bytes.fromhex(word), alters=False)


def _removed(chance: random.Random, command: bytes, real: bytes) -> bytes:
    raise CardRemoved


def _fault(reason: ReaderFault) -> Damage:
    def spoil(chance: random.Random, command: bytes, real: bytes) -> bytes:
        raise ReaderFailed(reason)

    return Damage(f"reader {reason}", spoil, alters=False)


def _data_with_status(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return real[:-2] + bytes.fromhex(chance.choice(STATUS_WORDS))


def _random_status(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return chance.randbytes(2)


def _short(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return real[: chance.choice((0, 1, max(0, len(real) - 3)))]


def _cut(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return real[: chance.randrange(max(1, len(real) - 2))] + _OK


def _long(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return real[:-2] + chance.randbytes(chance.choice((1, 2, 15, 300, 5000))) + _OK


def _huge(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return real[:-2] + b"\xff" * 70_000 + _OK


def _wrong_tag(chance: random.Random, command: bytes, real: bytes) -> bytes:
    other = chance.choice(
        (b"\xff\x21", b"\xdf\x20", b"\x7f\x21", b"\x30\x82", b"\x1f\xff", b"\xff\xff", b"\x00\x00")
    )
    return other + real[2:]


def _moved_tag(chance: random.Random, command: bytes, real: bytes) -> bytes:
    """One of the inner objects under another name, so that one is missing or there twice."""
    at = real.find(b"\xdf", chance.randrange(max(1, len(real))))
    if at < 0 or at + 2 > len(real):
        return real
    return real[: at + 1] + bytes([0x20 + chance.randrange(16)]) + real[at + 2 :]


def _bomb(chance: random.Random, command: bytes, real: bytes) -> bytes:
    """A length of the outer or of an inner object that is a lie."""
    at = real.find(b"\xdf", chance.randrange(max(1, len(real)))) if chance.random() < 0.5 else 0
    at = max(0, at) + 2
    return real[:at] + chance.choice(_LENGTH_BOMBS) + real[at + 1 :]


def _bad_text(chance: random.Random, command: bytes, real: bytes) -> bytes:
    if len(real) < 20:
        return real
    bad = chance.choice(_BAD_TEXT)
    at = chance.randrange(14, len(real) - 2)
    return real[:at] + bad + real[at + len(bad) :] if at + len(bad) <= len(real) - 2 else real


def _flipped(chance: random.Random, command: bytes, real: bytes) -> bytes:
    spoiled = bytearray(real)
    for _ in range(chance.randint(1, 4)):
        if spoiled:
            spoiled[chance.randrange(len(spoiled))] ^= 1 << chance.randrange(8)
    return bytes(spoiled)


def _forged(chance: random.Random, command: bytes, real: bytes) -> bytes:
    """Another birth date, sex or house number, in perfect form: only the card's signatures tell."""
    digits = [
        at for at in range(len(real) - 2) if real[at] in b"12345678" or real[at - 2 : at] == b"\xef\xbc"
    ]
    if not digits:
        return real
    at = chance.choice(digits)
    return real[:at] + bytes([real[at] ^ 0x01]) + real[at + 1 :]


def _noise(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return chance.randbytes(chance.randrange(260))


def _noise_ok(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return chance.randbytes(chance.randrange(260)) + _OK


def _echo(chance: random.Random, command: bytes, real: bytes) -> bytes:
    """A card that gives back what it hears, the secret too."""
    return command + _OK


def _in_front(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return chance.randbytes(chance.randint(1, 12)) + real


def _one_byte(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return real[:1] + _OK if len(real) > 2 else real


def _nothing_ok(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return _OK


def _more(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return real[:-2] + b"\x61\x10"


def _resend(chance: random.Random, command: bytes, real: bytes) -> bytes:
    return b"\x6c\x10"


ONCE: tuple[Damage, ...] = (
    Damage("removed", _removed, alters=False),
    *(_fault(reason) for reason in get_args(ReaderFault)),
    *(_status(word) for word in STATUS_WORDS),
    Damage("9000 for a command unheard", _nothing_ok, unheard=True),
    Damage("an answer that is an echo of the last", lambda chance, command, real: real, unheard=True),
    Damage("data with another status word", _data_with_status),
    Damage("a status word of chance", _random_status, alters=False),
    Damage("short", _short),
    Damage("cut", _cut),
    Damage("long", _long),
    Damage("huge", _huge),
    Damage("wrong tag", _wrong_tag),
    Damage("moved tag", _moved_tag),
    Damage("length bomb", _bomb),
    Damage("bad text", _bad_text),
    Damage("flipped bits", _flipped),
    Damage("forged", _forged),
    Damage("noise", _noise),
    Damage("noise with 9000", _noise_ok),
    Damage("echo", _echo),
    Damage("bytes in front", _in_front),
)
"""Done to one answer."""

IN_FILES: tuple[Damage, ...] = (
    *(damage for damage in ONCE if damage.alters),
    # Where in the file these strike is chance; once is not enough.
    *4 * (Damage("bad text", _bad_text), Damage("moved tag", _moved_tag), Damage("length bomb", _bomb)),
)
"""Those that change what a file says, or how much of it arrives."""

ALWAYS: tuple[Damage, ...] = (
    Damage("one byte at a time", _one_byte, alters=False),
    Damage("9000 and nothing", _nothing_ok),
    Damage("always more", _more),
    Damage("always another length", _resend),
    Damage("flipped bits", _flipped),
    Damage("noise with 9000", _noise_ok),
    Damage("huge", _huge),
    Damage("length bomb", _bomb),
    *(_status(word) for word in ("9000", "6282", "6F00", "63C3", "6982")),
)
"""Done to an answer and all that follow."""
