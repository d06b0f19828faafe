"""A browser without a network: calls the application as a server would, byte for byte.

Unlike httpx's own transport it can leave in the middle of a stream or of a body, and sends a target exactly
as it is written.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from starlette.types import ASGIApp, Message

from station.signing import Signer

FORM = "application/x-www-form-urlencoded"
SECONDS = 20.0
Headers = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What came back. `pairs` are the headers as sent; `body` of a stream is its first part."""

    status: int
    pairs: list[tuple[str, str]]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next((value for key, value in self.pairs if key == name.lower()), None)

    def headers(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name.lower()]


class Browser:
    """Keeps its cookies. `signer` makes it the browser behind a station's gateway."""

    def __init__(self, app: ASGIApp, *, signer: Signer | None = None) -> None:
        self.app = app
        self.signer = signer
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.scheme = "http"

    def get(self, target: str, headers: Headers | None = None) -> Answer:
        """One GET."""
        return self.send("GET", target, headers=headers)

    def post(
        self,
        target: str,
        fields: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        headers: Headers | None = None,
    ) -> Answer:
        """A form as a page of ours sends it: same origin, with the session's token and a key."""
        values: dict[str, Any] = {"csrf_token": self.csrf} if self.csrf else {}
        values |= {"idempotency_key": key} if key else {}
        body = urlencode(values | dict(fields or {}), doseq=True).encode()
        named = {"content-type": FORM, "sec-fetch-site": "same-origin"} | dict(headers or {})
        return self.send("POST", target, body, named)

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Headers | None = None,
        *,
        leave_after: int | None = None,
    ) -> Answer:
        """Any request. `leave_after`: how many bytes of the body are sent before the connection ends."""
        named = {"host": "testserver"} | dict(headers or {})
        if self.cookies:
            named["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
        if self.signer is not None:
            pairs += self.signer.headers(method, target, body)
        answer = asyncio.run(_call(self.app, self.scheme, method, target, pairs, body, leave_after))
        for line in answer.headers("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if value in ("", '""') or "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer


async def _call(
    app: ASGIApp,
    scheme: str,
    method: str,
    target: str,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    leave_after: int | None,
) -> Answer:
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        # As uvicorn reads it: bytes that are no UTF-8 are replaced.
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
        "state": {},
    }
    seen = _Seen(body if leave_after is None else body[:leave_after], leaves=leave_after is not None)
    await asyncio.wait_for(app(scope, seen.receive, seen.send), SECONDS)
    return Answer(seen.status, seen.headers, seen.body)


class _Seen:
    """Both ends of one connection."""

    def __init__(self, body: bytes, *, leaves: bool) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self._left = [body[at : at + 100_000] for at in range(0, len(body), 100_000)] or [b""]
        self._leaves = leaves
        self._gone = asyncio.Event()

    async def receive(self) -> Message:
        if self._left:
            part = self._left.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._left) or self._leaves}
        if not self._leaves:
            await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [
                (name.decode().lower(), value.decode("latin-1")) for name, value in message["headers"]
            ]
            return
        self.body += message.get("body", b"")
        if not message.get("more_body") or dict(self.headers)["content-type"].startswith("text/event-stream"):
            # A stream has no end: its first part is enough.
            self._gone.set()
