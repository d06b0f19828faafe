"""From the last digit to an answer in five seconds, also when the server hears all and says nothing."""

import time
from typing import Any

import httpx
import pytest

from card_reader.simulated.reader import InProcessReader
from station import telling
from station.cards import READ_LIMIT_S
from tests.station.conftest import Rig, RigMaker, eventually, http

TOLD = "/api/v1/stations/card-reads"
BODY = {"pin": "1234", "purpose": "ticket"}


@pytest.fixture
def station(rig: RigMaker, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A station whose server is silent about readings, with a card on it; its limits are a tenth of the real
    ones."""
    monkeypatch.setattr(telling, "_ATTEMPT_S", 0.3)
    monkeypatch.setattr("station.reading.ANSWER_LIMIT_S", 0.5)
    made = rig()
    made.server.silent.add(TOLD)
    made.insert("mihon_taro")
    return made


def read(page: httpx.Client) -> Any:
    return page.post("/station/card/read", json=BODY).json()


def outcomes(station: Rig) -> list[str]:
    return [seen.json()["outcome"] for seen in station.server.of(TOLD)]


def verifies(station: Rig) -> int:
    reader = station.devices.reader
    assert isinstance(reader, InProcessReader)
    assert reader.card is not None
    return sum(apdu[1:2] == b"\x20" and len(apdu) > 5 for apdu, _ in reader.card.trace)


def test_what_a_silent_server_did_not_take_is_sent_once_more_without_the_card(station: Rig) -> None:
    with station.page() as page:
        began = time.monotonic()
        answer = read(page)
        assert time.monotonic() - began < 2.0
        assert (answer["outcome"], answer["server"], answer["again"]) == ("read", "down", True)
        assert "もう一度送る" in answer["message"]["ja"]
        station.server.silent.clear()
        sent = page.post("/station/card/tell").json()
        assert (sent["outcome"], sent["server"], sent["card_read_id"]) == ("read", "ok", "card-read-1")
        assert (sent["preview"], sent["again"]) == (answer["preview"], False)
        assert page.post("/station/card/tell").json()["outcome"] == "removed"
    keys = {seen.headers["idempotency-key"] for seen in station.server.of(TOLD)}
    assert (len(station.server.of(TOLD)) > 1, len(keys), verifies(station)) == (True, 1, 1)


def test_a_server_that_stays_silent_gets_one_more_sending_and_then_the_person_is_told(station: Rig) -> None:
    with station.page() as page:
        assert read(page)["again"]
        sent = page.post("/station/card/tell").json()
    assert (sent["outcome"], sent["server"], sent["again"]) == ("read", "down", False)
    assert "係員にお知らせください" in sent["message"]["ja"]


def test_nothing_is_kept_for_another_page_or_once_the_card_is_gone(station: Rig) -> None:
    with station.page() as page, station.page() as another:
        assert read(page)["again"]
        assert another.post("/station/card/tell").json()["outcome"] == "removed"
        assert read(page)["again"]
        http.delete(f"{station.url}/station/dev/card")
        eventually(lambda: station.state()["reader"] == "empty")
        station.insert("mihon_taro")
        gone = page.post("/station/card/tell").json()
        assert (gone["outcome"], gone["preview"]) == ("removed", None)
        assert "もう残っていません" in gone["message"]["ja"]
        assert page.post("/station/card/tell", headers={"x-page-token": "A" * 43}).status_code == 403


def test_that_a_try_was_used_is_told_with_the_next_reading(station: Rig) -> None:
    with station.page() as page:
        wrong = page.post("/station/card/read", json={**BODY, "pin": "9999"}).json()
        assert (wrong["outcome"], wrong["server"], wrong["again"]) == ("wrong_secret", "down", False)
        station.server.silent.clear()
        assert read(page)["server"] == "ok"
    eventually(lambda: outcomes(station)[-2:] == ["read", "wrong_secret"])
    keys = {seen.headers["idempotency-key"] for seen in station.server.of(TOLD)}
    assert len(keys) == 2


def test_the_limits_leave_time_to_tell_a_server_that_works() -> None:
    assert READ_LIMIT_S + 0.3 < telling.ANSWER_LIMIT_S < 5.0


@pytest.mark.long
def test_from_the_digits_to_an_answer_in_five_seconds(rig: RigMaker) -> None:
    station = rig()
    station.server.silent.add(TOLD)
    station.insert("mihon_taro")
    with station.page() as page:
        for path in ("/station/card/read", "/station/card/tell"):
            began = time.monotonic()
            answer = page.post(path, json=BODY).json()
            assert time.monotonic() - began < 5.0
            assert (answer["outcome"], answer["server"]) == ("read", "down")
