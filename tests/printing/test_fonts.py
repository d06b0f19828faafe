"""Rare names: drawn as the glyph they ask for, extracted as the characters they are."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops
from pypdf import PdfReader

from printing import font_files
from printing.fonts import GETA, missing_glyphs, typeface
from printing.forms.draw import draw
from printing.forms.ops import Box, TextOp

Pictures = Callable[..., list[Image.Image]]
_PAGE = Box(0, 0, 210, 297)

# Base, sequence, and where the difference comes from. Each is in names that residents have.
VARIANTS = [
    ("葛", "葛\U000e0100"),
    ("葛", "葛\U000e0102"),
    ("邉", "邉\U000e0100"),
    ("邉", "邉\U000e0110"),
    ("邊", "邊\U000e010a"),
    ("辻", "辻\U000e0100"),
    ("祇", "祇\U000e0100"),
    ("齋", "齋\U000e0105"),
    ("神", "神\ufe00"),
]
# One code point each: outside the BMP, outside Shift_JIS, compatibility ideographs that NFC would change.
SINGLE = ["𠮷", "髙", "﨑", "\ufa19", "𩸽", "𪚲", "彅"]


def _pdf(lines: list[str]) -> bytes:
    """A page with each string large on its own line, one inch apart, so that each falls on the same
    pixels."""
    ops = [TextOp(20, 30 + 25.4 * row, "mincho", 48, text, _PAGE, True) for row, text in enumerate(lines)]
    return draw([list(ops)], "test")


def _strip(page: Image.Image, row: int, dpi: int) -> Image.Image:
    top = round((30 + 25.4 * row - 17) / 25.4 * dpi)
    return page.crop((0, top, page.width, top + round(22 / 25.4 * dpi)))


def _difference(one: Image.Image, other: Image.Image) -> int:
    """Number of clearly different pixels."""
    return sum(ImageChops.difference(one, other).point(lambda value: value > 96 and 255).histogram()[255:])


def _ink(image: Image.Image) -> int:
    return sum(image.histogram()[:128])


@pytest.mark.parametrize(("base", "sequence"), VARIANTS)
def test_a_variation_sequence_is_drawn_as_its_variant(pictures: Pictures, base: str, sequence: str) -> None:
    page = pictures(_pdf([base, sequence, GETA, sequence + "家", base + "家"]), dpi=100)[0]
    plain, variant, geta, with_next, plain_next = (_strip(page, row, 100) for row in range(5))
    assert _difference(plain, variant) > 10
    assert _difference(geta, variant) > 300
    # Neither a hollow box nor a gap: what follows stands where it stands after the base.
    right = round((20 + 48 * 25.4 / 72) / 25.4 * 100)
    following = [strip.crop((right, 0, strip.width, strip.height)) for strip in (with_next, plain_next)]
    assert _difference(*following) == 0
    assert _ink(following[0]) > 100
    assert missing_glyphs(sequence) == []


def test_the_right_variant_is_drawn(pictures: Pictures) -> None:
    """Against a font that is known to have it: the glyph that cmap format 14 names, drawn by FreeType
    itself."""
    from PIL import ImageDraw, ImageFont

    path = Path("/usr/share/fonts/truetype/ipamj/ipamjm.ttf")
    pixels = 200
    font = ImageFont.truetype(str(path), pixels, layout_engine=ImageFont.Layout.RAQM)
    page = pictures(_pdf(["葛\U000e0102", "葛\U000e0103"]), dpi=300)[0]
    assert font.size * 72 / 300 == 48
    for row, sequence in enumerate(["葛\U000e0102", "葛\U000e0103"]):
        drawn = _strip(page, row, 300)
        expected = {}
        for each in ("葛\U000e0102", "葛\U000e0103"):
            picture = Image.new("L", drawn.size, 255)
            baseline = round(30 / 25.4 * 300) - round((30 - 17) / 25.4 * 300)
            ImageDraw.Draw(picture).text((20 / 25.4 * 300, baseline), each, font=font, fill=0, anchor="ls")
            expected[each] = _difference(drawn, picture)
        assert min(expected, key=lambda each: expected[each]) == sequence, expected


@pytest.mark.parametrize("text", SINGLE)
def test_rare_characters_are_drawn(pictures: Pictures, text: str) -> None:
    page = pictures(_pdf([text, GETA]), dpi=60)[0]
    assert _difference(_strip(page, 0, 60), _strip(page, 1, 60)) > 100
    assert missing_glyphs(text) == []


def test_every_character_is_extracted_as_it_was_given(tmp_path: Path) -> None:
    names = [sequence + "野" for _, sequence in VARIANTS] + [text + "家" for text in SINGLE]
    pages = [_pdf(names[start : start + 10]) for start in (0, 10)]
    for number, pdf in enumerate(pages):
        expected = names[number * 10 : number * 10 + 10]
        path = tmp_path / "names.pdf"
        path.write_bytes(pdf)
        read = subprocess.run(
            ["pdftotext", "-raw", path, "-"], capture_output=True, check=True
        ).stdout.decode()
        assert read.split() == expected
        assert PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split() == expected


def test_more_characters_than_one_subset_holds(tmp_path: Path) -> None:
    """reportlab cuts fonts into subsets of 256; the tables of each must be right, also beyond 100 entries."""
    kanji = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 700) if not missing_glyphs(chr(code)))[:600]
    rows = [kanji[start : start + 24] for start in range(0, 600, 24)]
    ops = [TextOp(10, 10 + 10 * row, "mincho", 18, text, _PAGE, True) for row, text in enumerate(rows)]
    pdf = draw([list(ops)], "test")
    assert "".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split()) == kanji
    path = tmp_path / "many.pdf"
    path.write_bytes(pdf)
    read = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True).stdout.decode()
    assert "".join(read.split()) == kanji


def test_private_code_points_never_leave(tmp_path: Path) -> None:
    path = tmp_path / "private.pdf"
    path.write_bytes(_pdf([sequence for _, sequence in VARIANTS]))
    read = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()
    assert [char for char in read if 0xE000 <= ord(char) <= 0xF8FF or ord(char) >= 0xF0000] == []


def test_a_private_code_point_that_is_typed_is_not_one_of_our_variants() -> None:
    for code in (0xF0000, 0xF0001, 0xF1000):
        assert missing_glyphs(chr(code)) == [chr(code)]
        assert typeface("mincho").glyph(chr(code)).code == GETA


def test_what_no_font_has_is_said_and_marked() -> None:
    # A sequence that is registered nowhere; a code point that is no character.
    assert missing_glyphs("見本\U000e01ef\u0378 見本\U000e01ef") == ["本\U000e01ef", "\u0378"]
    assert not typeface("mincho").glyph("本\U000e01ef").exact
    assert typeface("mincho").glyph("本\U000e01ef").code == "本"
    assert typeface("mincho").glyph("\u0378").code == GETA


def test_decomposed_kana_are_drawn_composed() -> None:
    face = typeface("mincho")
    assert face.glyph("か\u3099") == face.glyph("が")
    assert missing_glyphs("か\u3099") == []


def test_embedded_fonts_carry_true_widths() -> None:
    """The widths inside the embedded font agree with those that the page is set with (some viewers use the
    former)."""
    reader = PdfReader(io.BytesIO(_pdf(["見本市𠮷葛\U000e0102"])))
    checked = 0
    for font in reader.pages[0]["/Resources"]["/Font"].values():  # type: ignore[index]
        entry = font.get_object()
        if "/FontDescriptor" not in entry:
            continue
        embedded = TTFont(io.BytesIO(entry["/FontDescriptor"]["/FontFile2"].get_data()))
        glyphs = embedded["hmtx"].metrics
        units = embedded["head"].unitsPerEm
        kanji = [advance for name, (advance, _) in glyphs.items() if name != ".notdef" and advance]
        widths = {round(float(width)) for width in entry["/Widths"]}
        assert {round(advance * 1000 / units) for advance in kanji} <= widths | {1000}
        checked += 1
    assert checked >= 1


def test_glyphs_of_a_cff_font_are_embedded_as_truetype(pictures: Pictures) -> None:
    """邉 U+E0100 is in Noto Serif alone (CFF): it comes out with the outlines that FreeType draws from the
    original."""
    from PIL import ImageDraw, ImageFont

    font = ImageFont.truetype(
        "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", 200, layout_engine=ImageFont.Layout.RAQM
    )
    drawn = _strip(pictures(_pdf(["邉\U000e0100"]), dpi=300)[0], 0, 300)
    expected = Image.new("L", drawn.size, 255)
    baseline = round(30 / 25.4 * 300) - round((30 - 17) / 25.4 * 300)
    ImageDraw.Draw(expected).text((20 / 25.4 * 300, baseline), "邉\U000e0100", font=font, fill=0, anchor="ls")
    assert _difference(drawn, expected) < 0.1 * _ink(expected)


def test_fonts_are_chosen_once_before_anything_is_drawn(tmp_path: Path) -> None:
    assert missing_glyphs("見") == []
    nowhere = font_files.FontFile(tmp_path / "none.ttf")
    with pytest.raises(RuntimeError, match="before anything is drawn"):
        font_files.configure(font_files.FontFiles((nowhere,), (nowhere,), (nowhere,), (nowhere,)))


def test_a_machine_without_fonts_says_what_to_install() -> None:
    code = """
from pathlib import Path
from printing import font_files
from printing.fonts import missing_glyphs
nowhere = (font_files.FontFile(Path("/none.ttf")),)
font_files.configure(font_files.FontFiles(nowhere, nowhere, nowhere, nowhere))
try:
    missing_glyphs("見")
except font_files.FontsMissing as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "fonts-ipamj-mincho" in done.stdout
    assert "/none.ttf" in done.stdout
