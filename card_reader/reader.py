"""What every card reader offers, real or simulated."""

from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from card_reader.transport import Transport


class ReaderState(StrEnum):
    """What can be seen at the reader without talking to the card."""

    NO_SERVICE = "no_service"
    NO_READER = "no_reader"
    EMPTY = "empty"
    PRESENT = "present"
    MUTE = "mute"


class Reader(Protocol):
    """One reader that takes one card at a time. Threads may share it; sessions exclude one another."""

    @property
    def name(self) -> str:
        """The name that staff can find on the device or in the settings."""
        ...

    def state(self) -> ReaderState:
        """The state now. Never raises; a failing service is a state."""
        ...

    def wait_change(self, known: ReaderState, timeout: float) -> ReaderState:
        """The state as soon as it differs from `known`, or the same state after `timeout` seconds."""
        ...

    def session(self) -> AbstractContextManager[Transport]:
        """Hold the card alone; when the session ends the card loses power and with it every verified secret.

        Entering raises CardRemoved when there is no card and ReaderFailed otherwise (`busy` after about 2
        seconds).
        """
        ...
