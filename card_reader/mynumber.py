"""Reads name, address, birth date and sex from a plastic My Number card with its four-digit PIN.

The order is fixed: who answers, is it the right card, how many tries are left, one VERIFY, the attributes
file, and nothing else. Whether tries are left is asked before a secret is sent, because a blocked card costs
its holder a visit to the counter; VERIFY is never repeated by the machine.
"""

from card_reader.apdu import (
    Answer,
    Conversation,
    query_tries,
    read_binary,
    select_application,
    select_file,
    verify,
)
from card_reader.attributes_file import BadAttributesFile, decode, extent
from card_reader.cards import CardFacts, card_facts
from card_reader.outcomes import (
    AttributesRead,
    Blocked,
    CardAttributes,
    CardOutcome,
    LastTryRefused,
    OtherCard,
    Removed,
    Step,
    Unreadable,
    WrongSecret,
)
from card_reader.transport import CardRemoved, ReaderFailed, Transport


def read_attributes(transport: Transport, pin: bytearray, *, allow_last_try: bool = False) -> CardOutcome:
    """Read the four attributes from the card behind `transport`; `pin` is ASCII digits.

    Sends at most one VERIFY, and none when one try is left unless `allow_last_try`. At most 10 commands for
    a file of up to 240 bytes. Never raises for anything that a card, a reader or a person does. `pin` holds
    zeros afterwards, whatever happens (copies that the interpreter and the PC/SC library made on the way are
    beyond our reach).
    """
    try:
        reading = _Reading(transport, card_facts())
        try:
            return reading.run(pin, allow_last_try)
        except _Ended as end:
            return end.outcome
        except CardRemoved:
            return Removed(reading.apdus)
        except ReaderFailed as error:
            return Unreadable(reading.step, error.reason, reading.apdus)
    finally:
        pin[:] = bytes(len(pin))


class _Ended(Exception):
    """Reading ended early; only used inside this module to leave several calls at once."""

    def __init__(self, outcome: CardOutcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


class _Reading:
    """One reading of one card."""

    def __init__(self, transport: Transport, facts: CardFacts) -> None:
        self._card = Conversation(transport)
        self._facts = facts
        self.step: Step = "check_secret"

    @property
    def apdus(self) -> int:
        return self._card.apdus

    def run(self, pin: bytearray, allow_last_try: bool) -> CardOutcome:
        secret = self._facts.text.pin
        if len(pin) != secret.digits or not pin.isdigit():
            return Unreadable(self.step, "secret_format", self.apdus)
        self._recognise()
        self._select_text()
        tries = self._ask_tries()
        if tries == 0:
            return Blocked(self.apdus)
        if tries == 1 and not allow_last_try:
            return LastTryRefused(self.apdus)
        self._verify(pin)
        attributes = self._read_file()
        # A success sets the card's counter back to its full number.
        return AttributesRead(attributes, secret.tries if tries is not None else None, self.apdus)

    def _recognise(self) -> None:
        """Ends unless a plastic My Number card answers, as far as the JPKI application can tell."""
        self.step = "select_jpki"
        status = self._facts.status
        select = select_application(self._facts.jpki.aid)
        answer = self._card.send(select)
        if answer.status in status.first_command:
            answer = self._card.send(select)
        if answer.status in status.not_found:
            self._other_by_application()
        if answer.status in status.unsupported:
            raise _Ended(OtherCard(self._facts.without_files, self.apdus))
        self._expect_ok(answer)
        self.step = "read_label"
        self._expect_ok(self._card.send(select_file(self._facts.jpki.token_info)))
        answer = self._card.fetch(read_binary(0, self._facts.jpki.label_bytes))
        self._expect_ok(answer, *status.end_of_file)
        label = answer.data.decode("ascii", errors="replace").rstrip(" \0")
        kind = self._facts.labels.get(label)
        # A label that nobody has seen yet is no reason to refuse: the next card may bring one.
        if kind not in (None, "my_number"):
            raise _Ended(OtherCard(str(kind), self.apdus))

    def _other_by_application(self) -> None:
        for other in self._facts.others:
            if self._card.send(select_application(other.aid)).status in self._facts.status.ok:
                raise _Ended(OtherCard(other.kind, self.apdus))
        raise _Ended(OtherCard("unknown", self.apdus))

    def _select_text(self) -> None:
        self.step = "select_text"
        answer = self._card.send(select_application(self._facts.text.aid))
        if answer.status in self._facts.status.not_found:
            raise _Ended(OtherCard("unknown", self.apdus))
        self._expect_ok(answer)

    def _ask_tries(self) -> int | None:
        """Tries left of the PIN, None when it counts none or says that the PIN was presented already."""
        self.step = "query_tries"
        status = self._facts.status
        self._expect_ok(self._card.send(select_file(self._facts.text.pin.reference)))
        answer = self._card.send(query_tries())
        if answer.status in status.blocked:
            return 0
        if answer.status in status.ok or answer.status in status.unlimited_tries:
            # Also after "presented already" the PIN that was typed now is checked, not somebody else's.
            return None
        if answer.tries_left is None:
            self._expect_ok(answer)
        return answer.tries_left

    def _verify(self, pin: bytearray) -> None:
        self.step = "verify"
        status = self._facts.status
        answer = self._card.send(verify(pin))
        if answer.status in status.blocked or answer.tries_left == 0:
            raise _Ended(Blocked(self.apdus, by_this_attempt=True))
        if answer.status in status.unlimited_tries or answer.tries_left is not None:
            raise _Ended(WrongSecret(answer.tries_left, self.apdus))
        self._expect_ok(answer)

    def _read_file(self) -> CardAttributes:
        self.step = "read_attributes"
        facts = self._facts.attributes_file
        self._expect_ok(self._card.send(select_file(self._facts.text.attributes)))
        try:
            data = self._read_chunk(0, facts.read_bytes)
            _, end = extent(data, facts)
            while len(data) < end:
                more = self._read_chunk(len(data), min(facts.read_bytes, end - len(data)))
                if not more:
                    break
                data += more
            return decode(data, facts)
        except BadAttributesFile as error:
            raise _Ended(Unreadable(self.step, error.reason, self.apdus)) from None

    def _read_chunk(self, offset: int, length: int) -> bytes:
        answer = self._card.fetch(read_binary(offset, length))
        self._expect_ok(answer, *self._facts.status.end_of_file)
        return answer.data

    def _expect_ok(self, answer: Answer, *also: str) -> None:
        if answer.status not in self._facts.status.ok and answer.status not in also:
            raise _Ended(Unreadable(self.step, f"status_{answer.status}", self.apdus))
