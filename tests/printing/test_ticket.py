"""The ticket as paper: what can be read from its pixels, and that no input can make the printer do anything
else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from pydantic import ValidationError

from printing.escpos_image import ForeignCommand, encode, pages
from printing.ticket import DOTS_PER_MM, PrinterProfile, TicketContent, render_ticket, ticket_image

Make = Callable[..., TicketContent]
WIDTHS: tuple[Any, ...] = (576, 384)

# Long words in every place that a municipality or a visitor's language fills.
LONG = {
    "municipality": "見本県見本市大字花見台特別行政区役所出張所",
    "site": "ながいなまえのコミュニティセンター併設サービスコーナー 3階 東側窓口",
    "class_name": "マイナンバーカードの受け取り・更新・暗証番号の再設定・電子証明書のご相談",
    "class_name_second": "Collect or renew your My Number Card, reset a PIN, ask about",
    "label": "AB-1234",
    "ahead": 9999,
    "estimate": (120, 999),
    "prepare": ["とても長い説明で、何をお持ちいただくかを一つひとつていねいに書いたもの、その一例です。"] * 8,
    "language": "en",
    "second_line": "Please wait near the screen; your number is called in Japanese and in English, and stays"
    " on the screen until you come.",
    "reissued": True,
    "qr_url": "https://madoguchi.city.mihon.example.jp/t/" + "3vXqk0aPz9dGmB2s" * 4,
}


def _black_rows(image: Image.Image) -> list[bool]:
    grey = image.convert("L")
    return [grey.crop((0, y, grey.width, y + 1)).getextrema()[0] == 0 for y in range(grey.height)]


def _blocks(image: Image.Image) -> list[tuple[int, int]]:
    """Runs of rows that have any black, as (top, bottom)."""
    found: list[tuple[int, int]] = []
    start = None
    for y, black in enumerate([*_black_rows(image), False]):
        if black and start is None:
            start = y
        elif not black and start is not None:
            found.append((start, y))
            start = None
    return found


def _ink(image: Image.Image) -> tuple[int, int, int, int]:
    box = ImageChops.invert(image.convert("L")).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("changes", [{}, LONG], ids=["usual", "long"])
def test_the_bytes_are_the_picture(ticket: Make, width: Any, changes: dict[str, Any]) -> None:
    content = ticket(**changes)
    job = render_ticket(content, PrinterProfile(width_dots=width))
    printed = pages(job)
    assert len(printed) == 1
    assert printed[0].mode == "1"
    assert printed[0].width == width
    assert printed[0].tobytes() == ticket_image(content, width).tobytes()
    assert job.startswith(b"\x1b@")
    assert job.endswith(b"\x1bd\x06\x1dV\x01")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("changes", [{}, LONG], ids=["usual", "long"])
def test_nothing_touches_an_edge(ticket: Make, width: Any, changes: dict[str, Any]) -> None:
    image = ticket_image(ticket(**changes), width)
    left, top, right, bottom = _ink(image)
    # 2 mm at the sides, 4 mm above and below: a torn edge costs nothing.
    assert left >= 2 * DOTS_PER_MM
    assert width - right >= 2 * DOTS_PER_MM
    assert top >= 4 * DOTS_PER_MM
    assert image.height - bottom >= 4 * DOTS_PER_MM


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("label", ["B012", "7", "AB-1234"])
def test_the_number_is_at_least_20_mm_high(ticket: Make, width: Any, label: str) -> None:
    image = ticket_image(ticket(label=label), width)
    # The number is the tallest thing above the first rule, and the rule the first row that is nearly all
    # black.
    rule = next(
        y for y in range(image.height) if image.crop((0, y, width, y + 1)).histogram()[0] > 0.9 * width
    )
    tallest = max(bottom - top for top, bottom in _blocks(image.crop((0, 0, width, rule))))
    assert tallest >= 20 * DOTS_PER_MM


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("changes", [{}, LONG], ids=["usual", "long"])
def test_a_phone_reads_the_code(ticket: Make, width: Any, changes: dict[str, Any]) -> None:
    content = ticket(**changes)
    printed = pages(render_ticket(content, PrinterProfile(width_dots=width)))[0]
    codes = zxingcpp.read_barcodes(printed.convert("L"))
    assert [code.text for code in codes] == [content.qr_url]
    corners = codes[0].position
    side = corners.top_right.x - corners.top_left.x
    assert 20 * DOTS_PER_MM <= side <= 26 * DOTS_PER_MM
    # The quiet zone of a QR code is four modules; at this size at most 4 x 9 dots.
    assert corners.top_left.x >= 16


def test_what_is_said_is_drawn(ticket: Make) -> None:
    """Each word of the content changes the picture: none is left out silently."""
    usual = ticket_image(ticket())
    differences: tuple[dict[str, Any], ...] = (
        {"municipality": "別の市役所"},
        {"site": "支所"},
        {"class_name": "証明書"},
        {"class_name_second": "Certificates"},
        {"label": "B013"},
        {"issued_at": datetime(2026, 11, 23, 0, 6, tzinfo=UTC)},
        {"ahead": 4},
        {"estimate": (10, 20)},
        {"estimate": None},
        {"prepare": []},
        {"language": "en"},
        {"second_line": "Please wait."},
        {"qr_url": "http://127.0.0.1:8000/t/other"},
        {"reissued": True},
    )
    for changes in differences:
        other = ticket_image(ticket(**changes))
        assert other.size != usual.size or other.tobytes() != usual.tobytes(), changes


def test_the_time_is_japanese_whatever_zone_it_came_in(ticket: Make) -> None:
    from datetime import timedelta, timezone

    tokyo = datetime(2026, 11, 23, 9, 5, tzinfo=timezone(timedelta(hours=9)))
    assert ticket_image(ticket(issued_at=tokyo)).tobytes() == ticket_image(ticket()).tobytes()


def test_a_city_is_written_with_its_own_character(ticket: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    base, variant = (
        ticket_image(ticket(municipality=name)) for name in ("葛城市役所", "葛\U000e0100城市役所")
    )
    assert base.size == variant.size
    assert base.tobytes() != variant.tobytes()
    # Without the shaping library the base is drawn, and no box beside it.
    monkeypatch.setattr("PIL.features.check", lambda name: False)
    plain = ticket_image(ticket(municipality="葛\U000e0100城市役所"))
    assert plain.tobytes() == base.tobytes()


def test_the_same_ticket_gives_the_same_bytes(ticket: Make) -> None:
    assert render_ticket(ticket(), PrinterProfile()) == render_ticket(ticket(), PrinterProfile())


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "B012\x1dV\x00"},
        {"estimate": (20, 10)},
        {"issued_at": datetime(2026, 11, 23)},  # noqa: DTZ001 - a time without zone must be refused
        {"ahead": -1},
        {"prepare": ["あ"] * 9},
        {"visitor": "見本 太郎"},
    ],
)
def test_what_cannot_be_a_ticket_is_refused(ticket: Make, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ticket(**changes)


_HOSTILE = st.text(
    st.sampled_from("\x00\x07\x1b\x1d\x10\x04\x85\x9b@VpJi\n\r\u202eあ葛\U000e0100𠮷"),
    min_size=1,
    max_size=30,
)


@given(_HOSTILE, _HOSTILE, _HOSTILE, _HOSTILE)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_reaches_the_printer_as_a_command(
    ticket: Make, one: str, two: str, three: str, four: str
) -> None:
    content = ticket(municipality=one, class_name=two, prepare=[three], second_line=four, language="en")
    printed = pages(render_ticket(content, PrinterProfile(width_dots=384)))
    assert [page.width for page in printed] == [384]


@pytest.mark.parametrize(
    "foreign",
    [
        b"hello",
        b"\x1bp\x00\x19\xfa",  # open the cash drawer
        b"\x1b=\x00",
        b"\x1dV\x42\x00",
        b"\x1dv0\x00\x48\x00\x10\x00\xff",  # a band that is cut short
        b"\x1dv0\x03\x01\x00\x01\x00\xff",  # doubled size
        b"\x10\x14\x01\x00\x01",
        b"\x1b",
        b"\x1bd",
    ],
)
def test_the_reader_refuses_what_we_never_send(ticket: Make, foreign: bytes) -> None:
    job = render_ticket(ticket(), PrinterProfile())
    with pytest.raises(ForeignCommand):
        pages(foreign)
    with pytest.raises(ForeignCommand):
        pages(job + foreign)


def test_a_picture_that_is_no_whole_number_of_bytes_wide_is_refused() -> None:
    with pytest.raises(ValueError, match="whole number of bytes"):
        encode(Image.new("1", (577, 10)), "full")


@pytest.mark.parametrize(
    ("cut", "end"), [("full", b"\x1dV\x00"), ("partial", b"\x1dV\x01"), ("none", b"\x1bd\x06")]
)
def test_the_cut_follows_the_profile(ticket: Make, cut: Any, end: bytes) -> None:
    assert render_ticket(ticket(), PrinterProfile(cut=cut)).endswith(end)


def test_printing_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    """The printer library configures logging, writes remarks and leaves a folder behind; ours does none of
    it."""
    code = """
import logging
from PIL import Image
from printing.escpos_image import encode
encode(Image.new("1", (576, 8), 1), "full")
assert not logging.getLogger().handlers
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={"TMPDIR": str(tmp_path), "PYTHONPATH": "."},
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert list(tmp_path.iterdir()) == []
