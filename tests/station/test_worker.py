"""The thread of one device: its calls come one after another, and one that hangs does not hold anybody up."""

import asyncio
import threading
import time
from functools import partial

import pytest

from station.worker import DeviceThread, Stuck


def test_calls_come_one_after_another_and_give_back_results_and_errors() -> None:
    seen: list[str] = []

    def slow(name: str) -> str:
        seen.append(f"{name} begins")
        threading.Event().wait(0.02)
        seen.append(f"{name} ends")
        return name

    def broken() -> None:
        raise KeyError("broken")

    async def scene() -> None:
        thread = DeviceThread("test")
        calls = [thread.call(partial(slow, name), 1) for name in ("a", "b", "c")]
        assert await asyncio.gather(*calls) == ["a", "b", "c"]
        with pytest.raises(KeyError):
            await thread.call(broken, 1)
        assert await thread.call(threading.current_thread, 1) is not threading.current_thread()
        await thread.finish(1)

    asyncio.run(scene())
    assert seen == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


def test_a_call_that_hangs_is_given_up_and_the_next_one_works() -> None:
    let_go = threading.Event()

    async def scene() -> None:
        thread = DeviceThread("test", most_given_up=2)
        for _ in range(2):
            with pytest.raises(Stuck):
                await thread.call(lambda: let_go.wait(10), 0.02)
            if len([t for t in threading.enumerate() if t.name == "test"]) < 2:
                assert await thread.call(lambda: "fresh", 1) == "fresh"
        # A dead device does not fill the process with threads …
        began = time.monotonic()
        with pytest.raises(Stuck):
            await thread.call(lambda: "never run", 5)
        assert time.monotonic() - began < 1
        assert len([t for t in threading.enumerate() if t.name == "test"]) == 2
        # … and one that comes back is used again.
        let_go.set()
        while [t for t in threading.enumerate() if t.name == "test"]:
            await asyncio.sleep(0.005)
        assert await thread.call(lambda: "back", 1) == "back"
        await thread.finish(1)

    asyncio.run(scene())


def test_the_event_loop_runs_while_a_device_blocks() -> None:
    async def scene() -> int:
        thread = DeviceThread("test")
        call = asyncio.ensure_future(thread.call(lambda: threading.Event().wait(0.1), 1))
        turns = 0
        while not call.done():
            turns += 1
            await asyncio.sleep(0.005)
        await thread.finish(1)
        return turns

    assert asyncio.run(scene()) > 5


def test_a_caller_that_leaves_does_not_let_the_next_one_overtake() -> None:
    order: list[str] = []

    def first() -> None:
        threading.Event().wait(0.05)
        order.append("first")

    async def scene() -> None:
        thread = DeviceThread("test")
        leaving = asyncio.ensure_future(thread.call(first, 1))
        await asyncio.sleep(0.01)
        leaving.cancel()
        await thread.call(lambda: order.append("second"), 1)
        await thread.finish(1)

    asyncio.run(scene())
    assert order == ["first", "second"]


def test_finishing_waits_for_what_is_under_way_but_not_for_ever() -> None:
    done = threading.Event()

    def paper() -> None:
        threading.Event().wait(0.05)
        done.set()

    async def scene(job_s: float, grace_s: float) -> None:
        thread = DeviceThread("test")
        call = asyncio.ensure_future(thread.call(paper if job_s else lambda: threading.Event().wait(0.5), 5))
        await asyncio.sleep(0.01)
        call.cancel()
        await thread.finish(grace_s)

    asyncio.run(scene(0.05, 1))
    assert done.is_set()
    began = time.monotonic()
    asyncio.run(scene(0, 0.05))
    assert time.monotonic() - began < 0.4


def test_a_thread_that_is_to_end_takes_nothing_more() -> None:
    let_go = threading.Event()
    seen: list[str] = []

    async def scene() -> None:
        thread = DeviceThread("test")
        running = asyncio.create_task(thread.call(partial(let_go.wait, 10), 20))
        waiting = asyncio.create_task(thread.call(partial(seen.append, "waited"), 20))
        await asyncio.sleep(0.02)
        await thread.finish(0)
        let_go.set()
        assert await running
        for late in (waiting, thread.call(partial(seen.append, "came later"), 1)):
            with pytest.raises(Stuck):
                await late

    asyncio.run(scene())
    assert seen == []
