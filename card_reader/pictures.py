"""The pictures on the card's chip, made fit for a screen: nothing larger than a card's, and always PNG.

Pillow decodes the photo (OpenJPEG) and the pictures of name and address. They come from a chip that anybody
may have written, so a picture's size is looked at before it is decoded, and what goes on is always a fresh
PNG and never the card's bytes.
"""

import io
from typing import Literal

from PIL import Image

from card_reader.messages import MAX_PHOTO_BYTES, MAX_PICTURE_BYTES

# Far more than any picture on a card has (soltia48/myna-card names strips of 72 x 12 and 24 x 12 points).
_MOST_PIXELS = 1024 * 1024
_LONGEST_SIDE = 2048
_MOST_BYTES = {"JPEG2000": MAX_PHOTO_BYTES, "PNG": MAX_PICTURE_BYTES}


class BadPicture(ValueError):
    """The bytes are no such picture, or a larger one than a card holds. There is no picture data in it."""


def to_png(picture: bytes, kind: Literal["JPEG2000", "PNG"]) -> bytes:
    """The picture as a fresh PNG, grey, of the same size. Raises BadPicture."""
    if not 0 < len(picture) <= _MOST_BYTES[kind]:
        raise BadPicture("size")
    made = io.BytesIO()
    try:
        with Image.open(io.BytesIO(picture), formats=[kind]) as opened:
            width, height = opened.size
            if max(width, height) > _LONGEST_SIDE or width * height > _MOST_PIXELS:
                raise BadPicture("dimensions")
            opened.convert("L").save(made, "PNG", optimize=True)
    except BadPicture:
        raise
    except Exception as error:
        # Pillow's decoders raise OSError, SyntaxError, ValueError, struct.error and more for garbage.
        raise BadPicture("undecodable") from error
    return made.getvalue()
