"""`GET /station/card/tries`: how often a PIN can still be entered, said before the first one, at no cost."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from card_reader.simulated.reader import InProcessReader
from card_reader.transport import Transport
from station.devices import Devices
from tests.station.conftest import Rig, eventually, http, rig_maker

TRACE: list[bytes] = []
HOLD = threading.Event()


class Traced(InProcessReader):
    """Keeps what is said to the card, and holds every command back while HOLD is not set."""

    @contextmanager
    def session(self) -> Iterator[Transport]:
        with super().session() as transport:

            class Line:
                def transmit(self, apdu: bytes) -> bytes:
                    TRACE.append(apdu)
                    assert HOLD.wait(5)
                    return transport.transmit(apdu)

            yield Line()


def traced(devices: Devices) -> Devices:
    reader = Traced()
    assert devices.slot is not None
    devices.slot._reader = reader  # type: ignore[attr-defined]
    return replace(devices, reader=reader)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig_maker(tmp_path_factory.mktemp("tries")) as make:
        yield make("counter", hook=traced)


@pytest.fixture
def counter(running: Rig) -> Rig:
    """The one counter of this file, with no card on it."""
    HOLD.set()
    http.delete(f"{running.url}/station/dev/card")
    eventually(lambda: running.state()["reader"] == "empty")
    TRACE.clear()
    return running


def ask(station: Rig) -> dict[str, Any]:
    with station.page() as page:
        answer = page.get("/station/card/tries")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_page_can_say_three_tries_before_the_first_pin(counter: Rig) -> None:
    counter.insert("mihon_taro")
    said = ask(counter)
    assert (said["outcome"], said["tries_left"]) == ("asked", 3)
    assert said["message"]["ja"] == "暗証番号は、あと3回入力できます。"
    assert len(TRACE) == 3
    assert not [apdu for apdu in TRACE if apdu[1] == 0x20 and len(apdu) > 5], "no secret was sent"
    for _ in range(12):
        assert ask(counter)["tries_left"] == 3
    assert counter.read("9999")["tries_left"] == 2
    assert ask(counter)["tries_left"] == 2
    assert counter.read()["outcome"] == "read"
    assert ask(counter)["tries_left"] == 3


@pytest.mark.parametrize(
    ("persona", "outcome", "left", "said"),
    [
        ("mihon_ume", "blocked", 0, "初期化・再設定"),
        ("kaku_misaki", "asked", 1, "あと1回だけ"),
        ("driving_licence", "other_card", None, "運転免許証"),
        ("smartphone", "other_card", None, "スマートフォン"),
        ("mute_card", "unreadable", None, "反応がありません"),
    ],
)
def test_cards_that_end_it_before_a_pin_is_typed(
    counter: Rig, persona: str, outcome: str, left: int | None, said: str
) -> None:
    counter.insert(persona)
    answer = ask(counter)
    assert (answer["outcome"], answer["tries_left"]) == (outcome, left)
    assert said in answer["message"]["ja"]


def test_a_card_pulled_meanwhile_and_no_card(counter: Rig) -> None:
    assert ask(counter)["outcome"] == "no_card"
    for commands in range(3):
        counter.insert("mihon_taro", pull_after_apdu=commands)
        assert ask(counter)["outcome"] == "removed"


def test_only_a_page_of_this_station_may_ask(counter: Rig) -> None:
    counter.insert("mihon_taro")
    route = f"{counter.url}/station/card/tries"
    assert http.get(route).json()["code"] == "page_token"
    assert http.get(route, headers={"x-page-token": "made-up"}).status_code == 403
    with counter.page() as page:
        foreign = page.get("/station/card/tries", headers={"origin": "https://evil.example"})
        rebound = page.get("/station/card/tries", headers={"host": "evil.example"})
        assert {foreign.status_code, rebound.status_code} == {403}
        assert page.post("/station/card/tries").status_code == 404
    assert TRACE == []


def test_a_pin_that_is_typed_meanwhile_waits_its_turn(counter: Rig) -> None:
    counter.insert("mihon_taro")
    HOLD.clear()
    answers: dict[str, Any] = {}
    asking = threading.Thread(target=lambda: answers.update(tries=ask(counter)))
    asking.start()
    eventually(lambda: TRACE)
    reading = threading.Thread(target=lambda: answers.update(read=counter.read()))
    reading.start()
    eventually(lambda: counter.state()["reader"] == "busy")
    assert ask(counter)["outcome"] == "busy"
    HOLD.set()
    asking.join(5)
    reading.join(5)
    assert (answers["tries"]["tries_left"], answers["read"]["outcome"]) == (3, "read")
