"""The steps of which every reading consists, over one card: who answers, how many tries are left, one VERIFY,
one file.

Internal to this package. Whatever ends a reading early leaves as Ended and arrives at the caller as a value.
"""

from collections.abc import Callable
from typing import TypeVar

from card_reader.apdu import (
    Answer,
    Conversation,
    query_tries,
    read_beginning,
    read_binary,
    select_application,
    select_file,
    short_identifier,
    verify,
)
from card_reader.cards import CardFacts, ObjectFileFacts, PinFacts, card_facts
from card_reader.objectfile import BadObjectFile, extent
from card_reader.outcomes import (
    Blocked,
    LastTryRefused,
    NoSecret,
    OtherCard,
    Removed,
    Secret,
    Step,
    Stopped,
    Unreadable,
    WrongSecret,
)
from card_reader.transport import CardRemoved, ReaderFailed, Transport

MY_NUMBER = "my_number"

_LEAST_PIECES = 16
_SMALL_PIECE = 64

T = TypeVar("T")


class Ended(Exception):
    """A reading ended early; only used inside this package to leave several calls at once."""

    def __init__(self, outcome: Stopped) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


def converse(transport: Transport, work: "Callable[[Dialogue], T]") -> T | Stopped:
    """`work` with the card behind `transport`. Never raises for what a card, a reader or a person does."""
    dialogue = Dialogue(transport, card_facts())
    try:
        return work(dialogue)
    except Ended as end:
        return end.outcome
    except CardRemoved:
        return Removed(dialogue.apdus)
    except ReaderFailed as error:
        return Unreadable(dialogue.step, error.reason, dialogue.apdus)


