"""Is the card genuine? A genuine one, forged ones of each sort, a copy, and what leaves the question open."""

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader import AttributesRead, Authenticity, Extras, FaceRead, Mode, read
from card_reader.authenticity import TrustedKeys, rsa_key
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.hierarchy import Hierarchy, process_hierarchy
from card_reader.tlv import encode
from tests.card_reader.support import Line, persona
from tests.card_reader.test_trace import secret_of, trusted

VERIFIED = Authenticity("verified")


def looked_at(
    line: Line | SimulatedCard, keys: TrustedKeys | None = None, mode: Mode = "pin", key: str = "hanako"
) -> Authenticity | None:
    """What a reading says of the card."""
    extras = Extras(trusted=trusted() if keys is None else keys)
    outcome = read(line, mode, secret_of(mode, key), extras=extras)
    assert isinstance(outcome, AttributesRead | FaceRead)
    return outcome.authenticity


class Card(Line):
    """A card whose files (by id, in the application that is current) a forger has changed."""

    def __init__(self, changed: dict[str, bytes], card: SimulatedCard | None = None) -> None:
        super().__init__(card or SimulatedCard(persona("hanako")))
        self.changed = changed
        self.file = ""

    def transmit(self, apdu: bytes) -> bytes:
        real = super().transmit(apdu)
        if apdu[1:3] == b"\xa4\x02":
            self.file = apdu[5:].hex().upper()
        elif apdu[1:3] == b"\xa4\x04":
            self.file = ""
        elif apdu[1] == 0xB0 and self.file in self.changed:
            start = apdu[2] << 8 | apdu[3]
            return self.changed[self.file][start : start + apdu[4]] + b"\x90\x00"
        return real


def files(card: SimulatedCard, application: str = "text", by: bytes = b"\x00\x11") -> dict[str, bytes]:
    """The files of a card, as a forger who has its secret copies them."""
    person = card.persona
    aid = {"text": "D3921000310001010408", "face": "D3921000310001010402"}[application]
    secret = (person.pin or "") if by == b"\x00\x11" else (person.number_b or "")
    card.transmit(bytes.fromhex("00A4040C0A" + aid))
    card.transmit(b"\x00\xa4\x02\x0c\x02" + by)
    card.transmit(b"\x00\x20\x00\x80" + bytes([len(secret)]) + secret.encode())
    found = {}
    for name in ("0002", "0003", "0004", "0007") if application == "text" else ("0002", "0004"):
        card.transmit(bytes.fromhex("00A4020C02" + name))
        data = b""
        while True:
            answer = card.transmit(bytes([0x00, 0xB0, len(data) >> 8, len(data) & 0xFF, 0xF0]))
            data += answer[:-2]
            if len(answer) < 242:
                break
        found[name] = data
    card.power_off()
    return found


@pytest.mark.parametrize("mode", ["pin", "b", "face"])
def test_a_genuine_card_is_verified(mode: Mode) -> None:
    assert looked_at(SimulatedCard(persona("hanako")), mode=mode) == VERIFIED


@pytest.mark.parametrize("mode", ["pin", "face"])
def test_nothing_is_looked_at_without_configured_keys(mode: Mode) -> None:
    line = Line(SimulatedCard(persona("hanako")))
    assert looked_at(line, TrustedKeys(), mode) is None
    assert not any(apdu[1] == 0x2A for apdu in line.sent)


@pytest.mark.parametrize("mode", ["pin", "face"])
def test_an_issuer_that_nobody_configured_leaves_it_open(mode: Mode) -> None:
    key = next(iter(trusted().keys.values()))
    assert looked_at(SimulatedCard(persona("hanako")), TrustedKeys({bytes(16): key}), mode) == Authenticity(
        "not_verified", "unknown_issuer"
    )


@pytest.mark.parametrize("mode", ["pin", "face"])
def test_a_card_of_another_authority_with_the_same_name_is_forged(mode: Mode) -> None:
    stranger = SimulatedCard(persona("hanako"), keys=Hierarchy())
    assert looked_at(stranger, mode=mode) == Authenticity("forged", "certificate_signature")


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_changed_address_is_found() -> None:
    card = SimulatedCard(persona("hanako"))
    real = files(card)["0002"]
    changed = real.replace("花見台".encode(), "桜見台".encode())
    assert changed != real
    assert looked_at(Card({"0002": changed}, card)) == Authenticity("forged", "attributes_differ")


def test_a_changed_hash_or_signature_of_the_record_is_found() -> None:
    record = files(SimulatedCard(persona("hanako")))["0003"]
    for at in (record.index(b"\xdf\x31\x20") + 5, record.index(b"\xdf\x32\x20") + 5, 300):
        assert looked_at(Card({"0003": flipped(record, at)})) == Authenticity("forged", "record_signature")


def test_a_changed_certificate_is_found() -> None:
    certificate = files(SimulatedCard(persona("hanako")))["0004"]
    for at in (60, 200, 500):
        assert looked_at(Card({"0004": flipped(certificate, at)})) == Authenticity(
            "forged", "certificate_signature"
        )


