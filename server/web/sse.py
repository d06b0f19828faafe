"""Telling open screens that something changed.

Only an instant travels, "RUN.NUMBER": whoever has not seen it reads the state anew, so a lost message costs
nothing. A page carries the instant before which it was read (header SEEN), and so leaves alone what it shows
already: what its own reader just did. Sync code publishes from any thread; each listener lives in the event
loop.
"""

import asyncio
import contextlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

KEEP_ALIVE = 15.0
SEEN = "Kakanai-Seen"
# Of how many topics the last change is remembered; an older one counts as changed when it was forgotten.
REMEMBERED = 4096


class Hub:
    """Topics, and when each was changed last, counted from the start of this process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._run = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._count = 0
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._forgotten = 0
        self._closed = False

    def instant(self) -> str:
        """Now. What is read after asking for it holds every change that was announced up to it."""
        return f"{self._run}.{self._count}"

    def _changed_at(self, topics: Sequence[str]) -> str:
        with self._lock:
            last = max((self._changed.get(topic, 0) for topic in topics), default=0)
            return f"{self._run}.{max(last, self._forgotten)}"

    def _note(self, topics: Sequence[str]) -> None:
        with self._lock:
            self._count += 1
            for topic in topics:
                self._changed[topic] = self._count
                self._changed.move_to_end(topic)
            while len(self._changed) > REMEMBERED:
                _, self._forgotten = self._changed.popitem(last=False)

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
        self._note(topics)
        self._soon(lambda: self._wake(tuple(topics)))

    def publish_all(self) -> None:
        """Everything may have changed; callable from any thread."""
        with self._lock:
            self._count += 1
            self._forgotten = self._count
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

    async def listen(self, topics: Sequence[str]) -> AsyncIterator[str | None]:
        """When one of `topics` was last changed: at once and after each change; None as a sign of life."""
        async with self._subscribed(topics) as event:
            yield self._changed_at(topics)
            while not self._closed:
                try:
                    await asyncio.wait_for(event.wait(), KEEP_ALIVE)
                except TimeoutError:
                    yield None
                    continue
                if self._closed:
                    return
                event.clear()
                yield self._changed_at(topics)
