"""Two cards at once at a station whose settings name the reader beside its own."""

from pathlib import Path

import pytest

from card_reader.reader import ReaderState
from card_reader.reading import ask_tries, read_card
from card_reader.simulated.reader import InProcessReader
from station import devices
from station.config import BadConfig
from station.devices import open_devices
from station.words import other_card
from tests.station.conftest import RigMaker
from tests.station.test_authenticity import config_of

CONTACTLESS, CONTACT = "ACS ACR1281U PICC", "ACS ACR1281U ICC"


@pytest.fixture
def slots(monkeypatch: pytest.MonkeyPatch) -> dict[str, InProcessReader]:
    """The two slots of one device in the place of PC/SC readers."""
    found = {name: InProcessReader(name) for name in (CONTACTLESS, CONTACT)}
    monkeypatch.setattr(devices, "PcscReader", lambda name: next(r for n, r in found.items() if name in n))
    return found


@pytest.mark.parametrize(("beside", "outcome"), [('beside = [" ICC"]', "other_card"), ("", "read")])
def test_a_second_card_is_told_where_the_settings_name_its_reader(
    slots: dict[str, InProcessReader], tmp_path: Path, beside: str, outcome: str
) -> None:
    reader = open_devices(config_of(tmp_path, f'backend = "pcsc"\nname = "PICC"\n{beside}')).reader
    assert reader is not None
    slots[CONTACTLESS].insert("mihon_taro")
    slots[CONTACT].insert("driving_licence")
    assert reader.state() is ReaderState.PRESENT
    found = read_card(reader, bytearray(b"1234"))
    assert found.outcome == outcome
    assert ask_tries(reader, "pin").outcome == ("asked" if outcome == "read" else outcome)
    if outcome == "other_card":
        assert "2枚" in other_card(found.other_kind, "kiosk").ja
    slots[CONTACT].remove()
    assert read_card(reader, bytearray(b"1234")).outcome == "read"


def test_a_reader_is_not_beside_itself(slots: dict[str, InProcessReader], tmp_path: Path) -> None:
    """ICC fits the name of both slots, and the first is the station's own."""
    reader = open_devices(config_of(tmp_path, 'backend = "pcsc"\nname = "PICC"\nbeside = ["ICC"]')).reader
    assert reader is not None
    slots[CONTACTLESS].insert("mihon_taro")
    assert read_card(reader, bytearray(b"1234")).outcome == "read"


def test_two_cards_in_a_purse_are_told_before_a_digit_is_typed(rig: RigMaker) -> None:
    kiosk = rig()
    kiosk.insert("two_cards")
    with kiosk.page() as page:
        asked = page.get("/station/card/tries").json()
    assert (asked["outcome"], asked["message"]["ja"]) == ("other_card", other_card("two_cards", "kiosk").ja)
    assert kiosk.read()["outcome"] == "other_card"


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ('backend = "simulated"\nbeside = ["ICC"]', "backend pcsc only"),
        ('backend = "pcsc"\nname = "PICC"\nbeside = ["Virtual PCD 00 01"]', "backend vpcd"),
        ('backend = "pcsc"\nname = "PICC"\nbeside = [""]', "at least 1 character"),
    ],
)
def test_settings_that_name_no_such_reader_are_refused(tmp_path: Path, reader: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        config_of(tmp_path, reader)
