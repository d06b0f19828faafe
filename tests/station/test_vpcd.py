"""A station with vpcd: the card is read through the real PC/SC service, as with a reader on the desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from card_reader.messages import AuthenticityMessage
from card_reader.pcsc import PcscReader
from card_reader.policy import ReadingPolicy, load_policy
from card_reader.reader import ReaderState
from card_reader.reading import read_card
from card_reader.simulated.hierarchy import Hierarchy
from tests.station.conftest import Rig, RigMaker, eventually, http
from tests.support_pcscd import running_pcscd, vpcd_slot

SLOT = 1


@pytest.fixture
def counter(rig: RigMaker) -> Iterator[Rig]:
    with running_pcscd(), vpcd_slot(SLOT):
        reader = PcscReader(f"Virtual PCD 00 0{SLOT}")
        state = reader.state()
        assert state is ReaderState.EMPTY or reader.wait_change(state, 5) is ReaderState.EMPTY
        yield rig(kind="counter", extra=f'[reader]\nbackend = "vpcd"\nslot = {SLOT}\nkeys_dir = "keys"\n')


def test_a_card_is_laid_on_read_pulled_and_taken_off(counter: Rig) -> None:
    eventually(lambda: counter.state()["reader"] == "empty")
    counter.insert("mihon_taro")
    assert http.get(f"{counter.url}/station/dev/state").json()["persona"] == "mihon_taro"
    answer = counter.read(purpose="reception")
    assert (answer["outcome"], answer["preview"]["name_masked"]) == ("read", "○○　太＊")
    assert counter.server.of("/api/v1/stations/card-reads")[0].json()["attributes"]["birth"] == "19730412"
    assert counter.read(pin="9999", purpose="reception")["tries_left"] == 2
    counter.insert("mihon_taro", pull_after_apdu=3)
    assert counter.read()["outcome"] == "removed"
    eventually(lambda: counter.state()["reader"] == "empty")
    # The tries belong to the card: they are still used up when it is laid on again.
    counter.insert("mihon_taro")
    assert counter.read(pin="9999")["tries_left"] == 1
    assert http.delete(f"{counter.url}/station/dev/card").status_code == 200
    eventually(lambda: counter.state()["reader"] == "empty")
    assert counter.read()["outcome"] == "no_card"


def test_the_card_behind_the_service_comes_from_the_hierarchy_of_the_settings(
    counter: Rig, tmp_path: Path
) -> None:
    counter.insert("mihon_hanako")
    trusted = load_policy_of(tmp_path)
    message = read_card(PcscReader(f"Virtual PCD 00 0{SLOT}"), bytearray(b"1234"), extras=trusted.extras)
    assert message.authenticity == AuthenticityMessage(result="verified")


def load_policy_of(folder: Path) -> ReadingPolicy:
    file = folder / "policy.yaml"
    file.write_text(Hierarchy(folder / "keys").policy(), encoding="utf-8")
    return load_policy(file)


def test_what_the_virtual_reader_cannot_do_is_said(counter: Rig) -> None:
    unplugged = http.put(f"{counter.url}/station/dev/reader", json={"state": "unplugged"})
    assert (unplugged.status_code, unplugged.json()["code"]) == (409, "not_possible")
    absent = http.put(f"{counter.url}/station/dev/card", json={"persona": "nobody"})
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")
