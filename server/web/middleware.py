"""What every request and answer gets: the station behind it, a size limit, headers that keep pages ours."""

import logging

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.open_streams import TrustedStream
from server.web.problems import Problem, failed
from server.web.signatures import recognise

log = logging.getLogger("kakanai")
LARGEST_BODY = 1_000_000
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-src 'self'",
        "frame-ancestors 'self'",
        "object-src 'none'",
        "base-uri 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Whoever came by TLS once is never again asked to come without.
ONE_YEAR = "max-age=31536000"


class Edge:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        send = _with_headers(scope, send)
        started = finished = False

        async def sending(message: Message) -> None:
            nonlocal started, finished
            started = True
            finished = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            body = b""
            if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
                body = await _read(receive)
                receive = _replay(body, receive)
            # In a thread, as every look into the database: this loop carries everybody's requests.
            station = await run_in_threadpool(recognise, request, body)
            request.state.station = station
            if station is None or not _asks_for_events(request):
                await self.app(scope, receive, sending)
                return
            stream = TrustedStream(request, station, receive)
            await self.app(scope, stream.receive, sending)
            if stream.ended and started and not finished:
                # A clean end: the station is there, and is told why when it asks again.
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except ClientDisconnect:
            # Half a form is no form, and nobody waits for an answer.
            return
        except Exception as error:
            # Caught here, so that no traceback with somebody's data in it reaches a log.
            response = _failed(request, error)
            if not started:
                await response(scope, receive, send)


def _asks_for_events(request: Request) -> bool:
    return request.method == "GET" and "text/event-stream" in request.headers.get("accept", "")


def _failed(request: Request, error: Exception) -> Response:
    try:
        return failed(request, error)
    except Exception as another:
        log.error("no page for a %s: %s", type(error).__name__, type(another).__name__)
        return PlainTextResponse("係員をお呼びください。 / Please call a member of staff.", 500)


async def _read(receive: Receive) -> bytes:
    """The whole body.

    Raises Problem(413) when it is larger than anything Kakanai is sent, ClientDisconnect when the sender went
    away in the middle of it.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise Problem(413, "too_large")
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again


def _kept(scope: Scope) -> str:
    """How long a browser may keep an answer: pages not at all, what was asked for by version for good.

    Scripts import each other without the version in their address, so those are asked for anew.
    """
    if not scope["path"].startswith("/static/"):
        return "no-store"
    return "max-age=31536000, immutable" if scope["query_string"].startswith(b"v=") else "no-cache"


def _with_headers(scope: Scope, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", _kept(scope))
            if scope["scheme"] == "https":
                headers.setdefault("Strict-Transport-Security", ONE_YEAR)
        await send(message)

    return sending
