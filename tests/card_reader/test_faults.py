"""Faults of simulated cards: their texts, where they strike, and what is left of the card's answer."""

import argparse
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from card_reader import CardRemoved, ReaderFailed, ReaderState, read_attributes
from card_reader.outcomes import AttributesRead, CardOutcome, Removed, Unreadable
from card_reader.simulated import commands
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.faults import Fault
from card_reader.simulated.personas import load_personas
from card_reader.simulated.reader import InProcessReader
from card_reader.yamlfile import BadDataFile
from tests.card_reader.support import PERSONAS, persona

SELECT_TEXT = bytes.fromhex("00A4040C0AD3921000310001010408")


def faulty(*faults: str, key: str = "hanako") -> SimulatedCard:
    return SimulatedCard(persona(key), faults=[Fault.parse(text) for text in faults])


def read(*faults: str) -> CardOutcome:
    return read_attributes(faulty(*faults), bytearray(b"1234"))


@pytest.mark.parametrize(
    "text",
    [
        "pulled@3",
        "pulled@*",
        "status=6984@verify",
        "slow=0.25@read:text.*",
        "garbage@2",
        "garbage=00FF@2",
        "short=1@select",
        "before=0065@read:text.attributes",
        "tag=FF21@text.attributes",
        "length=83FFFFFF@read",
        "cut=40@read",
    ],
)
def test_every_effect_is_written_as_text(text: str) -> None:
    fault = Fault.parse(text)
    what, _, where = text.partition("@")
    assert (fault.effect, fault.where) == (what.split("=")[0], where)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pulled", "names no place"),
        ("pulled@", "names no place"),
        ("vanished@3", "no effect"),
        ("pulled=2@3", "does not go"),
        ("status@3", "does not go"),
        ("status=69@3", "does not go"),
        ("status=69XX@3", "does not go"),
        ("slow@3", "does not go"),
        ("slow=long@3", "does not go"),
        ("slow=99999@3", "does not go"),
        ("short=-1@3", "does not go"),
        ("before=@3", "does not go"),
        ("garbage=0@3", "does not go"),
    ],
)
def test_a_mistake_in_a_text_is_told(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Fault.parse(text)


def test_a_mistake_in_a_persona_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "personas.yaml"
    good = PERSONAS.read_text(encoding="utf-8")
    path.write_text(good.replace('expiry: "20321231"', 'faults: ["pulled"]'), encoding="utf-8")
    with pytest.raises(BadDataFile, match=r"personas\.yaml:\d+: personas\.hanako\.faults"):
        load_personas(path)


@pytest.mark.parametrize(
    ("where", "strikes"),
    [
        ("7", {7}),
        ("*", set(range(1, 10))),
        ("verify", {7}),
        ("verify:text.pin", {7}),
        ("tries", {6}),
        ("text.*", {5, 6, 7, 8, 9}),
        ("select", {1, 2, 4, 5, 8}),
        ("select:text", {4}),
        ("read:jpki.label", {3}),
        ("8", {8}),
    ],
)
def test_a_place_is_a_number_or_a_pattern_of_names(where: str, strikes: set[int]) -> None:
    simulated = faulty(f"slow=0@{where}")
    struck: set[int] = set()
    sent = 0

    def count(seconds: float) -> None:
        struck.add(sent)

    simulated.wait = count

    class Counting:
        def transmit(self, apdu: bytes) -> bytes:
            nonlocal sent
            sent += 1
            return simulated.transmit(apdu)

    assert isinstance(read_attributes(Counting(), bytearray(b"1234")), AttributesRead)
    assert struck == strikes


@pytest.mark.parametrize(
    ("fault", "step", "reason"),
    [
        ("status=6F00@select:text", "select_text", "status_6F00"),
        ("status=6982@read:text.attributes", "read_attributes", "status_6982"),
        ("short=1@verify", "verify", "transmit"),
        ("garbage=@1", "select_jpki", "status_"),
        ("tag=FF21@read:text.attributes", "read_attributes", "no_object"),
        ("length=83FFFFFF@read:text.attributes", "read_attributes", "too_long"),
        ("length=8207D0@read:text.attributes", "read_attributes", "status_6B00|cut_short"),
        ("cut=40@read:text.attributes", "read_attributes", "status_6B00|cut_short"),
    ],
)
def test_a_fault_shows_at_its_step(fault: str, step: str, reason: str) -> None:
    outcome = read(fault.replace("garbage=@", "garbage@"))
    assert isinstance(outcome, Unreadable)
    assert outcome.step == step
    assert any(outcome.reason_code.startswith(one) for one in reason.split("|"))


def test_two_bytes_in_front_are_no_fault_for_the_reader() -> None:
    outcome = read("before=0065@read:text.attributes")
    assert isinstance(outcome, AttributesRead)
    assert outcome.attributes == persona("hanako").attributes
    demonstration = SimulatedCard(load_personas()["two_bytes_in_front"])
    assert isinstance(read_attributes(demonstration, bytearray(b"1234")), AttributesRead)


def test_a_status_word_in_the_place_of_the_answer_spends_no_try() -> None:
    simulated = faulty("status=63C2@verify")
    read_attributes(simulated, bytearray(b"9999"))
    assert simulated.counters.left("pin") == 3


@pytest.mark.parametrize("number", range(1, 8))
def test_a_card_pulled_at_a_command_has_not_executed_it(number: int) -> None:
    simulated = faulty(f"pulled@{number}")
    assert read_attributes(simulated, bytearray(b"9999")) == Removed(number)
    assert simulated.counters.left("pin") == 3


def test_numbers_count_from_power_on() -> None:
    simulated = faulty("status=6F00@2")
    assert simulated.transmit(SELECT_TEXT) == b"\x90\x00"
    assert simulated.transmit(SELECT_TEXT) == b"\x6f\x00"
    simulated.power_off()
    assert simulated.transmit(SELECT_TEXT) == b"\x90\x00"


def test_faults_are_set_at_the_reader_for_one_time_only() -> None:
    reader = InProcessReader(personas=PERSONAS)
    reader.insert("hanako", faults=[Fault.parse("pulled@2")])
    with reader.session() as line:
        assert line.transmit(SELECT_TEXT) == b"\x90\x00"
        with pytest.raises(CardRemoved):
            line.transmit(SELECT_TEXT)
    assert reader.state() is ReaderState.EMPTY
    card = reader.insert("hanako")
    assert card.faults == ()
    card.faults = (Fault.parse("status=6A82@*"),)
    with reader.session() as line:
        assert line.transmit(SELECT_TEXT) == b"\x6a\x82"


@pytest.mark.parametrize(
    ("disturb", "ends"),
    [(InProcessReader.remove, "CardRemoved"), (InProcessReader.unplug, "ReaderFailed")],
)
def test_a_slow_card_holds_up_its_session_alone_and_ends_with_it(
    disturb: Callable[[InProcessReader], None], ends: str
) -> None:
    reader = InProcessReader(personas=PERSONAS)
    card = reader.insert("hanako", faults=[Fault.parse("slow=60@1")])
    ended: list[str] = []
    waits = threading.Event()
    hold = card.wait

    def wait(seconds: float) -> None:
        waits.set()
        hold(seconds)

    card.wait = wait

    def session() -> None:
        try:
            with reader.session() as line:
                line.transmit(SELECT_TEXT)
        except (CardRemoved, ReaderFailed) as error:
            ended.append(type(error).__name__)

    waiting = threading.Thread(target=session)
    waiting.start()
    assert waits.wait(5)
    assert reader.state() is ReaderState.PRESENT
    disturb(reader)
    waiting.join(5)
    assert ended == [ends]


def test_the_command_refuses_a_fault_it_does_not_know(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    parser = argparse.ArgumentParser()
    commands.add(parser.add_subparsers())
    args = parser.parse_args(["insert", "mihon_taro", "--fault", "eaten@3", "--state-dir", str(tmp_path)])
    assert args.run(args) == 2
    assert "eaten" in capsys.readouterr().err
