"""The hardware desk: the faults it offers for a card, as the station gets them."""

import json
from typing import Any

import httpx
import pytest

from card_reader.simulated.faults import Fault
from server.devdock import remote
from server.devdock.faults import EFFECTS, PLACES, WantedFault
from tests.support_asgi import Answer, Browser

CARD = "/devdock/api/stations/kiosk-1/card"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the station was told; it agrees to everything."""
    heard: list[Any] = []

    def hear(station: object, method: str, path: str, content: object = None) -> httpx.Response:
        if method == "PUT":
            heard.append(content)
        return httpx.Response(200, json=[] if path == "/prints" else {})

    monkeypatch.setattr(remote, "station_call", hear)
    return heard


def lay_on(browser: Browser, **more: Any) -> Answer:
    body = json.dumps({"persona": "mihon_taro"} | more).encode()
    return browser.send("PUT", CARD, body, {"content-type": "application/json"})


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"effect": "pulled", "number": 7}, "pulled@7"),
        ({"effect": "status", "value": " 6983 ", "where": "secret"}, "status=6983@verify:*"),
        ({"effect": "slow", "where": "anywhere"}, "slow=2@*"),
        ({"effect": "two_bytes", "where": "attributes"}, "before=0065@read:text.attributes"),
        ({"effect": "cut", "value": "12", "where": "face", "number": 3}, "cut=12@3"),
    ],
)
def test_a_fault_chosen_at_the_desk_is_one_that_the_card_knows(
    browser: Browser, told: list[Any], fault: dict[str, Any], text: str
) -> None:
    assert lay_on(browser, fault=fault).status == 200
    assert told == [{"persona": "mihon_taro", "faults": [text]}]


def test_every_fault_at_every_place_can_be_chosen_without_a_value() -> None:
    for effect in EFFECTS:
        for where in PLACES:
            assert Fault.parse(WantedFault(effect=effect, where=where).text()).where == PLACES[where]


def test_a_value_that_does_not_go_with_the_fault_is_refused_with_a_sentence(
    browser: Browser, told: list[Any]
) -> None:
    refused = lay_on(browser, fault={"effect": "status", "value": "blocked"})
    assert refused.status == 422
    assert refused.json()["title"]["ja"] == "その不具合は起こせません"
    assert "16進4けた" in refused.json()["action"]["ja"]
    assert lay_on(browser, fault={"value": "2"}).status == 422
    assert lay_on(browser, fault={"effect": "lightning"}).status == 422
    assert told == []


def test_the_page_offers_all_of_them_in_both_languages(browser: Browser, told: list[Any]) -> None:
    japanese = browser.get("/devdock/").text
    english = browser.get("/devdock/?lang=en").text
    for effect in EFFECTS:
        assert f'<option value="{effect}">' in japanese
    assert "ファイルの先頭に2バイト多い（2023年頃のカード）" in japanese
    assert "two bytes in front of a file (cards of about 2023)" in english
