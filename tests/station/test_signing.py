"""The signature: its exact bytes, and keys that only their owner can read."""

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

from station.signing import Signer, canonical, create_key, load_key, public_pem


def test_the_signed_bytes_are_those_of_the_wire_contract() -> None:
    signed = canonical(
        "kiosk-1",
        "POST",
        "/api/v1/tickets?q=%E6%9C%AC",
        1795424400000,
        "0" * 32,
        hashlib.sha256(b'{"a":1}').hexdigest(),
    )
    assert signed.split(b"\n") == [
        b"kakanai-2",
        b"kiosk-1",
        b"POST",
        b"/api/v1/tickets?q=%E6%9C%AC",
        b"1795424400000",
        b"0" * 32,
        b"-",
        b"015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
    ]


def test_headers_verify_and_never_repeat() -> None:
    key = Ed25519PrivateKey.generate()
    signer = Signer("counter-2", key, lambda: 17)
    first, second = (dict(signer.headers("GET", "/x", b"")) for _ in range(2))
    assert first[b"kakanai-nonce"] != second[b"kakanai-nonce"]
    for headers in (first, second):
        nonce = headers[b"kakanai-nonce"].decode()
        signed = canonical("counter-2", "GET", "/x", 17, nonce, hashlib.sha256(b"").hexdigest())
        key.public_key().verify(base64.b64decode(headers[b"kakanai-signature"]), signed)
    assert "PrivateKey" not in repr(signer)


def test_a_new_key_is_for_its_owner_alone_and_never_overwrites(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.key"
    key = create_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert public_pem(load_key(file)) == public_pem(key)
    assert load_pem_public_key(public_pem(key).encode()) == key.public_key()
    with pytest.raises(FileExistsError):
        create_key(file)


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x25519.key"
    pem = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(pem)
    with pytest.raises(ValueError, match="Ed25519"):
        load_key(file)
