"""No reading takes longer than its time, whatever the card does, and the next card is read at once."""

import asyncio
import time

import pytest

from card_reader.messages import CardReadMessage, TriesMessage
from card_reader.simulated.faults import Fault
from card_reader.simulated.reader import InProcessReader
from station.board import Board, StationState
from station.cards import CardDesk

LIMIT_S = 0.2


class Desk:
    """A reader with its desk, and how long the last reading took."""

    def __init__(self) -> None:
        self.reader = InProcessReader()
        self.board = Board(StationState())
        self.cards = CardDesk(self.reader, self.board, LIMIT_S)
        self.took = 0.0

    async def read(self, fault: str = "") -> CardReadMessage:
        self.reader.insert("mihon_taro", faults=[Fault.parse(fault)] if fault else [])
        began = time.monotonic()
        found = await self.cards.read(bytearray(b"1234"), allow_last_try=False)
        self.took = time.monotonic() - began
        assert found is not None
        return found


def test_a_slow_card_is_left_between_two_commands_and_the_reader_is_free_at_once() -> None:
    async def visit() -> None:
        desk = Desk()
        slow = await desk.read("slow=0.03@*")
        assert slow.outcome == "unreadable"
        assert slow.detail is not None
        assert slow.detail.endswith(":too_slow")
        assert (slow.attributes, desk.took < LIMIT_S) == (None, True)
        # The reading had ended by itself: no thread was given up, and none holds the card.
        assert (await desk.read()).outcome == "read"
        assert desk.took < LIMIT_S
        await desk.cards.close()

    asyncio.run(visit())


def test_a_card_that_stalls_holds_up_neither_the_station_nor_the_next_card() -> None:
    async def visit() -> None:
        desk = Desk()
        stalled = asyncio.create_task(desk.read("slow=60@verify"))
        turns = 0
        while not stalled.done():
            await asyncio.sleep(0)
            turns += 1
        assert stalled.result().outcome == "unreadable"
        assert LIMIT_S <= desk.took < 1.0
        # The event loop went round all the while.
        assert turns > 50
        # The card in whose answer the station still waits is taken off; its session ends with it.
        desk.reader.remove()
        fresh = await desk.read()
        assert (fresh.outcome, fresh.tries_left) == ("read", 3)
        await desk.cards.close()

    asyncio.run(visit())


@pytest.mark.parametrize("second", ["read", "tries"])
def test_a_question_for_the_tries_that_hangs_does_not_double_the_wait(second: str) -> None:
    async def visit() -> None:
        desk = Desk()
        desk.reader.insert("mihon_taro", faults=[Fault.parse("slow=60@tries")])
        asked = asyncio.create_task(desk.cards.tries("pin"))
        await asyncio.sleep(LIMIT_S / 2)
        began = time.monotonic()
        found: CardReadMessage | TriesMessage | None
        if second == "read":
            found = await desk.cards.read(bytearray(b"1234"))
        else:
            found = await desk.cards.tries("pin")
        assert found is not None
        assert found.outcome == "unreadable"
        assert time.monotonic() - began < 1.5 * LIMIT_S
        assert (await asked) is not None
        await desk.cards.close()

    asyncio.run(visit())
