"""The wire form: every outcome has one, it survives JSON, nothing inconsistent or personal slips in."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from card_reader import (
    AttributesRead,
    Authenticity,
    Blocked,
    CardAttributes,
    CardFace,
    CardOutcome,
    CardReadMessage,
    CertificateExpiry,
    FaceRead,
    LastTryRefused,
    Mode,
    NoSecret,
    OtherCard,
    ReaderState,
    Removed,
    Tapped,
    Unreadable,
    WrongSecret,
    message_from,
)
from card_reader.messages import MAX_PHOTO_BYTES, MAX_PICTURE_BYTES

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


FACE = CardFace(b"jp2 photo", b"\x89PNG name", b"\x89PNG address", "19750605", "2", "20321231")


@pytest.mark.parametrize(
    ("mode", "outcome", "expected"),
    [
        ("b", AttributesRead(ATTRIBUTES, 10, 9, "b"), {"outcome": "read", "tries_left": 10}),
        ("b", Blocked(6, by="b"), {"outcome": "blocked", "procedure": "R033", "instead": ("pin", "manual")}),
        ("pin", Blocked(6), {"outcome": "blocked", "procedure": "R033", "instead": ("b", "manual")}),
        ("pin", WrongSecret(1, 7), {"outcome": "wrong_secret", "instead": ("b", "manual")}),
        ("b", WrongSecret(9, 7, "b"), {"outcome": "wrong_secret", "instead": ()}),
        ("pin", NoSecret(5), {"outcome": "blocked", "detail": "no_secret", "instead": ("b", "manual")}),
        (
            "pin",
            LastTryRefused(6),
            {"outcome": "last_try_refused", "procedure": None, "instead": ("b", "manual")},
        ),
        ("none", Tapped(3), {"outcome": "read", "attributes": None, "tries_left": None, "apdus": 3}),
        ("none", Tapped(5, CertificateExpiry("20261220")), {"certificate_expires": "20261220"}),
        ("none", Tapped(5, CertificateExpiry(None, "needs_pin")), {"certificate_unknown": "needs_pin"}),
        ("face", FaceRead(FACE, 10, 40), {"outcome": "read", "attributes": None, "tries_left": 10}),
        ("face", ReaderState.EMPTY, {"outcome": "no_card", "mode": "face"}),
    ],
)
def test_every_way_of_reading_has_its_message(
    mode: Mode, outcome: CardOutcome | ReaderState, expected: dict[str, object]
) -> None:
    message = message_from(outcome, mode)
    assert message.mode == mode
    assert {name: getattr(message, name) for name in expected} == expected
    assert CardReadMessage.model_validate_json(message.model_dump_json()) == message
    assert CardReadMessage.model_validate(message.model_dump(mode="json")) == message


def test_pictures_are_bytes_here_and_base64_on_the_wire() -> None:
    message = message_from(FaceRead(FACE, 10, 40), "face")
    assert message.face is not None
    assert message.face.photo == FACE.photo
    wire = message.model_dump(mode="json")
    assert wire["face"]["photo"] == "anAyIHBob3Rv"
    assert message.model_dump()["face"]["photo"] == FACE.photo
    for personal in ("19750605", "20321231", "jp2 photo", "anAyIHBob3Rv"):
        assert personal not in repr(message) + str(message)


@pytest.mark.parametrize(
    "face",
    [
        replace(FACE, photo=b"x" * (MAX_PHOTO_BYTES + 1)),
        replace(FACE, name=b"x" * (MAX_PICTURE_BYTES + 1)),
        replace(FACE, address=b"x" * (MAX_PICTURE_BYTES + 1)),
    ],
)
def test_a_picture_larger_than_any_card_holds_is_not_sent_on(face: CardFace) -> None:
    message = message_from(FaceRead(face, 10, 40), "face")
    assert (message.outcome, message.detail, message.face) == ("unreadable", "read_face:too_long", None)


@pytest.mark.parametrize("result", [Authenticity("verified"), Authenticity("forged", "attributes_differ")])
def test_what_was_found_about_authenticity_goes_with_the_reading(result: Authenticity) -> None:
    message = message_from(AttributesRead(ATTRIBUTES, 3, 21, authenticity=result))
    assert message.authenticity is not None
    assert (message.authenticity.result, message.authenticity.reason) == (result.result, result.reason)
    assert CardReadMessage.model_validate_json(message.model_dump_json()) == message


def test_a_reading_of_a_station_that_knows_only_the_pin_is_still_understood() -> None:
    old = {"mode": "pin", "outcome": "read", "attributes": GOOD, "tries_left": 3, "apdus": 9}
    assert CardReadMessage.model_validate(old).attributes is not None


GOOD = {"name": "見本　花子", "address": "見本市", "birth": "19750605", "sex": "2"}


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "read", "apdus": 9},
        {"mode": "b", "outcome": "read", "apdus": 9},
        {"mode": "face", "outcome": "read", "apdus": 9, "attributes": GOOD},
        {"mode": "none", "outcome": "read", "apdus": 3, "attributes": GOOD},
        {"mode": "phone", "outcome": "removed", "apdus": 3},
        {"outcome": "blocked", "apdus": 6, "procedure": "reset"},
        {"outcome": "removed", "apdus": 3, "certificate_expires": "2026-12-20"},
        {"outcome": "removed", "apdus": 3, "authenticity": {"result": "forged", "reason": "19750605"}},
        {"mode": "face", "outcome": "read", "apdus": 3, "face": {"photo": "花子", "name": "", "address": ""}},
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
