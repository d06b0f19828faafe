"""Reading a My Number card: what is sent, what comes back, and what must never be sent."""

import pytest

from card_reader import (
    AttributesRead,
    Blocked,
    CardOutcome,
    CardRemoved,
    LastTryRefused,
    OtherCard,
    Removed,
    Unreadable,
    WrongSecret,
    read_attributes,
)
from card_reader.cards import card_facts
from card_reader.simulated.card import SimulatedCard
from card_reader.transport import ReaderFailed
from tests.card_reader.support import (
    RIGHT_PIN,
    WRONG_PIN,
    Line,
    card,
    encode_attributes,
    persona,
    selected_in_text_application,
    verifies,
)

# What a plain reading sends. Written out, so that a change of the order is seen.
COMMANDS = [
    "00A4040C0AD392F000260100000001",
    "00A4020C020006",
    "00B0000020",
    "00A4040C0AD3921000310001010408",
    "00A4020C020011",
    "00200080",
    "002000800431323334",
    "00A4020C020002",
    "00B00000F0",
]
TRIES_QUERY, VERIFY = 5, 6


def read(line: Line, pin: bytes = RIGHT_PIN, *, allow_last_try: bool = False) -> CardOutcome:
    secret = bytearray(pin)
    outcome = read_attributes(line, secret, allow_last_try=allow_last_try)
    assert secret == bytes(len(pin)), "the PIN must be gone after every reading"
    assert outcome.apdus == len(line.sent)
    assert len(verifies(line.sent)) <= 1
    assert set(selected_in_text_application(line.sent)) <= {"0011", "0002"}
    return outcome


def test_a_plain_reading_sends_nine_commands_and_returns_the_attributes() -> None:
    line = Line(card("hanako"))
    outcome = read(line)
    assert [apdu.hex().upper() for apdu in line.sent] == COMMANDS
    assert isinstance(outcome, AttributesRead)
    assert outcome.attributes == persona("hanako").attributes
    assert (outcome.tries_left, outcome.apdus) == (3, 9)


def test_a_file_over_240_bytes_is_read_in_pieces() -> None:
    line = Line(card("long_address"))
    outcome = read(line)
    assert isinstance(outcome, AttributesRead)
    assert outcome.attributes == persona("long_address").attributes
    assert outcome.apdus == 10
    assert line.sent[-1][:4] == bytes.fromhex("00B000F0")
    assert all(apdu[4] <= 240 for apdu in line.sent if apdu[1] == 0xB0)


def test_a_card_that_gives_little_at_a_time_is_read_to_the_end() -> None:
    line = Line(card("hanako"), lambda index, command, real: real[:20] + b"\x90\x00" if index >= 8 else real)
    outcome = read(line)
    assert isinstance(outcome, AttributesRead)
    assert outcome.attributes == persona("hanako").attributes


def test_a_wrong_pin_costs_one_try_and_says_how_many_are_left() -> None:
    line = Line(card("hanako"))
    assert read(line, WRONG_PIN) == WrongSecret(tries_left=2, apdus=7)
    assert line.card.counters.left("pin") == 2


def test_a_right_pin_sets_the_counter_back() -> None:
    simulated = card("hanako")
    read(Line(simulated), WRONG_PIN)
    assert isinstance(read(Line(simulated)), AttributesRead)
    assert simulated.counters.left("pin") == 3


def test_with_one_try_left_no_secret_is_sent() -> None:
    line = Line(card("last_try"))
    assert read(line) == LastTryRefused(apdus=6)
    assert verifies(line.sent) == []
    assert line.card.counters.left("pin") == 1


def test_the_last_try_is_used_only_when_somebody_said_so() -> None:
    assert isinstance(read(Line(card("last_try")), allow_last_try=True), AttributesRead)


def test_two_wrong_pins_leave_the_last_try_alone() -> None:
    simulated = card("hanako")
    outcomes = [read(Line(simulated), WRONG_PIN) for _ in range(4)]
    assert outcomes == [WrongSecret(2, 7), WrongSecret(1, 7), LastTryRefused(6), LastTryRefused(6)]


def test_a_wrong_last_try_blocks_the_card() -> None:
    simulated = card("last_try")
    assert read(Line(simulated), WRONG_PIN, allow_last_try=True) == Blocked(apdus=7, by_this_attempt=True)
    assert read(Line(simulated), allow_last_try=True) == Blocked(apdus=6)


