"""A server that hears and does not answer: people get a sentence soon and lose nothing; slow and honest
answers are waited for."""

import re
import threading
import time
from html import unescape

import httpx
import pytest

from station import patience
from station.patience import Patience
from tests.station.conftest import Rig, RigMaker, eventually

SOON_S = 0.3
PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FORM = {**PAGE, "content-type": "application/x-www-form-urlencoded"}
KEYED = "name=%E8%A6%8B%E6%9C%AC+%3Cx%3E&empty=&to=a&to=b&idempotency_key=0192-abcd"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SOON_S", SOON_S)


def silent(station: Rig, *paths: str) -> None:
    station.server.silent |= set(paths)


def asked(station: Rig, method: str, path: str, **more: object) -> tuple[httpx.Response, float]:
    """One request of a browser, and how long it waited."""
    began = time.monotonic()
    with station.client() as browser:
        return browser.request(method, path, **more), time.monotonic() - began  # type: ignore[arg-type]


def fields_in(page: str) -> list[tuple[str, str | int | float | bool | None]]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return [(unescape(name), unescape(value)) for name, value in found]


def test_a_page_without_an_answer_is_a_sentence_soon_and_the_page_as_soon_as_there_is_one(
    rig: RigMaker,
) -> None:
    station = rig()
    silent(station, "/kiosk/")
    page, took = asked(station, "GET", "/kiosk/", headers=PAGE)
    assert (page.status_code, took < 10 * SOON_S) == (504, True)
    assert "サーバーから返事がありません。" in page.text
    assert "待って" in page.text
    assert "The server is not answering." in page.text
    assert '<meta http-equiv="refresh" content="5">' in page.text
    # Asked again, by itself or by hand, it waits for the answer however slow, and shows it when it comes.
    answers: list[httpx.Response] = []
    waiting = threading.Thread(
        target=lambda: answers.append(asked(station, "GET", "/kiosk/", headers=PAGE)[0])
    )
    waiting.start()
    waiting.join(3 * SOON_S)
    assert waiting.is_alive()
    station.server.silent.clear()
    waiting.join(5)
    assert [one.status_code for one in answers] == [200]
    # That it was late once is no reason to wait long for ever.
    silent(station, "/kiosk/")
    assert asked(station, "GET", "/kiosk/", headers=PAGE)[1] < 10 * SOON_S


def test_what_was_entered_is_sent_again_by_a_button_with_the_same_key(rig: RigMaker) -> None:
    station = rig()
    silent(station, "/counter/moves")
    referer = {"referer": f"{station.url}/counter/visit?n=1"}
    page, _ = asked(station, "POST", "/counter/moves?x=1&y=2", content=KEYED, headers=FORM | referer)
    assert page.status_code == 504
    assert "もう一度送る" in page.text
    assert "入れた内容はこの画面に残っています。" in page.text
    assert 'action="/counter/moves?x=1&amp;y=2"' in page.text
    assert 'href="/counter/visit?n=1"' in page.text
    # Nobody's typing is taken away by a page that leaves by itself.
    assert "refresh" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in page.headers["content-security-policy"]
    fields = fields_in(page.text)
    assert ("name", "見本 <x>") in fields
    station.server.silent.clear()
    again, _ = asked(
        station, "POST", "/counter/moves?x=1&y=2", content=str(httpx.QueryParams(fields)), headers=FORM
    )
    assert again.status_code == 200
    first, second = station.server.of("/counter/moves")
    assert httpx.QueryParams(first.body.decode()) == httpx.QueryParams(second.body.decode())


def test_a_kiosk_left_standing_goes_back_to_its_first_page(rig: RigMaker) -> None:
    station = rig()
    silent(station, "/kiosk/tickets")
    page, _ = asked(station, "POST", "/kiosk/tickets", content=KEYED, headers=FORM)
    assert '<meta http-equiv="refresh" content="60; url=/kiosk/">' in page.text
    assert "もう一度送る" in page.text


def test_a_write_that_nobody_may_repeat_is_not_offered_again(rig: RigMaker) -> None:
    station = rig()
    silent(station, "/login")
    page, _ = asked(station, "POST", "/login", content="name=clerk1&password=secret", headers=FORM)
    assert page.status_code == 504
    assert "届いたかどうか" in page.text
    assert "<form" not in page.text
    assert "secret" not in page.text
    assert len(station.server.of("/login")) == 1


def test_a_script_gets_a_problem_and_an_event_source_an_event(rig: RigMaker) -> None:
    station = rig()
    silent(station, "/part", "/stream")
    problem, _ = asked(station, "POST", "/part", content=KEYED, headers={**FORM, "accept": "*/*"})
    assert (problem.status_code, problem.json()["code"]) == (504, "server_silent_kept")
    events, took = asked(station, "GET", "/stream", headers={"accept": "text/event-stream"})
    assert (events.status_code, took < 10 * SOON_S) == (200, True)
    assert "event: server-away" in events.text


def test_an_upload_and_an_open_stream_are_given_their_time(rig: RigMaker) -> None:
    station = rig()
    silent(station, "/upload")
    answers: list[httpx.Response] = []
    sent = {"content": b"x" * 200_000, "headers": PAGE}
    sending = threading.Thread(target=lambda: answers.append(asked(station, "POST", "/upload", **sent)[0]))
    sending.start()
    with station.client() as browser, browser.stream("GET", "/stream") as stream:
        lines = stream.iter_lines()
        until = time.monotonic() + 3 * SOON_S
        while time.monotonic() < until:
            next(lines)
    assert sending.is_alive()
    station.server.silent.clear()
    sending.join(5)
    assert [one.status_code for one in answers] == [200]


def test_a_silent_page_says_nothing_of_the_server_as_a_whole(rig: RigMaker) -> None:
    station = rig()
    eventually(lambda: station.state()["server"] == "up")
    silent(station, "/slow")
    asked(station, "GET", "/slow", headers=PAGE)
    assert station.state()["server"] == "up"


def test_only_so_many_late_answers_are_remembered() -> None:
    known = Patience()
    for number in range(100):
        known.was_late("GET", b"/%d" % number)
    assert known.limit_s("GET", b"/0", 0) == SOON_S
    assert known.limit_s("GET", b"/99", 0) > SOON_S
    assert known.limit_s("POST", b"/99", 0) == SOON_S
    known.was_answered("GET", b"/99")
    assert known.limit_s("GET", b"/99", 0) == SOON_S


def test_a_station_stops_at_once_while_the_server_is_silent(rig: RigMaker) -> None:
    station = rig()
    silent(station, "/kiosk/")
    with station.client() as browser:
        waiting = threading.Thread(target=lambda: _ignored(browser))
        waiting.start()
        eventually(lambda: station.server.of("/kiosk/"))
        assert station.live.stop() < 2
        waiting.join(5)


def _ignored(browser: httpx.Client) -> None:
    try:
        browser.get("/kiosk/", headers=PAGE)
    except httpx.HTTPError:
        return
