"""Is the card genuine? The issuer's certificate, its signature over the attributes, and the card's own key.

How (soltia48/myna-card src/ap/text.rs, src/data.rs; one source, tried there on test cards): a configured key
signs the certificate on the card, whose key signs two hashes, one of them of the attributes file, and the
card's own public key; the card then signs a number that was drawn for it, which a copy of its files cannot.

The first of the two hashes is of the Individual Number's file and has so few candidates that it gives the
number away. It is looked at in memory, through views and in a buffer that is overwritten, and appears in no
value, message or log; the pieces in which the card sent it are the interpreter's to forget.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from card_reader.apdu import compute_signature
from card_reader.cards import FaceFileFacts, ObjectFileFacts, ProofFacts
from card_reader.dialogue import Dialogue, Ended
from card_reader.objectfile import BadObjectFile, extent
from card_reader.outcomes import Authenticity, ForgedReason, NotVerifiedReason
from card_reader.tlv import BadTlv, Octets, encode, spans

if TYPE_CHECKING:
    # Loaded when a card is checked: most readings check none, and every command would wait for it.
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

VERIFIED = Authenticity("verified")
KEY_ID_BYTES = 16
_MODULUS_BYTES = 256
_NONCE_BYTES = 32
_PIECE_BYTES = 240
# AlgorithmIdentifier of SHA-256 (RFC 8017 9.2, note 1).
_SHA256_ALGORITHM = bytes.fromhex("300D06096086480165030402010500")

Nonce = Callable[[int], bytes]


@dataclass(frozen=True)
class TrustedKeys:
    """The public keys that may have signed a card's certificate, by their 16-byte id. False when there are
    none."""

    keys: "Mapping[bytes, RSAPublicKey]" = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.keys)


class _Doubt(Exception):
    """Ends the examination; only used inside this module."""

    def __init__(self, result: Authenticity) -> None:
        super().__init__(result.reason)
        self.result = result


def _forged(reason: ForgedReason) -> _Doubt:
    return _Doubt(Authenticity("forged", reason))


def _not_verified(reason: NotVerifiedReason) -> _Doubt:
    return _Doubt(Authenticity("not_verified", reason))


def rsa_key(modulus: Octets, exponent: int) -> "RSAPublicKey":
    """A public key of 2048 bits. Raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    number = int.from_bytes(modulus, "big")
    if number.bit_length() != 8 * _MODULUS_BYTES:
        raise ValueError("not a key of 2048 bits")
    return RSAPublicNumbers(exponent, number).public_key()


def check_attributes(
    dialogue: Dialogue, attributes_file: Octets, trusted: TrustedKeys, nonce: Nonce = secrets.token_bytes
) -> Authenticity:
    """Examine the card whose attributes were just read, in the application that is selected. No try, about 12
    commands. Raises what the line raises, and nothing for what the card says."""
    facts = dialogue.facts
    if not trusted:
        return Authenticity("not_verified", "off")
    record = bytearray()
    try:
        certificate = _file(dialogue, facts.text.certificate, facts.proof_files.certificate)
        issuing = issuing_key(certificate, facts.proof_files, trusted)
        record = _file(dialogue, facts.text.integrity, facts.proof_files.integrity)
        check_record(record, attributes_file, issuing, facts.proof_files, facts.attributes_file)
        own = card_key(
            _file(dialogue, facts.text.card_key, facts.proof_files.card_key), issuing, facts.proof_files
        )
        _check_presence(dialogue, own, nonce(_NONCE_BYTES))
    except _Doubt as doubt:
        return doubt.result
    finally:
        record[:] = bytes(len(record))
    return VERIFIED


def check_face(
    dialogue: Dialogue, face_file: Octets, trusted: TrustedKeys, nonce: Nonce = secrets.token_bytes
) -> Authenticity:
    """The same for the card whose face was just read: birth date, sex, pictures and the card's own key are
    signed; its expiry is not. No try, about 5 commands."""
    facts = dialogue.facts
    if not trusted:
        return Authenticity("not_verified", "off")
    try:
        certificate = _file(dialogue, facts.face.certificate, facts.proof_files.certificate)
        issuing = issuing_key(certificate, facts.proof_files, trusted)
        own = face_key(face_file, issuing, facts.face_file, facts.proof_files)
        _check_presence(dialogue, own, nonce(_NONCE_BYTES))
    except _Doubt as doubt:
        return doubt.result
    return VERIFIED


def _file(dialogue: Dialogue, file_id: str, outer: str) -> bytearray:
    facts = _file_facts(outer, dialogue.facts.proof_files)
    try:
        return dialogue.read_object("check_authenticity", file_id, facts)
    except Ended as end:
        code = getattr(end.outcome, "reason_code", "")
        raise _not_verified("not_readable" if code.startswith("status_") else "unexpected_form") from None


class _Field(NamedTuple):
    """Where an object begins, its value, and the whole of it: signatures cover either."""

    begin: int
    value: memoryview
    whole: memoryview


def _file_facts(outer: str, facts: ProofFacts) -> ObjectFileFacts:
    return ObjectFileFacts(outer=outer, lead_in_bytes=0, read_bytes=_PIECE_BYTES, max_bytes=facts.max_bytes)


