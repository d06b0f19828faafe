"""Our reader with cards that our simulation did not make: published bytes, transcripts, a second card."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa

from card_reader import (
    AttributesRead,
    Authenticity,
    Blocked,
    CardOutcome,
    Extras,
    FaceRead,
    Mode,
    Tapped,
    Transport,
    WrongSecret,
    b_from_fields,
    load_policy,
    read,
)
from card_reader.authenticity import TrustedKeys
from card_reader.b_number import BNumber
from card_reader.outcomes import CardAttributes
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.commands import run_authority
from card_reader.simulated.hierarchy import Hierarchy
from card_reader.simulated.slot import keys_folder
from tests.card_reader import second_card
from tests.card_reader.second_card import SecondCard
from tests.card_reader.support import persona

VECTORS = Path(__file__).parent / "vectors"
HOLDER = CardAttributes("黒桐　幹也", "東京都清瀬市観布子南１２－７－２０２", "19800217", "1")
SECRETS: dict[str, bytes] = {"pin": b"1234", "b": b"55021720352285", "face": b"55021720352285", "none": b""}


def vector(name: str) -> Any:
    return yaml.safe_load((VECTORS / f"{name}.yaml").read_text(encoding="utf-8"))


class Transcript:
    """A card that knows one conversation: another command than the next one is a failure of the test."""

    def __init__(self, exchanges: list[dict[str, str]]) -> None:
        self.left = list(exchanges)

    def transmit(self, apdu: bytes) -> bytes:
        assert self.left, f"nothing more is expected, and {apdu.hex().upper()} came"
        exchange = self.left.pop(0)
        assert apdu.hex().upper() == exchange["command"]
        return bytes.fromhex(exchange["answer"])


class Both:
    """Two cards that hear the same commands; the first one's answers go back."""

    def __init__(self, cards: list[Transport]) -> None:
        self._cards = cards
        self.heard: list[list[bytes]] = [[] for _ in cards]

    def transmit(self, apdu: bytes) -> bytes:
        for card, answers in zip(self._cards, self.heard, strict=True):
            answers.append(card.transmit(apdu))
        return self.heard[0][-1]


@pytest.fixture(scope="module")
def second() -> SecondCard:
    return SecondCard()


def by(
    mode: Mode, second: SecondCard, secret: bytes | None = None, extras: Extras | None = None
) -> CardOutcome:
    value = bytearray(SECRETS[mode] if secret is None else secret)
    outcome = read(second, mode, value, extras=extras or Extras())
    assert value == bytes(len(value))
    return outcome


def trust(second: SecondCard) -> Extras:
    ids = (second_card.CA_KEY_ID, second_card.FACE_CA_KEY_ID)
    return Extras(trusted=TrustedKeys(dict.fromkeys(ids, second.authority.public_key())))


@pytest.mark.parametrize("told", vector("transcripts"), ids=lambda told: told["name"])
def test_a_conversation_goes_as_the_sources_say(told: dict[str, Any]) -> None:
    card = Transcript(told["exchanges"])
    outcome = read(card, told["mode"], bytearray(SECRETS[told["mode"]]))
    assert card.left == []
    ends = dict(told["ends"])
    assert type(outcome).__name__ == ends.pop("outcome")
    assert {name: getattr(outcome, name) for name in ends} == ends
    if isinstance(outcome, AttributesRead):
        assert outcome.attributes == HOLDER


def test_number_b_is_that_of_the_published_test_card() -> None:
    published = vector("number_b_test_card")
    made = b_from_fields(published["birth"], "era", published["expiry"], published["security_code"])
    assert isinstance(made, BNumber)
    assert made.digits.decode() == published["number_b"]


@pytest.mark.parametrize("mode", ["pin", "b"])
def test_the_second_card_gives_the_published_attributes(second: SecondCard, mode: Mode) -> None:
    outcome = by(mode, second)
    assert isinstance(outcome, AttributesRead)
    assert outcome.attributes == HOLDER
    assert outcome.tries_left == {"pin": 3, "b": 10}[mode]


def test_the_second_card_shows_its_face(second: SecondCard) -> None:
    outcome = by("face", second)
    assert isinstance(outcome, FaceRead)
    face = outcome.face
    assert (face.photo, face.name, face.address) == (
        second_card.PHOTO,
        second_card.NAME_PICTURE,
        second_card.ADDRESS_PICTURE,
    )
    assert (face.birth, face.sex, face.expiry) == ("19800217", "1", "20350217")


