"""What stands in the files of a simulated card.

Layouts as soltia48/myna-card (SOL) publishes them from test cards; simulated/data/card.yaml has the doubts.
No file holds, shows or derives from an Individual Number: where a real card has the digest of the number's
file, this one has the digest of random bytes, so nothing can be found out from it.
"""

import hashlib
import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from card_reader.simulated import pictures
from card_reader.simulated.certificates import authority, credential
from card_reader.simulated.hierarchy import EXPONENT, Hierarchy, modulus_of
from card_reader.simulated.layout import CardLayout, ContentName, KeyName
from card_reader.simulated.personas import FALLBACK_EXPIRY, Persona
from card_reader.tlv import encode

# DER of AlgorithmIdentifier sha256 with NULL (RFC 8017, appendix B.1).
_SHA256 = bytes.fromhex("300D06096086480165030402010500")
_NUMBER_FILE_BYTES = 17
_OPAQUE_BYTES = 256


class Contents:
    """The contents and keys of one persona's card. Each is made once, when first asked for."""

    def __init__(self, persona: Persona, layout: CardLayout, keys: Hierarchy) -> None:
        self._persona = persona
        self._layout = layout
        self._keys = keys
        self._made: dict[ContentName, bytes] = {}
        self._makers: dict[ContentName, Callable[[], bytes]] = {
            "label": self._label,
            "certificates_held": self._certificates_held,
            "authentication_certificate": lambda: credential("authentication", persona, keys).der,
            "authentication_ca": lambda: authority("authentication", keys).der,
            "signature_certificate": lambda: credential("signature", persona, keys).der,
            "signature_ca": lambda: authority("signature", keys).der,
            "attributes": self._attributes,
            "integrity": self._integrity,
            "text_certificate": lambda: self._certificate("text"),
            "text_information": self._text_information,
            "session_key": lambda: encode(0xA1, _public(self._own("session"))),
            "text_own_key": self._text_own_key,
            "age": self._age,
            "face": self._face,
            "face_information": self._face_information,
            "face_certificate": lambda: self._certificate("face"),
        }

    def content(self, name: ContentName) -> bytes:
        """The bytes of that file; the same at every call."""
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def sign(self, name: KeyName, digest_info: bytes) -> bytes:
        """PKCS #1 v1.5 signature over a ready DigestInfo with one of the card's keys, 256 bytes."""
        return self._own(name).sign(digest_info, padding.PKCS1v15(), NoDigestInfo())

    def _own(self, name: str) -> rsa.RSAPrivateKey:
        return self._keys.key(f"{self._persona.id}-{name}")

    def _label(self) -> bytes:
        label = self._persona.token or self._layout.kinds[self._persona.kind].label
        field = label.encode("ascii").ljust(self._layout.label_bytes)
        return field.ljust(self._layout.token_info_bytes, b"\0")

    def _certificates_held(self) -> bytes:
        # First byte: signature certificate, second: user authentication (SOL, 1 source; the 00 is a guess).
        return bytes([0x8F if self._persona.sign_password else 0x00, 0x8F, 0x00])

    def _fields(self) -> list[tuple[int, bytes]]:
        person = self._persona
        return [
            (0xDF22, (person.name or "").encode("utf-8")),
            (0xDF23, (person.address or "").encode("utf-8")),
            (0xDF24, (person.birth or "").encode("ascii")),
            (0xDF25, (person.sex or "").encode("ascii")),
        ]

    def _attributes(self) -> bytes:
        return self._filled(with_offsets(0xFF20, 0xDF21, _objects(self._fields())))

    def _integrity(self) -> bytes:
        digests = encode(0xDF31, _sha256(secrets.token_bytes(_NUMBER_FILE_BYTES)))
        # Without the table of offsets.
        digests += encode(0xDF32, _sha256(b"".join(_objects(self._fields()))))
        return self._filled(encode(0xFF30, digests + encode(0xDF33, self._issued("text", digests))))

    def _certificate(self, application: str) -> bytes:
        names = self._layout.key_ids
        issuer, subject = (
            (names["text_ca"], names["text_issuer"])
            if application == "text"
            else (names["face_ca"], names["face_issuer"])
        )
        body = bytes.fromhex(issuer + subject) + _public(self._keys.key(f"{application}_issuer"))
        signature = _signed(self._keys.key(f"{application}_ca"), body)
        return encode(0x7F21, encode(0x5F4E, body) + encode(0x5F37, signature))

    def _text_information(self) -> bytes:
        trailing = secrets.token_bytes(32) + b"\xff" * 96
        return self._filled(
            encode(
                0xFF40,
                encode(0xDF41, bytes.fromhex(self._layout.information.text))
                + encode(0xDF42, bytes.fromhex(self._layout.information.text_key))
                + encode(0xDF43, trailing),
            )
        )

    def _text_own_key(self) -> bytes:
        key = encode(0xDF51, _public(self._own("text_own")))
        return self._filled(encode(0xFF50, key + encode(0xDF52, self._issued("text", key))))

    def _age(self) -> bytes:
        signed = encode(0xDF11, (self._persona.birth or "").encode("ascii"))
        signed += encode(0xDF12, _public(self._own("face_own")))
        return encode(0xFF10, signed + encode(0xDF13, self._issued("face", signed)))

    def _face(self) -> bytes:
        person = self._persona
        first = [
            encode(0xDF22, (person.birth or "").encode("ascii")),
            encode(0xDF23, (person.sex or "").encode("ascii")),
            encode(0xDF24, _public(self._own("face_own"))),
        ]
        second = [
            encode(0xDF25, pictures.printed_line(person.name or "")),
            encode(0xDF26, pictures.printed_line(person.address or "")),
        ]
        third = [encode(0xDF27, pictures.portrait(person.id))]
        digests = b"".join(_sha256(b"".join(group)) for group in (first, second, third))
        # Three digests in the place of one (SOL).
        info = encode(0x30, _SHA256 + encode(0x04, digests))
        signature = self._keys.key("face_issuer").sign(info, padding.PKCS1v15(), NoDigestInfo())
        return with_offsets(
            0xFF20,
            0xDF21,
            [
                *first,
                *second,
                *third,
                encode(0xDF28, signature),
                encode(0xDF29, (person.expiry or FALLBACK_EXPIRY).encode("ascii")),
                encode(0xDF2A, pictures.security_code(person.security_code)),
            ],
        )

    def _face_information(self) -> bytes:
        values = self._layout.information
        named = bytes.fromhex(self._layout.key_ids["face_issuer"])
        return encode(
            0xFF30,
            encode(0xDF31, bytes.fromhex(values.face))
            + encode(0xDF32, named)
            + encode(0xDF33, b"\x01")
            + encode(0xDF34, values.municipality.encode("ascii"))
            + encode(0xDF35, named + secrets.token_bytes(_OPAQUE_BYTES)),
        )

    def _issued(self, application: str, data: bytes) -> bytes:
        return _signed(self._keys.key(f"{application}_issuer"), data)

    def _filled(self, data: bytes) -> bytes:
        return data + bytes.fromhex(self._layout.filler)


def with_offsets(outer: int, table: int, fields: list[bytes]) -> bytes:
    """`fields` in an object `outer` behind a table of their places, two bytes each, from the file's start."""
    inside = len(encode(table, bytes(2 * len(fields)))) + sum(map(len, fields))
    place = len(encode(outer, bytes(inside))) - sum(map(len, fields))
    places = b""
    for item in fields:
        places += place.to_bytes(2, "big")
        place += len(item)
    return encode(outer, encode(table, places) + b"".join(fields))


def _objects(fields: list[tuple[int, bytes]]) -> list[bytes]:
    return [encode(tag, value) for tag, value in fields]


def _public(key: rsa.RSAPrivateKey) -> bytes:
    """A public key as cards write it: 90 exponent, 91 modulus."""
    return encode(0x90, EXPONENT.to_bytes(3, "big")) + encode(0x91, modulus_of(key.public_key()))


def _signed(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
