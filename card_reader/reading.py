"""One reading at one reader, from the state of the reader to the message."""

from card_reader.messages import CardReadMessage, message_from
from card_reader.mynumber import read_attributes
from card_reader.outcomes import Removed, Unreadable
from card_reader.reader import Reader, ReaderState
from card_reader.transport import CardRemoved, ReaderFailed


def read_card(reader: Reader, pin: bytearray, *, allow_last_try: bool = False) -> CardReadMessage:
    """Read the card that lies on `reader` now, in an exclusive session; the card is without power afterwards.

    Blocks as long as the card does: call it in a thread of its own with a watchdog. Never raises for what
    readers, cards and people do. `pin` holds zeros afterwards, in every case.
    """
    try:
        state = reader.state()
        if state is not ReaderState.PRESENT:
            return message_from(state)
        try:
            with reader.session() as transport:
                return message_from(read_attributes(transport, pin, allow_last_try=allow_last_try))
        except CardRemoved:
            return message_from(Removed(apdus=0))
        except ReaderFailed as error:
            return message_from(Unreadable("connect", error.reason, apdus=0))
    finally:
        pin[:] = bytes(len(pin))
