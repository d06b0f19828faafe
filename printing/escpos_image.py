"""Pictures to ESC/POS bytes, and our own bytes back to pictures.

Only four commands are ever sent: ESC @ (initialise), GS v 0 (raster picture), ESC d (feed lines) and GS V
(cut). `pages` reads exactly these and refuses everything else, so it serves the hardware desk as a printer
and the tests as a judge. Commands: Epson ESC/POS command reference, chapters "Print commands", "Bit image
commands" and "Mechanism control commands"."""

from __future__ import annotations

import functools
import logging
import os
import shutil
from typing import Any, Literal

from PIL import Image

_INIT = b"\x1b@"
_RASTER = b"\x1dv0"
_FEED = b"\x1bd"
_CUT = b"\x1dV"

# One command carries at most 128 rows of 72 bytes, 9 KB: small printers have buffers of little more.
_BAND_ROWS = 128
_MAX_WIDTH_BYTES = 128


class ForeignCommand(ValueError):
    """The stream holds a command that this project never sends, or ends in the middle of one."""


@functools.lru_cache(maxsize=1)
def _library() -> tuple[Any, Any]:
    """Import python-escpos once and undo what its import does to the process: it configures the root logger
    and leaves a temporary folder behind."""
    root = logging.getLogger()
    handlers = list(root.handlers)
    from escpos import capabilities
    from escpos.printer import Dummy

    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
        shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    return Dummy, capabilities.Profile


def encode(image: Image.Image, cut: Literal["full", "partial", "none"]) -> bytes:
    """`image` (mode "1", width a multiple of 8 dots) as one job: initialise, raster bands, six lines of
    feed, cut."""
    if image.width % 8 or image.width // 8 > _MAX_WIDTH_BYTES:
        raise ValueError(f"{image.width} dots are not a whole number of bytes up to {_MAX_WIDTH_BYTES}")
    dummy, profile_class = _library()
    profile = profile_class(features={"paperFullCut": True, "paperPartCut": True})
    # Without a width the library prints a remark to standard output.
    profile.profile_data = {
        **profile.profile_data,
        "media": {"width": {"pixels": image.width, "mm": image.width // 8}},
    }
    printer = dummy(profile=profile)
    printer.hw("INIT")
    printer.image(image, impl="bitImageRaster", fragment_height=_BAND_ROWS)
    if cut == "none":
        printer.print_and_feed(6)
    else:
        printer.cut(mode="FULL" if cut == "full" else "PART")
    return bytes(printer.output)


def _take(data: bytes, start: int, length: int) -> bytes:
    part = data[start : start + length]
    if len(part) < length:
        raise ForeignCommand(f"the stream ends inside the command before byte {start}")
    return part


def _band(data: bytes, start: int) -> tuple[Image.Image, int]:
    """The raster band whose command begins at `start`, and the position after it."""
    mode, width_low, width_high, rows_low, rows_high = _take(data, start + 3, 5)
    width_bytes, rows = width_low + 256 * width_high, rows_low + 256 * rows_high
    if mode != 0 or not 1 <= width_bytes <= _MAX_WIDTH_BYTES or rows == 0:
        raise ForeignCommand(f"unexpected raster header at byte {start}")
    dots = _take(data, start + 8, width_bytes * rows)
    # A set bit is black for the printer and white for Pillow.
    inverted = bytes(byte ^ 0xFF for byte in dots)
    return Image.frombytes("1", (width_bytes * 8, rows), inverted), start + 8 + len(dots)


def _joined(bands: list[Image.Image]) -> Image.Image:
    page = Image.new("1", (max(band.width for band in bands), sum(band.height for band in bands)), 1)
    top = 0
    for band in bands:
        page.paste(band, (0, top))
        top += band.height
    return page


def pages(data: bytes) -> list[Image.Image]:
    """The pictures that a printer would make of `data`, one for each cut (or job end), mode "1", white is 1.

    Raises ForeignCommand for any byte outside the four commands above: whatever this accepts can neither
    open a drawer nor print text."""
    found: list[Image.Image] = []
    bands: list[Image.Image] = []
    at = 0
    while at < len(data):
        if data.startswith(_INIT, at):
            at += len(_INIT)
        elif data.startswith(_RASTER, at):
            band, at = _band(data, at)
            bands.append(band)
        elif data.startswith(_FEED, at):
            _take(data, at, 3)
            at += 3
        elif data.startswith(_CUT, at):
            if _take(data, at + 2, 1)[0] not in (0, 1):
                raise ForeignCommand(f"unexpected cut at byte {at}")
            at += 3
            if bands:
                found.append(_joined(bands))
                bands = []
        else:
            raise ForeignCommand(f"command {data[at : at + 2].hex(' ')} at byte {at} is not one of ours")
    if bands:
        found.append(_joined(bands))
    return found
