"""Doubles and helpers of the card tests."""

from collections.abc import Callable
from pathlib import Path

from card_reader.cards import card_facts
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.personas import Persona, load_personas

PERSONAS = Path(__file__).parent / "personas.yaml"
RIGHT_PIN = b"1234"
WRONG_PIN = b"9999"


def persona(key: str) -> Persona:
    """A card of this folder's personas.yaml."""
    return load_personas(PERSONAS)[key]


def card(key: str, *, attributes_file: bytes | None = None) -> SimulatedCard:
    """A fresh card with its persona's counters."""
    return SimulatedCard(persona(key), attributes_file=attributes_file)


class Line:
    """A transport to a simulated card that keeps the raw commands and lets a test change answers.

    `answer(index, command, real)` gets the index of the command (0 first) and what the card really said.
    """

    def __init__(
        self,
        card: SimulatedCard,
        answer: Callable[[int, bytes, bytes], bytes] = lambda index, command, real: real,
    ) -> None:
        self.card = card
        self.sent: list[bytes] = []
        self._answer = answer

    def transmit(self, apdu: bytes) -> bytes:
        """The card's answer, after the test has had its say."""
        self.sent.append(apdu)
        return self._answer(len(self.sent) - 1, apdu, self.card.transmit(apdu))


def verifies(sent: list[bytes]) -> list[bytes]:
    """The commands that presented a secret."""
    return [apdu for apdu in sent if apdu[1] == 0x20 and len(apdu) > 5]


def selected_in_text_application(sent: list[bytes]) -> list[str]:
    """The files selected or read by short identifier while the text application was the current one."""
    found, current = [], ""
    for apdu in sent:
        if apdu[1] == 0xA4 and apdu[2] == 0x04:
            current = apdu[5 : 5 + apdu[4]].hex().upper()
        elif current == card_facts().text.aid:
            if apdu[1] == 0xA4:
                found.append(apdu[5:].hex().upper())
            if apdu[1] in (0xB0, 0xB2) and apdu[2] & 0x80:
                found.append(f"{apdu[2] & 0x1F:04X}")
    return found
