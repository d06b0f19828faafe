"""A simulated card: answers commands byte for byte as the sources in simulated/data/card.yaml report."""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable

from card_reader.apdu import without_secret
from card_reader.simulated.command import Command
from card_reader.simulated.contents import Contents
from card_reader.simulated.counters import TryCounters
from card_reader.simulated.faults import Fault, faulty_answer, faulty_content
from card_reader.simulated.files import Application, DataFile, File, KeyFile, SecretFile, applications_of
from card_reader.simulated.hierarchy import Hierarchy, process_hierarchy
from card_reader.simulated.layout import SecretName, card_layout
from card_reader.simulated.personas import Persona

# The contact answer-to-reset by which OpenSC knows the card (OpenSC card-jpki.c).
ATR = bytes.fromhex("3BE000FF8131FE4514")
_TRACE_LENGTH = 512
_SIGNED_BYTES = 245  # what PKCS #1 v1.5 padding leaves of 256
_VERBS = {0xA4: "select", 0xB0: "read", 0x2A: "sign", 0x84: "challenge"}


class SimulatedCard:
    """One card, at one place at a time. Not for several threads at once.

    `trace` holds the last commands with secrets overwritten, (command, status word) each. `faults` may be
    changed at any time. `wait` is how the card is slow; whoever holds the card may give it a way that ends
    when the card is taken away. `keys`: the hierarchy behind its certificates, by default one of this
    process.
    """

    def __init__(
        self,
        persona: Persona,
        counters: TryCounters | None = None,
        *,
        attributes_file: bytes | None = None,
        faults: Iterable[Fault] = (),
        keys: Hierarchy | None = None,
    ) -> None:
        self.persona = persona
        self.counters = counters or TryCounters(persona)
        self.trace: deque[tuple[bytes, str]] = deque(maxlen=_TRACE_LENGTH)
        self.faults: tuple[Fault, ...] = (*persona.built_in_faults, *faults)
        self.wait: Callable[[float], object] = threading.Event().wait
        self._layout = card_layout()
        self._words = {name: bytes.fromhex(word) for name, word in self._layout.status.model_dump().items()}
        contents = Contents(persona, self._layout, keys or process_hierarchy())
        self._applications = applications_of(persona, self._layout, contents, attributes_file)
        self._current: Application | None = None
        self._file: File | None = None
        self._presented: set[SecretName] = set()
        self._number = 0
        self._step = ""

    @property
    def mute(self) -> bool:
        """Whether the card never answers (upside down, broken, not a chip card)."""
        return self.persona.kind in self._layout.mute

    @property
    def two_cards(self) -> bool:
        """Whether this stands for two cards that lie there at once."""
        return self.persona.kind in self._layout.two_cards

    def power_off(self) -> None:
        """Lose power: the selection and every presented secret are forgotten, the counters are not."""
        self._current = None
        self._file = None
        self._presented.clear()
        self._number = 0

    def transmit(self, apdu: bytes) -> bytes:
        """The answer to one command, status word included. Never raises for a bad command.

        Raises CardRemoved for the fault `pulled`, and for nothing else.
        """
        self._number += 1
        command = Command.parse(apdu)
        self._step = self._named(command)
        answer = faulty_answer(
            self.faults, self._number, self._step, lambda: self._answer(command), self.wait
        )
        self.trace.append((without_secret(apdu), answer[-2:].hex().upper()))
        return answer

    def _named(self, command: Command | None) -> str:
        """The name of the step that `command` is, see faults."""
        if command is None:
            return "other:"
        verb = _VERBS.get(command.ins, "other")
        if command.ins == 0x20:
            verb = "verify" if command.data else "tries"
        if command.ins == 0xA4 and command.p1 == 0x04:
            aimed = self._applications.get(command.data.hex().upper())
            return f"select:{aimed.name if aimed else ''}"
        application = self._current.name if self._current else ""
        file = self._aimed_at(command)
        return f"{verb}:{application}.{file.name}" if file else f"{verb}:{application}"

    def _aimed_at(self, command: Command) -> File | None:
        if command.ins == 0xA4:
            return self._found(command.data.hex().upper())
        if command.ins == 0xB0 and command.p1 & 0x80:
            return self._found(f"{command.p1 & 0x1F:04X}")
        if command.ins in (0x20, 0x2A) and command.p2 & 0x1F:
            return self._found(f"{command.p2 & 0x1F:04X}")
        return None if command.ins == 0x2A and command.p2 == 0x00 else self._file

    def _found(self, file_id: str) -> File | None:
        return self._current.files.get(file_id) if self._current else None

    def _answer(self, command: Command | None) -> bytes:
        word = self._words
        if command is None:
            return word["wrong_length"]
        if self.persona.kind in self._layout.without_instructions:
            return word["no_instruction"]
        match command.cla, command.ins:
            case 0x00, 0xA4:
                return self._select(command)
            case 0x00, 0x20:
                return self._verify(command)
            case 0x00, 0xB0:
                return self._read_binary(command)
            case 0x00, 0x84:
                return secrets.token_bytes(command.expected or 8) + word["ok"]
            case 0x80, 0x2A:
                return self._sign(command)
            case ((0x00 | 0x80), _):
                return word["no_instruction"]
        return word["no_class"]

    def _select(self, command: Command) -> bytes:
        wanted = command.data.hex().upper()
        if command.p1 == 0x04:
            application = self._applications.get(wanted)
            if application is None:
                return self._words["not_found"]
            self._current, self._file = application, None
            return self._words["ok"]
        if command.p1 == 0x00 and not wanted:
            # With an application it answers well and changes nothing; nobody may rely on it to reset the
            # card (SOL, src/card.rs).
            return self._words["ok" if self._current else "wrong_parameters"]
        if command.p1 != 0x02:
            known = command.p1 in (0x00, 0x01, 0x03, 0x08, 0x09)
            return self._words["not_found" if known else "wrong_parameters"]
        file = self._found(wanted)
        if file is None:
            return self._words["not_found"]
        self._file = file
        return self._words["ok"]

    def _use_short_identifier(self, identifier: int) -> bytes | None:
        """Select the file of a short identifier (SOL: works for every file); a status word when it is not."""
        file = self._found(f"{identifier:04X}")
        if file is None:
            return self._words["not_found"]
        self._file = file
        return None

    def _verify(self, command: Command) -> bytes:
        if command.p1 != 0x00 or not command.p2 & 0x80 or command.p2 & 0x60:
            return self._words["wrong_parameters"]
        if command.p2 & 0x1F and (failed := self._use_short_identifier(command.p2 & 0x1F)):
            return failed
        if self._file is None:
            return self._words["no_file_selected"]
        if not isinstance(self._file, SecretFile):
            return self._words["wrong_structure"]
        secret = self._file.secret
        if not command.data:
            return self._tries(secret)
        if self.counters.left(secret) == 0:
            return self._words["blocked"]
        if command.data == self._file.value:
            self.counters.restore(secret)
            self._presented.add(secret)
            return self._words["ok"]
        self.counters.use(secret)
        self._presented.discard(secret)
        return self._tries(secret)

    def _tries(self, secret: SecretName) -> bytes:
        # 63C0 for a blocked one too: OpenSC refuses the whole card when it answers anything else here.
        return bytes([0x63, 0xC0 | self.counters.left(secret)])

    def _read_binary(self, command: Command) -> bytes:
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            if command.p1 & 0x60:
                return self._words["wrong_parameters"]
            if failed := self._use_short_identifier(command.p1 & 0x1F):
                return failed
            offset = command.p2
        if self._file is None:
            return self._words["no_file_selected"]
        if not isinstance(self._file, DataFile):
            return self._words["wrong_structure"]
        if self._file.opened_by and not self._file.opened_by & self._presented:
            return self._words["not_satisfied"]
        content = faulty_content(self.faults, self._number, self._step, self._file.content())
        if offset >= len(content):
            return self._words["past_the_end"]
        return content[offset : offset + (command.expected or 256)] + self._words["ok"]

    def _sign(self, command: Command) -> bytes:
        if command.p1 != 0x00 or command.p2 not in (0x00, 0x80):
            return self._words["wrong_parameters"]
        key: File | None = self._file
        if command.p2 == 0x00:
            key = self._current.own_key if self._current else None
        if key is None:
            return self._words["no_file_selected"]
        if not isinstance(key, KeyFile):
            return self._words["wrong_structure"]
        if key.opened_by and not key.opened_by & self._presented:
            return self._words["not_satisfied"]
        if not 1 <= len(command.data) <= _SIGNED_BYTES:
            return self._words["wrong_length"]
        return key.sign(command.data) + self._words["ok"]
