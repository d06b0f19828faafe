"""The wire form: every outcome has one, it survives JSON, nothing inconsistent or personal slips in."""

import pytest
from pydantic import ValidationError

from card_reader import (
    AttributesRead,
    Blocked,
    CardAttributes,
    CardOutcome,
    CardReadMessage,
    LastTryRefused,
    OtherCard,
    ReaderState,
    Removed,
    Unreadable,
    WrongSecret,
    message_from,
)

ATTRIBUTES = CardAttributes("𠮷野　葛\U000e0100", "見本県見本市", "19750605", "2")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (AttributesRead(ATTRIBUTES, 3, 9), {"outcome": "read", "tries_left": 3, "apdus": 9}),
        (WrongSecret(2, 7), {"outcome": "wrong_secret", "tries_left": 2, "apdus": 7}),
        (WrongSecret(None, 7), {"outcome": "wrong_secret", "tries_left": None, "apdus": 7}),
        (LastTryRefused(6), {"outcome": "last_try_refused", "tries_left": 1, "apdus": 6}),
        (Blocked(6), {"outcome": "blocked", "tries_left": 0, "apdus": 6}),
        (OtherCard("juki", 3), {"outcome": "other_card", "other_kind": "juki", "apdus": 3}),
        (Removed(4), {"outcome": "removed", "apdus": 4}),
        (Unreadable("verify", "status_6F00", 7), {"outcome": "unreadable", "detail": "verify:status_6F00"}),
        (Unreadable("verify", "no_service", 7), {"outcome": "no_service", "apdus": 7}),
        (Unreadable("connect", "no_reader", 0), {"outcome": "no_reader", "apdus": 0}),
        (ReaderState.EMPTY, {"outcome": "no_card", "apdus": 0}),
        (ReaderState.NO_READER, {"outcome": "no_reader", "apdus": 0}),
        (ReaderState.NO_SERVICE, {"outcome": "no_service", "apdus": 0}),
        (ReaderState.MUTE, {"outcome": "unreadable", "detail": "connect:mute"}),
    ],
)
def test_every_end_has_a_message(outcome: CardOutcome | ReaderState, expected: dict[str, object]) -> None:
    message = message_from(outcome)
    assert {name: getattr(message, name) for name in expected} == expected
    assert message.mode == "pin"
    assert CardReadMessage.model_validate_json(message.model_dump_json()) == message


def test_characters_beyond_the_first_plane_survive_the_wire() -> None:
    wire = message_from(AttributesRead(ATTRIBUTES, 3, 9)).model_dump_json()
    found = CardReadMessage.model_validate_json(wire).attributes
    assert found is not None
    assert (found.name, found.birth, found.sex) == (ATTRIBUTES.name, "19750605", "2")


GOOD = {"name": "見本　花子", "address": "見本市", "birth": "19750605", "sex": "2"}


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "read", "apdus": 9},
        {"outcome": "removed", "apdus": 9, "attributes": GOOD},
        {"outcome": "other_card", "apdus": 3},
        {"outcome": "removed", "apdus": 3, "other_kind": "juki"},
        {"outcome": "eaten", "apdus": 3},
        {"outcome": "removed", "apdus": -1},
        {"outcome": "removed", "apdus": 3, "pin": "1234"},
        {"outcome": "read", "apdus": 9, "attributes": GOOD | {"birth": "1975-06-05"}},
        {"outcome": "read", "apdus": 9, "attributes": GOOD | {"sex": "3"}},
        {"outcome": "read", "apdus": 9, "attributes": GOOD | {"name": ""}},
    ],
)
def test_inconsistent_messages_are_refused_without_quoting_them(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        CardReadMessage.model_validate(body)
    assert "花子" not in str(caught.value)
    assert "1975" not in str(caught.value)


def test_a_message_shows_nothing_personal() -> None:
    shown = repr(message_from(AttributesRead(ATTRIBUTES, 3, 9)))
    assert "19750605" not in shown
    assert "見本" not in shown
