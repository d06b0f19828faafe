"""What every request and answer gets: the station behind it, a size limit, headers that keep pages ours."""

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.problems import Problem, answer, failed
from server.web.signatures import recognise

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
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Edge:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        send = _with_headers(scope["path"], send)
        body = b""
        if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            read = await _read(receive)
            if read is None:
                await answer(request, Problem(413, "too_large"))(scope, receive, send)
                return
            body, receive = read, _replay(read, receive)
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            request.state.station = recognise(request, body)
            await self.app(scope, receive, sending)
        except Exception as error:
            # Caught here, so that no traceback with somebody's data in it reaches a log.
            response = failed(request, error)
            if not started:
                await response(scope, receive, send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None when it is larger than anything Kakanai is sent."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            return None
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


def _with_headers(path: str, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault(
                "Cache-Control", "max-age=31536000, immutable" if path.startswith("/static/") else "no-store"
            )
        await send(message)

    return sending
