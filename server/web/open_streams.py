"""What a station has open ends when its key is taken back or replaced: a stream's signature was checked once.

Only the change of a key is announced; every open stream of that station then looks whether it still counts.
"""

import asyncio

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.types import Message, Receive

from server.auth import queries as auth
from server.auth.enrolment import key_topic
from server.auth.queries import StationView
from server.web.services import Services, services


class TrustedStream:
    """The connection of one answer to a station, as long as its key is good."""

    def __init__(self, request: Request, station: StationView, receive: Receive) -> None:
        self._held = services(request)
        self._station = station
        self._receive = receive
        self.ended = False

    async def receive(self) -> Message:
        """What the connection says; that it is gone as soon as the station's key is."""
        heard = asyncio.ensure_future(self._receive())
        lost = asyncio.ensure_future(self._key_is_lost())
        try:
            await asyncio.wait({heard, lost}, return_when=asyncio.FIRST_COMPLETED)
            self.ended = lost.done()
            return {"type": "http.disconnect"} if self.ended else heard.result()
        finally:
            for one in (heard, lost):
                one.cancel()

    async def _key_is_lost(self) -> None:
        topic = key_topic(self._held.settings.tenant, self._station.name)
        async for version in self._held.hub.listen([topic]):
            # At once, too: the key may have gone between the signature's check and here.
            if version is not None and not await run_in_threadpool(_is_good, self._held, self._station):
                return


def _is_good(held: Services, station: StationView) -> bool:
    with held.db.read() as unit:
        found = auth.station(unit, held.settings.tenant, station.name)
    return found is not None and found.public_key == station.public_key
