"""Faults of simulated cards, as short texts: what goes wrong, and where.

A text is `EFFECT@WHERE` or `EFFECT=VALUE@WHERE`. WHERE is the number of a command since power came on (1 is
the first), or a pattern of step names in which * stands for anything. A step is called
`verb:application.file` (`select:text`, `tries:text.pin`, `verify:text.pin`, `read:text.attributes`,
`sign:face`); either half alone matches too. Verbs are select, tries, verify, read, sign, challenge and
other; files are named in simulated/data/card.yaml.

On the way of an answer: pulled (the card is gone before it answers), slow=SECONDS, status=XXXX (this status
word, no data), garbage or garbage=HEX (these bytes for an answer), short=N (the first N bytes of the answer).
In a file: before=HEX (bytes in front), tag=HEX (another outer tag), length=HEX (another length field), cut=N
(the file ends after N bytes).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator

from card_reader.tlv import BadTlv, read_header
from card_reader.transport import CardRemoved

Effect = Literal["pulled", "slow", "status", "garbage", "short", "before", "tag", "length", "cut"]
_MAX_SECONDS = 3600.0
_GARBAGE_BYTES = 23


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong; made by `parse`."""

    effect: Effect
    value: str
    where: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The fault that `text` names. Raises ValueError with the reason."""
        what, _, where = text.partition("@")
        if not where:
            raise ValueError(f"{text!r} names no place: write EFFECT@WHERE")
        name, _, value = what.partition("=")
        effect: Effect
        for effect in get_args(Effect):
            if effect == name:
                _check(effect, value)
                return cls(effect, value, where)
        raise ValueError(f"{name!r} is no effect; there are {', '.join(get_args(Effect))}")

    def strikes(self, number: int, step: str) -> bool:
        """Whether the command `number` of this power-up, or `step`, is where the fault is."""
        if self.where.isdigit():
            return int(self.where) == number
        return any(fnmatchcase(part, self.where) for part in (step, *step.split(":")))


def _check(effect: Effect, value: str) -> None:
    match effect:
        case "pulled":
            fits = value == ""
        case "slow":
            fits = value.replace(".", "", 1).isdigit() and float(value) <= _MAX_SECONDS
        case "short" | "cut":
            fits = value.isdigit()
        case "garbage":
            fits = value == "" or _is_hex(value)
        case "status" | "tag":
            fits = len(value) == 4 and _is_hex(value)
        case "before" | "length":
            fits = value != "" and _is_hex(value)
    if not fits:
        raise ValueError(f"{effect} does not go with the value {value!r}")


def _is_hex(value: str) -> bool:
    try:
        bytes.fromhex(value)
    except ValueError:
        return False
    return True


def _parses(text: str) -> str:
    Fault.parse(text)
    return text


FaultText = Annotated[str, AfterValidator(_parses)]
"""A fault as text, checked."""


def faulty_answer(
    faults: Sequence[Fault],
    number: int,
    step: str,
    answer: Callable[[], bytes],
    wait: Callable[[float], object],
) -> bytes:
    """The answer to a command after the faults that strike there, in their order.

    `answer` is called at most once, and not at all when the card is pulled, when it answers garbage or a
    status word of the fault's: what it would have done has not happened then. `wait` takes seconds. Raises
    CardRemoved.
    """
    striking = [fault for fault in faults if fault.strikes(number, step)]
    given: bytes | None = None
    keep: int | None = None
    for fault in striking:
        match fault.effect:
            case "pulled":
                raise CardRemoved
            case "slow":
                wait(float(fault.value))
            case "status":
                given = bytes.fromhex(fault.value)
            case "garbage":
                given = bytes.fromhex(fault.value) or _garbage(number)
            case "short":
                keep = int(fault.value)
    found = answer() if given is None else given
    return found if keep is None else found[:keep]


def faulty_content(faults: Sequence[Fault], number: int, step: str, content: bytes) -> bytes:
    """The bytes of a file after the faults that strike at its reading, in their order."""
    for fault in faults:
        if not fault.strikes(number, step):
            continue
        match fault.effect:
            case "before":
                content = bytes.fromhex(fault.value) + content
            case "tag":
                content = bytes.fromhex(fault.value) + content[2:]
            case "length":
                content = _with_length(content, bytes.fromhex(fault.value))
            case "cut":
                content = content[: int(fault.value)]
    return content


def _with_length(content: bytes, length: bytes) -> bytes:
    try:
        header = read_header(content)
    except BadTlv:
        return content
    tag = header.tag.to_bytes((header.tag.bit_length() + 7) // 8, "big")
    return tag + length + content[header.size :]


def _garbage(number: int) -> bytes:
    """Bytes without sense, the same at each run."""
    return hashlib.sha256(number.to_bytes(4, "big")).digest()[:_GARBAGE_BYTES]
