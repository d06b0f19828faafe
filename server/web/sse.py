"""Telling open screens that something changed.

Only a version number travels: whoever hears it reads the state anew, so a lost message costs nothing. Sync
code publishes from any thread; each listener lives in the event loop.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

KEEP_ALIVE = 15.0


class Hub:
    """Topics with a version each."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._versions = itertools.count(1)
        self._closed = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Remember the loop that listeners live in."""
        self._loop = loop
        self._closed = False

    def stop(self) -> None:
        """End every stream, so that the server can go."""
        self._closed = True
        for events in self._waiting.values():
            for event in events:
                event.set()

    def publish(self, topics: Sequence[str]) -> None:
        """Wake the listeners of these topics; callable from any thread."""
        self._soon(lambda: self._wake(tuple(topics)))

    def publish_all(self) -> None:
        """Wake every listener, whatever it listens to; callable from any thread."""
        self._soon(lambda: self._wake(tuple(self._waiting)))

    def _soon(self, act: Callable[[], None]) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        # The loop may be closed by another thread between the two lines.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(act)

    def _wake(self, topics: tuple[str, ...]) -> None:
        for topic in topics:
            for event in self._waiting.get(topic, ()):
                event.set()

    @asynccontextmanager
    async def _subscribed(self, topics: Sequence[str]) -> AsyncIterator[asyncio.Event]:
        event = asyncio.Event()
        for topic in topics:
            self._waiting.setdefault(topic, set()).add(event)
        try:
            yield event
        finally:
            for topic in topics:
                listeners = self._waiting[topic]
                listeners.discard(event)
                if not listeners:
                    del self._waiting[topic]

    async def listen(self, topics: Sequence[str]) -> AsyncIterator[int | None]:
        """A version number at once and after each change of one of `topics`; None as a sign of life."""
        async with self._subscribed(topics) as event:
            yield next(self._versions)
            while not self._closed:
                try:
                    await asyncio.wait_for(event.wait(), KEEP_ALIVE)
                except TimeoutError:
                    yield None
                    continue
                if self._closed:
                    return
                event.clear()
                yield next(self._versions)
