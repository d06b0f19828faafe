"""A municipality's choices: what may be written, what is told with its place when it may not."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from card_reader.policy import ReadingPolicy, load_policy
from card_reader.yamlfile import BadDataFile

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key().public_numbers()
ID = "36303030303333080530303100000000"
CA_KEY = {"id": ID, "modulus": f"{KEY.n:0512x}"}


def test_what_holds_where_nothing_was_chosen() -> None:
    policy = ReadingPolicy()
    assert policy.modes == ("pin", "b", "none")
    assert policy.extras.certificate_expiry
    assert not policy.extras.trusted
    assert policy.era_year_for_foreigners == "ask"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.yaml", "modes: [b, face]\ncertificate_expiry: false\nlast_try: never\n"),
        ("p.toml", 'modes = ["b", "face"]\ncertificate_expiry = false\nlast_try = "never"\n'),
    ],
)
def test_a_policy_is_written_in_yaml_or_toml(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    policy = load_policy(path)
    assert policy.modes == ("b", "face")
    assert not policy.extras.certificate_expiry
    assert not policy.may_use_last_try(asked_by_staff=True)


def test_every_choice_is_in_the_documents() -> None:
    page = (Path(__file__).parents[2] / "docs" / "card-reader.md").read_text(encoding="utf-8")
    assert [name for name in ReadingPolicy.model_fields if f"`{name}`" not in page] == []


def test_only_staff_may_use_the_last_try() -> None:
    assert ReadingPolicy().may_use_last_try(asked_by_staff=True)
    assert not ReadingPolicy().may_use_last_try(asked_by_staff=False)


def test_trusted_keys_hold_only_while_authenticity_is_on() -> None:
    values = {"modes": ("pin",), "ca_keys": (CA_KEY,)}
    assert not ReadingPolicy.model_validate(values).trusted
    trusted = ReadingPolicy.model_validate(values | {"authenticity": True}).trusted
    assert set(trusted.keys) == {bytes.fromhex(ID)}
    assert trusted.keys[bytes.fromhex(ID)].public_numbers() == KEY


@pytest.mark.parametrize(("first", "test"), [("35", False), ("36", True), ("39", True)])
def test_keys_over_test_cards_are_told(first: str, test: bool) -> None:
    key = CA_KEY | {"id": first + ID[2:]}
    policy = ReadingPolicy.model_validate({"authenticity": True, "ca_keys": (key,)})
    assert policy.trusts_test_cards is test
    assert not ReadingPolicy.model_validate({"ca_keys": (key,)}).trusts_test_cards


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modes: []\n", "1: modes"),
        ("modes: [pin, pin]\n", "1: modes: Value error, a way of reading is named twice"),
        ("modes: [pin, phone]\n", "modes.1"),
        ("modes: [pin]\nauthenticity: true\n", "authenticity needs ca_keys"),
        ("ca_keys:\n- id: abc\n  modulus: abc\n", "2: ca_keys.0.id"),
        (f"ca_keys:\n- id: '{ID}'\n  modulus: '{'0' * 512}'\n", "not a key of 2048 bits"),
        ("era_year_for_foreigners: guess\n", "1: era_year_for_foreigners"),
        ("number: true\n", "1: number"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadDataFile) as caught:
        load_policy(path)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["modes = [", "modes = []", 'modes = ["pin", "phone"]'])
def test_a_mistake_in_toml_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadDataFile, match=r"p\.toml"):
        load_policy(path)
