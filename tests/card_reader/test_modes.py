"""The other ways of reading: by 照合番号B, the card's face, nothing at all; and what is looked at beside."""

from pathlib import Path

import pytest

from card_reader import (
    AttributesRead,
    Blocked,
    CardOutcome,
    CertificateExpiry,
    Extras,
    FaceRead,
    LastTryRefused,
    Mode,
    NoSecret,
    OtherCard,
    ReaderState,
    Tapped,
    Tries,
    Unreadable,
    WrongSecret,
    ask_tries,
    read,
    read_attributes_by_b,
    read_card,
    read_face,
    read_nothing,
    remedy_for,
    tries,
)
from card_reader.alone import AloneReader
from card_reader.certificate import BadCertificate, expiry_day
from card_reader.outcomes import Step
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.faults import Fault
from card_reader.simulated.personas import Persona, load_personas
from card_reader.simulated.reader import InProcessReader
from card_reader.tlv import encode
from card_reader.tries import AskedSecret
from tests.card_reader.support import PERSONAS, Line, persona, verifies

ALL = load_personas()
EXPIRY = Extras(certificate_expiry=True)
WRONG_B = b"01010120300000"


def b_of(person: Persona) -> bytes:
    assert person.number_b is not None
    return person.number_b.encode("ascii")


def by_b(person: Persona, value: bytes | None = None, *faults: str, last: bool = False) -> CardOutcome:
    """One reading with 照合番号B on a fresh card."""
    secret = bytearray(value or b_of(person))
    line = Line(SimulatedCard(person, faults=[Fault.parse(text) for text in faults]))
    outcome = read_attributes_by_b(line, secret, allow_last_try=last)
    assert secret == bytes(len(secret))
    assert len(verifies(line.sent)) <= 1
    return outcome


@pytest.mark.parametrize("key", ["mihon_taro", "santos_maria", "two_bytes_in_front", "face_only", "child"])
def test_b_opens_the_four_attributes_also_of_a_card_without_pin(key: str) -> None:
    outcome = by_b(ALL[key])
    assert isinstance(outcome, AttributesRead)
    assert outcome.attributes == ALL[key].attributes
    assert (outcome.by, outcome.tries_left) == ("b", 10)


def test_the_year_in_the_other_form_is_a_wrong_secret_and_nothing_is_tried_again() -> None:
    person = ALL["mihon_taro"]
    assert person.birth is not None
    line = Line(SimulatedCard(person))
    other = bytearray(person.birth[2:].encode() + b_of(person)[6:])
    assert read_attributes_by_b(line, other) == WrongSecret(9, 7, "b")
    assert len(verifies(line.sent)) == 1


@pytest.mark.parametrize(
    ("left", "last", "outcome"),
    [
        (0, True, Blocked(6, by="b")),
        (1, False, LastTryRefused(6, "b")),
        (1, True, Blocked(7, by_this_attempt=True, by="b")),
        (2, False, WrongSecret(1, 7, "b")),
    ],
)
def test_the_tries_of_b_are_asked_first(left: int, last: bool, outcome: CardOutcome) -> None:
    person = ALL["mihon_taro"].model_copy(update={"tries": {"b": left}})
    assert by_b(person, WRONG_B, last=last) == outcome


@pytest.mark.parametrize("value", [b"1234", b"5502172035228", b"550217203522851", b"5502172035228A"])
@pytest.mark.parametrize("mode", ["b", "face"])
def test_a_b_of_another_shape_is_never_sent(mode: Mode, value: bytes) -> None:
    line = Line(SimulatedCard(persona("hanako")))
    assert read(line, mode, bytearray(value)) == Unreadable("check_secret", "secret_format", 0)
    assert line.sent == []


def test_the_face_of_a_card() -> None:
    person = ALL["mihon_taro"]
    card = SimulatedCard(person)
    outcome = read_face(card, bytearray(b_of(person)))
    assert isinstance(outcome, FaceRead)
    assert (outcome.face.birth, outcome.face.sex, outcome.face.expiry) == (person.birth, "1", person.expiry)
    assert outcome.face.photo[4:8] == b"jP  "
    assert outcome.face.name[:4] == outcome.face.address[:4] == b"\x89PNG"
    assert repr(outcome).count("19730412") == 0


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("cut=400@read:face.face", "cut_short"),
        ("tag=FF10@read:face.face", "no_object"),
        ("length=83FFFFFF@read:face.face", "too_long"),
        ("status=6982@read:face.face", "status_6982"),
    ],
)
def test_a_garbled_face_is_unreadable_with_its_reason(fault: str, reason: str) -> None:
    person = ALL["mihon_taro"]
    outcome = read_face(SimulatedCard(person, faults=[Fault.parse(fault)]), bytearray(b_of(person)))
    assert isinstance(outcome, Unreadable)
    assert (outcome.step, outcome.reason_code) == ("read_face", reason)


