"""A wire tap: a proxy between a browser and the stations' gateways that keeps every byte of every answer.

Chromium lets go of a page's answers when it leaves the page, and never shows those of event streams; here
nothing is missed.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any, cast
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext

_OURS = (b"connection:", b"proxy-connection:")


@dataclass
class Answer:
    """What came back for one request; `raw` grows while an event stream is open."""

    method: str
    url: str
    raw: bytearray = field(default_factory=bytearray, repr=False)

    @property
    def status(self) -> int:
        return int(self.raw.split(b" ", 2)[1]) if self.raw else 0

    @property
    def body(self) -> bytes:
        """Without head and chunk marks."""
        head, _, rest = bytes(self.raw).partition(b"\r\n\r\n")
        return _joined(rest) if b"transfer-encoding: chunked" in head.lower() else rest


def _joined(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        length = int(size.split(b";")[0] or b"0", 16)
        if not length:
            break
        body, chunks = body + rest[:length], rest[length + 2 :]
    return body


@dataclass
class Wire:
    """One person's tap. `through` is a browser whose every context goes through it."""

    who: str
    port: int
    answers: list[Answer] = field(default_factory=list, repr=False)

    def through(self, browser: Browser) -> Browser:
        """To be given to people of the stories in place of `browser`."""
        return cast(Browser, _Tapped(browser, self.port))

    def bytes(self) -> list[tuple[str, bytes]]:
        """(what it is, its bytes) of everything so far: heads, and bodies as the browser joins them."""
        return [(f"{self.who} {one.method} {one.url}", bytes(one.raw) + one.body) for one in self.answers]


@dataclass
class _Tapped:
    browser: Browser
    port: int

    def new_context(self, **options: Any) -> BrowserContext:
        proxy: Any = {"server": f"http://127.0.0.1:{self.port}", "bypass": "<-loopback>"}
        return self.browser.new_context(proxy=proxy, **options)


@contextmanager
def tapped(*people: str) -> Iterator[dict[str, Wire]]:
    """A wire for each of these people."""
    with contextlib.ExitStack() as stack:
        yield {who: stack.enter_context(_listening(who)) for who in people}


@contextmanager
def _listening(who: str) -> Iterator[Wire]:
    wire = Wire(who, 0)

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                _pass_on(self.request, wire.answers)

    ThreadingTCPServer.daemon_threads = True
    with ThreadingTCPServer(("127.0.0.1", 0), Handler, bind_and_activate=True) as server:
        server.block_on_close = False
        wire.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        yield wire
        server.shutdown()


def _pass_on(browser: socket.socket, answers: list[Answer]) -> None:
    """One request and its answer; then the connection ends."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = browser.recv(65536)
        if not part:
            return
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, address, version = first.split(b" ")
    kept = [line for line in lines if not line.lower().startswith(_OURS)]
    length = next(
        (int(line.split(b":")[1]) for line in kept if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += browser.recv(65536)
    url = urlsplit(address.decode("ascii"))
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    answer = Answer(method.decode("ascii"), address.decode("ascii"))
    answers.append(answer)
    with socket.create_connection((url.hostname or "", url.port or 80), timeout=60) as server:
        asked = b" ".join([method, target.encode("ascii"), version])
        server.sendall(b"\r\n".join([asked, *kept, b"Connection: close", b"", b""]) + body)
        while part := server.recv(65536):
            answer.raw += part
            browser.sendall(part)
