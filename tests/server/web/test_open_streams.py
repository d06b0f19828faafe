"""What a station has open when its key is taken back."""

import asyncio
from typing import Any

from fastapi import FastAPI
from starlette.types import Message

from server.auth import enrolment
from server.web.services import Services
from tests.factories.people import SYSTEM
from tests.server.web.conftest import signer
from tests.support_databases import Stations

EVENTS = "/api/v1/stations/events"
SOON_S = 2.0


class Stream:
    """One open line of a station."""

    def __init__(self, app: FastAPI, stations: Stations, name: str) -> None:
        self.sent: list[Message] = []
        self._heard = asyncio.Event()
        signed = signer(stations, name).headers("GET", EVENTS, b"")
        self._scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "method": "GET", "scheme": "http", "path": EVENTS, "raw_path": EVENTS.encode(),
            "query_string": b"", "root_path": "", "client": ("127.0.0.1", 50000),
            "server": ("testserver", 80), "state": {},
            "headers": [(b"host", b"testserver"), (b"accept", b"text/event-stream"), *signed],
        }  # fmt: skip
        self.task = asyncio.create_task(app(self._scope, self._receive, self._send))

    async def opened(self) -> None:
        await asyncio.wait_for(self._heard.wait(), SOON_S)

    async def _receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Message) -> None:
        self.sent.append(message)
        if message["type"] == "http.response.body":
            self._heard.set()


def test_open_streams_end_with_the_key_of_their_station_and_no_other_s(
    app: FastAPI, services: Services, stations: Stations
) -> None:
    def revoke() -> None:
        with services.db.write() as unit:
            enrolment.revoke(unit, SYSTEM, "kiosk-1")

    async def visit() -> None:
        services.hub.start(asyncio.get_running_loop())
        ends, stays = Stream(app, stations, "kiosk-1"), Stream(app, stations, "counter-1")
        await ends.opened()
        await stays.opened()
        await asyncio.to_thread(revoke)
        await asyncio.wait_for(ends.task, SOON_S)
        assert ends.sent[0]["status"] == 200
        assert ends.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
        again = Stream(app, stations, "kiosk-1")
        await again.opened()
        assert again.sent[0]["status"] == 403
        assert not stays.task.done()
        stays.task.cancel()
        await asyncio.wait({stays.task})

    asyncio.run(visit())
