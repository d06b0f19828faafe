"""Station and server keep aware of each other: what is said when, and how soon the server is heard again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import cast

from station.board import Board, StationState
from station.link import Answer, ServerAway, ServerLink
from station.presence import heartbeat, listen

READY = StationState(reader="empty", ticket_printer="ok", page_printer="none")


class FakeLink:
    """The server as the link shows it: there or not, accepting or not."""

    def __init__(self) -> None:
        self.there = True
        self.status = 204
        self.beats: list[dict[str, str]] = []
        self.asked_for_events = 0

    async def post(self, path: str, payload: object, limit_s: float = 10.0, key: str | None = None) -> Answer:
        assert path == "/heartbeat"
        if not self.there:
            raise ServerAway
        self.beats.append(cast(dict[str, str], payload))
        return Answer(self.status, b"")

    async def events(self) -> AsyncIterator[str]:
        self.asked_for_events += 1
        if not self.there:
            raise ServerAway
        yield ""
        yield "something else"
        yield "jobs"
        await asyncio.sleep(60)


async def until(check: Callable[[], bool], seconds: float = 3.0) -> None:
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.005)


def test_every_change_is_told_once_and_what_is_not_known_is_silent() -> None:
    async def steps() -> None:
        link, board, back = FakeLink(), Board(replace(READY, ticket_printer="unknown")), asyncio.Event()
        task = asyncio.ensure_future(heartbeat(cast(ServerLink, link), board, back))
        await until(lambda: bool(link.beats))
        assert link.beats[0] == {"reader": "empty", "ticket_printer": "silent", "page_printer": "none"}
        await until(lambda: board.state.server == "up")
        assert back.is_set()
        board.set_printer("ticket", "paper_out")
        board.set_reader("present")
        await until(lambda: link.beats[-1]["reader"] == "present")
        assert link.beats[-1]["ticket_printer"] == "paper_out"
        told = len(link.beats)
        await asyncio.sleep(0.1)
        assert len(link.beats) == told
        task.cancel()

    asyncio.run(steps())


def test_a_server_that_refuses_is_not_up() -> None:
    async def steps() -> None:
        link, board, back = FakeLink(), Board(replace(READY, server="up")), asyncio.Event()
        link.status = 403
        task = asyncio.ensure_future(heartbeat(cast(ServerLink, link), board, back))
        await until(lambda: board.state.server == "down")
        link.status = 204
        await until(lambda: board.state.server == "up")
        assert back.is_set()
        task.cancel()

    asyncio.run(steps())


def test_events_are_heard_again_as_soon_as_the_server_is_back() -> None:
    async def steps() -> None:
        link, board, wake = FakeLink(), Board(READY), asyncio.Event()
        link.there = False
        task = asyncio.ensure_future(listen(cast(ServerLink, link), board, wake))
        await until(lambda: link.asked_for_events == 1)
        await asyncio.sleep(1.2)
        # While the heartbeat has not found the server there is no use in asking.
        assert (link.asked_for_events, wake.is_set()) == (1, False)
        link.there = True
        board.set_server("up")
        await until(wake.is_set, seconds=0.5)
        task.cancel()

    asyncio.run(steps())


def test_when_the_board_is_closed_everybody_goes_home() -> None:
    async def steps() -> None:
        link, board, event = FakeLink(), Board(READY), asyncio.Event()
        link.there = False
        tasks = [
            asyncio.ensure_future(heartbeat(cast(ServerLink, link), board, event)),
            asyncio.ensure_future(listen(cast(ServerLink, link), board, event)),
        ]
        await asyncio.sleep(0.05)
        board.close()
        await asyncio.wait_for(asyncio.gather(*tasks), 3)

    asyncio.run(steps())
