"""What the station knows about its devices and the server, for its screens, and whoever waits for it to
change.

Lives in the event loop: every method is called from there, so nothing is locked.
"""

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Literal

ReaderWord = Literal["no_service", "no_reader", "empty", "present", "mute", "busy"]
PrinterWord = Literal["none", "unknown", "ok", "paper_low", "paper_out", "cover_open", "offline", "silent"]
ServerWord = Literal["up", "down"]

CAN_PRINT: frozenset[PrinterWord] = frozenset({"ok", "paper_low"})


@dataclass(frozen=True)
class StationState:
    """The answer of GET /station/state. A printer that the station does not have is `none`; not yet asked:
    `unknown`."""

    reader: ReaderWord = "no_reader"
    ticket_printer: PrinterWord = "none"
    page_printer: PrinterWord = "none"
    server: ServerWord = "down"

    def as_dict(self) -> dict[str, str]:
        """The state as JSON for the screens."""
        return asdict(self)


class Board:
    """The present state and a way to wait for the next one. Close changes may be seen as one."""

    def __init__(self, state: StationState) -> None:
        self._state = state
        self._changed = asyncio.Event()
        self.closed = False

    @property
    def state(self) -> StationState:
        """The state now."""
        return self._state

    def set_reader(self, word: ReaderWord) -> None:
        """What the card reader shows."""
        self._become(replace(self._state, reader=word))

    def set_printer(self, kind: Literal["ticket", "page"], word: PrinterWord) -> None:
        """What a printer last said."""
        new = (
            replace(self._state, ticket_printer=word)
            if kind == "ticket"
            else replace(self._state, page_printer=word)
        )
        self._become(new)

    def set_server(self, word: ServerWord) -> None:
        """Whether the server answered this station the last time it was asked."""
        self._become(replace(self._state, server=word))

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
