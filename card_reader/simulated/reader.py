"""A reader without hardware that behaves like one: exclusive sessions, cards pulled at any moment."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from card_reader.reader import ReaderState
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.faults import Fault
from card_reader.simulated.hierarchy import Hierarchy
from card_reader.simulated.personas import PERSONAS_FILE, Persona, load_personas
from card_reader.transport import CardRemoved, ReaderFailed, Transport

# As long as the PC/SC transport tries to get a card that another program holds.
_BUSY_SECONDS = 2.0


class InProcessReader:
    """A Reader whose cards are personas. All methods may be called from any thread at any time.

    `keys`: the hierarchy behind the cards' certificates, by default one of this process.
    """

    def __init__(
        self,
        name: str = "Simulated reader",
        personas: Path = PERSONAS_FILE,
        *,
        keys: Hierarchy | None = None,
    ) -> None:
        self.name = name
        self._personas_file = personas
        self._keys = keys
        self._cards: dict[str, SimulatedCard] = {}
        self._changed = threading.Condition()
        self._session = threading.Lock()
        self._card: SimulatedCard | None = None
        self._laid_on = 0
        self._answers_left: int | None = None
        self._plugged = True

    def insert(
        self, persona: Persona | str, *, pull_after_apdu: int | None = None, faults: Iterable[Fault] = ()
    ) -> SimulatedCard:
        """Lay a card on the reader; one that lies there already is taken off first.

        A string is the id of a persona in the personas file (KeyError when there is none). The same persona
        is the same card each time, tries included; `faults` are those of this time, beside the persona's own.
        `pull_after_apdu`: the card is gone after that many answers; 0 means before the first.
        """
        chosen = load_personas(self._personas_file)[persona] if isinstance(persona, str) else persona
        with self._changed:
            self._take_off()
            card = self._cards.get(chosen.id)
            if card is None or card.persona != chosen:
                card = self._cards[chosen.id] = SimulatedCard(chosen, keys=self._keys)
                card.wait = self._hold
            card.faults = (*chosen.built_in_faults, *faults)
            self._card, self._answers_left = card, pull_after_apdu
            self._laid_on += 1
            self._changed.notify_all()
            return card

    def _hold(self, seconds: float) -> None:
        """A slow card: everybody else may go on, and taking the card off or unplugging ends the wait."""
        laid_on = self._laid_on
        self._changed.wait_for(lambda: not self._lies(laid_on), seconds)
        if not self._lies(laid_on):
            raise CardRemoved

    def _lies(self, laid_on: int) -> bool:
        return self._card is not None and self._laid_on == laid_on

    def remove(self) -> None:
        """Take the card off, also in the middle of a session. Nothing happens when there is none."""
        with self._changed:
            self._take_off()

    def _take_off(self) -> None:
        if self._card is not None:
            self._card.power_off()
            self._card = None
            self._changed.notify_all()

    def unplug(self) -> None:
        """Pull the reader's cable; a card stays on it but has no power."""
        with self._changed:
            self._plugged = False
            self._laid_on += 1
            if self._card is not None:
                self._card.power_off()
            self._changed.notify_all()

    def plug(self) -> None:
        """Put the cable back."""
        with self._changed:
            self._plugged = True
            self._changed.notify_all()

    @property
    def card(self) -> SimulatedCard | None:
        """The card that lies on the reader now."""
        return self._card

    def state(self) -> ReaderState:
        """See Reader."""
        with self._changed:
            return self._state()

    def _state(self) -> ReaderState:
        if not self._plugged:
            return ReaderState.NO_READER
        if self._card is None:
            return ReaderState.EMPTY
        return ReaderState.MUTE if self._card.mute and not self._card.two_cards else ReaderState.PRESENT

    def wait_change(self, known: ReaderState, timeout: float) -> ReaderState:
        """See Reader."""
        with self._changed:
            self._changed.wait_for(lambda: self._state() is not known, timeout)
            return self._state()

    @contextmanager
    def session(self) -> Iterator[Transport]:
        """See Reader."""
        if not self._session.acquire(timeout=_BUSY_SECONDS):
            raise ReaderFailed("busy")
        try:
            with self._changed:
                self._require_ready()
                laid_on = self._laid_on
            try:
                yield _Session(self, laid_on)
            finally:
                with self._changed:
                    if self._card is not None and self._laid_on == laid_on:
                        self._card.power_off()
        finally:
            self._session.release()

    def _require_ready(self) -> None:
        match self._state():
            case ReaderState.NO_READER:
                raise ReaderFailed("no_reader")
            case ReaderState.EMPTY:
                raise CardRemoved
            case ReaderState.MUTE:
                raise ReaderFailed("mute")
        if self._card is not None and self._card.two_cards:
            raise ReaderFailed("two_cards")

    def exchange(self, apdu: bytes, laid_on: int) -> bytes:
        """One exchange of a session with the card that was laid on as number `laid_on`."""
        with self._changed:
            if not self._plugged:
                raise ReaderFailed("no_reader")
            card = self._card
            if card is None or self._laid_on != laid_on:
                raise CardRemoved
            if self._answers_left == 0:
                self._take_off()
                raise CardRemoved
            try:
                answer = card.transmit(apdu)
            except CardRemoved:
                if not self._plugged:
                    raise ReaderFailed("no_reader") from None
                if self._lies(laid_on):
                    self._take_off()
                raise
            if self._answers_left is not None:
                self._answers_left -= 1
            return answer


class _Session:
    """The Transport of one session; of no use once the card has been off the reader."""

    def __init__(self, reader: InProcessReader, laid_on: int) -> None:
        self._reader = reader
        self._laid_on = laid_on

    def transmit(self, apdu: bytes) -> bytes:
        """See Transport."""
        return self._reader.exchange(apdu, self._laid_on)
