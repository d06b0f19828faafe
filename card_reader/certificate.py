"""The expiry of the user authentication certificate, from its first bytes: nothing more of it is taken.

A certificate carries a serial number by which its holder could be followed; its expiry stands before the
public key, so the rest is not read. No PIN is needed on a plastic card (jpki/myna src/jpki.rs).
"""

from datetime import UTC, datetime, timedelta

from card_reader.apdu import read_binary, select_file
from card_reader.dialogue import Dialogue
from card_reader.outcomes import CertificateExpiry
from card_reader.tlv import BadTlv, read_header

_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_MOST_PIECES = 3
# Certificates end at the end of a day in Japan (23:59:59), which is another day in UTC.
_JAPAN = timedelta(hours=9)


class BadCertificate(ValueError):
    """Not the beginning of a certificate."""


def expiry_day(beginning: bytes) -> str | None:
    """The last day of validity (YYYYMMDD, Japan) in the first bytes of a DER certificate; None when more
    bytes are needed.

    RFC 5280 4.1: Certificate { tbsCertificate { [0] version, serialNumber, signature, issuer, validity {
    notBefore, notAfter } … } … }. Raises BadCertificate.
    """
    try:
        position = _into(beginning, 0, _SEQUENCE)
        position = _into(beginning, position, _SEQUENCE)
        if beginning[position : position + 1] == bytes([_VERSION]):
            position = _over(beginning, position)
        for _ in ("serialNumber", "signature", "issuer"):
            position = _over(beginning, position)
        position = _over(beginning, _into(beginning, position, _SEQUENCE))
        header = read_header(beginning, position)
    except BadTlv as error:
        if str(error) == "cut short":
            return None
        raise BadCertificate from error
    end = position + header.size + header.length
    if end > len(beginning):
        return None
    return _day(header.tag, beginning[position + header.size : end])


def _into(data: bytes, position: int, tag: int) -> int:
    header = read_header(data, position)
    if header.tag != tag:
        raise BadCertificate
    return position + header.size


def _over(data: bytes, position: int) -> int:
    header = read_header(data, position)
    return position + header.size + header.length


def _day(tag: int, value: bytes) -> str:
    try:
        text = value.decode("ascii")
        if tag == _UTC_TIME:
            # RFC 5280 4.1.2.5.1: 50 to 99 are of the last century.
            text = ("20" if text[:2] < "50" else "19") + text
        elif tag != _GENERALIZED_TIME:
            raise BadCertificate
        moment = datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
        return (moment + _JAPAN).strftime("%Y%m%d")
    except (ValueError, OverflowError) as error:
        raise BadCertificate from error


def read_expiry(dialogue: Dialogue) -> CertificateExpiry:
    """The expiry on the card whose JPKI application is selected. Costs two commands as a rule, no try."""
    dialogue.step = "read_certificate"
    facts, status = dialogue.facts.jpki, dialogue.facts.status
    selected = dialogue.card.send(select_file(facts.certificate))
    if selected.status in status.not_found:
        return CertificateExpiry(None, "absent")
    if selected.status not in status.ok:
        return CertificateExpiry(None, "needs_pin" if selected.status in status.denied else "unreadable")
    beginning = b""
    for _ in range(_MOST_PIECES):
        answer = dialogue.card.fetch(read_binary(len(beginning), facts.certificate_read_bytes))
        if answer.status in status.denied:
            return CertificateExpiry(None, "needs_pin")
        if answer.status not in status.ok and answer.status not in status.end_of_file:
            break
        beginning += answer.data
        try:
            day = expiry_day(beginning)
        except BadCertificate:
            break
        if day is not None:
            return CertificateExpiry(day)
        if not answer.data:
            break
    return CertificateExpiry(None, "unreadable")
