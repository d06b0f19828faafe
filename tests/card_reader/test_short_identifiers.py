"""Commands that name a file themselves: fewer where the card allows it, and the long way where it does not.

Off in the data until it was tried on real cards.
"""

import pytest

from card_reader import (
    AttributesRead,
    Blocked,
    FaceRead,
    Mode,
    NoSecret,
    Tapped,
    WrongSecret,
    dialogue,
    read,
    tries,
)
from card_reader.cards import card_facts
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.faults import Fault
from tests.card_reader.fuzz import fuzz
from tests.card_reader.fuzz_cases import the_reader
from tests.card_reader.second_card import NUMBER_B, SecondCard
from tests.card_reader.support import Line, aims, persona, verifies
from tests.card_reader.test_trace import FORBIDDEN, WITH_ALL, places, secret_of

MODES: tuple[Mode, ...] = ("pin", "b", "face", "none")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = card_facts().model_copy(update={"short_identifiers": True})
    monkeypatch.setattr(dialogue, "card_facts", lambda: facts)


@pytest.mark.parametrize(
    ("mode", "besides_reading", "outcome"),
    [("pin", 4, AttributesRead), ("b", 4, AttributesRead), ("none", 1, Tapped), ("face", 4, FaceRead)],
)
def test_a_card_that_allows_it_takes_fewer_commands(mode: Mode, besides_reading: int, outcome: type) -> None:
    line = Line(SimulatedCard(persona("hanako")))
    found = read(line, mode, secret_of(mode))
    assert isinstance(found, outcome)
    pieces = [apdu for apdu in line.sent if apdu[1] == 0xB0]
    assert found.apdus == len(line.sent) == besides_reading + len(pieces)
    assert len(pieces) == {"pin": 2, "b": 2, "none": 1}.get(mode, len(pieces))
    assert not places(aims(line.sent)) & FORBIDDEN
    assert tries(SimulatedCard(persona("hanako"))).apdus == 2


@pytest.mark.parametrize("mode", MODES)
def test_the_secret_goes_to_its_own_key_and_all_of_the_proof_is_read(mode: Mode) -> None:
    line = Line(SimulatedCard(persona("hanako")))
    found = read(line, mode, secret_of(mode), extras=WITH_ALL)
    assert {aim.file for aim in aims(line.sent) if aim.with_data and aim.instruction == 0x20} == (
        {"pin": {"0011"}, "b": {"0015"}, "face": {"0012"}, "none": set()}[mode]
    )
    if isinstance(found, AttributesRead | FaceRead):
        assert found.authenticity is not None
        assert found.authenticity.result == "verified"
    assert not places(aims(line.sent)) & FORBIDDEN


def test_a_card_without_them_is_read_in_the_long_way_for_one_command_more() -> None:
    card = SecondCard()
    found = read(card, "pin", bytearray(b"1234"))
    assert isinstance(found, AttributesRead)
    assert found.apdus == 10
    assert isinstance(read(card, "b", bytearray(NUMBER_B)), AttributesRead)
    assert read(card, "pin", bytearray(b"9999")) == WrongSecret(2, 8)
    assert card.verifies == 3


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("status=6984@tries:text.pin", Blocked(4)),
        ("status=6A82@tries:text.pin", NoSecret(6)),
        ("status=6A86@tries:text.pin", None),
        ("status=6981@read:text.attributes", None),
    ],
)
def test_a_refusal_on_the_way_costs_no_try(fault: str, outcome: object) -> None:
    """Where the short way is refused the long one is gone, and one secret is presented at most."""
    card = SimulatedCard(persona("hanako"), faults=[Fault.parse(fault)])
    line = Line(card)
    found = read(line, "pin", bytearray(b"1234"))
    if outcome is not None:
        assert found == outcome
    assert len(verifies(line.sent)) <= 1
    assert card.counters.left("pin") == 3


def test_the_promises_hold() -> None:
    assert fuzz(the_reader, 1000, seed=3).findings == []
