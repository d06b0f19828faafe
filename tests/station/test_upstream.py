"""The line to the server: every way of not getting an answer is told apart by what may be done about it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from station.config import load_config
from station.signing import Headers, Signer, create_key
from station.upstream import BadRequest, Broken, Late, NotReached, Upstream, body_of

OK = b"HTTP/1.1 200 OK\r\n"
LIMIT_S = 0.2
Answer = tuple[int, bytes]


async def ask(upstream: Upstream, target: bytes = b"/x", headers: Headers | None = None) -> Answer:
    async with upstream.open("GET", target, headers or [], body_of(b""), LIMIT_S) as response:
        return response.status, b"".join([part async for part in response.parts])


def told(
    folder: Path, visit: Callable[[Upstream], Awaitable[None]], *said: bytes, close: bool = False
) -> None:
    """Runs `visit` against a server that says these pieces to each request, a limit and a half apart."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            for number, piece in enumerate(said):
                if number:
                    await asyncio.sleep(1.5 * LIMIT_S)
                writer.write(piece)
            if close:
                writer.close()
                return

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        upstream = line_to(folder, port)
        try:
            await visit(upstream)
        finally:
            await upstream.aclose()
            server.close()

    asyncio.run(run())


def line_to(folder: Path, port: int) -> Upstream:
    key = create_key(folder / "station.key")
    file = folder / "station.toml"
    file.write_text(
        f'name = "kiosk-1"\nkind = "kiosk"\nport = 8101\nserver_url = "http://127.0.0.1:{port}"\n'
        'key_file = "station.key"\nstate_dir = "state"\n',
        encoding="utf-8",
    )
    return Upstream(load_config(file), Signer("kiosk-1", key, lambda: 0), 1)


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 20", OK + b"content-length: 9\r\n\r\nhalf", b"hello\r\n\r\n"]
)
def test_a_line_that_ends_before_the_answer_does_is_broken(tmp_path: Path, said: bytes) -> None:
    async def visit(upstream: Upstream) -> None:
        with pytest.raises(Broken):
            await ask(upstream)

    told(tmp_path, visit, said, close=True)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 20", OK])
def test_an_answer_that_does_not_begin_in_time_is_late(tmp_path: Path, said: bytes) -> None:
    async def visit(upstream: Upstream) -> None:
        with pytest.raises(Late):
            await ask(upstream)

    told(tmp_path, visit, said)


def test_an_answer_that_has_begun_may_take_longer(tmp_path: Path) -> None:
    async def visit(upstream: Upstream) -> None:
        assert await ask(upstream) == (200, b"whole")

    told(tmp_path, visit, OK + b"content-length: 5\r\n\r\nwh", b"ole")


def test_a_server_that_is_not_there_was_not_asked(tmp_path: Path) -> None:
    async def run() -> None:
        with pytest.raises(NotReached):
            await ask(line_to(tmp_path, 1))

    asyncio.run(run())


def test_nobody_waits_for_ever_for_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.upstream._CONNECT_S", 0.05)

    async def visit(upstream: Upstream) -> None:
        async with upstream.open("GET", b"/", [], body_of(b"")):
            with pytest.raises(NotReached):
                await ask(upstream)
        assert (await ask(upstream))[0] == 204

    told(tmp_path, visit, b"HTTP/1.1 204 No Content\r\n\r\n")


def test_nothing_that_would_be_read_as_two_requests_is_sent(tmp_path: Path) -> None:
    async def visit(upstream: Upstream) -> None:
        for target, value in ((b"/a b", b"x"), (b"/", b"x\r\ny: z"), (b"/", b"x\0")):
            with pytest.raises(BadRequest):
                await ask(upstream, target, [(b"x-name", value)])

    told(tmp_path, visit, OK + b"content-length: 0\r\n\r\n")
