"""One reading at one reader, from the state of the reader to the message."""

from card_reader.messages import CardReadMessage, TriesMessage, message_from, tries_message_from
from card_reader.mynumber import NO_EXTRAS, Extras, read
from card_reader.outcomes import CardOutcome, Mode, OtherCard, Removed, Unreadable
from card_reader.reader import Reader, ReaderState
from card_reader.transport import CardRemoved, ReaderFailed
from card_reader.tries import AskedSecret, Tries, tries


def read_card(
    reader: Reader,
    secret: bytearray,
    *,
    mode: Mode = "pin",
    allow_last_try: bool = False,
    extras: Extras = NO_EXTRAS,
) -> CardReadMessage:
    """Read the card that lies on `reader` now, in an exclusive session; the card is without power afterwards.

    `secret` is the PIN or 照合番号B in ASCII digits and holds zeros afterwards, in every case. Blocks as long
    as the card does: call it in a thread of its own with a watchdog. Never raises for what readers, cards and
    people do.
    """
    try:
        state = reader.state()
        if state is not ReaderState.PRESENT:
            return message_from(state, mode)
        return message_from(_outcome(reader, secret, mode, allow_last_try, extras), mode)
    finally:
        secret[:] = bytes(len(secret))


def ask_tries(reader: Reader, mode: Mode) -> TriesMessage:
    """How many tries `mode` has left on the card that lies on `reader` now, without using one: for the screen
    before the first digit. The rest as read_card; for none there is nothing to ask."""
    state = reader.state()
    if state is not ReaderState.PRESENT:
        return tries_message_from(state, mode)
    of: dict[Mode, AskedSecret] = {"pin": "pin", "b": "b", "face": "face_b"}
    try:
        with reader.session() as transport:
            return tries_message_from(
                tries(transport, of[mode]) if mode in of else Tries("pin", None, 0), mode
            )
    except CardRemoved:
        return tries_message_from(Removed(apdus=0), mode)
    except ReaderFailed as error:
        return tries_message_from(_no_session(error), mode)


def _outcome(
    reader: Reader, secret: bytearray, mode: Mode, allow_last_try: bool, extras: Extras
) -> CardOutcome:
    try:
        with reader.session() as transport:
            return read(transport, mode, secret, allow_last_try=allow_last_try, extras=extras)
    except CardRemoved:
        return Removed(apdus=0)
    except ReaderFailed as error:
        return _no_session(error)


def _no_session(error: ReaderFailed) -> OtherCard | Unreadable:
    if error.reason == "two_cards":
        return OtherCard("two_cards", apdus=0)
    return Unreadable("connect", error.reason, apdus=0)
