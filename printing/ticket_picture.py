"""Draws a ticket with Pillow: plain black on white, read at arm's length by a 75-year-old without glasses.

Top to bottom: where, for what, the number, since when and how long, what to have ready, the code for the
phone, one line in the visitor's language. All sizes are dots at 8 dots/mm. White above and below: a torn
edge costs nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import qrcode
from PIL import Image, ImageDraw, ImageFont

from printing.font_files import existing
from printing.text import wrap

DOTS_PER_MM = 8
_NUMBER_HEIGHT = 22 * DOTS_PER_MM
_QR_SIDE = 25 * DOTS_PER_MM
_WHITE, _BLACK = 255, 0

Font = ImageFont.FreeTypeFont


@dataclass(frozen=True)
class TicketLines:
    """The ticket's words, cleaned and ready to draw; a fact is (label, English label, value, English
    value)."""

    place: tuple[str, str]
    class_name: str
    class_name_second: str
    label: str
    reissued: bool
    facts: tuple[tuple[str, str, str, str], ...]
    prepare: tuple[str, ...]
    qr_url: str
    second_line: str
    english: bool


@functools.lru_cache(maxsize=64)
def font_of(weight: Literal["bold", "regular"], size: int) -> Font:
    file = existing("ticket_bold" if weight == "bold" else "ticket")[0]
    return ImageFont.truetype(str(file.path), size, index=file.index)


def qr_picture(text: str, side: int) -> Image.Image:
    """The code as large as whole dots per module allow within `side`, without the quiet zone."""
    # One fixed mask: any mask is valid, and trying all eight costs four times as long.
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0, mask_pattern=2)
    code.add_data(text)
    code.make(fit=True)
    modules = code.modules
    module_dots = max(2, side // len(modules))
    small = Image.new("L", (len(modules), len(modules)), _WHITE)
    small.putdata([_BLACK if dark else _WHITE for row in modules for dark in row])
    return small.resize((len(modules) * module_dots,) * 2, Image.Resampling.NEAREST)


class Roll:
    """A strip of paper that grows downwards."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.margin = 24 if width >= 576 else 16
        self.inner = width - 2 * self.margin
        self.y = 0
        self.image = Image.new("L", (width, 400), _WHITE)

    def room(self, height: int) -> ImageDraw.ImageDraw:
        """Make sure `height` dots below `y` exist and return a pen."""
        if self.y + height > self.image.height:
            longer = Image.new("L", (self.width, self.y + height + 400), _WHITE)
            longer.paste(self.image, (0, 0))
            self.image = longer
        return ImageDraw.Draw(self.image)

    def space(self, dots: int) -> None:
        self.y += dots
        self.room(0)

    def text(
        self,
        words: str,
        font: Font,
        *,
        align: str = "center",
        x: int | None = None,
        width: int | None = None,
    ) -> None:
        """Write `words` wrapped to `width`, each line on a line height of 1.4 of the font size."""
        if not words:
            return
        left = self.margin if x is None else x
        limit = self.inner if width is None else width
        step = round(font.size * 1.4)
        for line in wrap(words, limit, font.getlength, katakana=True):
            pen = self.room(step)
            at = left + (limit - font.getlength(line)) / 2 if align == "center" else left
            pen.text((round(at), self.y + (step - font.size) // 2), line, font=font, fill=_BLACK, anchor="la")
            self.y += step

    def rule(self) -> None:
        pen = self.room(2)
        pen.rectangle((self.margin, self.y, self.margin + self.inner - 1, self.y + 1), fill=_BLACK)
        self.y += 2

    def paste(self, picture: Image.Image, x: int) -> None:
        self.room(picture.height)
        self.image.paste(picture, (x, self.y))

    def finished(self) -> Image.Image:
        return (
            self.image.crop((0, 0, self.width, self.y))
            .point(lambda value: 255 if value > 127 else 0)
            .convert("1")
        )


def fitting(words: str, limit: int, sizes: tuple[int, ...], weight: Literal["bold", "regular"]) -> Font:
    """The largest of `sizes` at which `words` fit one line, else the smallest (which then wraps)."""
    for size in sizes:
        font = font_of(weight, size)
        if font.getlength(words) <= limit:
            return font
    return font_of(weight, sizes[-1])


def _number_picture(label: str, limit: int) -> Image.Image:
    """The number, exactly `_NUMBER_HEIGHT` dots high, condensed sideways when it would be wider than
    `limit`."""
    font = font_of("bold", 300)
    left, top, right, bottom = (round(value) for value in font.getbbox(label))
    drawn = Image.new("L", (right - left, bottom - top), _WHITE)
    ImageDraw.Draw(drawn).text((-left, -top), label, font=font, fill=_BLACK)
    width = min(limit, round(drawn.width * _NUMBER_HEIGHT / drawn.height))
    return drawn.resize((width, _NUMBER_HEIGHT), Image.Resampling.LANCZOS)


def _head(roll: Roll, lines: TicketLines) -> None:
    roll.space(40)
    whole = "　".join(lines.place)
    fits = font_of("regular", 28).getlength(whole) <= roll.inner
    for words in (whole,) if fits else lines.place:
        roll.text(words, fitting(words, roll.inner, (30, 28), "regular"))
    roll.space(14)
    roll.text(lines.class_name, fitting(lines.class_name, roll.inner, (56, 50, 44, 40), "bold"))
    roll.text(lines.class_name_second, fitting(lines.class_name_second, roll.inner, (30, 28, 26), "regular"))
    roll.space(22)


def _number(roll: Roll, lines: TicketLines) -> None:
    roll.text("番号札　Number" if lines.english else "番号札", font_of("regular", 28))
    roll.space(16)
    picture = _number_picture(lines.label, roll.inner)
    roll.paste(picture, (roll.width - picture.width) // 2)
    roll.y += picture.height
    if lines.reissued:
        roll.space(22)
        words = "再発行　Reissued" if lines.english else "再発行"
        font = font_of("bold", 32)
        half = round(font.getlength(words) / 2) + 24
        middle = roll.width // 2
        pen = roll.room(56)
        pen.rectangle((middle - half, roll.y, middle + half, roll.y + 55), outline=_BLACK, width=3)
        pen.text((middle, roll.y + 28), words, font=font, fill=_BLACK, anchor="mm")
        roll.y += 56
    roll.space(28)


def _facts(roll: Roll, lines: TicketLines) -> None:
    wide = roll.width >= 576
    label_font, value_font = font_of("regular", 28), font_of("bold", 38 if wide else 36)
    small = font_of("regular", 24)
    roll.rule()
    for label, label_en, value, value_en in lines.facts:
        # One line where label and value fit beside each other, else the value goes below, to the right.
        gap = 24
        beside = label_font.getlength(label) + gap + value_font.getlength(value) <= roll.inner
        height = 68 if beside else 108
        pen = roll.room(height + 40)
        middle = roll.y + 34
        right = roll.margin + roll.inner
        pen.text((roll.margin, middle), label, font=label_font, fill=_BLACK, anchor="lm")
        pen.text((right, middle if beside else middle + 42), value, font=value_font, fill=_BLACK, anchor="rm")
        roll.y += height
        if label_en:
            pen.text((roll.margin, roll.y + 4), label_en, font=small, fill=_BLACK, anchor="lm")
            pen.text((right, roll.y + 4), value_en, font=small, fill=_BLACK, anchor="rm")
            roll.y += 28
        roll.rule()


def _prepare(roll: Roll, lines: TicketLines) -> None:
    if not lines.prepare:
        return
    roll.space(22)
    roll.text("ご用意ください", font_of("bold", 30), align="left")
    if lines.english:
        roll.text("Please have ready", font_of("regular", 24), align="left")
    font = font_of("regular", 30)
    indent = 36
    # Beside the middle of the characters, as roll.text places them.
    _, top, _, bottom = font.getbbox("国", anchor="la")
    middle = 6 + round((top + bottom) / 2)
    for line in lines.prepare:
        pen = roll.room(42)
        dot = (roll.margin + 8, roll.y + middle - 5, roll.margin + 18, roll.y + middle + 5)
        pen.ellipse(dot, fill=_BLACK)
        roll.text(line, font, align="left", x=roll.margin + indent, width=roll.inner - indent)


def _phone(roll: Roll, lines: TicketLines) -> None:
    roll.space(32)
    picture = qr_picture(lines.qr_url, _QR_SIDE)
    beside = roll.inner - picture.width - 32
    # 12 em of the caption must fit two lines beside the code; on narrow paper it goes below.
    if beside < 6 * 32:
        roll.paste(picture, (roll.width - picture.width) // 2)
        roll.y += picture.height
        roll.space(14)
        roll.text("スマホで順番を確認", font_of("bold", 32))
        if lines.english:
            roll.text("Check your turn on your phone", font_of("regular", 24))
    else:
        top = roll.y
        roll.paste(picture, roll.margin)
        x = roll.margin + picture.width + 32
        roll.y = top + 30
        caption = "スマホで順番を確認"
        roll.text(caption, fitting(caption, beside, (34, 32, 30), "bold"), align="left", x=x, width=beside)
        if lines.english:
            roll.text(
                "Check your turn on your phone", font_of("regular", 26), align="left", x=x, width=beside
            )
        roll.y = max(roll.y, top + picture.height)


def draw(lines: TicketLines, width: int) -> Image.Image:
    """The whole ticket as one picture, mode "1", `width` dots wide."""
    roll = Roll(width)
    parts: tuple[Callable[[Roll, TicketLines], None], ...] = (_head, _number, _facts, _prepare, _phone)
    for part in parts:
        part(roll, lines)
    if lines.second_line:
        roll.space(26)
        roll.text(lines.second_line, font_of("regular", 28))
    roll.space(48)
    return roll.finished()
