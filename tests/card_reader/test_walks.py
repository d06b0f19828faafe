"""A few of the random walks of walks.py, and that they would notice."""

import pytest

from card_reader import apdu, dialogue
from card_reader.apdu import Conversation
from tests.card_reader.support import PERSONAS
from tests.card_reader.walks import SpentTry, cards, walk


def test_no_try_is_spent_that_no_person_spent() -> None:
    seen = walk(250, cards(PERSONAS))
    reached = {
        "AttributesRead",
        "FaceRead",
        "WrongSecret",
        "Blocked",
        "LastTryRefused",
        "OtherCard",
        "Removed",
    }
    assert reached <= set(seen)


def test_a_secret_that_is_sent_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Conversation.send

    def twice(self: Conversation, command: bytes) -> apdu.Answer:
        answer = usual(self, command)
        again = command[1] == 0x20 and len(command) > 5 and answer.status != "9000"
        return usual(self, command) if again else answer

    monkeypatch.setattr(Conversation, "send", twice)
    with pytest.raises(SpentTry, match="more than one VERIFY"):
        walk(50, cards(PERSONAS))


def test_a_last_try_that_is_used_without_leave_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = dialogue.Dialogue.present
    monkeypatch.setattr(
        dialogue.Dialogue,
        "present",
        lambda self, by, facts, value, allow: usual(self, by, facts, value, True),
    )
    with pytest.raises(SpentTry, match="without leave"):
        walk(100, cards(PERSONAS))


def test_a_look_that_sends_a_secret_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "query_tries", lambda: apdu.verify(b"0000"))
    with pytest.raises(SpentTry):
        walk(50, cards(PERSONAS))
