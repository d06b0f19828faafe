"""The keys behind simulated cards: authorities, issuers and the cards' own, made at the first wish.

A test hierarchy of this machine alone. In memory, or in a folder so that every process of a demonstration
has the same authorities and an administrator can name them as trusted (docs/simulated-card.md). The folder
belongs to the state of a demonstration and is never part of the project.
"""

import json
import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from card_reader.simulated.layout import CertifyingKey, card_layout

EXPONENT = 65537


@dataclass(frozen=True)
class TrustedKey:
    """The public key of an authority over card-verifiable certificates, as a verifier configures it.

    `key_id`: the 16 bytes by which certificates name it. `modulus`: 256 bytes, big-endian.
    """

    application: str
    key_id: bytes
    modulus: bytes
    exponent: int = EXPONENT


class Hierarchy:
    """RSA-2048 keys by name, kept in `folder`, or in memory when that is None. Threads may share it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self._lock = threading.Lock()

    def key(self, name: str) -> rsa.RSAPrivateKey:
        """The key of this name (letters, digits, _ and -), the same at every call. OSError as of files."""
        with self._lock:
            if name not in self._keys:
                self._keys[name] = self._kept(self._folder, name) if self._folder else _fresh()
            return self._keys[name]

    def trusted(self) -> tuple[TrustedKey, ...]:
        """The authorities whose public keys a municipality of the demonstration may trust."""
        names = card_layout().key_ids
        authorities: tuple[tuple[str, CertifyingKey], ...] = (("text", "text_ca"), ("face", "face_ca"))
        return tuple(
            TrustedKey(application, bytes.fromhex(names[key]), modulus_of(self.key(key).public_key()))
            for application, key in authorities
        )

    def policy(self, **choices: object) -> str:
        """A reading policy (card_reader.policy) with these choices that checks cards against these
        authorities, as YAML. Nobody outside a demonstration should ever trust them."""
        keys = [
            {"id": key.key_id.hex().upper(), "modulus": key.modulus.hex().upper(), "exponent": key.exponent}
            for key in self.trusted()
        ]
        return json.dumps({**choices, "authenticity": True, "ca_keys": keys}, indent=2)

    def _kept(self, folder: Path, name: str) -> rsa.RSAPrivateKey:
        path = folder / f"{name}.pem"
        if not path.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_first(path, _fresh().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key = load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise OSError(f"{path} is no RSA key")
        return key


@lru_cache(maxsize=1)
def process_hierarchy() -> Hierarchy:
    """The hierarchy of this process for cards that nobody gave another; in memory."""
    return Hierarchy()


def modulus_of(key: rsa.RSAPublicKey) -> bytes:
    """The modulus as cards write it, 256 bytes."""
    return key.public_numbers().n.to_bytes(256, "big")


def _fresh() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=EXPONENT, key_size=2048)


def _write_first(path: Path, data: bytes) -> None:
    """Write `path`, for its owner's eyes; when another process was faster, its file stays."""
    mine = path.with_suffix(f".{os.getpid()}")
    mine.unlink(missing_ok=True)
    with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(data)
    try:
        os.link(mine, path)
    except FileExistsError:
        return
    finally:
        mine.unlink()
