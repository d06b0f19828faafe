"""The station's own messages: one after the other on each lane, numbered above what the server has taken."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from station.signing import Numbers
from tests.station.conftest import FakeServer, RigMaker, eventually


def refusing(server: FakeServer, code: str, **headers: str) -> None:
    """From now on the server refuses every heartbeat with this code."""

    async def refuse(request: Request) -> Response:
        del request
        named = {"x-problem": code, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return Response(status_code=403, headers=named)

    server.answer_beat = refuse


def codes(state: dict[str, Any]) -> list[str]:
    return [notice["code"] for notice in state["notices"]]


def test_numbers_rise_whatever_the_clock_does() -> None:
    numbers = Numbers()
    found = [numbers.next(time_ms) for time_ms in (1000, 1000, 999, 2000)]
    assert found == [1_000_000, 1_000_001, 1_000_002, 2_000_000]
    numbers.rise_above(9_000_000)
    assert numbers.next(2000) == 9_000_001
    numbers.rise_above(5)
    assert numbers.next(2000) == 9_000_002


def test_a_station_goes_on_above_what_the_server_has_taken(rig: RigMaker) -> None:
    station = rig()
    eventually(lambda: station.state()["server"] == "up")
    last = station.server.numbers["heartbeat"]
    station.server.refuse_up_to = last + 30_000_000
    before = len(station.server.of("/api/v1/stations/heartbeat"))
    station.insert("mihon_taro")
    eventually(lambda: station.server.numbers["heartbeat"] > last + 30_000_000)
    beats = station.server.of("/api/v1/stations/heartbeat")[before:]
    assert json.loads(beats[0].body) == json.loads(beats[1].body), "said again under a higher number"
    assert station.state()["server"] == "up"
    # An hour ahead could be anybody's invention: the station keeps to its own clock.
    station.server.refuse_up_to = last + 10**13
    station.devices.slot.remove()  # type: ignore[union-attr]
    eventually(lambda: station.state()["server"] == "down")
    assert station.server.numbers["heartbeat"] < last + 10**10
    assert codes(station.state()) == ["server_refused"]
    station.server.refuse_up_to = 0
    eventually(lambda: station.state()["server"] == "up")


def test_a_clock_that_is_off_is_told_in_a_sentence(rig: RigMaker) -> None:
    station = rig()
    eventually(lambda: station.state()["server"] == "up")
    refusing(station.server, "station_clock", kakanai_clock="1000")
    station.insert("mihon_taro")
    state = eventually(lambda: (found := station.state())["server"] == "down" and found)
    assert codes(state) == ["server_clock"]
    assert "秒進んでいます" in state["notices"][0]["ja"]
    refusing(station.server, "station_unknown")
    eventually(lambda: codes(station.state()) == ["server_not_registered"])
    station.server.answer_beat = None
    eventually(lambda: codes(station.state()) == [])
