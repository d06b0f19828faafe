"""What `kakanai card read` says to a person, in every way of reading."""

import io
import json
import sys
from pathlib import Path
from typing import get_args

import pytest

from card_reader.outcomes import ForgedReason, NotVerifiedReason, Sex
from card_reader.sentences import sentences
from card_reader.simulated.personas import load_personas
from card_reader.simulated.reader import InProcessReader
from tests.card_reader.test_commands import call
from tests.card_reader.test_trace import trusted


def typed(monkeypatch: pytest.MonkeyPatch, secret: str, *options: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{secret}\n".encode())))
    return call("card", "read", "--secret-stdin", *options)


def test_a_card_is_read_by_b_as_it_is_typed(
    readers: dict[str, InProcessReader], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].insert("mihon_taro")
    b = load_personas()["mihon_taro"].number_b or ""
    for form in (b, f"{b[:6]} {b[6:10]} {b[10:]}", "".join(chr(ord(c) + 0xFEE0) for c in b)):
        assert typed(monkeypatch, form, "--mode", "b", "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["mode"], found["name"], found["tries_left"]) == ("b", "見本　太郎", 10)
    assert typed(monkeypatch, "010101" + b[6:], "--mode", "b") == 12
    assert "照合番号B" in capsys.readouterr().out
    assert typed(monkeypatch, "1234", "--mode", "b") == 2


def test_a_face_is_described_and_handed_to_programs(
    readers: dict[str, InProcessReader], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].insert("mihon_taro")
    b = load_personas()["mihon_taro"].number_b or ""
    assert typed(monkeypatch, b, "--mode", "face", "--lang", "en") == 0
    shown = capsys.readouterr().out
    assert "card expires: 2027-04-12\n" in shown
    assert "birth date: 1973-04-12\nsex: male\n" in shown
    assert typed(monkeypatch, b, "--mode", "face", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["face"]) == {"photo", "name", "address", "expiry"}
    assert (found["name"], found["birth"]) == (None, "19730412")


def test_a_tap_needs_no_secret(
    readers: dict[str, InProcessReader], capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].insert("mihon_taro")
    assert call("card", "read", "--mode", "none", "--lang", "ja") == 0
    said = "カードリーダー: ACS one\nマイナンバーカードです。氏名などは読み取っていません。\n"
    assert capsys.readouterr().out == said


def test_a_blocked_card_is_told_with_its_procedure_and_the_other_ways(
    readers: dict[str, InProcessReader], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].insert("mihon_ume")
    assert typed(monkeypatch, "1234", "--lang", "en") == 13
    shown = capsys.readouterr().out
    assert "R033" in shown
    assert "instead: read with verification number B" in shown


def test_a_policy_adds_the_expiry_and_the_question_of_authenticity(
    readers: dict[str, InProcessReader],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    readers["ACS one"].insert("mihon_taro")
    policy = tmp_path / "policy.yaml"
    keys = "".join(
        f"- id: '{key_id.hex()}'\n  modulus: '{key.public_numbers().n:0512x}'\n"
        for key_id, key in trusted().keys.items()
    )
    policy.write_text(f"authenticity: true\nca_keys:\n{keys}", encoding="utf-8")
    assert typed(monkeypatch, "1234", "--policy", str(policy), "--lang", "en") == 0
    shown = capsys.readouterr().out
    assert "authenticity: verified" in shown
    assert "certificate expires: 2027-04-12" in shown
    policy.write_text("modes: []\n", encoding="utf-8")
    assert typed(monkeypatch, "1234", "--policy", str(policy)) == 2


@pytest.mark.parametrize(
    ("mode", "secret", "words"),
    [("pin", "12345", "数字4けた"), ("b", "1234", "数字14けた"), ("face", "", "数字14けた")],
)
def test_what_cannot_be_the_secret_is_said_with_its_form(
    readers: dict[str, InProcessReader],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    mode: str,
    secret: str,
    words: str,
) -> None:
    readers["ACS one"].insert("mihon_taro")
    assert typed(monkeypatch, secret, "--mode", mode, "--lang", "ja") == 2
    shown = capsys.readouterr().out
    assert words in shown
    assert "何も送っていません" in shown


def test_every_reason_of_the_authenticity_check_has_words() -> None:
    assert set(sentences().reasons) == {*get_args(ForgedReason), *get_args(NotVerifiedReason)}
    assert set(sentences().sexes) == set(get_args(Sex))
