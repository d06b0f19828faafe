"""The ways of reading beside the PIN, through the station's route: what opens the card, what the server gets,
and where 照合番号B never goes."""

from collections.abc import Iterator
from typing import Any

import pytest

from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.reader import InProcessReader
from tests.station.conftest import Rig, RigMaker, eventually, http, rig_maker

# What is printed on mihon_taro's card: 昭和48年4月12日生, 2027年まで, 5678.
TARO = {"birth": "480412", "expiry": "2027", "code": "5678"}
EVERY_WAY = {"modes": ["pin", "b", "face", "none"]}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig_maker(tmp_path_factory.mktemp("modes")) as make:
        counter = make("counter", server_up=False)
        counter.server.cards = EVERY_WAY
        counter.server_live.start()
        yield counter


@pytest.fixture
def counter(running: Rig) -> Rig:
    """The one counter of this file, where cards are read in every way; nothing seen, no card on it."""
    http.delete(f"{running.url}/station/dev/card")
    eventually(lambda: running.state()["reader"] == "empty")
    eventually(lambda: running.state()["server"] == "up")
    running.server.seen.clear()
    return running


def told(station: Rig) -> list[Any]:
    return [post.json() for post in station.server.of("/api/v1/stations/card-reads")]


def card_on(station: Rig) -> SimulatedCard:
    reader = station.devices.reader
    assert isinstance(reader, InProcessReader)
    assert reader.card is not None
    return reader.card


def lay_on(station: Rig, persona: str) -> None:
    """A card of which nothing was asked yet."""
    station.insert(persona)
    card_on(station).trace.clear()


def verifies(station: Rig) -> int:
    """How many secrets the card was shown."""
    return len([sent for sent, _ in card_on(station).trace if sent[1] == 0x20 and len(sent) > 5])


@pytest.mark.parametrize(
    "secret",
    [
        TARO,
        {"birth": "昭和48年4月12日", "printed": "era", "expiry": "2027年4月12日", "code": "５６７８"},
        {"birth": "1973-04-12", "printed": "era", "expiry": "2027", "code": "5678"},
        {"scan": "48041220275678\r"},
    ],
    ids=["as_printed", "era", "whole_date", "scanned"],
)
def test_the_four_attributes_by_what_is_printed_on_the_card(counter: Rig, secret: dict[str, str]) -> None:
    lay_on(counter, "mihon_taro")
    answer = counter.read(mode="b", **secret)
    assert (answer["outcome"], answer["preview"]["name_masked"]) == ("read", "○○　太＊")
    (sent,) = told(counter)
    assert (sent["mode"], sent["attributes"]["birth"]) == ("b", "19730412")
    assert sent["certificate_expires"] == "20270412"
    assert "5678" not in str([sent, answer])


def test_a_face_is_read_for_the_server_and_not_for_the_page(counter: Rig) -> None:
    lay_on(counter, "mihon_taro")
    answer = counter.read(mode="face", purpose="reception", reference="r1", **TARO)
    assert (answer["outcome"], answer["preview"]) == ("read", None)
    (sent,) = told(counter)
    assert sent["attributes"] is None
    assert (sent["face"]["birth"], sent["face"]["expiry"]) == ("19730412", "20270412")
    assert {len(sent["face"][name]) > 100 for name in ("photo", "name", "address")} == {True}


def test_nothing_is_read_of_a_card_that_is_only_laid_on(counter: Rig) -> None:
    lay_on(counter, "mihon_taro")
    answer = counter.read(mode="none")
    assert (answer["outcome"], answer["preview"], answer["card_read_id"]) == ("read", None, "card-read-1")
    (sent,) = told(counter)
    assert (sent["attributes"], sent["face"], sent["mode"]) == (None, None, "none")
    assert sent["certificate_expires"] == "20270412", "free to read, and staff asked for it"
    assert verifies(counter) == 0


def test_at_a_kiosk_laying_a_card_on_says_nothing_of_its_holder(rig: RigMaker) -> None:
    kiosk = rig()
    kiosk.insert("mihon_taro")
    assert kiosk.read(mode="none")["outcome"] == "read"
    (sent,) = told(kiosk)
    assert sent["certificate_expires"] is None
    assert len(card_on(kiosk).trace) == 3