def test_the_counters_of_b_in_the_two_applications_are_told_apart() -> None:
    person = ALL["mihon_taro"].model_copy(update={"tries": {"b": 4, "face_b": 7}})
    asked: list[AskedSecret] = ["b", "face_b"]
    assert [tries(SimulatedCard(person), of) for of in asked] == [Tries("b", 4, 3), Tries("face_b", 7, 3)]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("63C3", Tries("pin", 3, 3)),
        ("63C0", Tries("pin", 0, 3)),
        ("6983", Tries("pin", 0, 3)),
        ("6984", Tries("pin", 0, 3)),
        ("6300", Tries("pin", None, 3)),
        ("9000", Tries("pin", None, 3)),
        ("6A88", NoSecret(3)),
        ("6D00", Unreadable("query_tries", "status_6D00", 3)),
    ],
)
def test_tries_are_told_without_using_one(status: str, expected: object) -> None:
    card = SimulatedCard(persona("hanako"), faults=[Fault.parse(f"status={status}@tries:text.pin")])
    assert tries(card) == expected
    assert card.counters.left("pin") == 3


@pytest.mark.parametrize(("of", "step"), [("pin", "select_text"), ("face_b", "select_face")])
def test_a_card_that_will_not_open_an_application_is_not_taken_for_a_phone(
    of: AskedSecret, step: Step
) -> None:
    where = step.replace("_", ":")
    card = SimulatedCard(persona("hanako"), faults=[Fault.parse(f"status=6F42@{where}")])
    assert tries(card, of) == Unreadable(step, "status_6F42", 4)
    card = SimulatedCard(persona("hanako"), faults=[Fault.parse(f"status=6A82@{where}")])
    assert tries(card, of) == OtherCard("phone", 4)


@pytest.mark.parametrize(
    ("key", "mode", "expected"),
    [
        ("hanako", "pin", {"outcome": "asked", "tries_left": 3, "apdus": 3}),
        ("hanako", "b", {"outcome": "asked", "tries_left": 10, "apdus": 3}),
        ("hanako", "face", {"outcome": "asked", "tries_left": 10, "apdus": 3}),
        ("hanako", "none", {"outcome": "asked", "tries_left": None, "apdus": 0}),
        ("last_try", "pin", {"outcome": "asked", "tries_left": 1, "instead": ()}),
        ("blocked", "pin", {"outcome": "blocked", "procedure": "R033", "instead": ("b", "manual")}),
        ("phone", "pin", {"outcome": "other_card", "other_kind": "phone"}),
        ("mute", "pin", {"outcome": "unreadable", "detail": "connect:mute"}),
        (None, "b", {"outcome": "no_card", "mode": "b"}),
    ],
)
def test_a_screen_asks_for_the_tries_before_the_first_digit(
    key: str | None, mode: Mode, expected: dict[str, object]
) -> None:
    reader = InProcessReader("one", PERSONAS)
    if key:
        reader.insert(key)
    message = ask_tries(reader, mode)
    assert {name: getattr(message, name) for name in expected} == expected


@pytest.mark.parametrize(("after", "outcome"), [(0, "removed"), (2, "removed")])
def test_a_card_that_is_lifted_while_it_is_asked(after: int, outcome: str) -> None:
    reader = InProcessReader("one", PERSONAS)
    reader.insert("hanako", pull_after_apdu=after)
    assert ask_tries(reader, "pin").outcome == outcome


def test_a_blocked_secret_leads_to_its_procedure_and_to_other_ways() -> None:
    assert tries(SimulatedCard(persona("blocked"))) == Tries("pin", 0, 3)
    assert Tries("pin", 0, 3).blocked
    assert (remedy_for("pin").procedure, remedy_for("pin").instead) == ("R033", ("b", "manual"))
    assert remedy_for("b").instead == ("pin", "manual")


def test_the_procedures_that_lead_on_exist() -> None:
    rules = Path(__file__).parents[2] / "procedures" / "data" / "national"
    text = "".join(path.read_text(encoding="utf-8") for path in rules.glob("*.yaml"))
    for secret in ("pin", "b"):
        assert f"- id: {remedy_for(secret).procedure}\n" in text


@pytest.mark.parametrize("answer", ["6A82", "6A88"])
def test_a_card_without_a_pin_says_so_and_nothing_is_sent(answer: str) -> None:
    line = Line(
        SimulatedCard(persona("hanako")),
        lambda i, command, real: bytes.fromhex(answer) if command[5:] == b"\x00\x11" else real,
    )
    assert read(line, "pin", bytearray(b"1234")) == NoSecret(5)
    assert verifies(line.sent) == []


def test_a_card_for_identification_by_face_arrives_blocked() -> None:
    """As the simulation has it; how a real one answers is not known."""
    assert read(SimulatedCard(ALL["face_only"]), "pin", bytearray(b"1234")) == Blocked(6)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("juki_card", "juki"),
        ("smartphone", "phone"),
        ("iphone", "phone"),
        ("driving_licence", "driving_licence"),
        ("residence_card", "residence_card"),
        ("transit_card", "transit"),
    ],
)
@pytest.mark.parametrize("mode", ["pin", "b", "face", "none"])
def test_other_cards_are_told_in_every_way_of_reading(mode: Mode, key: str, kind: str) -> None:
    line = Line(SimulatedCard(ALL[key]))
    secret = bytearray(b"1234" if mode == "pin" else WRONG_B)
    outcome = read(line, mode, secret, extras=EXPIRY)
    assert isinstance(outcome, OtherCard)
    assert outcome.kind == kind
    assert verifies(line.sent) == []


