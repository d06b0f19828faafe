"""Shared fixtures: one ticket, and forms from the samples."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from printing.forms.registry import sample
from printing.forms.residence_change import ResidenceChangeForm
from printing.ticket import TicketContent

TICKET: dict[str, Any] = {
    "municipality": "見本市役所",
    "site": "本庁舎 1階 市民課",
    "class_name": "引っこしの届出",
    "label": "B012",
    "issued_at": datetime(2026, 11, 23, 0, 5, tzinfo=UTC),
    "ahead": 3,
    "estimate": (10, 15),
    "qr_url": "http://127.0.0.1:8000/t/3vXqk0aPz9dGmB2s",
    "prepare": ["本人確認書類（マイナンバーカードなど）", "お持ちの方は、家族全員のマイナンバーカード"],
}


@pytest.fixture
def ticket() -> Callable[..., TicketContent]:
    """A ticket, with any field replaced."""
    return lambda **changes: TicketContent.model_validate({**TICKET, **changes})


@pytest.fixture
def form() -> Callable[..., ResidenceChangeForm]:
    """A sample of 住民異動届 by name, with any field replaced."""

    def make(name: str = "family", **changes: Any) -> ResidenceChangeForm:
        content = sample("residence_change", name).model_dump()
        return ResidenceChangeForm.model_validate({**content, **changes})

    return make


@pytest.fixture
def extracted(tmp_path: Path) -> Callable[[bytes], str]:
    """The text of a PDF as pdftotext reads it, pages joined, without white space."""

    def read(pdf: bytes) -> str:
        path = tmp_path / "read.pdf"
        path.write_bytes(pdf)
        out = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True).stdout
        return "".join(out.decode("utf-8").split())

    return read


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., list[Image.Image]]:
    """The pages of a PDF as pictures (grey, or in colour)."""

    def paint(pdf: bytes, dpi: int = 100, colour: bool = False) -> list[Image.Image]:
        path = tmp_path / "paint.pdf"
        path.write_bytes(pdf)
        stem = tmp_path / "page"
        mode = [] if colour else ["-gray"]
        subprocess.run(["pdftoppm", "-r", str(dpi), "-png", *mode, path, stem], check=True)
        pages = [
            Image.open(each).convert("RGB" if colour else "L") for each in sorted(tmp_path.glob("page-*.png"))
        ]
        for each in tmp_path.glob("page-*.png"):
            each.unlink()
        return pages

    return paint