def test_the_numbers_on_the_card_are_counted_like_a_pin(counter: Rig) -> None:
    lay_on(counter, "mihon_taro")
    with counter.page() as page:
        asked = page.get("/station/card/tries?mode=b").json()
    assert (asked["outcome"], asked["tries_left"]) == ("asked", 10)
    assert asked["message"]["ja"] == "照合番号Bは、あと10回入力できます。"
    wrong = counter.read(mode="b", **TARO | {"code": "0000"})
    assert (wrong["outcome"], wrong["tries_left"]) == ("wrong_secret", 9)
    assert "和暦・西暦" in wrong["message"]["ja"]
    assert counter.read(mode="b", **TARO)["tries_left"] == 10


def test_a_blocked_secret_names_the_procedure_and_what_else_can_be_done(counter: Rig) -> None:
    counter.insert("mihon_ume")
    blocked = counter.read()
    assert (blocked["outcome"], blocked["procedure"]) == ("blocked", "R033")
    assert blocked["instead"] == ["b", "manual"]
    assert "R033" in blocked["message"]["ja"]
    # 顔認証マイナンバーカード: no PIN at all, told before anything is typed.
    counter.insert("face_only")
    with counter.page() as page:
        asked = page.get("/station/card/tries").json()
    assert (asked["outcome"], asked["instead"]) == ("blocked", ["b", "manual"])
    counter.insert("number_b_blocked")
    with counter.page() as page:
        for mode in ("b", "face"):
            asked = page.get(f"/station/card/tries?mode={mode}").json()
            assert (asked["outcome"], asked["instead"]) == ("blocked", ["pin", "manual"])
            assert "照合番号B" in asked["message"]["ja"]


@pytest.mark.parametrize(
    ("secret", "field", "said"),
    [
        (TARO | {"birth": "481301"}, "birth", "生年月日"),
        (TARO | {"birth": ""}, "birth", "生年月日"),
        (TARO | {"birth": "19730412"}, "printed", "和暦と西暦"),
        (TARO | {"expiry": "27"}, "expiry", "有効期限"),
        (TARO | {"code": "567"}, "code", "顔写真の下"),
        ({"scan": "4804122027567"}, "whole", "14けた"),
        ({"scan": "123456789012"}, "whole", "マイナンバーは受け取りません"),
        ({"scan": "x" * 100}, "whole", "14けた"),
        ({"birth": 480412}, "birth", "生年月日"),
        ({}, "birth", "生年月日"),
    ],
)
def test_what_cannot_be_that_number_costs_no_try(
    counter: Rig, secret: dict[str, Any], field: str, said: str
) -> None:
    lay_on(counter, "mihon_taro")
    answer = counter.read(mode="b", **secret)
    assert (answer["outcome"], answer["field"]) == ("bad_secret", field)
    assert said in answer["message"]["ja"]
    assert "123456789012" not in str(answer)
    assert verifies(counter) == 0
    assert told(counter) == []


@pytest.mark.parametrize("pin", ["12345", "１２３４", 1234, None])
def test_a_pin_of_another_form_costs_no_try(counter: Rig, pin: Any) -> None:
    lay_on(counter, "mihon_taro")
    answer = counter.read(**{"pin": pin})
    assert (answer["outcome"], answer["field"]) == ("bad_secret", "pin")
    assert verifies(counter) == 0


def test_the_municipality_chooses_the_ways_and_whether_the_last_try_is_used(rig: RigMaker) -> None:
    counter = rig("counter", server_up=False)
    counter.server.cards = {"modes": ["pin"], "certificate_expiry": False, "last_try": "never"}
    counter.server_live.start()
    eventually(lambda: counter.state()["server"] == "up")
    counter.insert("kaku_misaki")
    with counter.page() as page:
        for way in ({"mode": "b", **TARO}, {"mode": "none"}):
            refused = page.post("/station/card/read", json={"purpose": "reception", **way})
            assert (refused.status_code, refused.json()["code"]) == (409, "not_possible")
        assert page.get("/station/card/tries?mode=b").status_code == 409
    held_back = counter.read(allow_last_try=True)
    assert held_back["outcome"] == "last_try_refused"
    assert "取り決め" in held_back["message"]["ja"]
    assert held_back["instead"] == ["manual"], "b is not offered here"
    lay_on(counter, "mihon_taro")
    assert counter.read()["outcome"] == "read"
    assert told(counter)[-1]["certificate_expires"] is None