def _fields(data: Octets, facts: ObjectFileFacts) -> tuple[memoryview, dict[int, _Field]]:
    """The outer object's value and its fields, without a copy of any."""
    try:
        start, end = extent(data, facts)
        if end > len(data):
            raise _not_verified("unexpected_form")
        value = memoryview(data)[start:end]
        return value, {
            span.tag: _Field(span.begin, value[span.start : span.end], value[span.begin : span.end])
            for span in spans(value)
        }
    except (BadObjectFile, BadTlv):
        raise _not_verified("unexpected_form") from None


def _get(found: dict[int, _Field], tag: str) -> _Field:
    try:
        return found[int(tag, 16)]
    except KeyError:
        raise _not_verified("unexpected_form") from None


def issuing_key(certificate: Octets, facts: ProofFacts, trusted: TrustedKeys) -> "RSAPublicKey":
    """The key that a trusted key certifies. Raises _Doubt."""
    _, found = _fields(certificate, _file_facts(facts.certificate, facts))
    body = _get(found, facts.body).value
    authority = trusted.keys.get(bytes(body[:KEY_ID_BYTES]))
    if authority is None:
        raise _not_verified("unknown_issuer")
    _verify(authority, _get(found, facts.body_signature).value, body, "certificate_signature")
    return _public_key(body[2 * KEY_ID_BYTES :], facts)


def check_record(
    record: Octets, attributes_file: Octets, issuing: "RSAPublicKey", facts: ProofFacts, file: ObjectFileFacts
) -> None:
    """The issuer signed the hashes, and that of the attributes is that of the file that was read. Raises
    _Doubt."""
    value, found = _fields(record, _file_facts(facts.integrity, facts))
    signature = _get(found, facts.integrity_signature)
    with value[: signature.begin] as signed:
        _verify(issuing, signature.value, signed, "record_signature")
    expected = _get(found, facts.attributes_hash).value
    if not hmac.compare_digest(hashlib.sha256(_hashed(attributes_file, facts, file)).digest(), expected):
        raise _forged("attributes_differ")


def _hashed(attributes_file: Octets, facts: ProofFacts, file: ObjectFileFacts) -> memoryview:
    """What the hash of the attributes covers: the objects after the offset table, without filler."""
    try:
        start, end = extent(attributes_file, file)
        value = memoryview(attributes_file)[start:end]
        first = next(spans(value), None)
    except (BadObjectFile, BadTlv):
        raise _not_verified("unexpected_form") from None
    if first is None or first.tag != int(facts.offsets, 16):
        raise _not_verified("unexpected_form")
    return value[first.end :]


def card_key(signed_key: Octets, issuing: "RSAPublicKey", facts: ProofFacts) -> "RSAPublicKey":
    """The card's own key, for which the issuer signed. Raises _Doubt."""
    value, found = _fields(signed_key, _file_facts(facts.card_key, facts))
    signature = _get(found, facts.key_signature)
    _verify(issuing, signature.value, value[: signature.begin], "card_key_signature")
    return _public_key(_get(found, facts.public_key).value, facts)


def face_key(
    face_file: Octets, issuing: "RSAPublicKey", face: FaceFileFacts, facts: ProofFacts
) -> "RSAPublicKey":
    """The card's own key in a face file that the issuer signed. Raises _Doubt."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    _, found = _fields(face_file, face)
    hashed = b"".join(
        hashlib.sha256(b"".join(_get(found, tag).whole for tag in group)).digest()
        for group in face.signed_groups
    )
    # Several hashes in the place of one (SOL), which no library checks by itself.
    expected = encode(0x30, _SHA256_ALGORITHM + encode(0x04, hashed))
    try:
        signed = issuing.recover_data_from_signature(
            bytes(_get(found, face.signature).value), PKCS1v15(), None
        )
    except InvalidSignature:
        raise _forged("record_signature") from None
    if not hmac.compare_digest(signed, expected):
        raise _forged("record_signature")
    return _public_key(_get(found, face.card_key).value, facts)


def _public_key(value: memoryview, facts: ProofFacts) -> "RSAPublicKey":
    try:
        found = {span.tag: value[span.start : span.end] for span in spans(value)}
        exponent = int.from_bytes(found[int(facts.exponent, 16)], "big")
        return rsa_key(found[int(facts.modulus, 16)], exponent)
    except (BadTlv, KeyError, ValueError):
        raise _not_verified("unexpected_form") from None


def _check_presence(dialogue: Dialogue, own: "RSAPublicKey", nonce: bytes) -> None:
    """The card signs a number it has never seen: a copy of its files cannot."""
    dialogue.step = "check_authenticity"
    info = encode(0x30, _SHA256_ALGORITHM + encode(0x04, hashlib.sha256(nonce).digest()))
    answer = dialogue.card.fetch(compute_signature(info))
    if answer.status not in dialogue.facts.status.ok or not answer.data:
        raise _not_verified("no_answer")
    _verify(own, answer.data, nonce, "not_the_card_s_key")


def _verify(key: "RSAPublicKey", signature: Octets, signed: Octets, otherwise: ForgedReason) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    try:
        # Any buffer will do, whatever the signature of verify() says: no copy of what must not linger.
        key.verify(bytes(signature), cast(bytes, signed), PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise _forged(otherwise) from None