class Dialogue:
    """One conversation with one card."""

    def __init__(self, transport: Transport, facts: CardFacts) -> None:
        self.card = Conversation(transport)
        self.facts = facts
        self.step: Step = "check_secret"
        self._short = facts.short_identifiers

    @property
    def apdus(self) -> int:
        """Commands sent so far."""
        return self.card.apdus

    def select(self, step: Step, aid: str) -> Answer:
        """SELECT of an application; its answer is judged by the caller."""
        self.step = step
        command = select_application(aid)
        answer = self.card.send(command)
        if self.apdus == 1 and answer.status in self.facts.status.first_command:
            answer = self.card.send(command)
        if answer.status in self.facts.status.two_cards:
            raise Ended(OtherCard("two_cards", self.apdus))
        return answer

    def recognise(self) -> None:
        """Ends unless a plastic My Number card answers, as far as the JPKI application can tell."""
        kind = self.kind_of_card()
        if kind != MY_NUMBER:
            raise Ended(OtherCard(kind, self.apdus))

    def kind_of_card(self) -> str:
        """my_number or a kind of OtherCard, told by the applications and never by the ATR: a contactless
        reader makes that up, some with a number that changes at every tap."""
        status = self.facts.status
        answer = self.select("select_jpki", self.facts.jpki.aid)
        if answer.status in status.not_found:
            return self._other_by_application()
        if answer.status in status.unsupported:
            return self.facts.without_files
        self.expect_ok(answer)
        # A label that nobody has seen yet is no reason to refuse: the next card may bring one.
        return self.facts.labels.get(self._label(), MY_NUMBER)

    def _label(self) -> str:
        self.step = "read_label"
        beginning = self._beginning(self.facts.jpki.token_info, self.facts.jpki.label_bytes)
        return beginning.decode("ascii", errors="replace").rstrip(" \0")

    def _other_by_application(self) -> str:
        for other in self.facts.others:
            if self.card.send(select_application(other.aid)).status in self.facts.status.ok:
                return other.kind
        return "unknown"

    def open_text(self) -> None:
        """Select the application of the four attributes; certificates without it are those of a phone."""
        answer = self.select("select_text", self.facts.text.aid)
        if answer.status in self.facts.status.not_found:
            raise Ended(OtherCard(self.facts.without_text, self.apdus))
        self.expect_ok(answer)

    def open_face(self) -> None:
        """Select the application of the card's face."""
        answer = self.select("select_face", self.facts.face.aid)
        if answer.status in self.facts.status.not_found:
            raise Ended(OtherCard(self.facts.without_text, self.apdus))
        self.expect_ok(answer)

    def tries(self, by: Secret, reference: str) -> int | None:
        """Tries left, 0 when blocked; None when the card counts none or says "presented already". Costs no
        try."""
        self.step = "query_tries"
        status = self.facts.status
        answer = self._ask_short(reference)
        if answer is None:
            selected = self.card.send(select_file(reference))
            if selected.status in status.no_secret:
                raise Ended(NoSecret(self.apdus, by))
            self.expect_ok(selected)
            answer = self.card.send(query_tries())
        if answer.status in status.blocked:
            return 0
        if answer.status in status.no_secret:
            raise Ended(NoSecret(self.apdus, by))
        if answer.status in status.ok or answer.status in status.unlimited_tries:
            return None
        if answer.tries_left is None:
            self.expect_ok(answer)
        return answer.tries_left

    def _ask_short(self, reference: str) -> Answer | None:
        """What the card says of the tries without a SELECT; None when it has to be asked in the long way."""
        if not self._short_of(reference):
            return None
        answer = self.card.send(query_tries(self._short_of(reference)))
        status = self.facts.status
        if (
            answer.tries_left is not None
            or answer.status in status.ok | status.blocked | status.unlimited_tries
        ):
            return answer
        self._short = False
        return None

    def _short_of(self, file_id: str) -> int:
        """The short identifier by which this card may be asked for the file; 0 for none."""
        return short_identifier(file_id) if self._short else 0

    def present(self, by: Secret, facts: PinFacts, value: bytearray, allow_last_try: bool) -> int | None:
        """Ask for the tries, then one VERIFY; the tries after it, None when the card counts none.

        Also after "presented already" the value that was typed now is checked, not somebody else's.
        """
        tries = self.tries(by, facts.reference)
        if tries == 0:
            raise Ended(Blocked(self.apdus, by=by))
        if tries == 1 and not allow_last_try:
            raise Ended(LastTryRefused(self.apdus, by))
        self.step = "verify"
        # To the key that told its tries, in the way in which it told them.
        answer = self.card.send(verify(value, self._short_of(facts.reference)))
        status = self.facts.status
        if answer.status in status.blocked or answer.tries_left == 0:
            raise Ended(Blocked(self.apdus, by_this_attempt=True, by=by))
        if answer.status in status.unlimited_tries or answer.tries_left is not None:
            raise Ended(WrongSecret(answer.tries_left, self.apdus, by))
        self.expect_ok(answer)
        # A success sets the card's counter back to its full number.
        return facts.tries if tries is not None else None

    def read_object(self, step: Step, file_id: str, facts: ObjectFileFacts) -> bytearray:
        """The bytes of a file from its beginning to the end of its outer object, read in pieces."""
        self.step = step
        try:
            data = bytearray(self._beginning(file_id, facts.read_bytes))
            _, end = extent(data, facts)
            # A card that gives next to nothing at a time must not hold the counter up.
            for _ in range(_LEAST_PIECES + end // _SMALL_PIECE):
                if len(data) >= end:
                    break
                more = self._read_piece(len(data), min(facts.read_bytes, end - len(data)))
                if not more:
                    break
                data += more
        except BadObjectFile as error:
            raise Ended(Unreadable(step, error.reason, self.apdus)) from None
        return data

    def _beginning(self, file_id: str, length: int) -> bytes:
        """The first bytes of a file, which is the selected one afterwards."""
        if short := self._short_of(file_id):
            answer = self.card.fetch(read_beginning(short, length))
            if answer.status in self.facts.status.ok | self.facts.status.end_of_file:
                return answer.data
            self._short = False
        self.expect_ok(self.card.send(select_file(file_id)))
        return self._read_piece(0, length)

    def _read_piece(self, offset: int, length: int) -> bytes:
        answer = self.card.fetch(read_binary(offset, length))
        self.expect_ok(answer, *self.facts.status.end_of_file)
        return answer.data

    def expect_ok(self, answer: Answer, *also: str) -> None:
        """Ends the reading unless the status word is a success or one of `also`."""
        if answer.status not in self.facts.status.ok and answer.status not in also:
            raise Ended(Unreadable(self.step, f"status_{answer.status}", self.apdus))
