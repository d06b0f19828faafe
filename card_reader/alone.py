"""A reader that reads a card only when it is alone: two cards laid on at once are read on neither reader."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from card_reader.reader import Reader, ReaderState
from card_reader.transport import ReaderFailed, Transport


class AloneReader:
    """`reader` with the ones `beside` it, such as the other slot of the same device, which hold no card of
    anybody else's. In all else it is `reader`. One that turns out to be `reader` itself is passed over."""

    def __init__(self, reader: Reader, beside: Sequence[Reader]) -> None:
        self._reader = reader
        self._beside = beside

    @property
    def name(self) -> str:
        """See Reader."""
        return self._reader.name

    def state(self) -> ReaderState:
        """See Reader."""
        return self._reader.state()

    def wait_change(self, known: ReaderState, timeout: float) -> ReaderState:
        """See Reader."""
        return self._reader.wait_change(known, timeout)

    def probe(self) -> None:
        """As the reader's own, if it has one (card_reader.pcsc)."""
        probe = getattr(self._reader, "probe", None)
        if probe is not None:
            probe()

    @contextmanager
    def session(self) -> Iterator[Transport]:
        """See Reader; entering also raises ReaderFailed (two_cards)."""
        own = self.name
        if any(other.state() is ReaderState.PRESENT and other.name != own for other in self._beside):
            raise ReaderFailed("two_cards")
        with self._reader.session() as transport:
            yield transport
