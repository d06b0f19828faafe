"""What a planned page consists of: a handful of drawing operations in millimetres from the upper left corner.

Planning and drawing are apart, so that "nothing is cut, nothing overlaps" can be checked without looking at
a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PT = 25.4 / 72
"""One point in millimetres."""

Face = Literal["mincho", "gothic"]
Tint = Literal["label", "sign"]
Pen = Literal["dotted", "thin", "thick"]


@dataclass(frozen=True)
class Box:
    """A rectangle; y grows downwards."""

    x: float
    y: float
    w: float
    h: float

    def inset(self, dx: float, dy: float) -> Box:
        """The rectangle smaller by dx on the left and right and dy above and below."""
        return Box(self.x + dx, self.y + dy, self.w - 2 * dx, self.h - 2 * dy)


@dataclass(frozen=True)
class TextOp:
    """One line of text: left end at `x`, baseline at `y`, `size` in points. `box` is where it must stay;
    `is_value` tells content from form."""

    x: float
    y: float
    face: Face
    size: float
    text: str = field(repr=False)
    box: Box
    is_value: bool


@dataclass(frozen=True)
class FillOp:
    """A tinted rectangle."""

    box: Box
    tint: Tint


@dataclass(frozen=True)
class EdgeOp:
    """The outline of a rectangle."""

    box: Box
    pen: Pen


@dataclass(frozen=True)
class LineOp:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    pen: Pen


@dataclass(frozen=True)
class TickOp:
    """A check box, filled with a white tick when `on`."""

    box: Box
    on: bool


@dataclass(frozen=True)
class CodeOp:
    """A two-dimensional code over `box` without quiet zone; white is kept around it by the layout."""

    box: Box
    text: str


Op = TextOp | FillOp | EdgeOp | LineOp | TickOp | CodeOp
