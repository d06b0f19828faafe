"""Fitting text into a box: as large as allowed, smaller when it must be, and honest when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from printing.fonts import typeface
from printing.forms.ops import PT, Box, Face, TextOp
from printing.text import clean, units, wrap

_LEADING = 1.22
_STEP = 0.5
# The em box of Japanese type reaches 0.88 above and 0.12 below the baseline.
_ASCENT = 0.88


@dataclass(frozen=True)
class Fitted:
    """Lines of text at one size (points), and the width of each in millimetres."""

    size: float
    lines: tuple[str, ...] = field(repr=False)
    face: Face
    widths: tuple[float, ...]


def set_lines(lines: list[str], face: Face, size: float) -> Fitted:
    """Lines that are broken already."""
    return Fitted(size, tuple(lines), face, tuple(width_mm(line, face, size) for line in lines))


def width_mm(text: str, face: Face, size: float) -> float:
    """Width of one line in millimetres."""
    return typeface(face).width(text, size) * PT


def lines_mm(text: str, face: Face, size: float, width: float) -> list[str]:
    """`text` (cleaned) wrapped to `width` millimetres."""
    return wrap(clean(text), width, lambda part: width_mm(part, face, size))


def line_height_mm(size: float) -> float:
    """Distance of two baselines in millimetres."""
    return size * _LEADING * PT


def fit(
    text: str, face: Face, box: Box, largest: float, least: float, *, one_line: bool = False
) -> Fitted | None:
    """The largest size from `largest` down to `least` at which all of `text` stays inside `box`; None when
    none does.

    A Latin word or a number is broken over lines only when no size keeps it whole; with `one_line` never.
    """
    cleaned = clean(text)
    longest = max((width_mm(unit, face, 1.0) for unit in units(cleaned)), default=0.0)
    for whole_words in (True, False):
        if not whole_words and one_line:
            break
        size = largest
        while size >= least - 1e-9:
            if not whole_words or longest * size <= box.w:
                lines = lines_mm(cleaned, face, size, box.w)
                tall = (len(lines) - 1) * line_height_mm(size) + size * PT
                if tall <= box.h and (len(lines) <= 1 or not one_line):
                    return set_lines(lines, face, size)
            size -= _STEP
    return None


def place(
    fitted: Fitted, box: Box, align: Literal["left", "center", "right"], *, is_value: bool
) -> Iterator[TextOp]:
    """The lines of `fitted`, vertically centred in `box`."""
    step = line_height_mm(fitted.size)
    tall = (len(fitted.lines) - 1) * step + fitted.size * PT
    baseline = box.y + (box.h - tall) / 2 + fitted.size * _ASCENT * PT
    for line, width in zip(fitted.lines, fitted.widths, strict=True):
        spare = box.w - width
        x = box.x + {"left": 0.0, "center": spare / 2, "right": spare}[align]
        yield TextOp(x, baseline, fitted.face, fitted.size, line, box, is_value)
        baseline += step
