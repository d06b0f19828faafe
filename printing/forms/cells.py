"""Draws one cell of a layout as operations: labels, values, dates in their cells, check boxes, rows of
cells."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from printing.forms.filled import Record
from printing.forms.fit import Fitted, fit, place, width_mm
from printing.forms.layout import Cell, LayoutError, Option, Row, cell_widths, row_heights
from printing.forms.ops import PT, Box, EdgeOp, Face, FillOp, LineOp, Op, TickOp
from printing.forms.values import DateCell

_PAD_X, _PAD_Y = 1.2, 0.3
_CORNER_SIZE = 6.5
_LABEL_SIZE, _LABEL_LEAST = 8.5, 5.5
_GLOSS_SIZE, _GLOSS_LEAST = 5.5, 4.0
_TICK = 3.2


@dataclass(frozen=True)
class Spilled:
    """A value that did not fit its cell: what it is called and its text, for the continuation sheet."""

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Slice:
    """The records of one name that stand on one page; `start` is the number of those before."""

    start: int
    records: Sequence[Record]


@dataclass
class Pad:
    """One page being filled: what the cells need to know, and what they have drawn."""

    slices: Mapping[str, Slice]
    gloss: Literal["en"] | None
    see_overflow: str
    blank_below: str
    ops: list[Op] = field(default_factory=list)
    spilled: list[Spilled] = field(default_factory=list)


def _replaced(pattern: str, texts: Mapping[str, str]) -> str:
    """`pattern` with {name} replaced by texts; an unknown name is a fault of the layout."""

    def one(match: re.Match[str]) -> str:
        if match[1] not in texts:
            raise LayoutError(f"no text named {match[1]} for {pattern!r}")
        return texts[match[1]]

    return re.sub(r"\{([\w.]+)\}", one, pattern)


@functools.lru_cache(maxsize=2048)
def _fitted(
    text: str, face: Face, width: float, height: float, largest: float, least: float
) -> Fitted | None:
    return fit(text, face, Box(0, 0, width, height), largest, least)


def _fixed_text(
    pad: Pad,
    text: str,
    face: Face,
    box: Box,
    sizes: tuple[float, float],
    align: Literal["left", "center", "right"],
) -> None:
    """Words of the layout: kept between forms, and refused when they do not fit."""
    fitted = _fitted(text, face, box.w, box.h, *sizes)
    if fitted is None:
        raise LayoutError(f"the words {text!r} do not fit {box.w:.1f} x {box.h:.1f} mm")
    pad.ops += place(fitted, box, align, is_value=False)


def _label(pad: Pad, cell: Cell, box: Box) -> None:
    inner = box.inset(0.8, 0.4)
    text = cell.label or ""
    size = min(cell.size, _LABEL_SIZE)
    if cell.vertical:
        # One character under the other, spread over the height.
        step = min(inner.h / len(text), size * PT * 1.5)
        top = inner.y + (inner.h - step * len(text)) / 2
        for number, char in enumerate(text):
            _fixed_text(
                pad,
                char,
                "gothic",
                Box(box.x, top + number * step, box.w, step),
                (size, _LABEL_LEAST),
                "center",
            )
        return
    if pad.gloss and cell.en:
        upper = Box(inner.x, inner.y, inner.w, inner.h * 0.56)
        lower = Box(inner.x, inner.y + upper.h, inner.w, inner.h - upper.h)
        _fixed_text(pad, text, "gothic", upper, (size, _LABEL_LEAST), "center")
        _fixed_text(pad, cell.en, "gothic", lower, (_GLOSS_SIZE, _GLOSS_LEAST), "center")
        return
    _fixed_text(pad, text, "gothic", inner, (size, _LABEL_LEAST), "center")


def _spill(pad: Pad, name: str, text: str, box: Box) -> None:
    pad.spilled.append(Spilled(name, text))
    _fixed_text(pad, pad.see_overflow, "gothic", box, (7.5, 4.0), "center")


def _value(
    pad: Pad,
    cell: Cell,
    box: Box,
    text: str,
    align: Literal["left", "center", "right"],
    *,
    one_line: bool = False,
) -> None:
    """A value, or where to find it when it does not fit at the least size."""
    if not text:
        if cell.empty:
            _fixed_text(pad, cell.empty, "gothic", box, (8.0, 5.0), align)
        return
    fitted = fit(text, cell.face or "mincho", box, cell.size, cell.least, one_line=one_line or cell.one_line)
    if fitted is None:
        _spill(pad, cell.name, text, box)
        return
    pad.ops += place(fitted, box, align, is_value=True)


# Share of the width, and the word behind the value, of era, year, month and day.
_DATE_PARTS = ((0.225, ""), (0.335, "年"), (0.22, "月"), (0.22, "日"))
_DATE_WORD_SIZE = 6.5


def _date(pad: Pad, cell: Cell, box: Box, date: DateCell) -> None:
    if date.text:
        _value(pad, cell, box.inset(_PAD_X, _PAD_Y), date.text, "center")
        return
    x = box.x
    values = (date.era or "", date.year or "", date.month or "", date.day or "")
    for number, ((share, word), text) in enumerate(zip(_DATE_PARTS, values, strict=True)):
        part = Box(x, box.y, box.w * share, box.h)
        if number:
            pad.ops.append(LineOp(x, box.y + 0.8, x, box.y + box.h - 0.8, "dotted"))
        word_w = _label_width(word, _DATE_WORD_SIZE) + 0.3 if word else 0
        inner = Box(part.x + 0.3, part.y + _PAD_Y, part.w - 0.6 - word_w, part.h - 2 * _PAD_Y)
        _value(pad, cell, inner, text, "center" if not word else "right", one_line=True)
        if word:
            behind = Box(part.x + part.w - word_w - 0.25, part.y + part.h * 0.18, word_w + 0.1, part.h * 0.8)
            _fixed_text(pad, word, "gothic", behind, (_DATE_WORD_SIZE, 4), "center")
        x += part.w


def _checks(pad: Pad, cell: Cell, box: Box, on: frozenset[str]) -> None:
    unknown = on - {option.value for option in cell.options}
    if unknown:
        raise LayoutError(f"{cell.checks} has no box for {sorted(unknown)}")
    size = min(cell.size, 9.0)
    while size >= 5.0:
        lines = _check_lines(cell.options, box.w, size, pad.gloss)
        step = size * PT * 1.5
        if lines is not None and len(lines) * step <= box.h + 0.01:
            _draw_checks(pad, lines, box, size, on)
            return
        size -= 0.5
    raise LayoutError(f"the check boxes {cell.checks} do not fit {box.w:.1f} x {box.h:.1f} mm")


@functools.lru_cache(maxsize=512)
def _label_width(label: str, size: float) -> float:
    return width_mm(label, "gothic", size)


def _check_label(option: Option, gloss: str | None) -> str:
    return f"{option.label} {option.en}" if gloss and option.en else option.label


def _tick_gap(size: float) -> float:
    return size * PT * 0.25


def _option_gap(size: float) -> float:
    return size * PT * 0.55


def _check_width(label: str, size: float) -> float:
    return min(_TICK, size * PT) + _tick_gap(size) + _label_width(label, size) + _option_gap(size)


def _check_lines(
    options: list[Option], width: float, size: float, gloss: str | None
) -> list[list[tuple[Option, str]]] | None:
    """Options in lines no wider than `width`, or None when one option is wider."""
    lines: list[list[tuple[Option, str]]] = [[]]
    used = 0.0
    for option in options:
        label = _check_label(option, gloss)
        # The space behind the last option of a line may hang over.
        need = _check_width(label, size)
        if need - _option_gap(size) > width:
            return None
        if lines[-1] and used + need - _option_gap(size) > width:
            lines.append([])
            used = 0.0
        lines[-1].append((option, label))
        used += need
    return lines


def _draw_checks(
    pad: Pad, lines: list[list[tuple[Option, str]]], box: Box, size: float, on: frozenset[str]
) -> None:
    step = box.h / len(lines) if len(lines) > 1 else box.h
    tick = min(_TICK, size * PT)
    for number, line in enumerate(lines):
        x = box.x
        middle = box.y + step * (number + 0.5)
        for option, label in line:
            pad.ops.append(TickOp(Box(x, middle - tick / 2, tick, tick), option.value in on))
            wide = _label_width(label, size)
            words = Box(x + tick + _tick_gap(size), middle - size * PT, wide + 0.05, size * PT * 2)
            _fixed_text(pad, label, "gothic", words, (size, size), "left")
            x += _check_width(label, size)


def _rows(pad: Pad, rows: list[Row], box: Box, record: Record) -> None:
    shown = [row for row in rows if row.drop_without is None or record.texts.get(row.drop_without)]
    top = box.y
    for row, height in zip(shown, row_heights(shown, box.h), strict=True):
        strip = Box(box.x, top, box.w, height)
        if row.repeat is None:
            _row(pad, row, strip, record)
        else:
            _records(pad, row, strip, pad.slices.get(row.repeat, Slice(0, ())))
        top += height * row.count


def _records(pad: Pad, row: Row, first: Box, part: Slice) -> None:
    """One row for each record, and below them one closed box over the rows that are left."""
    top = first.y
    for number, record in enumerate(part.records):
        label = str(part.start + number + 1)
        before = len(pad.spilled)
        strip = Box(first.x, top, first.w, first.h)
        _row(pad, row, strip, Record({**record.texts, "number": label}, record.dates, record.checks))
        # On the continuation sheet it must be clear whose value it is.
        pad.spilled[before:] = [
            Spilled(f"{row.name}{label}　{item.name}", item.text) for item in pad.spilled[before:]
        ]
        top += first.h
    left = row.count - len(part.records)
    if left:
        # Nothing can be written into an unused row afterwards.
        pad.ops.append(EdgeOp(Box(first.x, top, first.w, first.h * left), "thin"))
        words = Box(first.x, top, first.w, first.h)
        _fixed_text(pad, pad.blank_below, "gothic", words, (8.0, 6.0), "center")
        if left > 1:
            pad.ops.append(LineOp(first.x + first.w, top + first.h, first.x, top + first.h * left, "thin"))


def _row(pad: Pad, row: Row, box: Box, record: Record) -> None:
    x = box.x
    for cell, width in zip(row.cells, cell_widths(row.cells, box.w), strict=True):
        draw_cell(pad, cell, Box(x, box.y, width, box.h), record)
        x += width


def _content(pad: Pad, cell: Cell, box: Box, record: Record) -> None:
    inner = box.inset(_PAD_X, _PAD_Y)
    if cell.label is not None:
        _label(pad, cell, box)
    elif cell.say is not None:
        words = _replaced(cell.say, record.texts)
        lines = fit(words, cell.face or "gothic", inner, cell.size, min(cell.least, cell.size))
        if lines is not None:
            pad.ops += place(lines, inner, cell.align or "left", is_value=False)
        elif words == cell.say:
            raise LayoutError(f"the words {cell.say!r} do not fit {box.w:.1f} x {box.h:.1f} mm")
        else:
            _spill(pad, cell.name, words, inner)
    elif cell.english is not None:
        if pad.gloss:
            _fixed_text(pad, cell.english, "gothic", inner, (cell.size, 4.0), cell.align or "left")
    elif cell.value is not None:
        _value(pad, cell, inner, record.texts.get(cell.value, ""), cell.align or "left")
    elif cell.date is not None:
        _date(pad, cell, box, record.dates.get(cell.date, DateCell()))
    elif cell.checks is not None:
        _checks(pad, cell, inner, record.checks.get(cell.checks, frozenset()))
    elif cell.rows is not None:
        _rows(pad, cell.rows, box, record)


def draw_cell(pad: Pad, cell: Cell, box: Box, record: Record) -> None:
    """Draw `cell` over `box` with the values of `record`."""
    if cell.tint != "none" or cell.label is not None:
        pad.ops.append(FillOp(box, "label" if cell.tint == "none" else cell.tint))
    area = box
    if cell.corner:
        words = f"{cell.corner} {cell.corner_en}" if pad.gloss and cell.corner_en else cell.corner
        strip = Box(box.x + 0.8, box.y + 0.5, box.w - 1.6, _CORNER_SIZE * PT * 1.1)
        _fixed_text(pad, words, "gothic", strip, (_CORNER_SIZE, 4), "left")
        taken = strip.h + 0.5
        area = Box(box.x, box.y + taken, box.w, box.h - taken)
    _content(pad, cell, area, record)
    if cell.edge != "none":
        pad.ops.append(EdgeOp(box, cell.edge))
