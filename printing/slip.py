"""The slip: the short form of a resident's list, with the sealed code, for the kiosk's ticket printer.

Like the ticket it is a picture throughout. It names nobody; the answers stand in the code alone, which only
the municipality's counter opens. What it says comes in the reader's language from whoever fills it.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from printing import escpos_image
from printing.text import clean
from printing.ticket import PrinterProfile
from printing.ticket_picture import DOTS_PER_MM, Roll, fitting, font_of, qr_picture

# 117 modules (the largest code of the navigator) come out at half a millimetre each on 80 mm paper.
_QR_SIDE = 60 * DOTS_PER_MM
_BOX = 26

Words = Annotated[str, StringConstraints(min_length=1, max_length=600)]


class SlipContent(BaseModel):
    """What one slip says, in one language; `code` is the sealed code as text, `bring` one thing an entry,
    each to be ticked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    office: Words
    title: Words
    not_filed: Words
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z2-7]{1,4000}$")]
    show: Words
    until: Words
    bring_title: Words
    bring: Annotated[list[Words], Field(max_length=40)] = []
    foot: Words


def slip_image(content: SlipContent, width_dots: Literal[576, 384] = 576) -> Image.Image:
    """Draw the slip: mode "1", `width_dots` wide and as high as it needs to be. Long words wrap, nothing is
    cut off."""
    roll = Roll(width_dots)
    roll.space(40)
    roll.text(clean(content.office), fitting(clean(content.office), roll.inner, (30, 28, 26), "regular"))
    roll.space(14)
    roll.text(clean(content.title), fitting(clean(content.title), roll.inner, (48, 42, 38, 34), "bold"))
    roll.space(10)
    for sentence in _sentences(clean(content.not_filed)):
        roll.text(sentence, fitting(sentence, roll.inner, (28, 26, 24), "regular"))
    roll.space(26)
    picture = qr_picture(content.code, min(_QR_SIDE, roll.inner))
    roll.paste(picture, (roll.width - picture.width) // 2)
    roll.y += picture.height
    roll.space(26)
    for words in (clean(content.show), clean(content.until)):
        roll.text(words, fitting(words, roll.inner, (32, 30, 28, 26), "bold"))
    if content.bring:
        roll.space(22)
        roll.rule()
        roll.space(18)
        roll.text(clean(content.bring_title), font_of("bold", 32), align="left")
        roll.space(4)
        for line in content.bring:
            _to_tick(roll, clean(line))
    roll.space(18)
    roll.rule()
    roll.space(18)
    roll.text(clean(content.foot), font_of("regular", 28), align="left")
    roll.space(48)
    return roll.finished()


def render_slip(content: SlipContent, profile: PrinterProfile) -> bytes:
    """The slip as ESC/POS bytes, raster alone as a ticket's are."""
    return escpos_image.encode(slip_image(content, profile.width_dots), profile.cut)


def _sentences(words: str) -> list[str]:
    """Each sentence, with its full stop: a line of its own reads better than a line's last two letters."""
    return [found.strip() for found in re.findall(r"[^。.]+[。.]?", words)]


def _to_tick(roll: Roll, words: str) -> None:
    """One thing to bring, behind a box as high as its letters."""
    pen = roll.room(_BOX + 16)
    top = roll.y + 11
    pen.rectangle((roll.margin, top, roll.margin + _BOX, top + _BOX), outline=0, width=3)
    indent = _BOX + 16
    roll.text(words, font_of("regular", 30), align="left", x=roll.margin + indent, width=roll.inner - indent)
    roll.space(6)
