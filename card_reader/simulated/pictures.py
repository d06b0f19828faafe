"""The pictures on the face of a simulated card, drawn at the first wish: plainly nobody's photograph."""

import hashlib
import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from card_reader.simulated.layout import card_layout

_PHOTO = (200, 260)
_LINE = (480, 36)
_LARGEST = 30
_CODE = (24, 12)  # as on the one card that somebody described (SOL)
_RATE = 12  # compression of the photograph


@lru_cache(maxsize=64)
def portrait(seed: str) -> bytes:
    """A drawn head and shoulders in grey, JPEG 2000 (JP2), with the word SAMPLE; `seed` varies it."""
    tone = hashlib.sha256(seed.encode()).digest()
    picture = Image.new("L", _PHOTO, 236)
    draw = ImageDraw.Draw(picture)
    width, height = _PHOTO
    draw.rounded_rectangle((20, 190, width - 20, height + 60), 60, fill=90 + tone[0] % 60)
    draw.ellipse((55, 50, 145, 175), fill=200)
    draw.chord((50, 36, 150, 150), 180 - tone[1] % 20, 360 + tone[2] % 20, fill=30 + tone[3] % 90)
    for left in (78, 112):
        draw.ellipse((left, 104, left + 10, 114), fill=40)
    draw.arc((82, 122, 118, 150), 20, 160, fill=60, width=3)
    draw.text((60, 225), "SAMPLE", font=ImageFont.load_default(22), fill=255)
    kept = io.BytesIO()
    picture.save(kept, "JPEG2000", quality_mode="rates", quality_layers=[_RATE])
    return kept.getvalue()


@lru_cache(maxsize=256)
def printed_line(text: str) -> bytes:
    """A line as printed on the card: PNG, one bit per pixel. A character that no font has is an empty box."""
    picture = Image.new("1", _LINE, 1)
    draw = ImageDraw.Draw(picture)
    size, room = _LARGEST, _LINE[0] - 8
    while size > 4 and _width(text, size) > room:
        size -= 1
    font = _font(size)
    if font is not None:
        draw.text((2, (_LINE[1] - size) // 2), text, font=font, fill=0)
    else:
        for place in range(len(text)):
            draw.rectangle((2 + place * size, 4, place * size + size - 2, 4 + size - 4), outline=0)
    return _png(picture)


@lru_cache(maxsize=64)
def security_code(digits: str) -> bytes:
    """The four digits under the photograph: PNG, one bit per pixel, 24 by 12."""
    picture = Image.new("1", _CODE, 1)
    ImageDraw.Draw(picture).text((0, 0), digits, font=ImageFont.load_default_imagefont(), fill=0)
    return _png(picture)


def _width(text: str, size: int) -> float:
    font = _font(size)
    return font.getlength(text) if font is not None else len(text) * size


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | None:
    path = next((path for path in card_layout().fonts if Path(path).is_file()), None)
    return ImageFont.truetype(path, size) if path else None


def _png(picture: Image.Image) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return kept.getvalue()
