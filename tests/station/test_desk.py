"""The hardware desk's hand: what happens between two cards, and while the station stops."""

import asyncio
import time
from collections.abc import Sequence

import httpx
from starlette.applications import Starlette

from card_reader.simulated.faults import Fault
from station.board import Board, StationState
from station.dev import DevRoutes


class Slot:
    """A card slot of which the board hears nothing."""

    def __init__(self) -> None:
        self.persona: str | None = "mihon_taro"
        self.laid: list[str] = []

    def insert(self, persona: str, pull_after_apdu: int | None = None, faults: Sequence[Fault] = ()) -> None:
        self.laid.append(persona)

    def remove(self) -> None:
        self.persona = None

    def set_plugged(self, plugged: bool) -> bool:
        return False


def test_a_station_that_stops_does_not_wait_for_a_card_to_be_seen_leaving() -> None:
    async def swap() -> tuple[int, float]:
        board, slot = Board(StationState(reader="present")), Slot()
        desk = DevRoutes(board, slot, {}, {})
        board.close()
        began = time.monotonic()
        app = httpx.ASGITransport(app=Starlette(routes=desk.routes()))
        async with httpx.AsyncClient(transport=app, base_url="http://desk") as hand:
            answer = await hand.put("/station/dev/card", json={"persona": "mihon_hanako"})
        await desk.close(0.1)
        assert slot.laid == ["mihon_hanako"]
        return answer.status_code, time.monotonic() - began

    status, took = asyncio.run(swap())
    assert status == 200
    assert took < 1
