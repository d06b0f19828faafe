"""The X.509 certificates of simulated cards, from authorities that exist on this machine alone.

Made at the first wish: a 2048-bit key takes a noticeable moment, and most readings want none. Nothing here
is or resembles a certificate of J-LIS beyond its shape; the names say so.
"""

import datetime
import hashlib
from dataclasses import dataclass, field
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from card_reader.simulated.hierarchy import Hierarchy
from card_reader.simulated.personas import FALLBACK_EXPIRY, Persona
from card_reader.tlv import encode

Purpose = Literal["authentication", "signature"]

# otherName fields of a signature certificate's subject alternative name (three independent public readers
# agree).
_SAN = "1.2.392.200149.8.5.5."
_UTF8_STRING = 0x0C


@dataclass(frozen=True)
class Credential:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def der(self) -> bytes:
        """The certificate as the card stores it."""
        return self.certificate.public_bytes(Encoding.DER)


def authority(purpose: Purpose, keys: Hierarchy) -> Credential:
    """The self-signed authority for one purpose; the same bytes whenever the key is the same."""
    key = keys.key(f"{purpose}_ca")
    name = _name(f"Kakanai simulated {purpose} CA - not a real card")
    built = _builder(name, name, key, FALLBACK_EXPIRY, years=30).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return Credential(built.sign(key, hashes.SHA256()), key)


def credential(purpose: Purpose, persona: Persona, keys: Hierarchy) -> Credential:
    """The persona's certificate for one purpose.

    Only that for signatures holds name, sex, birth date and address, in its subject alternative name, as the
    real one does.
    """
    issuer = authority(purpose, keys)
    key = keys.key(f"{persona.id}-{purpose}")
    subject = _name(f"Kakanai simulated {purpose} {persona.id}")
    expiry = persona.certificate_expiry or persona.expiry or FALLBACK_EXPIRY
    built = _builder(subject, issuer.certificate.subject, key, expiry)
    if purpose == "signature" and (names := _personal(persona)):
        built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Credential(built.sign(issuer.key, hashes.SHA256()), key)


def _personal(persona: Persona) -> list[x509.GeneralName]:
    fields = {"1": persona.name, "3": persona.sex, "4": persona.birth, "5": persona.address}
    return [
        x509.OtherName(ObjectIdentifier(_SAN + arc), encode(_UTF8_STRING, text.encode("utf-8")))
        for arc, text in fields.items()
        if text
    ]


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, expiry: str, years: int = 10
) -> x509.CertificateBuilder:
    # The certificate ends with the day in Japan.
    japan = datetime.timezone(datetime.timedelta(hours=9))
    end = datetime.datetime.strptime(expiry + "235959", "%Y%m%d%H%M%S").replace(tzinfo=japan)
    serial = hashlib.sha256(subject.rfc4514_string().encode()).digest()[:16]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(serial, "big") >> 1 | 1)
        .not_valid_before(end - datetime.timedelta(days=years * 366))
        .not_valid_after(end)
    )
