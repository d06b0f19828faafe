"""How many tries the PIN of the card on the reader has left, asked without sending a PIN.

The seam to card_reader: everything that is said to the card for this is in `_ask`.
"""

from dataclasses import dataclass
from typing import Literal

from card_reader.apdu import Conversation, query_tries, select_application, select_file
from card_reader.cards import card_facts
from card_reader.reader import Reader, ReaderState
from card_reader.transport import CardRemoved, ReaderFailed, Transport

TriesOutcome = Literal[
    "tries", "blocked", "other_card", "no_card", "no_reader", "no_service", "removed", "unreadable", "busy"
]


@dataclass(frozen=True)
class TriesAsked:
    """`left`: with the outcome tries alone, None when the card counts none or was shown its PIN already."""

    outcome: TriesOutcome
    left: int | None = None


_BY_STATE: dict[ReaderState, TriesOutcome] = {
    ReaderState.EMPTY: "no_card",
    ReaderState.NO_READER: "no_reader",
    ReaderState.NO_SERVICE: "no_service",
}


def ask_tries(reader: Reader) -> TriesAsked:
    """Ask the card on `reader` in an exclusive session; it is without power afterwards.

    Blocks as long as the card does. Never raises for what readers, cards and people do.
    """
    state = reader.state()
    if state is not ReaderState.PRESENT:
        return TriesAsked(_BY_STATE.get(state, "unreadable"))
    try:
        with reader.session() as transport:
            return _ask(transport)
    except CardRemoved:
        return TriesAsked("removed")
    except ReaderFailed as error:
        gone: dict[str, TriesOutcome] = {"no_reader": "no_reader", "no_service": "no_service"}
        return TriesAsked(gone.get(error.reason, "unreadable"))


def _ask(transport: Transport) -> TriesAsked:
    """Three commands, none of which carries a secret: the application, its PIN, the question."""
    facts, card = card_facts(), Conversation(transport)
    if card.send(select_application(facts.text.aid)).status not in facts.status.ok:
        return TriesAsked("other_card")
    if card.send(select_file(facts.text.pin.reference)).status not in facts.status.ok:
        return TriesAsked("unreadable")
    answer = card.send(query_tries())
    if answer.status in facts.status.blocked or answer.tries_left == 0:
        return TriesAsked("blocked", 0)
    if answer.status in facts.status.ok or answer.status in facts.status.unlimited_tries:
        return TriesAsked("tries")
    if answer.tries_left is None:
        return TriesAsked("unreadable")
    return TriesAsked("tries", answer.tries_left)
