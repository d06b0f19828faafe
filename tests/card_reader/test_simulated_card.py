"""The simulated card against what is known of real ones, and against a cryptographic library as witness."""

import hashlib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.apdu import query_tries, select_application, select_file, verify
from card_reader.cards import card_facts
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.counters import FileTryCounters
from card_reader.simulated.personas import load_personas
from tests.card_reader.support import RIGHT_PIN, WRONG_PIN, card, persona

FACTS = card_facts()
OK = "9000"
# DigestInfo of SHA-256 (RFC 8017, 9.2 note 1).
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def status(simulated: SimulatedCard, command: bytes | str) -> str:
    """The status word of one answer."""
    sent = bytes.fromhex(command) if isinstance(command, str) else command
    return simulated.transmit(sent)[-2:].hex().upper()


def in_jpki(key: str = "hanako") -> SimulatedCard:
    simulated = card(key)
    assert status(simulated, select_application(FACTS.jpki.aid)) == OK
    return simulated


def whole_file(simulated: SimulatedCard, file_id: str) -> bytes:
    assert status(simulated, select_file(file_id)) == OK
    data = b""
    while True:
        answer = simulated.transmit(bytes([0x00, 0xB0]) + len(data).to_bytes(2, "big") + b"\xf0")
        if answer[-2:] != b"\x90\x00":
            assert answer == b"\x6b\x00"
            return data
        data += answer[:-2]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("00A4040C0AD392F000260100000001", "9000"),
        ("00A4040C0AD392F0002601000000FF", "6A82"),
        ("00A4040C05A000000231", "6A82"),
        ("00A40000", "6A86"),
        ("00A4000C023F00", "6A82"),
        ("00A4020C020006", "6A82"),
        ("00A4770C020006", "6A86"),
        ("00B0000020", "6986"),
        ("00200080", "6986"),
        ("00200081", "6A82"),
        ("002000A1", "6A86"),
        ("802A00800101", "6986"),
        ("00CA0000", "6D00"),
        ("8450000008", "6E00"),
        ("00A404", "6700"),
        ("00A4040C0AD392", "6700"),
    ],
)
def test_a_fresh_card_answers_like_a_real_one(command: str, expected: str) -> None:
    assert status(card("hanako"), command) == expected


def test_selecting_another_application_forgets_the_file() -> None:
    simulated = in_jpki()
    assert status(simulated, select_file("0006")) == OK
    assert status(simulated, "00B0000020") == OK
    assert status(simulated, select_application(FACTS.text.aid)) == OK
    assert status(simulated, "00B0000020") == "6986"


def test_the_master_file_is_answered_well_and_changes_nothing() -> None:
    simulated = in_jpki()
    assert status(simulated, select_file("0006")) == OK
    assert status(simulated, "00A40000") == OK
    assert status(simulated, "00B0000020") == OK


@pytest.mark.parametrize(
    ("command", "size"),
    [
        ("00B0000020", 32),
        ("00B0000000", 160),
        ("00B000000000A0", 160),
        ("00B00000000000", 160),
        ("00B0009F05", 1),
    ],
)
def test_short_and_extended_lengths_and_the_end_of_the_file(command: str, size: int) -> None:
    simulated = in_jpki()
    assert status(simulated, select_file("0006")) == OK
    answer = simulated.transmit(bytes.fromhex(command))
    assert (len(answer) - 2, answer[-2:]) == (size, b"\x90\x00")
    assert status(simulated, "00B000A001") == "6B00"
    assert status(simulated, "00B0E60001") == "6A86"


@pytest.mark.parametrize(
    ("key", "label"),
    [("hanako", b"JPKIAPICCTOKEN2"), ("juki", b"JPKIAPICCTOKEN "), ("phone", b"JPKIAPGPSETOKEN")],
)
def test_the_label_says_who_answers(key: str, label: bytes) -> None:
    token_info = whole_file(in_jpki(key), "0006")
    assert len(token_info) == 160
    assert token_info.startswith(label)


def test_secrets_and_keys_are_no_data_and_data_is_no_secret() -> None:
    simulated = in_jpki()
    for file_id in ("0018", "001B", "0017", "001A"):
        assert status(simulated, select_file(file_id)) == OK
        assert status(simulated, "00B0000001") == "6981"
    assert status(simulated, query_tries()) == "6981"
    assert status(simulated, select_file("0006")) == OK
    assert status(simulated, "802A00800101") == "6981"


def test_a_secret_is_blocked_after_its_last_try_and_stays_so() -> None:
    simulated = in_jpki()
    assert status(simulated, select_file("0018")) == OK
    assert [status(simulated, verify(WRONG_PIN)) for _ in range(4)] == ["63C2", "63C1", "63C0", "6984"]
    assert status(simulated, verify(RIGHT_PIN)) == "6984"
    # OpenSC refuses the whole card when this question is answered with anything but 63Cx.
    assert status(simulated, query_tries()) == "63C0"
    simulated.power_off()
    assert simulated.counters.left("authentication") == 0
    assert simulated.counters.left("pin") == 3


