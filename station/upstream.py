"""The line to the server: a pool of connections of its own, every request signed as this station."""

import hashlib
import logging
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import urlsplit

import httpcore

from station.config import StationConfig, TlsConfig
from station.signing import Headers, Signer

# How long the server may say nothing at a time.
SILENCE_S = 60.0
# Shorter than the 5 s after which uvicorn closes an idle connection: ours are gone before the server's are.
_IDLE_S = 3.0
_CONNECT_S = 2.0
_NO_DELAY = [(6, 1, 1)]  # IPPROTO_TCP, TCP_NODELAY: the head and the body of a request are two writes

# httpcore looks for this optional library several times in every request. Where it is missing, each look went
# to the disk: a third of what a page cost (measured).
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

_log = logging.getLogger(__name__)


class NoAnswer(Exception):
    """No whole answer came."""


class NotReached(NoAnswer):
    """No line to the server could be had: it was surely not asked."""


class Broken(NoAnswer):
    """The line ended before the answer did, or what came is none. The server may have done what was asked."""


class Late(NoAnswer):
    """The server was asked and said nothing in time. It may still be at work."""


class BadRequest(ValueError):
    """What was to be sent would not be one request."""


@dataclass(frozen=True)
class Body:
    """A request's body in the pieces in which it came (joined, it would be copied again), and its hash."""

    parts: tuple[bytes, ...] = field(repr=False)
    size: int
    digest: str

    async def stream(self) -> AsyncIterator[bytes]:
        """The pieces, for one sending."""
        for part in self.parts:
            yield part


def body_of(content: bytes) -> Body:
    """A body in one piece."""
    return Body((content,), len(content), hashlib.sha256(content).hexdigest())


@dataclass(frozen=True)
class Response:
    """The beginning of an answer, and its body as it comes."""

    status: int
    headers: Headers
    parts: AsyncIterator[bytes]


class Upstream:
    """Requests to one server. Each instance has its own connections, so that pages cannot starve the
    station's own calls."""

    def __init__(self, config: StationConfig, signer: Signer, connections: int) -> None:
        url = urlsplit(config.server_url)
        self._scheme = url.scheme.encode("ascii")
        self._host = (url.hostname or "").encode("ascii")
        self._port = url.port
        self.authority = url.netloc.encode("ascii")
        self.origin = self._scheme + b"://" + self.authority
        self._signer = signer
        self._hindrance = ""
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls_context(config.tls) if config.tls else None,
            max_connections=connections,
            keepalive_expiry=_IDLE_S,
            socket_options=_NO_DELAY,
        )

    @asynccontextmanager
    async def open(
        self, method: str, target: bytes, headers: Headers, body: Body, answer_s: float = SILENCE_S
    ) -> AsyncIterator[Response]:
        """Sends one signed request and gives its answer with the body still to be read.

        `target` is path and query as on the wire; `answer_s` is how long the answer's beginning may take once
        the request was handed over. Raises NoAnswer when none comes, and while the body is read when it
        breaks off; BadRequest for a target or a header that cannot be sent.
        """
        signed = self._signer.headers_for(method, target.decode("ascii"), body.digest)
        url = httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target)
        timeout = {"connect": _CONNECT_S, "pool": _CONNECT_S, "write": SILENCE_S, "read": answer_s}
        length = [(b"content-length", str(body.size).encode("ascii"))]
        sent = [
            (b"host", self.authority),
            *headers,
            *(length if body.size or method in _WITH_BODY else []),
            *signed,
        ]
        with self._told_apart():
            async with self._pool.stream(
                method,
                url,
                headers=sent,
                content=body.stream() if body.size else None,
                extensions={"timeout": timeout},
            ) as response:
                self._hindrance = ""
                # httpcore looks here again when the body is read.
                timeout["read"] = SILENCE_S
                yield Response(response.status, response.headers, response.aiter_stream())

    def now_ms(self) -> int:
        """The time on this PC's clock, as it is signed."""
        return self._signer.time_ms()

    def rise_above(self, number: int) -> bool:
        """Number the next messages above `number`; False for one that no clock could have given."""
        return self._signer.rise_above(number)

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._pool.aclose()

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        """What went wrong, by what may be done about it. OSError covers a host name that does not resolve."""
        try:
            yield
        except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError) as error:
            self._hindered(str(error) or type(error).__name__)
            raise NotReached(type(error).__name__) from None
        except httpcore.PoolTimeout as error:
            raise NotReached(type(error).__name__) from None
        except httpcore.TimeoutException as error:
            raise Late(type(error).__name__) from None
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise Broken(type(error).__name__) from None
        except httpcore.LocalProtocolError:
            raise BadRequest from None

    def _hindered(self, by: str) -> None:
        """Says in the log, once, what is between here and the server: a cable, or a certificate."""
        if by != self._hindrance:
            _log.warning("the server cannot be reached: %s", by)
        self._hindrance = by


def is_unknown(status: int, headers: Headers) -> bool:
    """Whether the server says that it does not know this station's key (any more)."""
    said = next((value for name, value in headers if name.lower() == b"x-problem"), b"")
    return status == 403 and said == b"station_unknown"


_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def tls_context(tls: TlsConfig) -> ssl.SSLContext:
    """A client context that trusts `ca_file` alone and shows this station's certificate when there is one.

    Raises OSError, with the file's name, for what cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=str(tls.ca_file))
    except OSError as error:
        raise OSError(f"{tls.ca_file}: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.cert_file is not None:
        try:
            # A locked key is refused; without a password OpenSSL would ask for one and wait.
            context.load_cert_chain(tls.cert_file, tls.key_file, password="")
        except OSError as error:
            raise OSError(f"{tls.cert_file}, {tls.key_file or tls.cert_file}: {error}") from error
    return context
