"""The sealed code: a resident's answers, compressed and encrypted to the municipality's key. Pure; no I/O.

Layout, before base32: a header of 13 bytes (mark, version, municipality, key id, expiry), then RFC 9180 HPKE
in base mode (X25519, HKDF-SHA256, ChaCha20-Poly1305): 32 bytes of ephemeral key, ciphertext and tag.
The header is HPKE's `info`: no byte of it can be changed without the code failing to open. Base32 keeps
to capitals and digits: a QR code holds them densely, and a scanner that types them is not led astray by a
keyboard's layout, by Caps Lock or by full-width letters.
"""

import base64
import binascii
import hashlib
import re
import struct
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

MARK, VERSION = 0x4B, 1
LONGEST_TEXT = 4_000
LONGEST_PLAIN = 16_000
_HEADER = struct.Struct(">BB3s4sI")
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
# How every code begins: the mark and the first bits of the version, in base32.
_BEGINNING = base64.b32encode(bytes([MARK, 0])).decode()[:2]
_LETTERS = re.compile("[A-Z2-7]+")
_PURPOSE = b"kakanai pre-entry\x00"


class Refusal(StrEnum):
    """Why a code is not opened; each has its sentence."""

    NOT_A_CODE = "not_a_code"
    OTHER_VERSION = "other_version"
    OTHER_MUNICIPALITY = "other_municipality"
    UNKNOWN_KEY = "unknown_key"
    EXPIRED = "expired"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Opened:
    """What was sealed. `digest` is the code's own hash, by which it is known again."""

    plain: bytes = field(repr=False)
    expires_at: datetime
    digest: str


def key_id(public: X25519PublicKey) -> bytes:
    """Four bytes that name a key."""
    return hashlib.sha256(public.public_bytes_raw()).digest()[:4]


def seal(plain: bytes, public: X25519PublicKey, municipality: str, expires_at: datetime) -> str:
    """`plain` as a code for the municipality of that six-digit number, good until `expires_at` (aware)."""
    header = _HEADER.pack(MARK, VERSION, _number(municipality), key_id(public), int(expires_at.timestamp()))
    sealed = _SUITE.encrypt(_pressed(plain), public, info=_PURPOSE + header)
    return base64.b32encode(header + sealed).decode("ascii").rstrip("=")


def open_code(
    text: str, keys: Mapping[bytes, X25519PrivateKey], municipality: str, at: datetime
) -> Opened | Refusal:
    """What `text` holds, as scanned or pasted: small letters, full-width letters and blanks do not matter."""
    spelt = "".join(unicodedata.normalize("NFKC", text[: LONGEST_TEXT + 1]).upper().split())
    if not spelt.startswith(_BEGINNING) or not _LETTERS.fullmatch(spelt) or len(spelt) > LONGEST_TEXT:
        return Refusal.NOT_A_CODE
    raw = _bytes(spelt)
    if raw is None or len(raw) <= _HEADER.size:
        return Refusal.DAMAGED
    header = raw[: _HEADER.size]
    _, version, number, name, until = _HEADER.unpack(header)
    if version != VERSION:
        return Refusal.OTHER_VERSION
    if number != _number(municipality):
        return Refusal.OTHER_MUNICIPALITY
    expires_at = datetime.fromtimestamp(until, UTC)
    if expires_at <= at:
        return Refusal.EXPIRED
    key = keys.get(name)
    if key is None:
        return Refusal.UNKNOWN_KEY
    try:
        plain = _unpressed(_SUITE.decrypt(raw[_HEADER.size :], key, info=_PURPOSE + header))
    except (InvalidTag, ValueError, zlib.error):
        return Refusal.DAMAGED
    return Opened(plain, expires_at, hashlib.sha256(raw).hexdigest())


def _number(municipality: str) -> bytes:
    return int(municipality).to_bytes(3, "big")


def _bytes(spelt: str) -> bytes | None:
    """The bytes that base32 spells, None when letters are missing."""
    try:
        return base64.b32decode(spelt + "=" * (-len(spelt) % 8))
    except binascii.Error:
        return None


def _pressed(plain: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush()


def _unpressed(packed: bytes) -> bytes:
    """Raises ValueError for more than any page can have sent, zlib.error for what was never packed."""
    opener = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = opener.decompress(packed, LONGEST_PLAIN)
    if not opener.eof:
        raise ValueError("longer than a code can be")
    return plain
