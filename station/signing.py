"""How a request says which station it comes from: an Ed25519 signature over its method, target and body.

The wire contract (the server has a verifier of its own): headers `Kakanai-Station`, `Kakanai-Time` (Unix
milliseconds), `Kakanai-Nonce` (32 hexadecimal digits), for the station's own messages `Kakanai-Number`, and
`Kakanai-Signature` (base64 of the 64 signature bytes) over the UTF-8 bytes of these eight lines, joined by a
line feed:

    kakanai-2 / station / METHOD / path with query as on the wire / time / nonce / number / body's hash

The hash is SHA-256 in hexadecimal. The number is "-" for what the station passes on or merely asks. The
numbers of its own messages (writes under /api/v1/stations) rise; each lane, the path's next part, is counted
by itself. A nonce is never used twice; a retry is signed anew. docs/decisions/0016 says why.
"""

import base64
import hashlib
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VERSION = "kakanai-2"
HEADER_PREFIX = b"kakanai-"
UNNUMBERED = "-"
# The station's own voice towards the server.
OWN_VOICE = "/api/v1/stations/"

Headers = list[tuple[bytes, bytes]]


def canonical(
    station: str, method: str, target: str, time_ms: int, nonce: str, digest: str, number: int | None = None
) -> bytes:
    """The bytes that are signed. `target` is the path with its query exactly as sent (still percent-encoded),
    `digest` the body's SHA-256 in hexadecimal."""
    said = UNNUMBERED if number is None else str(number)
    lines = [VERSION, station, method, target, str(time_ms), nonce, said, digest]
    return "\n".join(lines).encode("utf-8")


class Numbers:
    """Rising numbers for one process: microseconds of Unix time, one more where the clock stood or went back.

    So they rise over restarts too, and nothing has to be written down. Threads may share one.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self, time_ms: int) -> int:
        """A number higher than every one before, `time_ms` in microseconds if it can be."""
        with self._lock:
            self._last = max(self._last + 1, time_ms * 1000)
            return self._last

    def rise_above(self, number: int) -> None:
        """Go on above `number`: the server has taken that one."""
        with self._lock:
            self._last = max(self._last, number)


_MOST_AHEAD_MS = 3_600_000

# All signers of a process share these, so that two of one station never give the same number.
_NUMBERS = Numbers()


@dataclass(frozen=True)
class Signer:
    """Signs requests as one station. `time_ms` gives the Unix time in milliseconds."""

    station: str
    key: Ed25519PrivateKey = field(repr=False)
    time_ms: Callable[[], int]
    numbers: Numbers = _NUMBERS

    def headers(self, method: str, target: str, body: bytes) -> Headers:
        """The headers for one request, with a fresh nonce, and a number if it is a message of the station."""
        return self.headers_for(method, target, hashlib.sha256(body).hexdigest())

    def headers_for(self, method: str, target: str, digest: str) -> Headers:
        """The same, for who knows the SHA-256 of the body already."""
        time_ms = self.time_ms()
        nonce = secrets.token_hex(16)
        number = self.numbers.next(time_ms) if is_message(method, target) else None
        signed = canonical(self.station, method, target, time_ms, nonce, digest, number)
        counted = [] if number is None else [(b"kakanai-number", str(number).encode("ascii"))]
        return [
            (b"kakanai-station", self.station.encode("ascii")),
            (b"kakanai-time", str(time_ms).encode("ascii")),
            (b"kakanai-nonce", nonce.encode("ascii")),
            *counted,
            (b"kakanai-signature", base64.b64encode(self.key.sign(signed))),
        ]

    def rise_above(self, number: int) -> bool:
        """Give numbers above `number` from now on, which the server says it has taken.

        False, and nothing changes, for none and for one that is an hour ahead: whoever could invent it would
        otherwise make this station unable to speak to any other server.
        """
        if not 0 < number < (self.time_ms() + _MOST_AHEAD_MS) * 1000:
            return False
        self.numbers.rise_above(number)
        return True


def is_message(method: str, target: str) -> bool:
    """Whether this is something that the station says for itself, and not a page's or a mere question."""
    return method not in ("GET", "HEAD", "OPTIONS") and target.startswith(OWN_VOICE)


def load_key(path: Path) -> Ed25519PrivateKey:
    """Reads an Ed25519 private key (PEM, PKCS#8, not encrypted). ValueError when it is anything else."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 private key")
    return key


def create_key(path: Path) -> Ed25519PrivateKey:
    """Writes a new private key that only its owner can read. FileExistsError when the file is already
    there."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return key


def public_pem(key: Ed25519PrivateKey) -> str:
    """The public half (PEM, SubjectPublicKeyInfo): what the server registers for this station."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )
