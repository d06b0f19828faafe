"""The station's own calls to the server: card reads, print jobs, heartbeats, and the wake-up events."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from station.signing import Headers
from station.upstream import NoAnswer, Response, Upstream, body_of, is_unknown

API = "/api/v1/stations"
_LARGEST_ANSWER = 20_000_000


class ServerAway(Exception):
    """No whole answer came. Whether the server took the call is not known: repeat it with the same key."""


class Unknown(ServerAway):
    """The server does not know this station's key (any more)."""


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes
    # What the server calls a refusal (X-Problem), and how far this PC's clock is before its own, if it said.
    problem: str = ""
    clock_ahead_s: int = 0

    # The highest number that the server took, if it refused one for not being higher.
    highest: int = 0

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
        self._turns: dict[str, asyncio.Lock] = {}

    async def post(self, path: str, payload: object, limit_s: float = 10.0, key: str | None = None) -> Answer:
        """One POST of JSON to API + `path`; `key` becomes its Idempotency-Key. Raises ServerAway.

        Messages of one lane (the first part of `path`) go one after the other, so that their numbers arrive
        rising; a heartbeat does not wait for a print job.
        """
        try:
            # Waiting for the message before this one counts: it is as late as the server is.
            async with asyncio.timeout(limit_s), self._turns.setdefault(path.split("/")[1], asyncio.Lock()):
                answer = await self._post(path, payload, key)
                if answer.problem != "station_repeated" or not self._upstream.rise_above(answer.highest):
                    return answer
                # This PC's clock went back, or the server was told a higher number: go on above that one.
                return await self._post(path, payload, key)
        except (NoAnswer, TimeoutError) as error:
            raise ServerAway(type(error).__name__) from None

    async def _post(self, path: str, payload: object, key: str | None) -> Answer:
        headers: Headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
        if key is not None:
            headers.append((b"idempotency-key", key.encode("ascii")))
        body = body_of(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))
        target = (API + path).encode("ascii")
        async with self._upstream.open("POST", target, headers, body) as response:
            parts, size = [], 0
            async for part in response.parts:
                size += len(part)
                if size > _LARGEST_ANSWER:
                    raise ServerAway("the answer is too large")
                parts.append(part)
            return _answer(response, b"".join(parts), self._upstream.now_ms())

    async def events(self) -> AsyncIterator[str]:
        """The names of the server's events for this station as they come; "" once when the line is open.

        Ends when the server closes the line; raises ServerAway when there is none, it is refused, or
        nothing at all was heard for a minute (the server sends a comment more often than that), and Unknown
        when the server does not know this station.
        """
        headers: Headers = [(b"accept", b"text/event-stream")]
        target = (API + "/events").encode("ascii")
        try:
            async with self._upstream.open("GET", target, headers, body_of(b"")) as response:
                if is_unknown(response.status, response.headers):
                    raise Unknown("not registered")
                if response.status != 200:
                    raise ServerAway(f"status {response.status}")
                yield ""
                rest = b""
                async for part in response.parts:
                    *lines, rest = (rest + part).split(b"\n")
                    for line in lines:
                        if line.startswith(b"event:"):
                            yield line[6:].strip().decode("utf-8", "replace")
        except NoAnswer as error:
            raise ServerAway(type(error).__name__) from None


def _answer(response: Response, body: bytes, now_ms: int) -> Answer:
    said = {name.lower(): value for name, value in response.headers}
    clock, highest = _number(said.get(b"kakanai-clock")), _number(said.get(b"kakanai-number"))
    return Answer(
        response.status,
        body,
        problem=said.get(b"x-problem", b"").decode("latin-1"),
        clock_ahead_s=round((now_ms - clock) / 1000) if clock else 0,
        highest=highest,
    )


def _number(value: bytes | None) -> int:
    return int(value) if value is not None and value.isdigit() and len(value) < 19 else 0
