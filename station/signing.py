"""How a request says which station it comes from: an Ed25519 signature over its method, target and body.

The wire contract (the server has a verifier of its own): headers `Kakanai-Station`, `Kakanai-Time` (Unix
milliseconds), `Kakanai-Nonce` (32 hexadecimal digits) and `Kakanai-Signature` (base64 of the 64 signature
bytes) over the UTF-8 bytes of these seven lines, joined by a line feed:

    kakanai-1 / station / METHOD / path with query, as on the wire / time / nonce / SHA-256 of the body in hex

A nonce is never used twice; a retry is signed anew.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VERSION = "kakanai-1"
HEADER_PREFIX = b"kakanai-"

Headers = list[tuple[bytes, bytes]]


def canonical(station: str, method: str, target: str, time_ms: int, nonce: str, body: bytes) -> bytes:
    """The bytes that are signed. `target` is the path with its query exactly as sent (still
    percent-encoded)."""
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join([VERSION, station, method, target, str(time_ms), nonce, digest]).encode("utf-8")


@dataclass(frozen=True)
class Signer:
    """Signs requests as one station. `time_ms` gives the Unix time in milliseconds."""

    station: str
    key: Ed25519PrivateKey = field(repr=False)
    time_ms: Callable[[], int]

    def headers(self, method: str, target: str, body: bytes) -> Headers:
        """The four headers for one request, with a fresh nonce."""
        time_ms = self.time_ms()
        nonce = secrets.token_hex(16)
        signature = self.key.sign(canonical(self.station, method, target, time_ms, nonce, body))
        return [
            (b"kakanai-station", self.station.encode("ascii")),
            (b"kakanai-time", str(time_ms).encode("ascii")),
            (b"kakanai-nonce", nonce.encode("ascii")),
            (b"kakanai-signature", base64.b64encode(signature)),
        ]


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
