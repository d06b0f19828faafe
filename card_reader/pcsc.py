"""Real card readers through PC/SC: the one module that needs pyscard, and only when a reader is made.

Uses PC/SC's plain calls and none of pyscard's monitors, whose thread dies unseen when the service restarts.
Every look takes a fresh context (0.3 ms), so a restarted service or a replugged reader needs no repair here.
No PC/SC call has a time-out of its own, and one hanging card stops the whole service: whoever calls state()
or session() does so in a thread with a watchdog.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from card_reader.reader import ReaderState
from card_reader.transport import CardRemoved, ReaderFailed, ReaderFault, Transport

VIRTUAL_READERS = "Virtual PCD"

_BUSY_SECONDS = 2.0
_BUSY_RETRY_SECONDS = 0.05
_WATCH_SECONDS = 0.5

_SUCCESS = 0
_TIMEOUT = 0x8010000A
_NO_READERS = 0x8010002E
_SHARING_VIOLATION = 0x8010000B
# No smart card; removed; not transacted, which contactless readers say when the card is lifted.
_CARD_GONE = frozenset({0x8010000C, 0x80100069, 0x80100016})
_FAULTS: dict[int, ReaderFault] = {
    _SHARING_VIOLATION: "busy",
    0x8010000F: "mute",  # no protocol in common
    0x80100065: "mute",  # unsupported card
    0x80100066: "mute",  # unresponsive card
    0x80100067: "mute",  # unpowered card
    0x80100068: "reset",
    0x80100009: "no_reader",  # unknown reader
    0x80100017: "no_reader",  # reader unavailable
    _NO_READERS: "no_reader",
    0x80100003: "no_service",  # the context died with the service
    0x8010001D: "no_service",
    0x8010001E: "no_service",  # the service is stopping
}


class PcscNotInstalled(RuntimeError):
    """pyscard is not there: install the project with its extra `pcsc`."""


def reader_names(name: str = "") -> tuple[str, ...]:
    """The readers of this computer whose names contain `name`, in the service's order, virtual ones only when
    `name` asks for one. Raises PcscNotInstalled and ReaderFailed (no_service)."""
    reader = PcscReader(name)
    with reader._context() as context:
        return tuple(reader._wanted_names(context))


class PcscReader:
    """The first reader whose name contains `name`; an empty name means any.

    Virtual readers are passed over unless `name` asks for one ("Virtual PCD 00 00"). Raises PcscNotInstalled.
    """

    def __init__(self, name: str = "") -> None:
        try:
            import smartcard.scard
        except ImportError as error:
            raise PcscNotInstalled("card reading needs pyscard: install kakanai[pcsc]") from error
        self._scard: Any = smartcard.scard
        self._wanted = name
        self._closed = threading.Event()

    @property
    def name(self) -> str:
        """The full name of the reader when it is there, otherwise what is looked for."""
        try:
            with self._context() as context:
                return self._find(context) or self._wanted
        except ReaderFailed:
            return self._wanted

    def close(self) -> None:
        """Wake a waiting wait_change for good; used when the program ends."""
        self._closed.set()

    def state(self) -> ReaderState:
        """See Reader."""
        return self._look(ReaderState.NO_SERVICE, 0.0)

    def wait_change(self, known: ReaderState, timeout: float) -> ReaderState:
        """See Reader. Returns early after close()."""
        give_up = time.monotonic() + timeout
        while True:
            left = give_up - time.monotonic()
            state = self._look(known, max(0.0, min(left, _WATCH_SECONDS)))
            if state is not known or left <= 0 or self._closed.is_set():
                return state
            if state in (ReaderState.NO_SERVICE, ReaderState.NO_READER):
                # PC/SC has no event for the coming of its own service.
                self._closed.wait(min(left, _WATCH_SECONDS))

    def probe(self) -> None:
        """Ask the reader itself, not its card, for its version: returns when the driver has answered.

        The service answers state() from memory even while a driver hangs (pcscd 1.9.9, measured: the card's
        process stopped, the state stayed "present" until somebody wanted to connect). Whoever calls this with
        a watchdog learns of it before a resident does. A reader that another program holds is no fault.
        """
        scard = self._scard
        with suppress(CardRemoved, ReaderFailed), self._context() as context:
            reader = self._find(context)
            if reader is None:
                return
            result, handle, _ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_DIRECT, 0)
            _check(result)
            scard.SCardGetAttrib(handle, scard.SCARD_ATTR_VENDOR_IFD_VERSION)
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)

    def _look(self, known: ReaderState, seconds: float) -> ReaderState:
        """The state; while it is `known`, watches the reader for up to `seconds` first."""
        try:
            with self._context() as context:
                reader = self._find(context)
                if reader is None:
                    return ReaderState.NO_READER
                event = self._event(context, reader, self._scard.SCARD_STATE_UNAWARE, 0.0)
                if seconds > 0 and self._meaning(event) is known:
                    event = self._event(context, reader, event, seconds)
                return self._meaning(event)
        except CardRemoved:
            return ReaderState.EMPTY
        except ReaderFailed as error:
            return ReaderState.NO_READER if error.reason == "no_reader" else ReaderState.NO_SERVICE

    def _event(self, context: object, reader: str, seen: int, seconds: float) -> int:
        """The reader's event state as soon as it is no longer `seen`, or after `seconds`."""
        result, states = self._scard.SCardGetStatusChange(context, int(seconds * 1000), [(reader, seen)])
        if _code(result) != _TIMEOUT:
            _check(result)
        return int(states[0][1])

    def _meaning(self, event: int) -> ReaderState:
        scard = self._scard
        if event & scard.SCARD_STATE_MUTE:
            return ReaderState.MUTE
        if event & scard.SCARD_STATE_PRESENT:
            return ReaderState.PRESENT
        return ReaderState.EMPTY if event & scard.SCARD_STATE_EMPTY else ReaderState.NO_READER

    def _find(self, context: object) -> str | None:
        return next(iter(self._wanted_names(context)), None)

    def _wanted_names(self, context: object) -> list[str]:
        result, readers = self._scard.SCardListReaders(context, [])
        if _code(result) == _NO_READERS:
            return []
        _check(result)
        virtual = VIRTUAL_READERS in self._wanted
        wanted = (name for name in readers if self._wanted in name)
        return [name for name in wanted if virtual or VIRTUAL_READERS not in name]

    @contextmanager
    def _context(self) -> Iterator[object]:
        result, context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
        _check(result)
        try:
            yield context
        finally:
            self._scard.SCardReleaseContext(context)

    @contextmanager
    def session(self) -> Iterator[Transport]:
        """See Reader."""
        with self._context() as context:
            reader = self._find(context)
            if reader is None:
                raise ReaderFailed("no_reader")
            handle, protocol = self._connect(context, reader)
            transport = _PcscTransport(self._scard, handle, protocol)
            # Only here: disconnecting what was never connected is a fault of its own in pyscard.
            try:
                yield transport
            finally:
                if transport.card_lost:
                    self._await_removal(context, reader)
                # Without power the card forgets the PIN; left powered, the next program reads on without it.
                self._scard.SCardDisconnect(handle, self._scard.SCARD_UNPOWER_CARD)

    def _await_removal(self, context: object, reader: str) -> None:
        """Give the service the time of one look at the slot.

        pcscd (1.9.9, measured) notes by itself that the card is gone when it cannot power it down. When its
        next look then finds a card laid on again, it sees no change and reports an empty reader until that
        card is taken off.
        """
        with suppress(ReaderFailed):
            event = self._event(context, reader, self._scard.SCARD_STATE_UNAWARE, 0.0)
            if self._meaning(event) is ReaderState.PRESENT:
                self._event(context, reader, event, _WATCH_SECONDS)

    def _connect(self, context: object, reader: str) -> tuple[object, int]:
        scard = self._scard
        give_up = time.monotonic() + _BUSY_SECONDS
        while True:
            result, handle, protocol = scard.SCardConnect(
                context,
                reader,
                scard.SCARD_SHARE_EXCLUSIVE,
                scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
            )
            # A program that crashed while it held the card lets go of it a moment later.
            if _code(result) != _SHARING_VIOLATION or time.monotonic() > give_up:
                break
            if self._closed.wait(_BUSY_RETRY_SECONDS):
                break
        _check(result)
        return handle, int(protocol)


class _PcscTransport:
    """The Transport of one PC/SC session."""

    def __init__(self, scard: Any, handle: object, protocol: int) -> None:
        self._scard = scard
        self._handle = handle
        self._protocol = protocol
        self.card_lost = False

    def transmit(self, apdu: bytes) -> bytes:
        """See Transport."""
        result, answer = self._scard.SCardTransmit(self._handle, self._protocol, list(apdu))
        # Measured: a card pulled in the middle of a command is a success without an answer.
        if _code(result) in _CARD_GONE or (_code(result) == _SUCCESS and len(answer) < 2):
            self.card_lost = True
            raise CardRemoved
        _check(result)
        return bytes(answer)


def _code(result: int) -> int:
    """PC/SC's code as it is written in its documents; pyscard hands it out signed on some systems."""
    return result & 0xFFFFFFFF


def _check(result: int) -> None:
    code = _code(result)
    if code == _SUCCESS:
        return
    if code in _CARD_GONE:
        raise CardRemoved
    raise ReaderFailed(_FAULTS.get(code, "transmit"))
