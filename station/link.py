"""The station's own calls to the server: card reads, print jobs, heartbeats, and the wake-up events."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from station.signing import Headers
from station.upstream import UNREACHABLE, Upstream

API = "/api/v1/stations"
_LARGEST_ANSWER = 20_000_000
_SILENCE_S = 60.0


class ServerAway(Exception):
    """No whole answer came. Whether the server took the call is not known: repeat it with the same key."""


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes

    @property
    def accepted(self) -> bool:
        """Whether it took the call."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class ServerLink:
    """Signed calls of this station, over connections that no page can use up."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def post(self, path: str, payload: object, limit_s: float = 10.0, key: str | None = None) -> Answer:
        """One POST of JSON to API + `path`; `key` becomes its Idempotency-Key. Raises ServerAway."""
        headers: Headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
        if key is not None:
            headers.append((b"idempotency-key", key.encode("ascii")))
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        target = (API + path).encode("ascii")
        try:
            async with (
                asyncio.timeout(limit_s),
                self._upstream.open("POST", target, headers, body) as response,
            ):
                parts, size = [], 0
                async for part in response.aiter_stream():
                    size += len(part)
                    if size > _LARGEST_ANSWER:
                        raise ServerAway("the answer is too large")
                    parts.append(part)
                return Answer(response.status, b"".join(parts))
        except (*UNREACHABLE, TimeoutError) as error:
            raise ServerAway(type(error).__name__) from None

    async def events(self) -> AsyncIterator[str]:
        """The names of the server's events for this station as they come; "" once when the line is open.

        Ends when the server closes the line; raises ServerAway when there is none, it is refused, or
        nothing at all was heard for a minute (the server sends a comment more often than that).
        """
        headers: Headers = [(b"accept", b"text/event-stream")]
        target = (API + "/events").encode("ascii")
        try:
            async with self._upstream.open("GET", target, headers, b"", _SILENCE_S) as response:
                if response.status != 200:
                    raise ServerAway(f"status {response.status}")
                yield ""
                rest = b""
                async for part in response.aiter_stream():
                    *lines, rest = (rest + part).split(b"\n")
                    for line in lines:
                        if line.startswith(b"event:"):
                            yield line[6:].strip().decode("utf-8", "replace")
        except UNREACHABLE as error:
            raise ServerAway(type(error).__name__) from None
