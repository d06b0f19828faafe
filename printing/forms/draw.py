"""Draws planned pages into a PDF file with reportlab. No text ever passes reportlab's markup (Paragraph
would open files that a name asks for)."""

from __future__ import annotations

import functools
import io
from typing import Any

import qrcode
from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from printing import fonts
from printing.forms.layout import PAGE_HEIGHT, PAGE_WIDTH
from printing.forms.ops import PT, Box, CodeOp, EdgeOp, FillOp, LineOp, Op, TextOp, TickOp

# Streams are binary anyway where fonts are embedded; the text encoding around them only costs time and a
# quarter more bytes.
rl_config.useA85 = 0

# Light enough that a monochrome printer leaves it almost white, so that what is written on it stays readable.
_TINTS = {"label": (0.925, 0.935, 0.95), "sign": (1.0, 0.965, 0.82)}
_PENS = {"dotted": 0.35, "thin": 0.4, "thick": 1.0}


@functools.lru_cache(maxsize=256)
def _modules(text: str) -> tuple[tuple[bool, ...], ...]:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0, mask_pattern=2)
    code.add_data(text)
    code.make(fit=True)
    return tuple(tuple(bool(dark) for dark in row) for row in code.modules)


class _Pen:
    """reportlab's canvas with millimetres from the upper left corner."""

    def __init__(self, canvas: Any) -> None:
        self._canvas = canvas

    def _rect(self, box: Box, *, fill: int, stroke: int) -> None:
        bottom = PAGE_HEIGHT - box.y - box.h
        self._canvas.rect(box.x / PT, bottom / PT, box.w / PT, box.h / PT, fill=fill, stroke=stroke)

    def fill(self, op: FillOp) -> None:
        self._canvas.setFillColorRGB(*_TINTS[op.tint])
        self._rect(op.box, fill=1, stroke=0)

    def _pen(self, kind: str) -> None:
        self._canvas.setLineWidth(_PENS[kind])
        self._canvas.setDash(*((1, 1.5) if kind == "dotted" else ()))

    def edge(self, op: EdgeOp) -> None:
        self._pen(op.pen)
        self._rect(op.box, fill=0, stroke=1)

    def line(self, op: LineOp) -> None:
        self._pen(op.pen)
        self._canvas.line(op.x1 / PT, (PAGE_HEIGHT - op.y1) / PT, op.x2 / PT, (PAGE_HEIGHT - op.y2) / PT)

    def tick(self, op: TickOp) -> None:
        self._pen("thin")
        self._canvas.setFillColorRGB(0, 0, 0)
        self._rect(op.box, fill=int(op.on), stroke=1)
        if op.on:
            box = op.box
            path = self._canvas.beginPath()
            points = [(0.2, 0.52), (0.42, 0.75), (0.8, 0.25)]
            for number, (dx, dy) in enumerate(points):
                x, y = (box.x + dx * box.w) / PT, (PAGE_HEIGHT - box.y - dy * box.h) / PT
                (path.lineTo if number else path.moveTo)(x, y)
            self._canvas.setStrokeColorRGB(1, 1, 1)
            self._canvas.setLineWidth(1.1)
            self._canvas.drawPath(path, stroke=1, fill=0)
            self._canvas.setStrokeColorRGB(0, 0, 0)

    def text(self, op: TextOp) -> None:
        self._canvas.setFillColorRGB(0, 0, 0)
        line = self._canvas.beginText(op.x / PT, (PAGE_HEIGHT - op.y) / PT)
        for run in fonts.typeface(op.face).runs(op.text):
            line.setFont(run.font, op.size)
            line.textOut(run.text)
        self._canvas.drawText(line)

    def code(self, op: CodeOp) -> None:
        modules = _modules(op.text)
        side = op.box.w / len(modules)
        self._canvas.setFillColorRGB(0, 0, 0)
        path = self._canvas.beginPath()
        for number, row in enumerate(modules):
            bottom = (PAGE_HEIGHT - op.box.y - (number + 1) * side) / PT
            start = None
            # Runs of dark modules as one rectangle: no hairlines between them on screen.
            for column, dark in enumerate((*row, False)):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    path.rect((op.box.x + start * side) / PT, bottom, (column - start) * side / PT, side / PT)
                    start = None
        self._canvas.drawPath(path, stroke=0, fill=1)

    def draw(self, op: Op) -> None:
        match op:
            case FillOp():
                self.fill(op)
            case EdgeOp():
                self.edge(op)
            case LineOp():
                self.line(op)
            case TickOp():
                self.tick(op)
            case TextOp():
                self.text(op)
            case CodeOp():
                self.code(op)


# What lies under what: tints, then lines, then everything that is read.
_LAYERS: tuple[tuple[type, ...], ...] = ((FillOp,), (LineOp, EdgeOp), (TickOp, TextOp, CodeOp))


def draw(pages: list[list[Op]], title: str) -> bytes:
    """The pages as a PDF file (A4). The same pages give the same bytes. `title` is public: no name of a
    person."""
    out = io.BytesIO()
    with fonts.lock:
        canvas = Canvas(
            out,
            pagesize=(PAGE_WIDTH / PT, PAGE_HEIGHT / PT),
            invariant=1,
            pageCompression=1,
            lang="ja-JP",
            # Some font of ours, so that reportlab does not name Helvetica, which it would not embed.
            initialFontName=fonts.typeface("gothic").glyph("様").font,
        )
        canvas.setTitle(title)
        canvas.setAuthor("Kakanai")
        canvas.setCreator("Kakanai")
        pen = _Pen(canvas)
        for ops in pages:
            for layer in _LAYERS:
                for op in ops:
                    if isinstance(op, layer):
                        pen.draw(op)
            canvas.showPage()
        canvas.save()
    return out.getvalue()