@pytest.mark.parametrize("status", ["6983", "6984", "63C0"])
@pytest.mark.parametrize("allow_last_try", [True, False])
def test_a_blocked_card_gets_no_secret(status: str, allow_last_try: bool) -> None:
    line = Line(card("blocked"), lambda i, command, real: bytes.fromhex(status) if i == TRIES_QUERY else real)
    assert read(line, allow_last_try=allow_last_try) == Blocked(apdus=6)
    assert verifies(line.sent) == []


@pytest.mark.parametrize("status", ["6983", "6984", "63C0"])
def test_a_card_that_says_so_only_at_verify_is_blocked_too(status: str) -> None:
    line = Line(card("hanako"), lambda i, command, real: bytes.fromhex(status) if i == VERIFY else real)
    assert read(line) == Blocked(apdus=7, by_this_attempt=True)


@pytest.mark.parametrize("status", ["6300", "9000"])
def test_a_card_that_names_no_number_of_tries_still_checks_the_pin(status: str) -> None:
    def answer(index: int, command: bytes, real: bytes) -> bytes:
        return bytes.fromhex(status) if index == TRIES_QUERY else real

    line = Line(card("hanako"), answer)
    outcome = read(line)
    assert isinstance(outcome, AttributesRead)
    assert outcome.tries_left is None
    assert read(Line(card("hanako"), answer), WRONG_PIN) == WrongSecret(tries_left=2, apdus=7)


def test_a_card_without_limit_of_tries_reports_no_number() -> None:
    line = Line(card("hanako"), lambda i, command, real: b"\x63\x00" if i in (TRIES_QUERY, VERIFY) else real)
    assert read(line) == WrongSecret(tries_left=None, apdus=7)


@pytest.mark.parametrize(
    ("key", "kind", "apdus"),
    [
        ("juki", "juki", 3),
        ("phone", "phone", 3),
        ("licence", "driving_licence", 2),
        ("residence", "residence_card", 3),
        ("transit", "transit", 1),
    ],
)
def test_other_cards_are_told_by_their_applications(key: str, kind: str, apdus: int) -> None:
    line = Line(card(key))
    assert read(line) == OtherCard(kind=kind, apdus=apdus)
    assert verifies(line.sent) == []


def test_a_card_that_nobody_knows_is_another_card() -> None:
    line = Line(card("licence"), lambda index, command, real: b"\x6a\x82")
    assert read(line) == OtherCard(kind="unknown", apdus=3)


def test_a_card_with_certificates_and_no_attributes_is_that_of_a_phone() -> None:
    line = Line(card("hanako"), lambda index, command, real: b"\x6a\x82" if index == 3 else real)
    assert read(line) == OtherCard(kind="phone", apdus=4)


def test_a_label_that_nobody_has_seen_is_no_reason_to_refuse() -> None:
    line = Line(
        card("hanako"), lambda i, command, real: b"JPKIAPNEXTTOKEN".ljust(32) + b"\x90\0" if i == 2 else real
    )
    assert isinstance(read(line), AttributesRead)


def test_the_first_command_is_asked_again_once_when_the_card_is_not_awake() -> None:
    line = Line(card("hanako"), lambda index, command, real: b"\x6f\x00" if index == 0 else real)
    outcome = read(line)
    assert isinstance(outcome, AttributesRead)
    assert outcome.apdus == 10
    always = Line(card("hanako"), lambda index, command, real: b"\x6f\x00")
    assert read(always) == Unreadable("select_jpki", "status_6F00", apdus=2)


@pytest.mark.parametrize("index", range(len(COMMANDS)))
def test_a_card_pulled_before_any_answer_is_removed(index: int) -> None:
    def answer(i: int, command: bytes, real: bytes) -> bytes:
        if i == index:
            raise CardRemoved
        return real

    assert read(Line(card("hanako"), answer)) == Removed(apdus=index + 1)


@pytest.mark.parametrize("index", range(len(COMMANDS)))
def test_a_reader_that_fails_at_any_command_is_unreadable(index: int) -> None:
    def answer(i: int, command: bytes, real: bytes) -> bytes:
        if i == index:
            raise ReaderFailed("transmit")
        return real

    outcome = read(Line(card("hanako"), answer))
    assert isinstance(outcome, Unreadable)
    assert (outcome.reason_code, outcome.apdus) == ("transmit", index + 1)


