"""How a municipality reads cards: one file, refused with its line when it cannot be meant."""

from pathlib import Path

import pytest

from server.bootstrap import card_policy
from server.doctor import examine
from server.settings import Settings, SettingsRefusedError


def settings(file: Path | None, **more: str) -> Settings:
    return Settings(card_policy=file, _env_file=None, **more)  # type: ignore[call-arg, arg-type]


def test_without_a_file_the_pin_is_offered_first_and_no_face() -> None:
    assert card_policy(settings(None)).modes == ("pin", "b", "none")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modes: [pin]\nlast_try: always\n", ":2: last_try"),
        ("modes: [pin, number]\n", ":1: modes"),
        ("modes: [b, b]\n", "named twice"),
        ("authenticity: true\n", "needs ca_keys"),
        ("modes: []\n", ":1: modes"),
        ("modus: [pin]\n", "modus"),
    ],
)
def test_a_mistake_is_refused_with_its_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "cards.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsRefusedError) as refused:
        card_policy(settings(file))
    assert f"{file}:" in str(refused.value)
    assert said in str(refused.value)


def test_production_trusts_no_test_card(tmp_path: Path) -> None:
    file = tmp_path / "cards.yaml"
    key = f"id: '{b'6000033'.hex().ljust(32, '0')}', modulus: '{'C' * 511}1'"
    file.write_text(f"authenticity: true\nca_keys:\n  - {{{key}}}\n", encoding="utf-8")
    assert card_policy(settings(file)).trusts_test_cards
    with pytest.raises(SettingsRefusedError, match="test cards"):
        card_policy(settings(file, env="production", protection_declared="1"))


def test_the_morning_s_check_reads_the_file(tmp_path: Path) -> None:
    file = tmp_path / "cards.yaml"
    file.write_text("modes: [pin]\nlast_try: always\n", encoding="utf-8")
    found = {finding.check: finding for finding in examine(settings(file, state_dir=str(tmp_path)))}
    assert found["cards"].grade == "fault"
    assert ":2: last_try" in found["cards"].ja
