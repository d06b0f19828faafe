"""The ways of reading a plastic My Number card: by PIN, by what is printed on it, its face, or nothing.

The order is fixed: who answers, is it the right card, how many tries are left, one VERIFY, one file, and
nothing else. Whether tries are left is asked before a secret is sent, because a blocked card costs its holder
a visit to the counter; VERIFY is never repeated by the machine.

No function here raises for anything that a card, a reader or a person does. A secret holds zeros afterwards,
whatever happens (copies that the interpreter and the PC/SC library made on the way are beyond our reach).
"""

from dataclasses import dataclass, field

from card_reader.attributes_file import decode
from card_reader.authenticity import TrustedKeys, check_attributes, check_face
from card_reader.cards import PinFacts
from card_reader.certificate import read_expiry
from card_reader.dialogue import Dialogue, Ended, converse
from card_reader.face_file import decode_face
from card_reader.objectfile import BadObjectFile
from card_reader.outcomes import (
    AttributesRead,
    CardOutcome,
    CertificateExpiry,
    FaceRead,
    Mode,
    Secret,
    Tapped,
    Unreadable,
)
from card_reader.transport import Transport


@dataclass(frozen=True)
class Extras:
    """What is looked at beside the purpose of a reading; see ReadingPolicy for what a municipality chooses.

    `certificate_expiry`: two commands more, no try. `trusted`: keys against which a card has to prove that it
    is genuine; none means that nothing is looked at.
    """

    certificate_expiry: bool = False
    trusted: TrustedKeys = field(default_factory=TrustedKeys)


NO_EXTRAS = Extras()


def read_attributes(
    transport: Transport, pin: bytearray, *, allow_last_try: bool = False, extras: Extras = NO_EXTRAS
) -> CardOutcome:
    """The four attributes by the four-digit PIN (ASCII digits).

    At most one VERIFY, and none when one try is left unless `allow_last_try`. At most 10 commands for a file
    of up to 240 bytes, extras apart.
    """
    return _read_text(transport, "pin", pin, allow_last_try, extras)


def read_attributes_by_b(
    transport: Transport, b: bytearray, *, allow_last_try: bool = False, extras: Extras = NO_EXTRAS
) -> CardOutcome:
    """The four attributes by 照合番号B (14 ASCII digits, see b_number.py); the rest as read_attributes."""
    return _read_text(transport, "b", b, allow_last_try, extras)


def read_face(
    transport: Transport, b: bytearray, *, allow_last_try: bool = False, extras: Extras = NO_EXTRAS
) -> CardOutcome:
    """What is printed on the card, by 照合番号B: photo, pictures of name and address, birth date, expiry.

    Seven commands and one for each 240 bytes of the file (some 8 KB), extras apart.
    """

    def work(dialogue: Dialogue) -> CardOutcome:
        facts = dialogue.facts.face
        _check_form(dialogue, facts.b, b)
        dialogue.recognise()
        certificate = _certificate(dialogue, extras)
        dialogue.open_face()
        tries = dialogue.present("b", facts.b, b, allow_last_try)
        data = dialogue.read_object("read_face", facts.content, dialogue.facts.face_file)
        try:
            face = decode_face(data, dialogue.facts.face_file)
        except BadObjectFile as error:
            return Unreadable(dialogue.step, error.reason, dialogue.apdus)
        authenticity = check_face(dialogue, data, extras.trusted) if extras.trusted else None
        return FaceRead(face, tries, dialogue.apdus, certificate, authenticity)

    try:
        return converse(transport, work)
    finally:
        b[:] = bytes(len(b))


def read_nothing(transport: Transport, *, extras: Extras = NO_EXTRAS) -> CardOutcome:
    """Only which card this is, and the certificate's expiry when `extras` asks for it. No secret, no try."""

    def work(dialogue: Dialogue) -> CardOutcome:
        dialogue.recognise()
        return Tapped(certificate=_certificate(dialogue, extras), apdus=dialogue.apdus)

    return converse(transport, work)


def read(
    transport: Transport,
    mode: Mode,
    secret: bytearray,
    *,
    allow_last_try: bool = False,
    extras: Extras = NO_EXTRAS,
) -> CardOutcome:
    """One reading in `mode`; `secret` is the PIN or 照合番号B, and of no account for none."""
    match mode:
        case "pin":
            return read_attributes(transport, secret, allow_last_try=allow_last_try, extras=extras)
        case "b":
            return read_attributes_by_b(transport, secret, allow_last_try=allow_last_try, extras=extras)
        case "face":
            return read_face(transport, secret, allow_last_try=allow_last_try, extras=extras)
        case "none":
            secret[:] = bytes(len(secret))
            return read_nothing(transport, extras=extras)


def _read_text(
    transport: Transport, by: Secret, value: bytearray, allow_last_try: bool, extras: Extras
) -> CardOutcome:
    def work(dialogue: Dialogue) -> CardOutcome:
        facts = dialogue.facts.text
        key = facts.pin if by == "pin" else facts.b
        _check_form(dialogue, key, value)
        dialogue.recognise()
        certificate = _certificate(dialogue, extras)
        dialogue.open_text()
        tries = dialogue.present(by, key, value, allow_last_try)
        data = dialogue.read_object("read_attributes", facts.attributes, dialogue.facts.attributes_file)
        try:
            attributes = decode(data, dialogue.facts.attributes_file)
        except BadObjectFile as error:
            return Unreadable(dialogue.step, error.reason, dialogue.apdus)
        authenticity = check_attributes(dialogue, data, extras.trusted) if extras.trusted else None
        return AttributesRead(attributes, tries, dialogue.apdus, by, certificate, authenticity)

    try:
        return converse(transport, work)
    finally:
        value[:] = bytes(len(value))


def _check_form(dialogue: Dialogue, facts: PinFacts, value: bytearray) -> None:
    """Digits of the right number, before the card is touched: anything else would cost a try for nothing."""
    if len(value) != facts.digits or not value.isdigit():
        raise Ended(Unreadable("check_secret", "secret_format", dialogue.apdus))


def _certificate(dialogue: Dialogue, extras: Extras) -> CertificateExpiry | None:
    return read_expiry(dialogue) if extras.certificate_expiry else None
