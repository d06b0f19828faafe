"""The station's own lines to the server: every shape of an answer, and every way of not getting one."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from station.wire import BadRequest, Broken, Late, Lines, NoAnswer, NotReached, head_of

Answer = tuple[int, bytes]
OK = b"HTTP/1.1 200 OK\r\n"
LIMIT_S = 0.2


class Peer:
    """A server that says `said` to each request, byte for byte, then closes the line if it is to."""

    def __init__(self, said: bytes, close: bool = False, port: int = 0) -> None:
        self.said, self.close, self.port = said, close, port
        self.heard: list[bytes] = []
        self.lines = 0

    async def __aenter__(self) -> "Peer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        while head := await reader.read(65_536):
            self.heard.append(head)
            writer.write(self.said)
            if self.close:
                writer.close()
                return


async def ask(lines: Lines, method: str = "GET") -> Answer:
    async with lines.one() as line:
        await line.ask(head_of(method, b"/x", [(b"host", b"h")]), (), LIMIT_S, LIMIT_S)
        return line.status, b"".join([part async for part in line.parts(LIMIT_S)])


def over(peer: Peer, visit: Callable[[Lines], Awaitable[None]]) -> None:
    """Runs `visit` over lines to `peer`."""

    async def run() -> None:
        async with peer:
            lines = Lines("127.0.0.1", peer.port, None, 2)
            await visit(lines)
            lines.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("said", "method", "answer", "lines_used"),
    [
        (OK + b"content-length: 4\r\n\r\nwhole", "GET", (200, b"whol"), 2),
        (OK + b"content-length: 5\r\n\r\nwhole", "GET", (200, b"whole"), 1),
        (
            OK + b"transfer-encoding: chunked\r\n\r\n2\r\nwh\r\n3\r\nole\r\n0\r\n\r\n",
            "GET",
            (200, b"whole"),
            1,
        ),
        (
            OK + b"transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-late: 1\r\n\r\n",
            "GET",
            (200, b"x"),
            1,
        ),
        (OK + b"content-length: 5\r\n\r\n", "HEAD", (200, b""), 2),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET", (204, b""), 1),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", "GET", (304, b""), 1),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"content-length: 1\r\n\r\nx", "GET", (200, b"x"), 1),
        (OK + b"connection: close\r\ncontent-length: 1\r\n\r\nx", "GET", (200, b"x"), 2),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx", "GET", (200, b"x"), 2),
        (b"ready when you are\r\n\r\n", "GET", NoAnswer, 2),
        (b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", "GET", NoAnswer, 2),
    ],
)
def test_an_answer_is_taken_as_it_is_meant_and_the_line_kept_if_it_can_be(
    said: bytes, method: str, answer: Answer | type[Exception], lines_used: int
) -> None:
    peer = Peer(said)

    async def visit(lines: Lines) -> None:
        for _ in range(2):
            if isinstance(answer, tuple):
                assert await ask(lines, method) == answer
            else:
                with pytest.raises(answer):
                    await ask(lines, method)

    over(peer, visit)
    assert (len(peer.heard), peer.lines) == (2, lines_used)


def test_an_answer_without_a_length_ends_with_its_line() -> None:
    async def visit(lines: Lines) -> None:
        assert await ask(lines) == (200, b"until the end")

    over(Peer(OK + b"\r\nuntil the end", close=True), visit)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 20", OK, OK + b"content-length: 9\r\n\r\nhalf"])
def test_half_an_answer_is_broken_or_late_and_never_whole(said: bytes) -> None:
    async def cut(lines: Lines) -> None:
        with pytest.raises(Broken):
            await ask(lines)

    async def hangs(lines: Lines) -> None:
        began = time.monotonic()
        with pytest.raises(Late):
            await ask(lines)
        assert time.monotonic() - began < 10 * LIMIT_S

    over(Peer(said, close=True), cut)
    over(Peer(said), hangs)


def test_a_line_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    peer = Peer(OK + b"content-length: 1\r\n\r\nx", close=True)

    async def visit(lines: Lines) -> None:
        for _ in range(3):
            assert await ask(lines) == (200, b"x")
            await asyncio.sleep(0.01)

    over(peer, visit)
    assert peer.lines == 3


def test_what_a_server_says_unasked_is_no_answer_to_the_next_question() -> None:
    async def run() -> None:
        async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(65_536):
                writer.write(OK + b"content-length: 1\r\n\r\nx")
                await asyncio.sleep(0.01)
                writer.write(OK + b"content-length: 1\r\n\r\ny")

        server = await asyncio.start_server(talks, "127.0.0.1", 0)
        lines = Lines("127.0.0.1", server.sockets[0].getsockname()[1], None, 1)
        for _ in range(2):
            assert await ask(lines) == (200, b"x")
            await asyncio.sleep(0.05)
        lines.close()
        server.close()

    asyncio.run(run())


def test_nobody_waits_for_ever_for_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.wire._CONNECT_S", 0.05)

    async def visit(lines: Lines) -> None:
        async with lines.one(), lines.one():
            with pytest.raises(NotReached):
                await ask(lines)
        assert (await ask(lines))[0] == 204

    over(Peer(b"HTTP/1.1 204 No Content\r\n\r\n"), visit)

    async def nobody_there() -> None:
        with pytest.raises(NotReached):
            await ask(Lines("127.0.0.1", 1, None, 1))

    asyncio.run(nobody_there())


def test_an_answer_that_is_taken_slowly_is_read_ahead_only_so_far() -> None:
    size = 30_000_000

    async def run() -> None:
        sent = 0

        async def pours(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await reader.read(65_536)
            writer.write(OK + b"content-length: %d\r\n\r\n" % size)
            while sent < size:
                writer.write(bytes(1_000_000))
                await writer.drain()
                sent += 1_000_000

        server = await asyncio.start_server(pours, "127.0.0.1", 0)
        lines = Lines("127.0.0.1", server.sockets[0].getsockname()[1], None, 1)
        async with lines.one() as line:
            await line.ask(head_of("GET", b"/", []), (), 1, 1)
            await asyncio.sleep(0.1)
            assert sent < size
            assert sum([len(part) async for part in line.parts(1)]) == size
        server.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("target", "value"),
    [
        (b"/a b", b"x"),
        (b"/a\r\nx: y", b"x"),
        (b"/", b"x\r\ny: z"),
        (b"/", b"x\ny"),
        (b"/", b"x\0"),
        (b"", b"x"),
    ],
)
def test_nothing_that_would_be_read_as_two_requests_is_sent(target: bytes, value: bytes) -> None:
    with pytest.raises(BadRequest):
        head_of("GET", target, [(b"x-name", value)])
