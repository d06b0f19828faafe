"""`kakanai preentry`: keys listed and replaced from a shell."""

import json
from pathlib import Path

import pytest

from server.cli import main


def test_a_key_is_replaced_and_both_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAKANAI_ENV", "test")
    monkeypatch.setenv("KAKANAI_STATE_DIR", str(tmp_path))
    assert main(["preentry", "rotate"]) == 0
    assert main(["preentry", "rotate"]) == 0
    capsys.readouterr()
    assert main(["preentry", "keys", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["keys"]
    assert [key["state"] for key in found] == ["in use", "opens only"]
    assert main(["preentry", "keys"]) == 0
    assert f"{found[0]['name']}  使用中 / in use" in capsys.readouterr().out


def test_production_without_its_key_file_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAKANAI_ENV", "production")
    monkeypatch.setenv("KAKANAI_PROTECTION_DECLARED", "0.1.0")
    monkeypatch.setenv("KAKANAI_STATE_DIR", str(tmp_path))
    assert main(["preentry", "rotate"]) == 3
    assert "key file" in capsys.readouterr().out
