"""What the station knows about its devices and the server, for its screens, and whoever waits for it to
change.

Lives in the event loop: every method is called from there, so nothing is locked.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from card_reader.policy import ReadingPolicy

ReaderWord = Literal["no_service", "no_reader", "empty", "present", "mute", "busy"]
PrinterWord = Literal["none", "unknown", "ok", "paper_low", "paper_out", "cover_open", "offline", "silent"]
ServerWord = Literal["up", "down"]
# Why the reader is not to be had, beyond its state: its service is there and hangs.
ReaderTrouble = Literal["", "stalled"]
# Why a server that can be reached does not take this station's messages.
ServerTrouble = Literal["", "clock", "not_registered", "refused"]

CAN_PRINT: frozenset[PrinterWord] = frozenset({"ok", "paper_low"})


@dataclass(frozen=True)
class StationState:
    """What GET /station/state tells (station.notices puts it into words).

    A printer that the station does not have is `none`; not yet asked: `unknown`. `clock_ahead_s`: how far
    this PC's clock is before the server's, told when the server refuses it for that.
    """

    reader: ReaderWord = "no_reader"
    ticket_printer: PrinterWord = "none"
    page_printer: PrinterWord = "none"
    server: ServerWord = "down"
    reader_trouble: ReaderTrouble = ""
    server_trouble: ServerTrouble = ""
    clock_ahead_s: int = 0


class Board:
    """The present state and a way to wait for the next one. Close changes may be seen as one."""

    def __init__(self, state: StationState) -> None:
        self._state = state
        self._changed = asyncio.Event()
        self.closed = False
        # Whether the server can tell of new work at once; nobody waits for this to change.
        self.line_open = False
        # What the municipality chose about reading cards, as the server last said.
        self.policy = ReadingPolicy()

    @property
    def state(self) -> StationState:
        """The state now."""
        return self._state

    def set_reader(self, word: ReaderWord, trouble: ReaderTrouble = "") -> None:
        """What the card reader shows, and what is the matter with it."""
        self._become(replace(self._state, reader=word, reader_trouble=trouble))

    def set_printer(self, kind: Literal["ticket", "page"], word: PrinterWord) -> None:
        """What a printer last said."""
        new = (
            replace(self._state, ticket_printer=word)
            if kind == "ticket"
            else replace(self._state, page_printer=word)
        )
        self._become(new)

    def set_server(self, word: ServerWord, trouble: ServerTrouble = "", clock_ahead_s: int = 0) -> None:
        """Whether the server took what this station last said, and why not."""
        self._become(replace(self._state, server=word, server_trouble=trouble, clock_ahead_s=clock_ahead_s))

    async def after(self, known: StationState | None, timeout: float) -> StationState:
        """The state as soon as it differs from `known`; after `timeout` seconds or once closed, the state
        as it is."""
        # Whoever asks in a loop gives way to the others, also when there is nothing to wait for.
        await asyncio.sleep(0)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._state == known and not self.closed:
                    await self._changed.wait()
        return self._state

    def close(self) -> None:
        """Lets every waiter go: the station is stopping."""
        self.closed = True
        self._wake()

    def _become(self, state: StationState) -> None:
        if state != self._state:
            self._state = state
            self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