def test_a_wrong_secret_closes_what_a_right_one_opened() -> None:
    simulated = in_jpki()
    assert status(simulated, select_file("001B")) == OK
    assert status(simulated, verify(b"ABC123")) == OK
    assert status(simulated, select_file("0001")) == OK
    assert status(simulated, "00B0000004") == OK
    assert status(simulated, select_file("001B")) == OK
    assert status(simulated, verify(b"XXXXXX")) == "63C4"
    assert status(simulated, select_file("0001")) == OK
    assert status(simulated, "00B0000004") == "6982"


def test_the_certificates_form_chains_and_only_the_signature_one_names_its_holder() -> None:
    simulated = in_jpki()
    certificates = {
        name: x509.load_der_x509_certificate(whole_file(simulated, name)) for name in ("000A", "000B", "0002")
    }
    certificates["000A"].verify_directly_issued_by(certificates["000B"])
    assert status(simulated, select_file("001B")) == OK
    assert status(simulated, verify(b"ABC123")) == OK
    signature = whole_file(simulated, "0001")
    x509.load_der_x509_certificate(signature).verify_directly_issued_by(certificates["0002"])
    assert signature.startswith(b"\x30\x82"), "OpenSC takes the size from two length bytes"
    name = "見本　花子".encode()
    assert name in signature
    assert name not in whole_file(simulated, "000A")


def test_two_cards_have_two_keys_and_one_authority() -> None:
    first, second = in_jpki("hanako"), in_jpki("last_try")
    assert whole_file(first, "000B") == whole_file(second, "000B")
    assert whole_file(first, "000A") != whole_file(second, "000A")
    assert whole_file(first, "000A") == whole_file(in_jpki("hanako"), "000A")


def test_a_signature_needs_the_secret_and_verifies() -> None:
    simulated = in_jpki()
    info = SHA256_INFO + hashlib.sha256(b"Mihon City").digest()
    command = bytes([0x80, 0x2A, 0x00, 0x80, len(info)]) + info + b"\x00"
    assert status(simulated, select_file("0017")) == OK
    assert status(simulated, command) == "6982"
    assert status(simulated, select_file("0018")) == OK
    assert status(simulated, verify(RIGHT_PIN)) == OK
    assert status(simulated, select_file("0017")) == OK
    answer = simulated.transmit(command)
    assert (len(answer), answer[-2:]) == (258, b"\x90\x00")
    key = x509.load_der_x509_certificate(whole_file(simulated, "000A")).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(answer[:-2], b"Mihon City", padding.PKCS1v15(), hashes.SHA256())


def test_somebody_without_a_signature_certificate_has_its_secret_and_no_certificate() -> None:
    simulated = in_jpki("long_address")
    assert status(simulated, select_file("001B")) == OK
    assert status(simulated, query_tries()) == "63C5"
    assert status(simulated, verify(b"ABC123")) == "63C4"
    assert status(simulated, select_file("0001")) == "6A82"


def test_tries_kept_in_a_file_outlive_the_process(tmp_path: Path) -> None:
    kept = tmp_path / "cards" / "hanako.json"
    for expected in ("63C2", "63C1"):
        simulated = SimulatedCard(persona("hanako"), FileTryCounters(persona("hanako"), kept))
        status(simulated, select_application(FACTS.text.aid))
        status(simulated, select_file(FACTS.text.pin.reference))
        assert status(simulated, verify(WRONG_PIN)) == expected


def test_every_card_of_the_demonstration_can_be_laid_on() -> None:
    for found in load_personas().values():
        simulated = SimulatedCard(found)
        expected = OK if found.kind in ("my_number", "juki", "phone", "mute") else None
        answer = status(simulated, select_application(FACTS.jpki.aid))
        assert expected is None or simulated.mute or answer == expected


KNOWN = [
    bytes.fromhex(text)
    for text in (
        "00A4040C0AD392F000260100000001",
        "00A4040C0AD3921000310001010408",
        "00A4040C0AD3921000310001010402",
        "00A4020C020001",
        "00A4020C020002",
        "00A4020C020003",
        "00A4020C020011",
        "00A4020C020015",
        "00A4020C02001B",
        "00B0000000",
        "00B0820000",
        "00B0810000",
        "00200080",
        "002000910439393939",
        "0020009504393939390000000000000000",
        "802A00000100",
        "802A00800100",
        "0084000008",
    )
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(KNOWN), st.binary(max_size=24)), max_size=40))
def test_whatever_is_sent_a_card_answers_and_tells_nothing_without_a_secret(commands: list[bytes]) -> None:
    simulated = card("hanako")
    told = b""
    for command in commands:
        answer = simulated.transmit(command)
        assert len(answer) >= 2
        assert answer[-2] in (0x90, 0x63, 0x67, 0x69, 0x6A, 0x6B, 0x6D, 0x6E)
        told += answer[:-2]
    for personal in ("見本　花子".encode(), "花見台".encode(), b"19750605"):
        assert personal not in told
