"""Lines to the server: HTTP/1.1 over asyncio, the answers taken apart by httptools (llhttp).

Ours because a general client costs ten times as much per request (docs/decisions/0028): a request goes out in
one piece, so that the server is woken once, and nothing is looked at twice.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

import httptools

from station.signing import Headers

# Shorter than the 5 s after which uvicorn closes an idle connection: ours are gone before the server's are.
_IDLE_S = 3.0
_CONNECT_S = 2.0
# So much of an answer is read ahead of a browser that takes it slowly.
_AHEAD = 262_144


class NoAnswer(Exception):
    """No whole answer came."""


class NotReached(NoAnswer):
    """No line to the server could be had: it was surely not asked."""


class Broken(NoAnswer):
    """The line ended before the answer did, or what came is none. The server may have done what was asked."""


class Late(NoAnswer):
    """The server was asked and said nothing in time. It may still be at work."""


class BadRequest(ValueError):
    """What was to be sent would not be one request."""


class Line(asyncio.Protocol):
    """One connection: one request and its answer at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed: asyncio.Future[None] | None = None
        self._lost = False
        self._writable = True
        self._parser = httptools.HttpResponseParser(self)
        # Nothing was asked yet: as good as an answer that is over.
        self._ended = self._stays = True
        self._no_body = self._until_close = self._begun = False
        self._parts: deque[bytes] = deque()
        self._waiting, self._paused = 0, False
        self.status = 0
        self.headers: Headers = []

    async def ask(self, head: bytes, body: Sequence[bytes], answer_s: float, silence_s: float) -> None:
        """Send a request; returns when `status` and `headers` are there. `answer_s` counts from the moment
        the body was handed over, which may stand still for `silence_s`."""
        if self._lost or self._transport.is_closing():
            raise Broken
        self._parser = httptools.HttpResponseParser(self)
        self._no_body = head.startswith(b"HEAD ")
        self._until_close = self._begun = self._ended = self._stays = False
        self.headers = []
        self._transport.writelines([head, *body])
        await self._until(lambda: self._writable or self._begun, silence_s)
        await self._until(lambda: self._begun, answer_s)

    async def parts(self, silence_s: float) -> AsyncIterator[bytes]:
        """The answer's body as it comes."""
        while True:
            await self._until(lambda: self._ended or bool(self._parts), silence_s)
            if not self._parts:
                return
            part = self._parts.popleft()
            self._waiting -= len(part)
            if self._paused and not self._waiting and not self._transport.is_closing():
                self._paused = False
                self._transport.resume_reading()
            yield part

    @property
    def is_free(self) -> bool:
        """Whether another request can go over this line: the last answer was whole, and nothing follows."""
        whole = self._ended and self._stays and not self._parts
        return whole and not self._lost and not self._transport.is_closing()

    def close(self) -> None:
        """End the line at once."""
        self._transport.abort()

    async def _until(self, ready: Callable[[], bool], limit_s: float) -> None:
        while not ready():
            if self._lost:
                raise Broken
            self._changed = self._loop.create_future()
            try:
                async with asyncio.timeout(limit_s):
                    await self._changed
            except TimeoutError:
                raise Late from None

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    # What the event loop says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            if self._ended:
                raise httptools.HttpParserError("nothing was asked")
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._lost = True
            self._transport.abort()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = self._ended or (self._until_close and exc is None)
        self._lost = True
        self._wake()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._wake()

    # What llhttp found.

    def on_header(self, name: bytes, value: bytes) -> None:
        # After the beginning: trailers, which nobody asked for.
        if not self._begun:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self.headers = []
            return
        self._begun = True
        names = {name.lower() for name, _ in self.headers}
        measured = bool(names & {b"content-length", b"transfer-encoding"}) or self.status in (204, 304)
        self._until_close = not measured
        self._ended = self._no_body

    def on_body(self, body: bytes) -> None:
        if self._ended:
            return
        self._parts.append(body)
        self._waiting += len(body)
        if self._waiting > _AHEAD and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        self._ended = self._begun
        self._stays = self._begun and not self._no_body and self._parser.should_keep_alive()


class Lines:
    """At most `most` lines to one server, kept for a moment after each use."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, most: int) -> None:
        self._host, self._port, self._context = host, port, context
        self._room = asyncio.Semaphore(most)
        self._idle: deque[tuple[Line, float]] = deque()
        self._all: set[Line] = set()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Line]:
        """A line for one request; kept if it is free afterwards. Raises NotReached."""
        try:
            async with asyncio.timeout(_CONNECT_S):
                await self._room.acquire()
        except TimeoutError:
            raise NotReached from None
        try:
            line = self._kept() or await self._new()
            try:
                yield line
            finally:
                if line.is_free:
                    self._idle.append((line, asyncio.get_running_loop().time()))
                else:
                    self._end(line)
        finally:
            self._room.release()

    def close(self) -> None:
        """End every line."""
        for line in list(self._all):
            self._end(line)
        self._idle.clear()

    def _kept(self) -> Line | None:
        """The line that was used last, if it is still good; the others that are not are ended."""
        oldest = asyncio.get_running_loop().time() - _IDLE_S
        while self._idle and (self._idle[0][1] < oldest or not self._idle[0][0].is_free):
            self._end(self._idle.popleft()[0])
        while self._idle:
            line, _ = self._idle.pop()
            if line.is_free:
                return line
            self._end(line)
        return None

    async def _new(self) -> Line:
        connecting = asyncio.get_running_loop().create_connection(
            Line, self._host, self._port, ssl=self._context
        )
        try:
            async with asyncio.timeout(_CONNECT_S):
                _, line = await connecting
        except (OSError, TimeoutError) as error:
            raise NotReached(type(error).__name__) from None
        self._all.add(line)
        return line

    def _end(self, line: Line) -> None:
        self._all.discard(line)
        line.close()


def head_of(method: str, target: bytes, headers: Headers) -> bytes:
    """The first bytes of a request. Raises BadRequest for what would be read as something else."""
    lines = [b"%b %b HTTP/1.1" % (method.encode("ascii"), target)]
    lines += [b"%b: %b" % header for header in headers]
    head = b"\r\n".join([*lines, b"", b""])
    ends = len(lines) + 1
    if not ends == head.count(b"\r") == head.count(b"\n") or b"\0" in head or len(target.split()) != 1:
        raise BadRequest
    return head
