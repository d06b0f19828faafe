"""The files of the simulated card, taken apart by hand and checked with a cryptographic library."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from PIL import Image

from card_reader.simulated import pictures
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.contents import Contents
from card_reader.simulated.hierarchy import Hierarchy, modulus_of, process_hierarchy
from card_reader.simulated.layout import card_layout
from card_reader.simulated.personas import load_personas
from tests.card_reader.support import card, persona

JPKI, TEXT, FACE = "D392F000260100000001", "D3921000310001010408", "D3921000310001010402"
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
# DigestInfo over three SHA-256 digests in a row, 96 bytes.
THREE_SHA256_INFO = bytes.fromhex("3071300d060960864801650304020105000460")


def send(simulated: SimulatedCard, command: str, data: bytes = b"", le: str = "") -> bytes:
    """The answer's data; the status word must be 9000."""
    length = f"{len(data):02X}" if data else ""
    answer = simulated.transmit(bytes.fromhex(command + length) + data + bytes.fromhex(le))
    assert answer[-2:] == b"\x90\x00", answer[-2:].hex()
    return answer[:-2]


def opened(key: str = "hanako", secret: tuple[str, bytes] | None = None, aid: str = TEXT) -> SimulatedCard:
    """A card with the application selected and, if given, the secret of (reference, value) presented."""
    simulated = card(key)
    send(simulated, "00A4040C", bytes.fromhex(aid))
    if secret:
        send(simulated, "00A4020C", bytes.fromhex(secret[0]))
        send(simulated, "00200080", secret[1])
    return simulated


def status(simulated: SimulatedCard, command: str) -> str:
    return simulated.transmit(bytes.fromhex(command))[-2:].hex().upper()


def whole(simulated: SimulatedCard, file_id: str) -> bytes:
    send(simulated, "00A4020C", bytes.fromhex(file_id))
    data = b""
    while (answer := simulated.transmit(b"\x00\xb0" + len(data).to_bytes(2, "big") + b"\xf0"))[
        -2:
    ] == b"\x90\x00":
        data += answer[:-2]
    assert answer == b"\x6b\x00"
    return data