def test_a_key_that_the_issuer_did_not_sign_is_found() -> None:
    own = files(SimulatedCard(persona("hanako")))["0007"]
    assert looked_at(Card({"0007": flipped(own, 200)})) == Authenticity("forged", "card_key_signature")


def test_a_copy_of_a_genuine_cards_files_is_found() -> None:
    """Every file as the issuer made it, on a card that has another private key."""
    genuine = SimulatedCard(persona("hanako"))
    copy = SimulatedCard(persona("long_address"))
    found = files(genuine)
    assert looked_at(Card(found, copy)) == Authenticity("forged", "not_the_card_s_key")


def test_a_copy_of_a_genuine_face_and_a_changed_photo_are_found() -> None:
    genuine = SimulatedCard(persona("hanako"))
    found = files(genuine, "face", b"\x00\x12")
    copy = SimulatedCard(persona("hanako").model_copy(update={"id": "somebody_else"}))
    assert looked_at(Card(found, copy), mode="face") == Authenticity("forged", "not_the_card_s_key")
    photo = found["0002"].index(b"jP  ") + 300
    for at in (photo, found["0002"].index(b"19750605")):
        changed = Card(found | {"0002": flipped(found["0002"], at)})
        assert looked_at(changed, mode="face") == Authenticity("forged", "record_signature")


def test_the_expiry_of_the_card_is_not_covered_by_its_signature() -> None:
    """Said in docs/card-reader.md: staff compare it with what is printed."""
    found = files(SimulatedCard(persona("hanako")), "face", b"\x00\x12")
    changed = found["0002"].replace(b"20321231", b"20421231")
    assert changed != found["0002"]
    assert looked_at(Card({"0002": changed}), mode="face") == VERIFIED


@pytest.mark.parametrize("answer", [b"\x6d\x00", b"\x69\x82", b"\x90\x00"])
def test_a_card_that_does_not_answer_the_challenge_is_not_verified(answer: bytes) -> None:
    line = Line(
        SimulatedCard(persona("hanako")), lambda i, command, real: answer if command[1] == 0x2A else real
    )
    assert looked_at(line) == Authenticity("not_verified", "no_answer")


@pytest.mark.parametrize("file", ["0003", "0004", "0007"])
def test_a_file_that_the_card_keeps_to_itself_leaves_it_open(file: str) -> None:
    line = Line(
        SimulatedCard(persona("hanako")),
        lambda i, command, real: b"\x69\x82" if command[5:].hex() == file else real,
    )
    assert looked_at(line) == Authenticity("not_verified", "not_readable")


@pytest.mark.parametrize("file", ["0003", "0004", "0007"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xff\xff\xff",
        b"\x7f\x21\x03abc",
        b"\xff\x30\x03abc",
        b"\xff\x50\x03abc",
        b"\x7f\x21\x82\x7f\xff" + bytes(300),
        encode(0x7F21, encode(0x5F4E, bytes(297))),
        encode(0xFF30, encode(0xDF31, bytes(32)) + encode(0xDF33, bytes(256))),
        encode(0xFF50, encode(0xDF51, bytes(200))),
    ],
)
def test_structures_of_another_form_never_count_as_verified(file: str, content: bytes) -> None:
    found = looked_at(Card({file: content}))
    assert found is not None
    assert found.result in ("not_verified", "forged")


def certified(body_key: bytes) -> bytes:
    """A certificate that the simulated authority signed, for a key of the test's."""
    card = files(SimulatedCard(persona("hanako")))["0004"]
    ids = card[card.index(b"\x5f\x4e") + 5 :][:32]
    body = ids + body_key
    signature = process_hierarchy().key("text_ca").sign(body, padding.PKCS1v15(), SHA256())
    return encode(0x7F21, encode(0x5F4E, body) + encode(0x5F37, signature))


@pytest.mark.parametrize(
    "key",
    [
        b"",
        encode(0x90, b"\x03"),
        encode(0x90, b"\x01\x00\x01") + encode(0x91, b"\x80" + bytes(127)),
        encode(0x90, b"\x02") + encode(0x91, b"\x80" + bytes(254) + b"\x01"),
        encode(0x90, b"\x01\x00\x01") + encode(0x91, b"\x00" + b"\xff" * 255),
    ],
)
def test_a_certified_key_that_is_none_leaves_it_open(key: bytes) -> None:
    assert looked_at(Card({"0004": certified(key)})) == Authenticity("not_verified", "unexpected_form")


def test_only_keys_of_2048_bits_are_taken() -> None:
    with pytest.raises(ValueError, match="2048"):
        rsa_key(b"\xff" * 128, 65537)


@pytest.mark.parametrize("mode", ["pin", "face"])
def test_a_card_that_names_the_length_of_its_signature_is_asked_once_more(mode: Mode) -> None:
    """6C00: the whole command again, what is to be signed included."""
    sent: list[bytes] = []

    def answer(index: int, command: bytes, real: bytes) -> bytes:
        if command[1] != 0x2A:
            return real
        sent.append(command)
        return real if len(sent) > 1 else b"\x6c\x00"

    assert looked_at(Line(SimulatedCard(persona("hanako")), answer), mode=mode) == VERIFIED
    assert len(sent) == 2
    assert sent[0] == sent[1]