def test_a_new_label_without_a_text_application_is_a_phone() -> None:
    person = ALL["smartphone"].model_copy(update={"token": "JPKIAPNEXTPHONE"})
    assert read(SimulatedCard(person), "pin", bytearray(b"1234")) == OtherCard("phone", 4)
    asked = tries(SimulatedCard(person))
    assert isinstance(asked, OtherCard)
    assert asked.kind == "phone"


def test_a_tap_takes_nothing_and_needs_no_secret() -> None:
    card = SimulatedCard(ALL["mihon_taro"])
    assert read_nothing(card) == Tapped(3)
    assert read(card, "none", bytearray(b"1234")) == Tapped(3)


def test_the_certificates_expiry_is_read_without_a_pin_and_nothing_more_of_it() -> None:
    card = SimulatedCard(ALL["renewal_due"])
    assert read_nothing(card, extras=EXPIRY) == Tapped(5, CertificateExpiry("20261220"))
    outcome = read(card, "pin", bytearray(b"1234"), extras=EXPIRY)
    assert isinstance(outcome, AttributesRead)
    assert outcome.certificate == CertificateExpiry("20261220")
    line = Line(SimulatedCard(ALL["renewal_due"]))
    read_nothing(line, extras=EXPIRY)
    assert [apdu for apdu in line.sent if apdu[1] == 0xB0][1:] == [bytes.fromhex("00B00000F0")]
    assert "20261220" not in repr(outcome)


@pytest.mark.parametrize(
    ("fault", "unknown"),
    [
        ("status=6982@read:jpki.authentication_certificate", "needs_pin"),
        ("status=6982@select:jpki.authentication_certificate", "needs_pin"),
        ("status=6A82@select:jpki.authentication_certificate", "absent"),
        ("status=6F01@select:jpki.authentication_certificate", "unreadable"),
        ("status=6F01@read:jpki.authentication_certificate", "unreadable"),
        ("tag=3131@read:jpki.authentication_certificate", "unreadable"),
        ("cut=40@read:jpki.authentication_certificate", "unreadable"),
        ("status=9000@read:jpki.authentication_certificate", "unreadable"),
    ],
)
def test_an_expiry_that_cannot_be_had_does_not_end_the_reading(fault: str, unknown: str) -> None:
    card = SimulatedCard(persona("hanako"), faults=[Fault.parse(fault)])
    outcome = read(card, "pin", bytearray(b"1234"), extras=EXPIRY)
    assert isinstance(outcome, AttributesRead)
    assert outcome.certificate is not None
    assert (outcome.certificate.on, outcome.certificate.unknown) == (None, unknown)


def der(after: bytes, *, version: bool = True, issuer: bytes = bytes(40)) -> bytes:
    """The beginning of a certificate whose notAfter is `after`."""
    parts = encode(0xA0, b"\x02\x01\x02") if version else b""
    parts += encode(0x02, bytes(8)) + encode(0x30, bytes(13)) + encode(0x30, issuer)
    parts += encode(0x30, encode(0x17, b"200101000000Z") + after)
    return encode(0x30, encode(0x30, parts + bytes(600)) + bytes(270))


@pytest.mark.parametrize(
    ("after", "day"),
    [
        (encode(0x17, b"270412145959Z"), "20270412"),
        (encode(0x17, b"270412150000Z"), "20270413"),
        (encode(0x17, b"991231145959Z"), "19991231"),
        (encode(0x18, b"20510412145959Z"), "20510412"),
    ],
)
def test_a_certificate_ends_on_a_day_in_japan(after: bytes, day: str) -> None:
    assert expiry_day(der(after)) == day
    assert expiry_day(der(after, version=False)) == day
    assert expiry_day(der(after)[:60]) is None


@pytest.mark.parametrize(
    "beginning",
    [
        b"\x31\x03abc",
        der(encode(0x17, b"270412")),
        der(encode(0x02, b"1")),
        der(encode(0x18, b"99999999999999Z")),
    ],
)
def test_what_is_no_certificate_is_refused(beginning: bytes) -> None:
    with pytest.raises(BadCertificate):
        expiry_day(beginning)


def test_a_card_on_each_of_two_readers_is_read_on_neither() -> None:
    one, other = InProcessReader("one", PERSONAS), InProcessReader("other", PERSONAS)
    card = one.insert("hanako")
    other.insert("licence")
    pin = bytearray(b"1234")
    both = AloneReader(one, [other])
    message = read_card(both, pin)
    assert (message.outcome, message.other_kind, message.apdus) == ("other_card", "two_cards", 0)
    assert pin == bytes(4)
    asked = ask_tries(both, "pin")
    assert (asked.outcome, asked.other_kind) == ("other_card", "two_cards")
    assert not card.trace
    other.remove()
    assert other.state() is ReaderState.EMPTY
    assert read_card(both, bytearray(b"1234")).outcome == "read"