def parts(data: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """(tag, value, the object with its header) of each object; tags of one or two bytes."""
    while data and data[:2] != b"\xff\xff":
        size = 2 if data[0] & 0x1F == 0x1F else 1
        first = data[size]
        extra = first - 0x80 if first > 0x80 else 0
        start = size + 1 + extra
        length = int.from_bytes(data[size + 1 : start], "big") if extra else first
        yield data[:size].hex().upper(), data[start : start + length], data[: start + length]
        data = data[start + length :]


def only(data: bytes, tag: str) -> bytes:
    [(found, value, _)] = parts(data)
    assert found == tag
    return value


def public(data: bytes) -> rsa.RSAPublicKey:
    """A key as cards write it."""
    (_, exponent, _), (_, modulus, _) = parts(data)
    numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
    return numbers.public_key()


def certified(simulated: SimulatedCard, application: str) -> rsa.RSAPublicKey:
    """The key in the application's certificate, after that has been checked with the trusted one."""
    data = whole(simulated, "0004")
    assert len(data) == 568
    (_, body, _), (tag, signature, _) = parts(only(data, "7F21"))
    assert (len(body), tag) == (297, "5F37")
    [trusted] = [key for key in process_hierarchy().trusted() if key.application == application]
    assert body[:16] == trusted.key_id
    numbers = rsa.RSAPublicNumbers(trusted.exponent, int.from_bytes(trusted.modulus, "big"))
    numbers.public_key().verify(signature, body, padding.PKCS1v15(), hashes.SHA256())
    return public(body[32:])


def test_the_integrity_record_binds_the_attributes_and_nothing_real() -> None:
    simulated = opened(secret=("0011", b"1234"))
    issuer = certified(simulated, "text")
    record = whole(simulated, "0003").removesuffix(b"\xff\xff")
    assert len(record) == 336
    first, second, (tag, signature, _) = parts(only(record, "FF30"))
    assert (first[0], second[0], tag) == ("DF31", "DF32", "DF33")
    issuer.verify(signature, first[2] + second[2], padding.PKCS1v15(), hashes.SHA256())
    attributes = only(whole(simulated, "0002"), "FF20")
    assert attributes[:3] == bytes.fromhex("DF2108")
    assert second[1] == hashlib.sha256(attributes[11:]).digest()
    again = opened(secret=("0011", b"1234"))
    assert whole(again, "0003") != whole(simulated, "0003"), "the first digest must come from chance"


def test_the_card_s_own_key_is_signed_and_answers_without_a_secret() -> None:
    simulated = opened(secret=("0015", b"50060520325678"))
    issuer = certified(simulated, "text")
    (_, key, whole_key), (_, signature, _) = parts(only(whole(simulated, "0007"), "FF50"))
    issuer.verify(signature, whole_key, padding.PKCS1v15(), hashes.SHA256())
    without_secret = opened()
    answer = send(without_secret, "802A0000", SHA256_INFO + hashlib.sha256(b"nonce").digest(), "00")
    public(key).verify(answer, b"nonce", padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        public(key).verify(answer, b"another nonce", padding.PKCS1v15(), hashes.SHA256())


def test_the_card_face_has_pictures_and_a_signature_over_three_groups() -> None:
    simulated = opened(secret=("0012", b"50060520325678"), aid=FACE)
    issuer = certified(simulated, "face")
    face = whole(simulated, "0002")
    found = {tag: (value, item) for tag, value, item in parts(only(face, "FF20"))}
    assert list(found) == [f"DF{number:02X}" for number in range(0x21, 0x2B)]
    places = found["DF21"][0]
    starts = [int.from_bytes(places[at : at + 2], "big") for at in range(0, len(places), 2)]
    assert [face[at : at + 2].hex().upper() for at in starts] == list(found)[1:]
    groups = (("DF22", "DF23", "DF24"), ("DF25", "DF26"), ("DF27",))
    digests = [hashlib.sha256(b"".join(found[tag][1] for tag in group)).digest() for group in groups]
    signed = issuer.recover_data_from_signature(found["DF28"][0], padding.PKCS1v15(), None)
    assert signed == THREE_SHA256_INFO + b"".join(digests)
    assert (found["DF22"][0], found["DF23"][0], found["DF29"][0]) == (b"19750605", b"2", b"20321231")
    photo = Image.open(io.BytesIO(found["DF27"][0]))
    assert (photo.format, photo.mode, photo.size) == ("JPEG2000", "L", (200, 260))
    for tag, size in (("DF25", (480, 36)), ("DF26", (480, 36)), ("DF2A", (24, 12))):
        picture = Image.open(io.BytesIO(found[tag][0]))
        assert (picture.format, picture.mode, picture.size) == ("PNG", "1", size)
        assert picture.getextrema() == (0, 255), "nothing is drawn"


def test_the_age_record_opens_with_the_birth_date_as_printed() -> None:
    simulated = opened(secret=("0011", b"500605"), aid=FACE)
    issuer = certified(simulated, "face")
    birth, key, (_, signature, _) = parts(only(whole(simulated, "0001"), "FF10"))
    assert birth[1] == b"19750605"
    issuer.verify(signature, birth[2] + key[2], padding.PKCS1v15(), hashes.SHA256())
    assert status(simulated, "00A4020C020002") == "9000"
    assert status(simulated, "00B00000F0") == "6982"


@pytest.mark.parametrize(
    ("aid", "free", "with_pin", "with_b"),
    [
        (TEXT, {"0004", "0005"}, {"0002", "0003", "0004", "0005", "0006", "0007"}, None),
        (FACE, {"0003", "0004"}, None, {"0002", "0003", "0004"}),
        (JPKI, {"0002", "0006", "0008", "000A", "000B"}, None, None),
    ],
)
def test_each_file_opens_to_what_the_sources_say(
    aid: str, free: set[str], with_pin: set[str] | None, with_b: set[str] | None
) -> None:
    def readable(simulated: SimulatedCard) -> set[str]:
        return {
            f"{number:04X}"
            for number in range(0x20)
            if status(simulated, f"00A4020C02{number:04X}") == "9000"
            and status(simulated, "00B0000001") == "9000"
        }

    assert readable(opened(aid=aid)) == free
    if with_pin:
        assert readable(opened(secret=("0011", b"1234"), aid=aid)) == with_pin
        assert readable(opened(secret=("0015", b"50060520325678"), aid=aid)) == with_pin
    if with_b:
        assert readable(opened(secret=("0012", b"50060520325678"), aid=aid)) == with_b


@pytest.mark.parametrize(("aid", "reference", "tries"), [(TEXT, "0014", 10), (FACE, "0013", 10)])
def test_the_reference_for_the_number_counts_and_nothing_fits_it(
    aid: str, reference: str, tries: int
) -> None:
    simulated = opened(aid=aid)
    send(simulated, "00A4020C", bytes.fromhex(reference))
    assert status(simulated, "00200080") == f"63C{tries:X}"
    for left in range(tries - 1, -1, -1):
        assert status(simulated, "002000800C" + f"{left:02d}3456789012".encode().hex()) == f"63C{left:X}"
    assert status(simulated, "002000800C" + b"123456789012".hex()) == "6984"


@pytest.mark.parametrize(("aid", "file_id"), [(TEXT, "0001"), (FACE, "0005")])
def test_the_files_of_the_number_are_missing_like_files_that_never_were(aid: str, file_id: str) -> None:
    simulated = opened(aid=aid)
    short = f"00B0{0x80 | int(file_id, 16):02X}0001"
    for command in (f"00A4020C02{file_id}", short):
        assert status(simulated, command) == status(simulated, command.replace(file_id, "001E")) == "6A82"


def test_a_reference_that_arrives_blocked_is_blocked() -> None:
    simulated = opened()
    send(simulated, "00A4020C", bytes.fromhex("0012"))
    assert (status(simulated, "00200080"), status(simulated, "002000800431323334")) == ("63C0", "6984")


def test_short_identifiers_select_on_the_way() -> None:
    simulated = opened()
    assert status(simulated, "00200091") == "63C3"
    assert status(simulated, "002000910431323334") == "9000"
    assert send(simulated, "00B0820003")[:2] == bytes.fromhex("FF20")
    assert len(send(simulated, "00B0000310")) == 16
    assert status(simulated, "0020009D") == "6A82"


def test_a_challenge_is_new_each_time() -> None:
    first, second = (send(opened(), "0084000008") for _ in range(2))
    assert len(first) == 8
    assert first != second


def test_a_phone_keeps_its_certificate_behind_its_pin() -> None:
    simulated = opened("phone", aid=JPKI)
    send(simulated, "00A4020C", bytes.fromhex("000A"))
    assert status(simulated, "00B0000004") == "6982"
    assert status(simulated, "00A4040C0A" + TEXT) == "6A82"
    token = SimulatedCard(load_personas()["iphone"])
    send(token, "00A4040C", bytes.fromhex(JPKI))
    assert whole(token, "0006").startswith(b"JPKIAPIOSTOKEN  ")


def test_a_card_for_identification_by_face_has_no_usable_pin_and_opens_with_b() -> None:
    face_only = load_personas()["face_only"]
    assert face_only.number_b == "15081520335678"
    simulated = SimulatedCard(face_only)
    send(simulated, "00A4040C", bytes.fromhex(TEXT))
    assert (status(simulated, "00200091"), status(simulated, "002000910431323334")) == ("63C0", "6984")
    send(simulated, "00200095", face_only.number_b.encode())
    assert "例示　顔子".encode() in whole(simulated, "0002")
    send(simulated, "00A4040C", bytes.fromhex(JPKI))
    assert status(simulated, "00A4020C020001") == "6A82"


@pytest.mark.parametrize(
    ("birth", "year", "printed"),
    [
        ("20190501", "era", "010501"),
        ("20190430", "era", "310430"),
        ("19890108", "era", "010108"),
        ("19890107", "era", "640107"),
        ("19261225", "era", "011225"),
        ("19261224", "era", "151224"),
        ("19120729", "era", "450729"),
        ("18680124", "era", "680124"),
        ("19800217", "era", "550217"),
        ("19800217", "western", "800217"),
    ],
)
def test_the_birth_date_is_printed_in_the_year_of_its_era(birth: str, year: str, printed: str) -> None:
    changed = persona("hanako").model_copy(update={"birth": birth, "printed_year": year})
    assert changed.birth_printed == printed


def test_the_published_example_of_number_b_is_ours() -> None:
    """SOL src/data.rs: born 1980-02-17, expiry 2035, security code 2285."""
    test_card = persona("hanako").model_copy(
        update={"birth": "19800217", "expiry": "20350217", "security_code": "2285"}
    )
    assert test_card.number_b == "55021720352285"


def test_keys_in_a_folder_are_the_same_for_everybody_and_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    kept = Hierarchy(folder)
    assert modulus_of(kept.key("text_ca").public_key()) == kept.trusted()[0].modulus
    assert Hierarchy(folder).trusted() == kept.trusted()
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    holder = persona("hanako")
    first, second = (
        Contents(holder, card_layout(), Hierarchy(folder)).content("authentication_certificate")
        for _ in range(2)
    )
    assert first == second
    end = x509.load_der_x509_certificate(first).not_valid_after_utc
    assert end.isoformat() == "2032-12-31T14:59:59+00:00", "the end of the day in Japan"


def test_a_name_without_any_font_is_drawn_as_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_font", lambda size: None)
    with_boxes = pictures.printed_line.__wrapped__("見本　花子")
    assert Image.open(io.BytesIO(with_boxes)).size == (480, 36)
    assert with_boxes != pictures.printed_line("見本　花子")