@pytest.mark.parametrize("index", range(len(COMMANDS)))
@pytest.mark.parametrize("garbage", [b"", b"\x90", b"\x12\x34", b"\x6f\x00", b"\x67\x00"])
def test_garbage_at_any_command_ends_in_a_value(index: int, garbage: bytes) -> None:
    outcome = read(Line(card("hanako"), lambda i, command, real: garbage if i == index else real))
    if index == 0 and garbage == b"\x6f\x00":
        assert isinstance(outcome, AttributesRead)
    else:
        assert isinstance(outcome, Unreadable)


@pytest.mark.parametrize("pin", [b"", b"123", b"12345", b"12a4", "１２３４".encode(), b"12 4"])
def test_a_pin_of_another_shape_is_never_sent(pin: bytes) -> None:
    line = Line(card("hanako"))
    assert read(line, pin) == Unreadable("check_secret", "secret_format", apdus=0)
    assert line.sent == []


@pytest.mark.parametrize("in_front", [b"\x00\x65", b"\xff\xff"])
def test_a_card_with_two_bytes_in_front_of_the_file_is_read(in_front: bytes) -> None:
    attributes = persona("hanako").attributes
    assert attributes is not None
    content = in_front + encode_attributes(attributes, card_facts().attributes_file)
    outcome = read(Line(card("hanako", attributes_file=content)))
    assert isinstance(outcome, AttributesRead)
    assert outcome.attributes == attributes


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\x20\x82\x07\x00" + bytes(50), "cut_short"),
        (b"\xff\x20\x83\x7f\xff\xff" + bytes(50), "too_long"),
        (b"\xff\xff" * 60, "no_object"),
        (bytes.fromhex("FF2016DF2203E8A600DF230161DF24083139383030323137DF250131"), "bad_tlv"),
        (bytes.fromhex("FF2019DF2203E8A600DF230161DF24083139383030323137DF250131"), "bad_text"),
    ],
)
def test_a_garbled_file_is_unreadable_with_its_reason(content: bytes, reason: str) -> None:
    outcome = read(Line(card("hanako", attributes_file=content)))
    assert isinstance(outcome, Unreadable)
    assert (outcome.step, outcome.reason_code) == ("read_attributes", reason)


def test_a_shorter_answer_is_asked_for_when_the_card_names_its_length() -> None:
    def answer(index: int, command: bytes, real: bytes) -> bytes:
        if command[1] == 0xB0 and command[4] == 0xF0:
            return bytes([0x6C, len(real) - 2])
        return real

    line = Line(card("hanako"), answer)
    outcome = read(line)
    assert isinstance(outcome, AttributesRead)
    assert outcome.attributes == persona("hanako").attributes
    assert outcome.apdus == 10


def test_an_answer_in_two_parts_is_put_together() -> None:
    simulated, kept = card("hanako"), bytearray()

    def answer(index: int, command: bytes, real: bytes) -> bytes:
        if command[1] == 0xB0 and command[4] == 0xF0:
            kept[:] = real[40:-2]
            return real[:40] + bytes([0x61, len(kept)])
        return bytes(kept) + b"\x90\x00" if command[1] == 0xC0 else real

    outcome = read(Line(simulated, answer))
    assert isinstance(outcome, AttributesRead)
    assert outcome.attributes == persona("hanako").attributes


def test_a_card_that_always_has_more_does_not_hold_the_counter_up() -> None:
    line = Line(card("hanako"), lambda i, command, real: b"\x61\x10" if command[1] in (0xB0, 0xC0) else real)
    assert isinstance(read(line), Unreadable)
    assert len(line.sent) < 40


def test_the_pin_is_erased_even_when_the_transport_breaks_its_contract() -> None:
    class Broken:
        def transmit(self, apdu: bytes) -> bytes:
            raise RuntimeError

    pin = bytearray(RIGHT_PIN)
    with pytest.raises(RuntimeError):
        read_attributes(Broken(), pin)
    assert pin == bytes(4)


def test_nothing_personal_is_in_the_repr_of_an_outcome() -> None:
    outcome = read(Line(SimulatedCard(persona("hanako"))))
    shown = repr(outcome) + repr(persona("hanako"))
    for secret in ("見本　花子", "花見台", "19750605", "1234", "ABC123"):
        assert secret not in shown
