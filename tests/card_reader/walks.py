"""Random walks of people, cards and faults over the simulated card: no try is spent that no person spent.

`python -m tests.card_reader.walks --walks 10000` (`make prove-tries`). A walk is a card and a number of
things that people and readers do, one after the other; after each the card's own counters are compared with
what the person did. The tests run a few walks.
"""

import argparse
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from card_reader import (
    AttributesRead,
    Blocked,
    CardOutcome,
    CardRemoved,
    Extras,
    FaceRead,
    Mode,
    ReaderFailed,
    WrongSecret,
    read,
    tries,
)
from card_reader.doctor import examine_card
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.layout import SecretName
from card_reader.simulated.personas import PERSONAS_FILE, Persona, load_personas
from card_reader.tries import AskedSecret
from tests.card_reader.support import PERSONAS, verifies

MODES: tuple[Mode, ...] = ("pin", "b", "face")
KEYS: dict[Mode, SecretName] = {"pin": "pin", "b": "b", "face": "face_b"}
ASKED: tuple[AskedSecret, ...] = ("pin", "b", "face_b")
ODD = ("6F00", "6982", "6985", "6A82", "6A86", "6D00", "6300", "63C0", "63C1", "63C7", "9000", "6C10", "6104")


class SpentTry(AssertionError):
    """A try was spent that no person spent, or more was sent than one secret; the text has the walk's
    number."""


@dataclass
class FaultyLine:
    """A line to a card on which, at command `at`, something happens: the card is gone, the line fails, or
    another answer arrives than the card gave. The card has then received the command all the same, except
    when it is gone."""

    card: SimulatedCard
    at: int | None
    what: str
    sent: list[bytes] = field(default_factory=list)

    def transmit(self, apdu: bytes) -> bytes:
        """See Transport."""
        self.sent.append(apdu)
        strikes = len(self.sent) == self.at
        if strikes and self.what == "pulled":
            raise CardRemoved
        answer = self.card.transmit(apdu)
        if not strikes:
            return answer
        match self.what:
            case "pulled_after":
                raise CardRemoved
            case "line":
                raise ReaderFailed("transmit")
            case "garbage":
                return b"\x00"
            case "short":
                return answer[-2:]
        return bytes.fromhex(self.what)


class Walk:
    """One walk; `run` raises SpentTry."""

    def __init__(self, seed: int, personas: list[Persona]) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        person = self.dice.choice(personas)
        left: dict[SecretName, int] = {key: self.dice.randint(0, 3) for key in KEYS.values()}
        self.person = person.model_copy(update={"tries": {**person.tries, **left}})
        self.card = SimulatedCard(self.person)
        self.seen: Counter[str] = Counter()

    def run(self, steps: int) -> Counter[str]:
        """Walk `steps` steps; how often each end was reached."""
        for _ in range(steps):
            before = self.card.counters.all_left()
            if self.dice.random() < 0.3:
                self.card.power_off()
            self.dice.choice((self._present, self._present, self._present, self._ask, self._look))(before)
        return self.seen

    def _line(self) -> FaultyLine:
        what = self.dice.choice(("pulled", "pulled_after", "line", "garbage", "short", *ODD))
        return FaultyLine(self.card, self.dice.randint(1, 12) if self.dice.random() < 0.6 else None, what)

    def _secret(self, mode: Mode) -> tuple[bytes, bool]:
        """What a person types, and whether it is right."""
        right = self.person.pin if mode == "pin" else self.person.number_b
        digits = 4 if mode == "pin" else 14
        typed = self.dice.choice(
            [right or ""] * 4 + ["9" * digits, "0" * digits] * 2 + ["12", "", "１２３４", "1" * (digits + 1)]
        )
        return typed.encode("utf-8"), typed == right

    def _present(self, before: dict[SecretName, int]) -> None:
        mode = self.dice.choice(MODES)
        typed, right = self._secret(mode)
        allowed = self.dice.random() < 0.3
        line, value = self._line(), bytearray(typed)
        extras = Extras(certificate_expiry=self.dice.random() < 0.3)
        outcome = read(line, mode, value, allow_last_try=allowed, extras=extras)
        self.seen[type(outcome).__name__] += 1
        self._require(not any(value), "a secret was left in memory")
        self._require(len(verifies(line.sent)) <= 1, "more than one VERIFY")
        self._compare(before, KEYS[mode], right, outcome)
        honest = line.at is None
        if honest and before[KEYS[mode]] == 1 and not allowed:
            self._require(not verifies(line.sent), "the last try was used without leave")
        if honest and before[KEYS[mode]] == 0:
            self._require(not verifies(line.sent), "a blocked card was sent a secret")

    def _compare(
        self, before: dict[SecretName, int], key: SecretName, right: bool, outcome: CardOutcome
    ) -> None:
        after = self.card.counters.all_left()
        for name, left in after.items():
            if name != key:
                self._require(left == before[name], f"the counter of {name} moved")
        spent = before[key] - after[key]
        self._require(spent <= (0 if right else 1), "a try was spent that the person did not spend")
        if isinstance(outcome, AttributesRead | FaceRead):
            self._require(right, "a wrong secret opened the card")
        if isinstance(outcome, WrongSecret) or (isinstance(outcome, Blocked) and outcome.by_this_attempt):
            self._require(not right or spent <= 0, "a right secret was counted as wrong")

    def _ask(self, before: dict[SecretName, int]) -> None:
        line = self._line()
        found = tries(line, self.dice.choice(ASKED))
        self.seen[f"asked: {type(found).__name__}"] += 1
        self._unmoved(before, line)

    def _look(self, before: dict[SecretName, int]) -> None:
        line = self._line()
        if self.dice.random() < 0.5:
            examine_card(line, certificate=True)
        else:
            read(line, "none", bytearray(), extras=Extras(certificate_expiry=True))
        self._unmoved(before, line)

    def _unmoved(self, before: dict[SecretName, int], line: FaultyLine) -> None:
        self._require(not verifies(line.sent), "a secret was sent by a look")
        self._require(self.card.counters.all_left() == before, "a look moved a counter")

    def _require(self, true: bool, otherwise: str) -> None:
        if not true:
            raise SpentTry(f"walk {self.seed} ({self.person.id}): {otherwise}")


def cards(*files: Path) -> list[Persona]:
    """The cards of these files that answer, each without the faults of its own."""
    found = [person for file in files for person in load_personas(file).values()]
    return [person.model_copy(update={"faults": ()}) for person in found if person.kind != "mute"]


def walk(walks: int, personas: list[Persona], *, first: int = 0, steps: int = 12) -> Counter[str]:
    """That many walks; how often each end was reached. Raises SpentTry."""
    seen: Counter[str] = Counter()
    for seed in range(first, first + walks):
        seen += Walk(seed, personas).run(steps)
    return seen


def main() -> int:
    """0 when no try was spent that no person spent, 1 otherwise."""
    parser = argparse.ArgumentParser(description="random walks over the simulated card")
    parser.add_argument("--walks", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first walk")
    args = parser.parse_args()
    try:
        seen = walk(args.walks, cards(PERSONAS, PERSONAS_FILE), first=args.first)
    except SpentTry as error:
        sys.stdout.write(f"{error}\n")
        return 1
    ends = ", ".join(f"{name} {count}" for name, count in sorted(seen.items()))
    sys.stdout.write(f"{args.walks} walks, no try spent that no person spent ({ends})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
