"""The in-process reader behaves like hardware: exclusive, pullable at any moment, forgetful at power loss."""

import threading

import pytest

from card_reader import CardRemoved, ReaderFailed, ReaderState, read_card
from card_reader.apdu import query_tries, select_application, select_file, verify
from card_reader.cards import card_facts
from card_reader.simulated import reader as simulated_reader
from card_reader.simulated.reader import InProcessReader
from tests.card_reader.support import PERSONAS, RIGHT_PIN, WRONG_PIN, persona, verifies

TEXT = card_facts().text


@pytest.fixture
def reader() -> InProcessReader:
    return InProcessReader(personas=PERSONAS)


def test_a_card_is_read_from_the_state_of_the_reader_to_the_message(reader: InProcessReader) -> None:
    reader.insert("hanako")
    pin = bytearray(RIGHT_PIN)
    message = read_card(reader, pin)
    assert message.outcome == "read"
    assert message.attributes is not None
    assert message.attributes.model_dump() == {
        "name": "見本　花子",
        "address": "見本県見本市花見台２丁目３－４",
        "birth": "19750605",
        "sex": "2",
    }
    assert pin == bytes(4)


@pytest.mark.parametrize(
    ("prepare", "outcome", "detail"),
    [
        (lambda reader: None, "no_card", None),
        (lambda reader: reader.unplug(), "no_reader", None),
        (lambda reader: reader.insert("mute"), "unreadable", "connect:mute"),
    ],
)
def test_a_reader_that_cannot_begin_says_why_and_the_pin_is_gone(
    reader: InProcessReader, prepare: object, outcome: str, detail: str | None
) -> None:
    assert callable(prepare)
    prepare(reader)
    pin = bytearray(RIGHT_PIN)
    message = read_card(reader, pin)
    assert (message.outcome, message.detail, message.apdus) == (outcome, detail, 0)
    assert pin == bytes(4)


@pytest.mark.parametrize("answers", range(9))
def test_a_card_pulled_after_any_answer_is_removed_and_the_reader_is_empty(
    reader: InProcessReader, answers: int
) -> None:
    reader.insert("hanako", pull_after_apdu=answers)
    message = read_card(reader, bytearray(RIGHT_PIN))
    assert (message.outcome, message.apdus) == ("removed", answers + 1)
    assert reader.state() is ReaderState.EMPTY


def test_the_same_persona_is_the_same_card_and_keeps_its_tries(reader: InProcessReader) -> None:
    reader.insert("hanako")
    assert read_card(reader, bytearray(WRONG_PIN)).tries_left == 2
    reader.insert("juki")
    reader.insert("hanako")
    assert read_card(reader, bytearray(WRONG_PIN)).tries_left == 1
    reader.remove()
    card = reader.insert("hanako")
    card.trace.clear()
    assert read_card(reader, bytearray(RIGHT_PIN)).outcome == "last_try_refused"
    assert verifies([command for command, _ in card.trace]) == []


def test_power_is_lost_at_the_end_of_a_session_and_with_it_the_presented_pin(reader: InProcessReader) -> None:
    reader.insert("hanako")
    with reader.session() as card:
        for command in (select_application(TEXT.aid), select_file(TEXT.pin.reference), verify(RIGHT_PIN)):
            assert card.transmit(command) == b"\x90\x00"
    with reader.session() as card:
        assert card.transmit(select_file(TEXT.attributes)) == b"\x6a\x82"
        assert card.transmit(select_application(TEXT.aid)) == b"\x90\x00"
        assert card.transmit(select_file(TEXT.attributes)) == b"\x90\x00"
        assert card.transmit(bytes.fromhex("00B00000F0")) == b"\x69\x82"


def test_a_session_does_not_go_on_with_the_next_card(reader: InProcessReader) -> None:
    reader.insert("hanako")
    with reader.session() as card:
        reader.insert("last_try")
        with pytest.raises(CardRemoved):
            card.transmit(query_tries())
    assert reader.state() is ReaderState.PRESENT


def test_a_cable_pulled_in_a_session_ends_it_even_when_it_is_put_back(reader: InProcessReader) -> None:
    reader.insert("hanako")
    with reader.session() as card:
        reader.unplug()
        with pytest.raises(ReaderFailed, match="no_reader"):
            card.transmit(query_tries())
        reader.plug()
        with pytest.raises(CardRemoved):
            card.transmit(query_tries())


def test_a_second_session_waits_and_then_finds_the_reader_busy(
    reader: InProcessReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated_reader, "_BUSY_SECONDS", 0.01)
    reader.insert("hanako")
    with reader.session():
        message = read_card(reader, bytearray(RIGHT_PIN))
    assert (message.outcome, message.detail) == ("unreadable", "connect:busy")
    assert read_card(reader, bytearray(RIGHT_PIN)).outcome == "read"


@pytest.mark.parametrize(("key", "error"), [("mute", ReaderFailed), (None, CardRemoved)])
def test_a_session_without_a_working_card_does_not_begin(
    reader: InProcessReader, key: str | None, error: type[Exception]
) -> None:
    if key:
        reader.insert(key)
    with pytest.raises(error), reader.session():
        pass


def test_a_change_wakes_the_waiting_thread_at_once(reader: InProcessReader) -> None:
    seen: list[ReaderState] = []
    waiting = threading.Thread(target=lambda: seen.append(reader.wait_change(ReaderState.EMPTY, 10)))
    waiting.start()
    reader.insert("hanako")
    waiting.join(5)
    assert seen == [ReaderState.PRESENT]


def test_without_a_change_the_wait_ends_with_the_known_state(reader: InProcessReader) -> None:
    assert reader.wait_change(ReaderState.EMPTY, 0.01) is ReaderState.EMPTY


def test_unknown_personas_are_refused(reader: InProcessReader) -> None:
    with pytest.raises(KeyError):
        reader.insert("nobody")


def test_a_changed_persona_is_another_card(reader: InProcessReader) -> None:
    reader.insert(persona("hanako").model_copy(update={"name": "架空　花子"}))
    message = read_card(reader, bytearray(RIGHT_PIN))
    assert message.attributes is not None
    assert message.attributes.name == "架空　花子"
