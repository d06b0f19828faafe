"""What leads on when a secret of the card is not to be had."""

from card_reader.cards import Remedy, card_facts
from card_reader.outcomes import Secret


def remedy_for(blocked: Secret) -> Remedy:
    """The procedure that sets `blocked` anew (its id in procedures/data) and the other ways to go on, best
    first."""
    remedies = card_facts().remedies
    return remedies.pin if blocked == "pin" else remedies.b
