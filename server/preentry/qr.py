"""The QR code of a sealed code. Pure; no I/O."""

import io

import qrcode
import qrcode.image.svg
from qrcode.exceptions import DataOverflowError

# 117 modules: a scanner at a counter still reads them from a phone that is 360 px wide.
LARGEST = 25


def version_of(code: str) -> int | None:
    """The QR version (1 to LARGEST, error correction M) that holds `code`, None when it is too long."""
    try:
        version: int = _empty(code).best_fit()
    except (DataOverflowError, ValueError):
        return None
    return version if version <= LARGEST else None


def picture(code: str) -> bytes:
    """The QR code as SVG. Raises ValueError when it is longer than version LARGEST holds."""
    if version_of(code) is None:
        raise ValueError("the code is too long for a QR code that can be read from a phone")
    made, out = _empty(code), io.BytesIO()
    made.make(fit=True)
    made.make_image(image_factory=qrcode.image.svg.SvgPathImage).save(out)
    return out.getvalue()


def _empty(code: str) -> qrcode.QRCode:
    # What is sealed is spread evenly, so every mask serves; trying all eight takes most of the time.
    made = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, mask_pattern=0)
    made.add_data(code)
    return made
