"""A second, minimal My Number card, written from the published facts alone.

It imports nothing of this project: a mistake that our reader and our simulated card share would show here.
Sources: soltia48/myna-card src/{card,data}.rs and src/ap/{text,surface,jpki}.rs, jpki/myna, OpenSC
card-jpki.c. The holder is the one of myna-card's published test vector, a character of fiction. There is no
Individual Number in it: its file does not exist and the digest of it is one of random bytes.
"""

import hashlib
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

PIN = b"1234"
NUMBER_B = b"55021720352285"  # published: born 1980-02-17 (Showa 55), expiry 2035, security code 2285
# Published byte for byte by myna-card (src/ap/text.rs), read from a test card.
ATTRIBUTES = bytes.fromhex(
    "ff2065df2108000e002000590064df220fe9bb92e6a190e38080e5b9b9e4b99f"
    "df2336e69db1e4baace983bde6b885e780ace5b882e8a6b3e5b883e5ad90e58d97"
    "efbc91efbc92efbc8defbc97efbc8defbc92efbc90efbc92"
    "df24083139383030323137df250131"
)
PHOTO = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x55" * 700
NAME_PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x01" * 200
ADDRESS_PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x02" * 90
CA_KEY_ID = b"6000033\x08\x05001\x00\x00\x00\x00"
FACE_CA_KEY_ID = b"6000023\x08\x05001\x00\x00\x00\x00"
# SEQUENCE { SHA-256 with NULL, OCTET STRING of 96 bytes }: three digests stand where one usually does.
THREE_DIGESTS = bytes.fromhex("3071300d060960864801650304020105000460")


def obj(tag: str, value: bytes) -> bytes:
    """Tag, length in one, two or three bytes, value."""
    size = len(value)
    if size < 128:
        length = bytes([size])
    elif size < 256:
        length = bytes([0x81, size])
    else:
        length = bytes([0x82, size // 256, size % 256])
    return bytes.fromhex(tag) + length + value


def public(key: rsa.RSAPrivateKey) -> bytes:
    """90 exponent, 91 modulus."""
    modulus = key.public_key().public_numbers().n.to_bytes(256, "big")
    return obj("90", b"\x01\x00\x01") + obj("91", modulus)


def signed(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


class SecondCard:
    """A Transport. `tries` may be changed; `verifies` counts the secrets that were presented."""

    def __init__(self) -> None:
        self.authority, issuer, self._own = (rsa.generate_private_key(65537, 2048) for _ in range(3))
        self.tries = {"0011": 3, "0015": 10, "face 0012": 10}
        self.verifies = 0
        self._application = self._file = ""
        self._open: set[str] = set()
        body = CA_KEY_ID + b"9920134\x08\x05001\x00\x00\x00\x00" + public(issuer)
        face_body = FACE_CA_KEY_ID + b"9920124\x08\x05001\x00\x00\x00\x00" + public(issuer)
        digests = obj("df31", hashlib.sha256(os.urandom(17)).digest())
        # The outer value of the attributes from behind the table of offsets: 3 bytes of header, 11 of table.
        digests += obj("df32", hashlib.sha256(ATTRIBUTES[14:]).digest())
        own = obj("df51", public(self._own))
        label = b"JPKIAPICCTOKEN2".ljust(32) + bytes(128)
        # (content, the secrets of which one opens it)
        self._files: dict[str, dict[str, tuple[bytes, set[str]]]] = {
            "d392f000260100000001": {"0006": (label, set())},
            "d3921000310001010408": {
                "0002": (ATTRIBUTES, {"0011", "0015"}),
                "0003": (
                    obj("ff30", digests + obj("df33", signed(issuer, digests))) + b"\xff\xff",
                    {"0011", "0015"},
                ),
                "0004": (
                    obj("7f21", obj("5f4e", body) + obj("5f37", signed(self.authority, body))),
                    set(),
                ),
                "0007": (obj("ff50", own + obj("df52", signed(issuer, own))), {"0011", "0015"}),
            },
            "d3921000310001010402": {
                "0002": (self._face(issuer), {"face 0012"}),
                "0004": (
                    obj("7f21", obj("5f4e", face_body) + obj("5f37", signed(self.authority, face_body))),
                    set(),
                ),
            },
        }
        self._secrets = {
            "d3921000310001010408": {"0011": ("0011", PIN), "0015": ("0015", NUMBER_B)},
            "d3921000310001010402": {"0012": ("face 0012", NUMBER_B)},
        }

    def _face(self, issuer: rsa.RSAPrivateKey) -> bytes:
        printed = [
            [obj("df22", b"19800217"), obj("df23", b"1"), obj("df24", public(self._own))],
            [obj("df25", NAME_PICTURE), obj("df26", ADDRESS_PICTURE)],
            [obj("df27", PHOTO)],
        ]
        digests = b"".join(hashlib.sha256(b"".join(group)).digest() for group in printed)
        fields = [
            *printed[0],
            *printed[1],
            *printed[2],
            obj("df28", issuer.sign(THREE_DIGESTS + digests, padding.PKCS1v15(), NoDigestInfo())),
            obj("df29", b"20350217"),
            obj("df2a", b"\x89PNG\r\n\x1a\n"),
        ]
        starts, place = b"", 5 + 3 + 2 * len(fields)
        for field in fields:
            starts += place.to_bytes(2, "big")
            place += len(field)
        return obj("ff20", obj("df21", starts) + b"".join(fields))

    def transmit(self, apdu: bytes) -> bytes:
        """The answer to one short command."""
        head, rest = apdu[:4].hex(), apdu[4:]
        if head == "00a4040c":
            name = rest[1:].hex()
            if name not in self._files:
                return b"\x6a\x82"
            self._application, self._file = name, ""
            return b"\x90\x00"
        if head == "00a4020c":
            name = rest[1:].hex()
            known = {*self._files.get(self._application, {}), *self._secrets.get(self._application, {})}
            if name not in known:
                return b"\x6a\x82"
            self._file = name
            return b"\x90\x00"
        if head == "00200080":
            return self._verify(rest)
        if head[:4] == "00b0" and apdu[2] < 0x80 and len(rest) == 1:
            return self._read(apdu[2] * 256 + apdu[3], rest[0] or 256)
        if head == "802a0000" and self._application.startswith("d39210003100010104"):
            info = rest[1 : 1 + rest[0]]
            return self._own.sign(info, padding.PKCS1v15(), NoDigestInfo()) + b"\x90\x00"
        return b"\x6d\x00"

    def _verify(self, rest: bytes) -> bytes:
        known = self._secrets.get(self._application, {})
        if self._file not in known:
            return b"\x69\x86"
        counter, value = known[self._file]
        if not rest:
            return bytes([0x63, 0xC0 + self.tries[counter]])
        self.verifies += 1
        if self.tries[counter] == 0:
            return b"\x69\x84"
        if rest[1:] == value:
            self.tries[counter] = 3 if counter == "0011" else 10
            self._open.add(counter)
            return b"\x90\x00"
        self.tries[counter] -= 1
        return bytes([0x63, 0xC0 + self.tries[counter]])

    def _read(self, offset: int, size: int) -> bytes:
        files = self._files.get(self._application, {})
        if self._file not in files:
            return b"\x69\x86"
        content, opened_by = files[self._file]
        if opened_by and not opened_by & self._open:
            return b"\x69\x82"
        piece = content[offset : offset + size]
        return piece + b"\x90\x00" if piece else b"\x6b\x00"
