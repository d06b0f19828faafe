"""One HTTP exchange within a hard budget of time and bytes.

A client's usual time-outs count from one byte to the next, so a peer that sends a byte a second holds the
caller for ever. Here every wait of an exchange, connecting, TLS, writing and reading, draws on one
deadline; only name resolution is the operating system's. Each exchange has its own connection: one that
was never opened has sent nothing, and a kept connection that the peer has just closed cannot blur that.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore
import httpx

LARGEST_REPLY = 2_000_000
"""Bytes of one reply's body."""


class NotSent(Exception):
    """No connection: connect_failed, connect_timeout."""


class Interrupted(Exception):
    """A connection, but no complete reply: timeout, closed."""


class Unfit(Exception):
    """A reply not to be read further: too_large, encoding."""


class _Deadline(threading.local):
    """The deadline of this thread's exchange, in the seconds of time.monotonic."""

    at: float = 0.0

    def remaining(self, error: type[Exception]) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise error
        return left


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.remaining(httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.remaining(httpcore.ConnectTimeout)
        stream = self._plain.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self._deadline)


class BudgetTransport(httpx.BaseTransport):
    """For httpx.Client. A request's extension "budget" is its seconds; replies come with their whole body.

    Raises NotSent, Interrupted and Unfit, nothing of httpx's own. Safe to use from several threads.
    """

    def __init__(self, ssl_context: ssl.SSLContext) -> None:
        self._deadline = _Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_keepalive_connections=0,
            network_backend=_Backend(self._deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange, whole."""
        self._deadline.at = time.monotonic() + float(request.extensions["budget"])
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        try:
            with self._pool.stream(
                request.method.encode(), url, headers=request.headers.raw, content=request.read()
            ) as reply:
                body = self._body(reply)
                return httpx.Response(reply.status, headers=reply.headers, content=body)
        except (httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
            raise NotSent("connect_timeout") from error
        except httpcore.ConnectError as error:
            raise NotSent("connect_failed") from error
        except httpcore.TimeoutException as error:
            raise Interrupted("timeout") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Interrupted("closed") from error

    def close(self) -> None:
        """Closes what is open."""
        self._pool.close()

    def _body(self, reply: httpcore.Response) -> bytes:
        if any(name.lower() == b"content-encoding" for name, _ in reply.headers):
            raise Unfit("encoding")
        parts, size = [], 0
        for part in reply.iter_stream():
            size += len(part)
            if size > LARGEST_REPLY:
                raise Unfit("too_large")
            parts.append(part)
        return b"".join(parts)


class Circuit:
    """Spares callers the wait for a peer that keeps running into the budget.

    After `limit` time-outs in a row it is open for `rest` seconds; then one call may try, and the rest wait
    for its result. Failures that come quickly do not count: they hold nobody up.
    """

    def __init__(
        self, limit: int = 5, rest: float = 3.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._timeouts = 0
        self._closed_again_at = 0.0

    def allows(self) -> bool:
        """Whether to try now."""
        with self._lock:
            if self._timeouts < self._limit:
                return True
            if self._clock() < self._closed_again_at:
                return False
            self._closed_again_at = self._clock() + self._rest
            return True

    def report(self, *, timed_out: bool) -> None:
        """The result of a call that was allowed."""
        with self._lock:
            self._timeouts = self._timeouts + 1 if timed_out else 0
            if self._timeouts >= self._limit:
                self._closed_again_at = self._clock() + self._rest
