"""The line to one card: bytes in, bytes out. The only place where the card's loss is an exception.

Above this level (mynumber, reading) the same things are values, because a resident causes them by lifting a
card.
"""

from typing import Literal, Protocol

ReaderFault = Literal["busy", "mute", "no_reader", "no_service", "reset", "too_slow", "transmit", "two_cards"]


class CardRemoved(Exception):
    """The card left the reader, or there was none."""


class ReaderFailed(Exception):
    """The reader, its service or the line to it failed.

    `reason`: busy (another program holds the card), mute (a card that does not start), no_reader, no_service
    (the smart card service is away), reset (another program reset the card), too_slow (whoever reads gave
    up waiting), transmit (any other failure of the line), two_cards (another one lies beside it).
    """

    def __init__(self, reason: ReaderFault) -> None:
        super().__init__(reason)
        self.reason: ReaderFault = reason


class Transport(Protocol):
    """A powered card in a session of its own."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send one short command APDU; the answer ends with the two status bytes (ISO 7816-4 5.1).

        Raises CardRemoved or ReaderFailed; after either the session is over. May block as long as the card
        is silent.
        """
        ...
