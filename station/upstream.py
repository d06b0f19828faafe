"""Requests to the server, every one signed as this station."""

import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from station.config import StationConfig, TlsConfig
from station.signing import Headers, Signer
from station.wire import Lines, head_of

# How long the server may say nothing at a time.
SILENCE_S = 60.0


@dataclass(frozen=True)
class Body:
    """A request's body in the pieces in which it came (joined, it would be copied again), and its hash."""

    parts: tuple[bytes, ...] = field(repr=False)
    size: int
    digest: str


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
        self.authority = url.netloc.encode("ascii")
        self.origin = url.scheme.encode("ascii") + b"://" + self.authority
        self._signer = signer
        context = tls_context(config.tls) if config.tls else None
        port = url.port or (443 if context else 80)
        self._lines = Lines(url.hostname or "", port, context, connections)

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
        length = [(b"content-length", str(body.size).encode("ascii"))]
        sent = [
            (b"host", self.authority),
            *headers,
            *(length if body.size or method in _WITH_BODY else []),
            *signed,
        ]
        head = head_of(method, target, sent)
        async with self._lines.one() as line:
            await line.ask(head, body.parts if body.size else (), answer_s, SILENCE_S)
            yield Response(line.status, line.headers, line.parts(SILENCE_S))

    def now_ms(self) -> int:
        """The time on this PC's clock, as it is signed."""
        return self._signer.time_ms()

    def rise_above(self, number: int) -> bool:
        """Number the next messages above `number`; False for one that no clock could have given."""
        return self._signer.rise_above(number)

    def close(self) -> None:
        """Closes every connection."""
        self._lines.close()


def is_unknown(status: int, headers: Headers) -> bool:
    """Whether the server says that it does not know this station's key (any more)."""
    said = next((value for name, value in headers if name.lower() == b"x-problem"), b"")
    return status == 403 and said == b"station_unknown"


_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def tls_context(tls: TlsConfig) -> ssl.SSLContext:
    """A client context that trusts `ca_file` alone and shows this station's certificate when there is one."""
    context = ssl.create_default_context(cafile=str(tls.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.cert_file is not None:
        context.load_cert_chain(tls.cert_file, tls.key_file)
    return context
