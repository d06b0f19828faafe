"""The local gateway: hands everything that is not the station's own to the server, signed as this station.

A request is read whole before it is sent (its signature covers the body's hash); an answer streams through
as it comes, so that server-sent events arrive at once. The browser's Kakanai-* headers never pass: only
the station signs.

A write that carries an idempotency key is asked again while the server is away for a moment: the server does
it once, however often it hears of it. Any other write is never repeated.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import Message, Receive, Scope, Send

from station.answers import WayOn, answer
from station.board import ServerTrouble
from station.patience import Patience, is_keyed, way_on
from station.signing import HEADER_PREFIX, Headers
from station.upstream import BadRequest, Body, Broken, Late, NoAnswer, Response, Upstream, is_unknown
from station.words import notice

MAX_BODY = 1_000_000
_CONNECTIONS = 64

# A server that was killed is back within this; who pressed a button sees that it works.
_PATIENCE_S = 15.0
_AGAIN_S = 0.5

# RFC 9110 7.6.1 (and what older servers send): meaningful for one connection only.
_HOP_BY_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection",
        b"te", b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
# Replaced by our own, or a claim about the way here that only a real proxy may make.
_REPLACED = frozenset({b"host", b"content-length", b"expect", b"forwarded", b"x-real-ip"})

# What an EventSource gets while the server is away or does not know this station, with what to do about it:
# any other status would make the browser give up for good.
_AWAY_EVENT = "retry: 2000\nevent: server-away\ndata: {words}\n\n"

_log = logging.getLogger(__name__)


class Gateway:
    """An ASGI application for proxied requests.

    `on_away` hears that the server did not answer (""), or does not know this station (not_registered).
    """

    def __init__(self, upstream: Upstream, own_origin: str, on_away: Callable[[ServerTrouble], None]) -> None:
        self._upstream = upstream
        self._own_origin = own_origin.encode("ascii")
        self._on_away = on_away
        self._closing = asyncio.Event()
        self._patience = Patience()

    def close(self) -> None:
        """Ends every answer that is still streaming, so that a waiting page does not hold the station up."""
        self._closing.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request with what the server says, or 413, or 502 or 504 when it says nothing."""
        headers: Headers = scope["headers"]
        accept = b",".join(value for name, value in headers if name == b"accept").decode("latin-1")
        body = await _whole_body(headers, receive)
        if body is None:
            await answer(413, "too_large", accept)(scope, receive, send)
            return
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        asked = _Asked(scope["method"], target, headers, body, accept == "text/event-stream")
        exchange = _Exchange(send)
        try:
            failed = await self._answered(asked, exchange, receive)
        except BadRequest:
            await answer(400, "bad_request", accept)(scope, receive, send)
            return
        if failed is None:
            return
        if asked.events:
            await exchange.away("server_down")
            return
        late = isinstance(failed, Late)
        way = way_on(asked.method, target, headers, body, self._own_origin, late)
        code = _code(late, asked.is_read, way)
        await answer(504 if late else 502, code, accept, way)(scope, receive, send)

    async def _answered(self, asked: "_Asked", exchange: "_Exchange", receive: Receive) -> NoAnswer | None:
        """None when the server's answer was passed on, whole or not; else why there is none."""
        now = asyncio.get_running_loop().time
        give_up = now() + (_PATIENCE_S if is_keyed(asked.headers, asked.body) else 0.0)
        once_more = asked.is_read
        while True:
            try:
                await self._exchanged(asked, exchange, receive)
                return None
            except NoAnswer as error:
                if exchange.started:
                    # The connection is cut without an end mark, so that the browser does not take a part
                    # for the whole.
                    _log.warning("the server's answer broke off: %s", type(error).__name__)
                    return None
                if isinstance(error, Late):
                    # It may be at work on this; whether it is away, the heartbeat knows.
                    _log.warning("the server is silent")
                    self._patience.was_late(asked.method, asked.target)
                    return error
                # A kept connection that the server has just closed says nothing about the server: ask once
                # more.
                if isinstance(error, Broken) and once_more:
                    once_more = False
                    continue
                self._on_away("")
                if now() >= give_up or await self._closes_within(_AGAIN_S):
                    return error

    async def _exchanged(self, asked: "_Asked", exchange: "_Exchange", receive: Receive) -> None:
        sent = [*_forwarded(asked.headers), (b"kakanai-origin", self._own_origin)]
        limit_s = self._patience.limit_s(asked.method, asked.target, asked.body.size)
        async with self._upstream.open(asked.method, asked.target, sent, asked.body, limit_s) as response:
            self._patience.was_answered(asked.method, asked.target)
            unknown = is_unknown(response.status, response.headers)
            if unknown:
                self._on_away("not_registered")
            if unknown and asked.events:
                await exchange.away("server_not_registered")
            else:
                await self._relay(response, exchange, receive)

    async def _closes_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _relay(self, response: Response, exchange: "_Exchange", receive: Receive) -> None:
        await exchange.begin(response.status, self._returned(response.headers))
        if any(name.lower() == b"content-length" for name, _ in response.headers):
            await exchange.copy(response)
            return
        # An answer without a length may stay open for hours: stop it when the page leaves or the station
        # stops.
        copying = asyncio.ensure_future(exchange.copy(response))
        others = [asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(self._closing.wait())]
        try:
            await asyncio.wait([copying, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in [copying, *others]:
                task.cancel()
            await asyncio.wait([copying, *others])
        failed = None if copying.cancelled() else copying.exception()
        if _is_event_stream(response.headers) and (copying.cancelled() or failed is not None):
            # A clean end is right for events: each stands by itself, and the browser asks again.
            await exchange.end()
        elif failed is not None:
            raise failed

    def _returned(self, headers: Headers) -> Headers:
        kept: Headers = []
        dropped = _HOP_BY_HOP | _named_by_connection(headers)
        for name, value in headers:
            lower = name.lower()
            if lower == b"location" and value.startswith(self._upstream.origin + b"/"):
                # The server names itself; the browser must stay with the gateway.
                kept.append((lower, value[len(self._upstream.origin) :]))
            elif lower not in dropped:
                kept.append((lower, value))
        return kept


@dataclass(frozen=True)
class _Asked:
    """One request of the browser; `events`: it comes from an EventSource."""

    method: str
    target: bytes
    headers: Headers = field(repr=False)
    body: Body = field(repr=False)
    events: bool

    @property
    def is_read(self) -> bool:
        return self.method in ("GET", "HEAD")


class _Exchange:
    """One answer to the browser and how far it is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def begin(self, status: int, headers: Headers) -> None:
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        self.started = True

    async def copy(self, response: Response) -> None:
        async for part in response.parts:
            await self._send({"type": "http.response.body", "body": part, "more_body": True})
        await self.end()

    async def end(self, last: bytes = b"") -> None:
        await self._send({"type": "http.response.body", "body": last, "more_body": False})

    async def away(self, code: str) -> None:
        """For who listens to events: none now, and why (a notice of words.yaml)."""
        said = json.dumps({"code": code, **notice(code).model_dump()}, ensure_ascii=False)
        await self.begin(200, [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")])
        await self.end(_AWAY_EVENT.format(words=said).encode())


def _code(late: bool, is_read: bool, way: WayOn) -> str:
    """Which words stand where no answer came."""
    if way.fields is not None:
        return "server_silent_kept" if late else "server_away_kept"
    if not late:
        return "server_away"
    return "server_silent" if is_read else "server_silent_unsure"


def _named_by_connection(headers: Headers) -> frozenset[bytes]:
    values = [value for name, value in headers if name.lower() == b"connection"]
    return frozenset(name.strip().lower() for value in values for name in value.split(b","))


def _forwarded(headers: Headers) -> Headers:
    dropped = _HOP_BY_HOP | _REPLACED | _named_by_connection(headers)
    return [
        (name, value)
        for name, value in headers
        if name not in dropped and not name.startswith((HEADER_PREFIX, b"x-forwarded-"))
    ]


def _is_event_stream(headers: Headers) -> bool:
    return any(n.lower() == b"content-type" and v.startswith(b"text/event-stream") for n, v in headers)


async def _whole_body(headers: Headers, receive: Receive) -> Body | None:
    """The request's body, or None when it is larger than MAX_BODY or its sender left."""
    announced = next((value for name, value in headers if name == b"content-length"), b"0")
    if int(announced) > MAX_BODY:
        return None
    parts: list[bytes] = []
    size = 0
    # Hashed as it comes: what is left to do after the last part is little.
    digest = hashlib.sha256()
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
        digest.update(part)
        if not message.get("more_body"):
            return Body(tuple(parts), size, digest.hexdigest())


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
