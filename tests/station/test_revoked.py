"""A station whose key was taken back while pages are open: they and its own screen hear of it, and it comes
back."""

import json
import time

from tests.station.conftest import Rig, RigMaker, eventually

SOON_S = 2.0


def codes(station: Rig) -> list[str]:
    return [one["code"] for one in station.state()["notices"]]


def test_an_open_page_hears_that_the_station_is_not_registered_and_goes_on_when_it_is(rig: RigMaker) -> None:
    station = rig()
    eventually(lambda: station.state()["server"] == "up")
    headers = {"accept": "text/event-stream"}
    with station.client() as browser:
        with browser.stream("GET", "/stream", headers=headers) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: hello"
            began = time.monotonic()
            station.server.revoked = True
            # The server ends what it had open.
            assert len(list(lines)) > 0
            assert time.monotonic() - began < SOON_S
        # The browser asks anew by itself, and is told why it waits, and what to do.
        with browser.stream("GET", "/stream", headers=headers) as stream:
            assert stream.status_code == 200
            said = dict(line.split(": ", 1) for line in stream.iter_lines() if line)
        assert said["event"] == "server-away"
        assert json.loads(said["data"])["code"] == "server_not_registered"
        assert "登録コード" in json.loads(said["data"])["ja"]
        # A page that is opened now is the server's own refusal.
        assert browser.get("/kiosk/", headers={"accept": "text/html"}).status_code == 403
    assert codes(station) == ["server_not_registered"]
    station.server.revoked = False
    eventually(lambda: station.state()["server"] == "up", seconds=8)
    assert codes(station) == []


def test_a_station_without_any_page_open_notices_it_by_its_own_line(rig: RigMaker) -> None:
    station = rig()
    eventually(lambda: station.server.open_streams == 1 and station.state()["server"] == "up")
    station.server.revoked = True
    eventually(lambda: codes(station) == ["server_not_registered"], seconds=2 * SOON_S)
