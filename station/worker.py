"""A thread of its own for one device whose calls block and have no time limit, and a watchdog over it.

PC/SC and printers can block for ever (a card that hangs blocks pcscd as a whole). Such a call must never
hold the event loop, and a thread that hangs cannot be ended from outside: it is given up and a fresh one
takes over.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
_Job = Callable[[], None]


class Stuck(Exception):
    """The device did not come back in time. Its thread was given up; whatever it still does is not
    listened to."""


class DeviceThread:
    """Runs the calls to one device, one after another. Use it from one event loop.

    `most_given_up`: so many hanging threads are kept at a time; beyond that a call is Stuck at once, so
    that a dead device cannot fill the process with threads.
    """

    def __init__(self, name: str, most_given_up: int = 3) -> None:
        self._name = name
        self._most = most_given_up
        self._turn = asyncio.Lock()
        self._jobs: queue.SimpleQueue[_Job | None] | None = None
        self._thread: threading.Thread | None = None
        self._given_up: list[threading.Thread] = []
        self._running: set[asyncio.Task[Any]] = set()
        self._finished = False

    async def call(self, job: Callable[[], T], limit_s: float, *, from_now: bool = False) -> T:
        """What `job` returns or raises, from the device's thread; Stuck after `limit_s` seconds of its
        running, or with `from_now` after as many seconds from now, waiting for its turn included.

        A caller that is cancelled leaves the job running to its end, so that the next one cannot overtake it.
        """
        task = asyncio.ensure_future(self._in_turn(job, limit_s, from_now))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def finish(self, grace_s: float) -> None:
        """Waits for what is running, for `grace_s` seconds at most, and takes nothing more: what still waits
        for its turn, or comes later, is Stuck.

        A thread that hangs is a daemon: it ends with the process.
        """
        if self._running:
            await asyncio.wait(self._running, timeout=grace_s)
        self._finished = True
        self._close()

    def _close(self) -> None:
        if self._jobs is not None:
            self._jobs.put(None)
            self._jobs = None

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        # Marks the error as seen for a caller that has left.
        if not task.cancelled():
            task.exception()

    async def _in_turn(self, job: Callable[[], T], limit_s: float, from_now: bool) -> T:
        loop = asyncio.get_running_loop()
        called = loop.time()
        try:
            async with asyncio.timeout(limit_s if from_now else None):
                await self._turn.acquire()
        except TimeoutError:
            raise Stuck(self._name) from None
        try:
            waited = loop.time() - called if from_now else 0.0
            return await self._run(job, limit_s - waited)
        finally:
            self._turn.release()

    async def _run(self, job: Callable[[], T], limit_s: float) -> T:
        jobs = self._open()
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[T] = loop.create_future()

        def work() -> None:
            try:
                result = job()
            except Exception as error:
                _tell(loop, ended, partial(ended.set_exception, error))
            else:
                _tell(loop, ended, partial(ended.set_result, result))

        jobs.put(work)
        done, _ = await asyncio.wait({ended}, timeout=limit_s)
        if not done:
            ended.cancel()
            self._give_up()
            raise Stuck(self._name)
        return ended.result()

    def _open(self) -> queue.SimpleQueue[_Job | None]:
        if self._jobs is None:
            self._given_up = [thread for thread in self._given_up if thread.is_alive()]
            if self._finished or len(self._given_up) >= self._most:
                raise Stuck(self._name)
            jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
            self._thread = threading.Thread(target=_serve, args=(jobs,), name=self._name, daemon=True)
            self._thread.start()
            self._jobs = jobs
        return self._jobs

    def _give_up(self) -> None:
        self._close()
        if self._thread is not None:
            self._given_up.append(self._thread)


def _serve(jobs: "queue.SimpleQueue[_Job | None]") -> None:
    while (job := jobs.get()) is not None:
        job()


def _tell(loop: asyncio.AbstractEventLoop, ended: "asyncio.Future[Any]", settle: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(lambda: None if ended.done() else settle())
    except RuntimeError:
        # The loop is closed: the station has stopped and nobody waits for this device any more.
        return
