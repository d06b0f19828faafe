"""`kakanai forms preview`: what it writes, says and returns."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from printing.commands import add
from printing.forms import registry
from printing.forms.registry import sample
from printing.forms.residence_change import FORM_ID, ResidenceChangeForm, render

Make = Callable[..., ResidenceChangeForm]


def _kakanai(*args: object) -> int:
    """Run our commands as the console script registers them."""
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers(required=True))
    parsed = parser.parse_args([str(arg) for arg in args])
    return int(parsed.run(parsed))


def test_a_form_can_be_previewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "form.pdf"
    assert _kakanai("forms", "preview", FORM_ID, "--out", out, "--sample", "foreign", "--json") == 0
    content = sample(FORM_ID, "foreign")
    assert isinstance(content, ResidenceChangeForm)
    assert out.read_bytes() == render(content)
    assert json.loads(capsys.readouterr().out) == {
        "form": FORM_ID,
        "sample": "foreign",
        "out": str(out),
        "bytes": len(out.read_bytes()),
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "missing_glyphs": [],
    }


def test_a_preview_of_what_is_not_there_is_a_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "form.pdf"
    assert _kakanai("forms", "preview", "unknown", "--out", out) == 2
    assert FORM_ID in capsys.readouterr().err
    assert _kakanai("forms", "preview", FORM_ID, "--out", out, "--sample", "unknown") == 2
    assert "household_12" in capsys.readouterr().err
    assert _kakanai("forms", "preview", FORM_ID, "--out", tmp_path / "no" / "form.pdf") == 2
    assert not out.exists()


def test_a_preview_reports_characters_without_a_glyph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, form: Make
) -> None:
    monkeypatch.setattr(registry, "sample", lambda form_id, name: form(new_head="見本\U000e01ef"))
    assert _kakanai("forms", "preview", FORM_ID, "--out", tmp_path / "form.pdf") == 1
    assert "U+672C+U+E01EF" in capsys.readouterr().out
