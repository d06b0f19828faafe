"""Certificates and keys of simulated cards, from authorities that exist only in this process.

Made at the first wish and kept in memory: a 2048-bit key takes a noticeable moment, and most readings want
none. Nothing here is or resembles a certificate of J-LIS beyond its shape; the names say so.
"""

import datetime
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from card_reader.simulated.personas import Persona
from card_reader.tlv import encode

Purpose = Literal["authentication", "signature"]

# otherName fields of a signature certificate's subject alternative name (three independent public readers
# agree).
_SAN = "1.2.392.200149.8.5.5."
_UTF8_STRING = 0x0C
_FALLBACK_EXPIRY = "20401231"


@dataclass(frozen=True)
class Holder:
    """Whose certificate it is; hashable, so that each holder's certificates are made once."""

    id: str
    name: str = field(repr=False)
    address: str = field(repr=False)
    birth: str = field(repr=False)
    sex: str = field(repr=False)
    expiry: str

    @classmethod
    def of(cls, persona: Persona) -> Self:
        """The holder of the persona's card; cards without one get empty fields."""
        return cls(
            persona.id,
            persona.name or "",
            persona.address or "",
            persona.birth or "",
            persona.sex or "",
            persona.expiry or _FALLBACK_EXPIRY,
        )


@dataclass(frozen=True)
class Credential:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def der(self) -> bytes:
        """The certificate as the card stores it."""
        return self.certificate.public_bytes(Encoding.DER)

    def sign(self, digest_info: bytes) -> bytes:
        """PKCS #1 v1.5 signature over a ready DigestInfo, 256 bytes, as the card computes it."""
        return self.key.sign(digest_info, padding.PKCS1v15(), NoDigestInfo())


@lru_cache(maxsize=2)
def authority(purpose: Purpose) -> Credential:
    """The self-signed authority for one purpose."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = _name(f"Kakanai simulated {purpose} CA - not a real card")
    built = _builder(name, name, key, _FALLBACK_EXPIRY).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return Credential(built.sign(key, hashes.SHA256()), key)


@lru_cache(maxsize=64)
def authentication(holder: Holder) -> Credential:
    """The user authentication certificate: no personal attribute in it, like the real one."""
    return _issue("authentication", holder, [])


@lru_cache(maxsize=64)
def signature(holder: Holder) -> Credential:
    """The signature certificate with name, sex, birth date and address in its subject alternative name."""
    fields = {"1": holder.name, "3": holder.sex, "4": holder.birth, "5": holder.address}
    names: list[x509.GeneralName] = [
        x509.OtherName(ObjectIdentifier(_SAN + arc), encode(_UTF8_STRING, text.encode("utf-8")))
        for arc, text in fields.items()
        if text
    ]
    return _issue("signature", holder, names)


def _issue(purpose: Purpose, holder: Holder, names: list[x509.GeneralName]) -> Credential:
    issuer = authority(purpose)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = _name(f"Kakanai simulated {purpose} {holder.id}")
    built = _builder(subject, issuer.certificate.subject, key, holder.expiry)
    if names:
        built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Credential(built.sign(issuer.key, hashes.SHA256()), key)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, expiry: str
) -> x509.CertificateBuilder:
    end = datetime.datetime.strptime(expiry, "%Y%m%d").replace(tzinfo=datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - datetime.timedelta(days=10 * 366))
        .not_valid_after(end)
    )
