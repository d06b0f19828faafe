"""Writes while the server is away for a moment: repeated where the server does them once, never elsewhere."""

import threading
import time

import httpx
import pytest

from station import gateway
from tests.station.conftest import RigMaker
from tests.station.test_gateway import blunt_server

KEYED = "service_class=move&idempotency_key=0192-abcd"


def test_a_keyed_write_waits_for_a_server_that_comes_back(rig: RigMaker) -> None:
    station = rig(server_up=False)
    answers: list[httpx.Response] = []
    with station.client() as browser:

        def press() -> None:
            form = {"content-type": "application/x-www-form-urlencoded"}
            answers.append(browser.post("/kiosk/tickets", content=KEYED, headers=form))

        pressed = threading.Thread(target=press)
        pressed.start()
        # It has been asked for in vain when the station says that the server is away.
        give_up = time.monotonic() + 10
        while station.state()["server"] != "down" and time.monotonic() < give_up:
            time.sleep(0.02)
        station.server_live.start()
        pressed.join(20)
    assert [one.status_code for one in answers] == [200]
    assert len([one for one in station.server.seen if one.path == "/kiosk/tickets"]) == 1


def test_only_what_carries_a_key_is_repeated(rig: RigMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_PATIENCE_S", 0.3)
    monkeypatch.setattr(gateway, "_AGAIN_S", 0.05)
    station = rig(server_up=False)
    form = {"content-type": "application/x-www-form-urlencoded"}
    with blunt_server(station.server_live.port, b"") as asked, station.client() as browser:
        for path, content, headers in (
            ("/with-key", KEYED, form),
            ("/with-header", "{}", {"idempotency-key": "0192", "content-type": "application/json"}),
            ("/without-key", "service_class=move", form),
            ("/empty-key", "idempotency_key=&service_class=move", form),
            ("/not-a-form", KEYED, {"content-type": "text/plain"}),
        ):
            assert browser.post(path, content=content, headers=headers).status_code == 502
    times = {path: sum(path.encode() in line for line in asked) for path in ("/with-key", "/with-header")}
    assert min(times.values()) > 2
    for path in ("/without-key", "/empty-key", "/not-a-form"):
        assert sum(path.encode() in line for line in asked) == 1, path


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("{own}/kiosk/card?service=move&lang=en", "/kiosk/card?service=move&amp;lang=en"),
        ("{own}//elsewhere.example/kiosk/", "/elsewhere.example/kiosk/"),
        ("http://elsewhere.example/kiosk/", "/"),
        ("", "/"),
    ],
)
def test_who_pressed_in_vain_is_led_back_to_the_page(rig: RigMaker, referer: str, back: str) -> None:
    station = rig(server_up=False)
    with station.client() as browser:
        sent = {"accept": "text/html", "referer": referer.format(own=station.url)}
        page = browser.post("/kiosk/tickets", headers=sent)
    assert page.status_code == 502
    assert f'content="5; url={back}"' in page.text
