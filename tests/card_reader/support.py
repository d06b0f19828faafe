"""Doubles and helpers of the card tests."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from card_reader.cards import AttributesFileFacts, card_facts
from card_reader.outcomes import CardAttributes
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.personas import Persona, load_personas
from card_reader.tlv import encode

PERSONAS = Path(__file__).parent / "personas.yaml"
RIGHT_PIN = b"1234"
WRONG_PIN = b"9999"
OFFSETS_TAG = 0xDF21


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


class Aim(NamedTuple):
    """What one command was aimed at: the application that was current (AID), the file by whatever way it was
    named, the instruction, and whether it carried data."""

    application: str
    file: str | None
    instruction: int
    with_data: bool


def aims(sent: list[bytes]) -> list[Aim]:
    """Every command with the application and the file it was aimed at, also by short identifier (ISO 7816-4:
    READ BINARY with P1 b8, READ RECORD P2 b8-b4, VERIFY and COMPUTE SIGNATURE P2 b5-b1)."""
    found: list[Aim] = []
    application, file = "", None
    for apdu in sent:
        instruction, p1, p2 = apdu[1], apdu[2], apdu[3]
        if instruction == 0xA4:
            named = apdu[5 : 5 + apdu[4]].hex().upper() if len(apdu) > 4 else ""
            application, file = (named, None) if p1 == 0x04 else (application, named)
        elif instruction in (0xB0, 0xD6) and p1 & 0x80:
            file = f"{p1 & 0x1F:04X}"
        elif instruction in (0xB2, 0xDC) and p2 >> 3:
            file = f"{p2 >> 3:04X}"
        elif instruction in (0x20, 0x24, 0x2C, 0x2A) and p2 & 0x1F:
            file = f"{p2 & 0x1F:04X}"
        found.append(Aim(application, file, instruction, len(apdu) > 5))
    return found


def encode_attributes(attributes: CardAttributes, facts: AttributesFileFacts) -> bytes:
    """The file as a card holds it, offset table included."""
    fields = [
        encode(int(tag, 16), value.encode("utf-8"))
        for tag, value in (
            (facts.name, attributes.name),
            (facts.address, attributes.address),
            (facts.birth, attributes.birth),
            (facts.sex, attributes.sex),
        )
    ]
    table_size = len(encode(OFFSETS_TAG, bytes(8)))
    inner_size = table_size + sum(map(len, fields))
    position = len(encode(int(facts.outer, 16), bytes(inner_size))) - inner_size + table_size
    table = b""
    for item in fields:
        table += position.to_bytes(2, "big")
        position += len(item)
    return encode(int(facts.outer, 16), encode(OFFSETS_TAG, table) + b"".join(fields))
