"""What must never leave for a card, whatever the card says: tried with cards that answer anything at all."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader import Mode, message_from, read, read_attributes
from card_reader.cards import FACTS_FILE, card_facts
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.personas import load_personas
from tests.card_reader.support import PERSONAS, Line, aims, card, selected_in_text_application, verifies
from tests.card_reader.test_trace import FORBIDDEN, WITH_ALL, places

# The file of the Individual Number in the text application (my-number-card facts, A2). Here alone, to look
# for it.
INDIVIDUAL_NUMBER = "0001"

STATUS = st.sampled_from(
    [
        "9000",
        "63C0",
        "63C1",
        "63C3",
        "6300",
        "6982",
        "6983",
        "6984",
        "6986",
        "6A82",
        "6D00",
        "6F00",
        "6C10",
        "6110",
    ]
).map(bytes.fromhex)
ANSWERS = st.lists(st.one_of(st.none(), STATUS, st.binary(max_size=60)), max_size=14)


def replacing(answers: list[bytes | None]) -> Callable[[int, bytes, bytes], bytes]:
    """Answers of the list instead of the card's; None leaves the card's own."""

    def answer(index: int, command: bytes, real: bytes) -> bytes:
        chosen = answers[index] if index < len(answers) else None
        return real if chosen is None else chosen

    return answer


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["hanako", "last_try", "blocked", "juki", "phone"]), ANSWERS, st.booleans())
def test_one_verify_at_most_and_never_the_file_of_the_number(
    key: str, answers: list[bytes | None], allow_last_try: bool
) -> None:
    line = Line(card(key), replacing(answers))
    pin = bytearray(b"1234")
    outcome = read_attributes(line, pin, allow_last_try=allow_last_try)
    assert pin == bytes(4)
    assert outcome.apdus == len(line.sent) < 40
    assert len(verifies(line.sent)) <= 1
    assert INDIVIDUAL_NUMBER not in selected_in_text_application(line.sent)
    # Nothing but SELECT, VERIFY, READ BINARY and GET RESPONSE has any business on somebody's card.
    assert {apdu[1] for apdu in line.sent} <= {0xA4, 0x20, 0xB0, 0xC0}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["b", "face", "none", "pin"]),
    st.sampled_from(["hanako", "blocked", "juki", "phone"]),
    ANSWERS,
    st.booleans(),
)
def test_whatever_a_card_answers_in_any_way_of_reading_one_secret_goes_out_at_most(
    mode: Mode, key: str, answers: list[bytes | None], allow_last_try: bool
) -> None:
    line = Line(card(key), replacing(answers))
    secret = bytearray(b"1234" if mode == "pin" else b"50060520321234")
    typed = len(secret)
    outcome = read(line, mode, secret, allow_last_try=allow_last_try, extras=WITH_ALL)
    assert secret == bytes(typed)
    assert outcome.apdus == len(line.sent)
    assert [len(apdu) - 5 for apdu in verifies(line.sent)] in ([], [typed])
    assert not places(aims(line.sent)) & FORBIDDEN
    message_from(outcome, mode)


@settings(max_examples=200, deadline=None)
@given(ANSWERS, st.sampled_from(["63C1", "63C0", "6983", "6984"]).map(bytes.fromhex))
def test_no_secret_goes_to_a_card_that_reports_one_try_or_none(
    answers: list[bytes | None], left: bytes
) -> None:
    usual = replacing(answers)
    query = bytes.fromhex("00200080")
    line = Line(
        card("hanako"), lambda i, command, real: left if command == query else usual(i, command, real)
    )
    read_attributes(line, bytearray(b"1234"))
    assert verifies(line.sent) == []


def test_no_persona_has_the_file_and_no_fact_names_it() -> None:
    facts = card_facts()
    assert INDIVIDUAL_NUMBER not in (facts.text.attributes, facts.text.pin.reference)
    assert f'"{INDIVIDUAL_NUMBER}"' not in FACTS_FILE.read_text(encoding="utf-8")
    for persona in [*load_personas(PERSONAS).values(), *load_personas().values()]:
        simulated = SimulatedCard(persona)
        simulated.transmit(bytes.fromhex("00A4040C0A" + facts.text.aid))
        assert simulated.transmit(bytes.fromhex("00A4020C02" + INDIVIDUAL_NUMBER)) != b"\x90\x00"


def test_the_trace_of_a_simulated_card_hides_what_was_presented() -> None:
    simulated = card("hanako")
    read_attributes(simulated, bytearray(b"1234"))
    simulated.transmit(bytes.fromhex("0024018004") + b"1234")
    commands = [command for command, _ in simulated.trace]
    assert len(commands) == 10
    assert not any(b"1234" in command for command in commands)
