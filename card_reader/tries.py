"""How many tries a secret has left, without using one: for the screen before the first digit is typed."""

from dataclasses import dataclass
from typing import Literal

from card_reader.cards import CardFacts
from card_reader.dialogue import Dialogue, Ended, converse
from card_reader.outcomes import OtherCard, Secret, Step, Stopped
from card_reader.transport import Transport

AskedSecret = Literal["pin", "b", "face_b"]
"""The PIN; 照合番号B where it opens the four attributes; the same where it opens the card's face."""


@dataclass(frozen=True)
class Tries:
    """`left`: 0 when blocked, None when the card counts none or says "presented already"."""

    of: AskedSecret
    left: int | None
    apdus: int

    @property
    def blocked(self) -> bool:
        """Whether only the municipality can help."""
        return self.left == 0


TriesOutcome = Tries | Stopped


def tries(transport: Transport, of: AskedSecret = "pin") -> TriesOutcome:
    """Ask the card. Sends no secret and uses no try; three commands on a My Number card. Never raises for
    what a card, a reader or a person does."""

    def work(dialogue: Dialogue) -> Tries:
        step: Step = "select_face" if of == "face_b" else "select_text"
        opened = dialogue.select(step, _aid(dialogue.facts, of))
        if opened.status not in dialogue.facts.status.ok:
            # Only now is it worth finding out what lies there.
            dialogue.recognise()
            dialogue.step = step
            dialogue.expect_ok(opened, *dialogue.facts.status.not_found)
            raise Ended(OtherCard(dialogue.facts.without_text, dialogue.apdus))
        return Tries(of, dialogue.tries(_named(of), _reference(dialogue.facts, of)), dialogue.apdus)

    return converse(transport, work)


def _named(of: AskedSecret) -> Secret:
    return "pin" if of == "pin" else "b"


def _aid(facts: CardFacts, of: AskedSecret) -> str:
    return facts.face.aid if of == "face_b" else facts.text.aid


def _reference(facts: CardFacts, of: AskedSecret) -> str:
    return {"pin": facts.text.pin, "b": facts.text.b, "face_b": facts.face.b}[of].reference
