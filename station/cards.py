"""The card reader at this station: what lies on it, and one reading at a time.

Watching and reading each have a thread; neither can hold the event loop. A whole reading takes `read_limit_s`
seconds at most: a card that is merely slow is left between two commands before that, a reader that hangs is
given up then. The secret (PIN or 照合番号B) lives for one reading: in a bytearray that is zeroed at its end,
however it ends.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Protocol, runtime_checkable

from card_reader.apdu import SECRET_INSTRUCTIONS
from card_reader.messages import CardReadMessage, TriesMessage, message_from, tries_message_from
from card_reader.mynumber import NO_EXTRAS, Extras
from card_reader.outcomes import Mode
from card_reader.reader import Reader, ReaderState
from card_reader.reading import ask_tries, read_card
from card_reader.transport import CardRemoved, ReaderFailed, Transport
from station.board import Board, ReaderTrouble, ReaderWord
from station.forget import overwrite_freed
from station.worker import DeviceThread, Stuck

# Nobody waits longer than five seconds for a card; what is left belongs to the screens around the reading.
READ_LIMIT_S = 4.5
# After this part of the time no further command goes out, so that a card which is slow but answers is left in
# good order and its reader is free at once.
_LAST_COMMAND_AT = 0.85
_WATCH_S = 1.5
# A look that takes longer than the wait it was asked for hangs.
_WATCH_LIMIT_S = _WATCH_S + 1.5
_RETRY_S = 0.5

_log = logging.getLogger(__name__)


class CardDesk:
    """The reader of one station; None when it has none. Used from the event loop."""

    def __init__(self, reader: Reader | None, board: Board, read_limit_s: float = READ_LIMIT_S) -> None:
        self._reader = reader
        self._board = board
        self._limit = read_limit_s
        self._watcher = DeviceThread("card-watch")
        self._worker = DeviceThread("card-read")
        self._seen: ReaderWord = "no_reader"
        self._trouble: ReaderTrouble = ""
        self._reading = False
        # How often it was seen that no card lay there: while this stands still, it is the same card.
        self.times_gone = 0

    async def watch(self) -> None:
        """Shows every change at the reader on the board, until cancelled.

        A look that hangs is given up and begun anew; when the cause has gone, one of the looks comes back.
        """
        reader = self._reader
        if reader is None:
            return
        known: ReaderState | None = None
        while True:
            try:
                known = await self._watcher.call(
                    partial(_next_state, reader, known, not self._reading), _WATCH_LIMIT_S
                )
                if self._trouble:
                    _log.info("the card reader's service answers again")
                self._show(known.value)
            except Stuck:
                if not self._trouble:
                    _log.error("the card reader's service hangs; asking until it answers")
                known = None
                self._show("no_service", "stalled")
                await asyncio.sleep(_RETRY_S)

    async def read(
        self,
        secret: bytearray,
        mode: Mode = "pin",
        *,
        allow_last_try: bool = False,
        extras: Extras = NO_EXTRAS,
    ) -> CardReadMessage | None:
        """One reading; None when another one is under way. `secret` holds zeros afterwards."""
        if self._reading:
            secret[:] = bytes(len(secret))
            return None
        if self._reader is None or self._trouble:
            # Nobody waits for a service that is known to hang.
            secret[:] = bytes(len(secret))
            return message_from(ReaderState.NO_SERVICE if self._trouble else ReaderState.NO_READER, mode)
        self._reading = True
        self._board.set_reader("busy")
        line = _Severable(self._reader, self._limit)
        started = time.monotonic()
        try:
            message = await self._worker.call(
                lambda: read_card(line, secret, mode=mode, allow_last_try=allow_last_try, extras=extras),
                self._limit,
                # A question for the tries that hangs is no reason to wait twice as long.
                from_now=True,
            )
        except Stuck:
            # The order matters: once the line is cut nothing goes to the card any more, least of all a
            # zeroed secret.
            line.sever()
            message = CardReadMessage(
                mode=mode, outcome="unreadable", apdus=line.apdus, detail="connect:mute"
            )
            _log.error("the card reader hangs; the reading was given up")
        finally:
            line.sever()
            secret[:] = bytes(len(secret))
            overwrite_freed(short_alone=True)
            self._reading = False
            self._board.set_reader(self._seen, self._trouble)
        took = round((time.monotonic() - started) * 1000)
        _log.info(
            "card read: mode=%s outcome=%s detail=%s tries_left=%s apdus=%d ms=%d",
            mode, message.outcome, message.detail, message.tries_left, message.apdus, took,
        )  # fmt: skip
        return message

    async def tries(self, mode: Mode) -> TriesMessage | None:
        """How many tries `mode` has left, asked of the card; None while a reading is under way.

        A reading that is asked for meanwhile waits for this to end.
        """
        if self._reading:
            return None
        if self._reader is None or self._trouble:
            return tries_message_from(
                ReaderState.NO_SERVICE if self._trouble else ReaderState.NO_READER, mode
            )
        line = _Severable(self._reader)
        try:
            found = await self._worker.call(lambda: ask_tries(line, mode), self._limit, from_now=True)
        except Stuck:
            found = tries_message_from(ReaderState.MUTE, mode)
            _log.error("the card reader hangs; the question for tries was given up")
        finally:
            line.sever()
        _log.info("card tries: mode=%s outcome=%s left=%s", mode, found.outcome, found.tries_left)
        return found

    async def close(self) -> None:
        """Lets the threads end; a reading that is under way has had its line cut."""
        await self._worker.finish(0)
        await self._watcher.finish(0)

    def _show(self, word: ReaderWord, trouble: ReaderTrouble = "") -> None:
        self._seen, self._trouble = word, trouble
        self.times_gone += word != "present"
        if not self._reading:
            self._board.set_reader(word, trouble)


@runtime_checkable
class _Probed(Protocol):
    """A reader whose driver can hang without its state showing it (card_reader.pcsc)."""

    def probe(self) -> None:
        """Returns as soon as the driver answers."""
        ...


def _next_state(reader: Reader, known: ReaderState | None, probe: bool) -> ReaderState:
    driver = reader if probe and isinstance(reader, _Probed) else None
    if known is None:
        if driver is not None:
            driver.probe()
        return reader.state()
    state = reader.wait_change(known, _WATCH_S)
    # A change is told at once; a reading has a watchdog of its own.
    if driver is not None and state is known:
        driver.probe()
    return state


class _Severable:
    """A Reader whose line can be cut from outside: a reading that was given up can then send nothing more.

    When the time is nearly up the line ends by itself.
    """

    def __init__(self, reader: Reader, limit_s: float = READ_LIMIT_S) -> None:
        self._reader = reader
        self._severed = Event()
        self._no_more_at = time.monotonic() + limit_s * _LAST_COMMAND_AT
        self.apdus = 0
        self._held_secret = False

    @property
    def name(self) -> str:
        return self._reader.name

    def sever(self) -> None:
        self._severed.set()

    def state(self) -> ReaderState:
        return self._reader.state()

    def wait_change(self, known: ReaderState, timeout: float) -> ReaderState:
        return self._reader.wait_change(known, timeout)

    @contextmanager
    def session(self) -> Iterator[Transport]:
        with self._reader.session() as transport:
            yield _SeverableLine(self, transport)

    def pass_on(self, transport: Transport, apdu: bytes) -> bytes:
        if self._severed.is_set():
            raise CardRemoved
        if time.monotonic() > self._no_more_at:
            raise ReaderFailed("too_slow")
        self.apdus += 1
        if self._held_secret:
            # The command before held it, and nobody holds that command any more.
            overwrite_freed(short_alone=True)
        self._held_secret = apdu[1] in SECRET_INSTRUCTIONS
        return transport.transmit(apdu)


class _SeverableLine:
    def __init__(self, reader: _Severable, transport: Transport) -> None:
        self._reader = reader
        self._transport = transport

    def transmit(self, apdu: bytes) -> bytes:
        return self._reader.pass_on(self._transport, apdu)
