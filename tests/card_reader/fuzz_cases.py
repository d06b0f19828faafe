"""One reading of one card whose answers are spoiled: which way, whose card, what is done to it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from card_reader import Extras, read, tries
from card_reader.doctor import CardSeen, examine_card
from card_reader.outcomes import CardOutcome, Mode
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.personas import Persona
from card_reader.transport import Transport
from card_reader.tries import AskedSecret, TriesOutcome
from tests.card_reader.fuzz_answers import Damage

Way = Literal["pin", "b", "face", "none", "tries pin", "tries b", "tries face_b", "doctor"]
WAYS: tuple[Way, ...] = ("pin", "b", "face", "none", "tries pin", "tries b", "tries face_b", "doctor")
MODES: tuple[Mode, ...] = ("pin", "b", "face", "none")

# A file as long as READ BINARY reaches, in the smallest pieces with which the reader puts up.
EXCHANGES_A_READING = 700

# Digits that nothing else here has, so that finding them means that they leaked.
SECRET_PIN, SECRET_CODE = "7391", "8264"

Result = CardOutcome | TriesOutcome | CardSeen
Subject = Callable[[Way, Transport, bytearray, bool, Extras], Result]
"""What is tried: a reading in one way, with the secret, whether the last try may be used, and extras."""


def the_reader(way: Way, line: Transport, secret: bytearray, allow_last_try: bool, extras: Extras) -> Result:
    """The product's own."""
    match way:
        case "doctor":
            return examine_card(line, certificate=extras.certificate_expiry)
        case "tries pin" | "tries b" | "tries face_b":
            asked: dict[str, AskedSecret] = {"tries pin": "pin", "tries b": "b", "tries face_b": "face_b"}
            return tries(line, asked[way])
        case _:
            return read(line, way, secret, allow_last_try=allow_last_try, extras=extras)


class Hang(BaseException):
    """A reading that does not end; not an Exception, so that nothing on the way takes it for its own."""


@dataclass(frozen=True)
class Case:
    """One reading to try. `damage`: (index of the answer, what is done to it, also to all that follow)."""

    way: Way
    persona: Persona
    right: bool
    allow_last_try: bool
    extras: Extras
    damage: tuple[tuple[int, Damage, bool], ...]
    seed: int

    def __str__(self) -> str:
        done = ", ".join(f"{d.name} at {at}{' and on' if on else ''}" for at, d, on in self.damage)
        right = "right" if self.right else "wrong"
        return f"{self.way} of {self.persona.id}, {right} secret, seed {self.seed}: {done or 'untouched'}"


class SpoiledLine:
    """The transport to a card whose answers are spoiled; keeps what was sent and what arrived."""

    def __init__(self, card: SimulatedCard, case: Case) -> None:
        self.card = card
        self.sent: list[bytes] = []
        self.arrived: list[bytes] = []
        self.altered = False
        self._case = case
        self._chance = random.Random(case.seed)

    def transmit(self, apdu: bytes) -> bytes:
        """See Transport."""
        index = len(self.sent)
        if index > EXCHANGES_A_READING:
            raise Hang(f"more than {EXCHANGES_A_READING} commands")
        self.sent.append(bytes(apdu))
        damages = [d for at, d, on in self._case.damage if index == at or (on and index > at)]
        if any(damage.unheard for damage in damages):
            answer, self.altered = self.arrived[-1] if self.arrived else b"", True
        else:
            answer = self.card.transmit(apdu)
        for damage in damages:
            spoiled = damage.spoil(self._chance, apdu, answer)
            self.altered |= damage.alters and spoiled != answer
            answer = spoiled
        self.arrived.append(answer)
        return answer


def distinct(who: Persona) -> Persona:
    return who.model_copy(update={"pin": SECRET_PIN, "security_code": SECRET_CODE})


def secret_for(way: Way, who: Persona) -> bytearray:
    if way == "pin":
        return bytearray(SECRET_PIN.encode())
    if way in ("b", "face"):
        return bytearray((who.number_b or f"5001012030{SECRET_CODE}").encode())
    return bytearray()
