"""A simulated card: answers commands byte for byte as the sources in data/cards.yaml report of real cards."""

from collections import deque
from dataclasses import dataclass

from card_reader.apdu import without_secret
from card_reader.cards import CardFacts, card_facts
from card_reader.simulated.counters import TryCounters
from card_reader.simulated.files import DataFile, File, KeyFile, SecretFile, applications_of
from card_reader.simulated.personas import Persona, SecretName

# The contact answer-to-reset by which OpenSC knows the card (OpenSC card-jpki.c).
ATR = bytes.fromhex("3BE000FF8131FE4514")
_TRACE_LENGTH = 512

_OK = b"\x90\x00"
_WRONG_LENGTH = b"\x67\x00"
_WRONG_STRUCTURE = b"\x69\x81"
_NOT_SATISFIED = b"\x69\x82"
_BLOCKED = b"\x69\x84"
_NO_FILE_SELECTED = b"\x69\x86"
_NOT_FOUND = b"\x6a\x82"
_WRONG_PARAMETERS = b"\x6a\x86"
_PAST_THE_END = b"\x6b\x00"
_NO_INSTRUCTION = b"\x6d\x00"
_NO_CLASS = b"\x6e\x00"


@dataclass(frozen=True)
class _Command:
    """A command APDU taken apart; `expected` is Le with its meaning (00 is 256, or 65536 when extended)."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    expected: int | None = None


class SimulatedCard:
    """One card, at one place at a time. Not for several threads at once.

    `trace` holds the last commands with secrets overwritten, (command, status word) each.
    """

    def __init__(
        self, persona: Persona, counters: TryCounters | None = None, *, attributes_file: bytes | None = None
    ) -> None:
        self.persona = persona
        self.counters = counters or TryCounters(persona)
        self.trace: deque[tuple[bytes, str]] = deque(maxlen=_TRACE_LENGTH)
        self._facts: CardFacts = card_facts()
        self._applications = applications_of(persona, self._facts, attributes_file)
        self._files: dict[str, File] | None = None
        self._file: File | None = None
        self._presented: set[SecretName] = set()

    @property
    def mute(self) -> bool:
        """Whether the card never answers (upside down, broken, not a chip card)."""
        return self.persona.kind == "mute"

    def power_off(self) -> None:
        """Lose power: the selection and every presented secret are forgotten, the counters are not."""
        self._files = None
        self._file = None
        self._presented.clear()

    def transmit(self, apdu: bytes) -> bytes:
        """The answer to one command, status word included. Never raises for a bad command."""
        command = _parse(apdu)
        answer = _WRONG_LENGTH if command is None else self._answer(command)
        self.trace.append((without_secret(apdu), answer[-2:].hex().upper()))
        return answer

    def _answer(self, command: _Command) -> bytes:
        if self.persona.kind == "transit":
            return _NO_INSTRUCTION
        match command.cla, command.ins:
            case 0x00, 0xA4:
                return self._select(command)
            case 0x00, 0x20:
                return self._verify(command)
            case 0x00, 0xB0:
                return self._read_binary(command)
            case 0x80, 0x2A:
                return self._sign(command)
            case ((0x00 | 0x80), _):
                return _NO_INSTRUCTION
        return _NO_CLASS

    def _select(self, command: _Command) -> bytes:
        wanted = command.data.hex().upper()
        if command.p1 == 0x04:
            files = self._applications.get(wanted)
            if files is None:
                return _NOT_FOUND
            self._files, self._file = files, None
            return _OK
        if command.p1 == 0x00 and wanted in ("", "3F00"):
            # Answers well and changes nothing; nobody may rely on it to reset the card (myna-card
            # src/card.rs).
            return _OK
        if command.p1 != 0x02:
            return _NOT_FOUND if command.p1 in (0x00, 0x01, 0x03, 0x08, 0x09) else _WRONG_PARAMETERS
        file = (self._files or {}).get(wanted)
        if file is None:
            return _NOT_FOUND
        self._file = file
        return _OK

    def _verify(self, command: _Command) -> bytes:
        if (command.p1, command.p2) != (0x00, 0x80):
            return _WRONG_PARAMETERS
        if self._file is None:
            return _NO_FILE_SELECTED
        if not isinstance(self._file, SecretFile):
            return _WRONG_STRUCTURE
        secret = self._file.secret
        if not command.data:
            return self._tries(secret)
        if self.counters.left(secret) == 0:
            return _BLOCKED
        if command.data == self._file.value:
            self.counters.restore(secret)
            self._presented.add(secret)
            return _OK
        self.counters.use(secret)
        self._presented.discard(secret)
        return self._tries(secret)

    def _tries(self, secret: SecretName) -> bytes:
        return bytes([0x63, 0xC0 | self.counters.left(secret)])

    def _read_binary(self, command: _Command) -> bytes:
        if command.p1 & 0x80:
            return _WRONG_PARAMETERS
        if self._file is None:
            return _NO_FILE_SELECTED
        if not isinstance(self._file, DataFile):
            return _WRONG_STRUCTURE
        if self._file.opened_by and not self._file.opened_by & self._presented:
            return _NOT_SATISFIED
        content = self._file.content()
        offset = command.p1 << 8 | command.p2
        if offset >= len(content):
            return _PAST_THE_END
        return content[offset : offset + (command.expected or 256)] + _OK

    def _sign(self, command: _Command) -> bytes:
        if (command.p1, command.p2) != (0x00, 0x80):
            return _WRONG_PARAMETERS
        if self._file is None:
            return _NO_FILE_SELECTED
        if not isinstance(self._file, KeyFile):
            return _WRONG_STRUCTURE
        if self._file.opened_by not in self._presented:
            return _NOT_SATISFIED
        if not 1 <= len(command.data) <= 245:
            return _WRONG_LENGTH
        return self._file.sign(command.data) + _OK


def _parse(apdu: bytes) -> _Command | None:
    """The four cases of ISO 7816-3 12.1, short and extended; None when the lengths do not add up."""
    if len(apdu) < 4:
        return None
    body = apdu[4:]
    width = 2 if len(body) >= 3 and body[0] == 0 else 1
    parsed = (b"", None) if not body else _parse_body(body[width - 1 :], width)
    if parsed is None:
        return None
    data, expected = parsed
    return _Command(apdu[0], apdu[1], apdu[2], apdu[3], data, expected)


def _parse_body(body: bytes, width: int) -> tuple[bytes, int | None] | None:
    """(data, Le) of `body` from its first length field on, whose length fields are `width` bytes wide."""
    everything = 1 << 8 * width
    first = int.from_bytes(body[:width], "big")
    if len(body) == width:
        return b"", first or everything
    data, rest = body[width : width + first], body[width + first :]
    if first == 0 or len(data) < first or len(rest) not in (0, width):
        return None
    return data, (int.from_bytes(rest, "big") or everything) if rest else None
