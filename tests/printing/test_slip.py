"""The slip as paper: its code is read back from the pixels, and only pictures go to the printer."""

from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageChops
from pydantic import ValidationError

from printing.escpos_image import pages
from printing.slip import SlipContent, render_slip, slip_image
from printing.ticket import PrinterProfile

# As long as the navigator's largest code, QR version 25.
CODE = "JMAQ" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 44
SLIP: dict[str, Any] = {
    "office": "見本市役所",
    "title": "手続きのメモ",
    "not_filed": "これは届出ではありません。届出は窓口で行います。",
    "code": CODE,
    "show": "窓口でこのQRコードをお見せください",
    "until": "令和8年11月30日（月）まで使えます",
    "bring_title": "窓口への持ちもの",
    "bring": ["届出人の本人確認書類", "マイナンバーカード（引っ越す方全員分）" * 4],
    "foot": "お名前・住所は入っていません。",
}
WIDTHS: tuple[Any, ...] = (576, 384)


def _read(picture: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    return str(found.text)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_counter_reads_the_code_from_the_paper(width: Any) -> None:
    picture = slip_image(SlipContent(**SLIP), width)
    assert picture.width == width
    assert _read(picture) == CODE
    (printed,) = pages(render_slip(SlipContent(**SLIP), PrinterProfile(width_dots=width)))
    assert ImageChops.difference(printed.convert("L"), picture.convert("L")).getbbox() is None


def test_nothing_touches_the_edge_and_more_to_bring_makes_it_longer() -> None:
    few, many = (slip_image(SlipContent(**SLIP | {"bring": SLIP["bring"] * n})) for n in (1, 12))
    assert many.height > few.height
    left, top, right, bottom = ImageChops.invert(many.convert("L")).getbbox() or (0, 0, 0, 0)
    assert min(left, top, many.width - right, many.height - bottom) >= 16


def test_no_control_character_reaches_the_printer() -> None:
    plain = slip_image(SlipContent(**SLIP))
    spoilt = slip_image(SlipContent(**SLIP | {"foot": "\x1b" + SLIP["foot"] + "\x1d\x00"}))
    assert ImageChops.difference(plain.convert("L"), spoilt.convert("L")).getbbox() is None


@pytest.mark.parametrize(
    "wrong", [{"code": "見本太郎"}, {"code": ""}, {"address": "一番町1"}, {"bring": [""]}]
)
def test_there_is_no_place_for_anything_else(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SlipContent(**SLIP | wrong)