def test_the_second_card_is_recognised_alone(second: SecondCard) -> None:
    assert isinstance(by("none", second), Tapped)


@pytest.mark.parametrize("mode", ["pin", "b", "face"])
def test_the_second_card_is_genuine_for_who_trusts_its_authority(second: SecondCard, mode: Mode) -> None:
    outcome = by(mode, second, extras=trust(second))
    assert isinstance(outcome, AttributesRead | FaceRead)
    assert outcome.authenticity == Authenticity("verified")


@pytest.mark.parametrize("mode", ["pin", "face"])
def test_a_copy_of_the_second_card_s_files_is_forged(
    second: SecondCard, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    monkeypatch.setattr(second, "_own", rsa.generate_private_key(65537, 2048))
    outcome = by(mode, second, extras=trust(second))
    assert isinstance(outcome, AttributesRead | FaceRead)
    assert outcome.authenticity == Authenticity("forged", "not_the_card_s_key")


@pytest.mark.parametrize("printed", [second_card.PHOTO, second_card.NAME_PICTURE, b"19800217"])
def test_another_print_on_the_second_card_is_forged(
    second: SecondCard, monkeypatch: pytest.MonkeyPatch, printed: bytes
) -> None:
    face, files = "d3921000310001010402", second._files
    content, opened_by = files[face]["0002"]
    changed = content.replace(printed, printed[:-1] + bytes([printed[-1] ^ 1]), 1)
    monkeypatch.setitem(files[face], "0002", (changed, opened_by))
    outcome = by("face", second, extras=trust(second))
    assert isinstance(outcome, FaceRead)
    assert outcome.authenticity == Authenticity("forged", "record_signature")


def test_tries_of_the_second_card_go_one_by_one() -> None:
    card = SecondCard()
    assert by("pin", card, b"9999") == WrongSecret(2, 7)
    assert card.tries["0011"] == 2
    assert isinstance(by("pin", card), AttributesRead)
    assert card.tries["0011"] == 3
    card.tries["0015"] = 0
    before = card.verifies
    assert by("b", card) == Blocked(6, by="b")
    assert card.verifies == before


def test_both_cards_answer_a_plain_reading_alike(second: SecondCard) -> None:
    """Command by command the same status words, and the same attributes for the same holder."""
    twin = persona("hanako").model_copy(
        update={
            "name": HOLDER.name,
            "address": HOLDER.address,
            "birth": HOLDER.birth,
            "sex": HOLDER.sex,
            "expiry": "20350217",
            "security_code": "2285",
        }
    )
    simulated = SimulatedCard(twin)
    modes: tuple[Mode, ...] = ("pin", "b", "none")
    for mode in modes:
        both = Both([simulated, second])
        read(both, mode, bytearray(SECRETS[mode]))
        heard = both.heard
        file, other = (answers[-1].removesuffix(b"\x90\x00").removesuffix(b"\xff\xff") for answers in heard)
        assert file == other
        assert [answer[-2:] for answer in heard[0]] == [answer[-2:] for answer in heard[1]]


def test_the_second_card_knows_nothing_of_this_project() -> None:
    """Only so does it see a mistake that reader and simulated card share."""
    tree = ast.parse(Path(second_card.__file__).read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert names, "it imports at least a cryptographic library"
    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == {"cryptography"}


def test_the_exported_policy_trusts_this_machine_s_cards_and_no_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Args:
        state_dir = tmp_path

    assert run_authority(Args()) == 0  # type: ignore[arg-type]
    policy_file = tmp_path / "policy.yaml"
    policy_file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert len(json.loads(policy_file.read_text(encoding="utf-8"))["ca_keys"]) == 2
    extras = load_policy(policy_file).extras
    ours = SimulatedCard(persona("hanako"), keys=Hierarchy(keys_folder(tmp_path)))
    others = SimulatedCard(persona("hanako"), keys=Hierarchy())
    found = [read(card, "pin", bytearray(b"1234"), extras=extras) for card in (ours, others)]
    assert [getattr(outcome, "authenticity", None) for outcome in found] == [
        Authenticity("verified"),
        Authenticity("forged", "certificate_signature"),
    ]
