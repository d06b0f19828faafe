"""From a layout and a filled form to pages of drawing operations: which record on which page, what fits,
what continues."""

from __future__ import annotations

from collections.abc import Sequence

from printing.forms.cells import Pad, Slice, Spilled, draw_cell
from printing.forms.filled import Filled, Record
from printing.forms.fit import line_height_mm, lines_mm, place, set_lines
from printing.forms.layout import Layout, Sheet, repeats
from printing.forms.ops import Box, CodeOp, EdgeOp, FillOp, Op

_MAX_PASSES = 4
_SIZE = 10.5
_NAME_SIZE = 8.0
_GAP = 1.5


def page(
    layout: Layout, filled: Filled, sheet: Sheet, slices: dict[str, Slice], number: int, total: int
) -> Pad:
    """One page of `sheet`, with the records of `slices`."""
    rest = sum(
        max(0, len(filled.rows.get(name, ())) - part.start - len(part.records))
        for name, part in slices.items()
    )
    continued = layout.continued.replace("{count}", str(rest)) if rest else ""
    texts = {**filled.texts, "page": str(number), "pages": str(total), "continued": continued}
    pad = Pad(slices, filled.gloss, layout.see_overflow, layout.blank_below)
    for spot in sheet.places:
        draw_cell(
            pad, spot, Box(spot.x, spot.y, spot.w or 0, spot.h), Record(texts, filled.dates, filled.checks)
        )
    square = Box(sheet.code.x, sheet.code.y, sheet.code.size, sheet.code.size)
    pad.ops.append(CodeOp(square, f"{filled.barcode}/{number}-{total}"))
    return pad


def _slices(layout: Layout, filled: Filled) -> list[tuple[Sheet, dict[str, Slice]]]:
    """The pages that the repeated records need, the first page always."""
    pages: list[tuple[Sheet, dict[str, Slice]]] = []
    done = dict.fromkeys(filled.rows, 0)
    sheet = layout.first
    while not pages or any(done[name] < len(records) for name, records in filled.rows.items()):
        slices: dict[str, Slice] = {}
        for name, count in repeats(sheet):
            start = done.get(name, 0)
            slices[name] = Slice(start, filled.rows.get(name, ())[start : start + count])
            done[name] = start + len(slices[name].records)
        if pages and not any(part.records for part in slices.values()):
            raise ValueError(f"the layout {layout.form} has no further page for {sorted(done)}")
        pages.append((sheet, slices))
        sheet = layout.more
    return pages


def _overflow_lists(layout: Layout, spilled: Sequence[Spilled]) -> list[list[Op]]:
    """The values that found no room, one under the other at full size, as many pages as they need."""
    area = layout.overflow
    pages: list[list[Op]] = []
    y = area.y + area.h
    for item in spilled:
        names = lines_mm(item.name, "gothic", _NAME_SIZE, area.name_w - 2 * _GAP)
        values = lines_mm(item.text, "mincho", _SIZE, area.w - area.name_w - 2 * _GAP)
        height = max(len(names) * line_height_mm(_NAME_SIZE), len(values) * line_height_mm(_SIZE)) + 2 * _GAP
        if y + height > area.y + area.h:
            pages.append([])
            y = area.y
        name_box = Box(area.x, y, area.name_w, height)
        value_box = Box(area.x + area.name_w, y, area.w - area.name_w, height)
        pages[-1] += [FillOp(name_box, "label"), EdgeOp(name_box, "thin"), EdgeOp(value_box, "thin")]
        pages[-1] += place(
            set_lines(names, "gothic", _NAME_SIZE), name_box.inset(_GAP, 0), "left", is_value=False
        )
        pages[-1] += place(
            set_lines(values, "mincho", _SIZE), value_box.inset(_GAP, 0), "left", is_value=True
        )
        y += height
    return pages


def _pass(layout: Layout, filled: Filled, total: int) -> list[list[Op]]:
    pages: list[list[Op]] = []
    spilled: list[Spilled] = []
    for sheet, slices in _slices(layout, filled):
        pad = page(layout, filled, sheet, slices, len(pages) + 1, total)
        pages.append(pad.ops)
        spilled += pad.spilled
    for listed in _overflow_lists(layout, list(dict.fromkeys(spilled))):
        pad = page(layout, filled, layout.overflow.sheet, {}, len(pages) + 1, total)
        pages.append(pad.ops + listed)
    return pages


def plan(layout: Layout, filled: Filled) -> list[list[Op]]:
    """The pages of the form, each a list of operations. Every value is on a page in full: in its cell at
    `size` to `least` points, or on a continuation sheet to which its cell points."""
    total = 1
    for _ in range(_MAX_PASSES):
        pages = _pass(layout, filled, total)
        if len(pages) == total:
            return pages
        total = len(pages)
    raise ValueError(f"the number of pages of {layout.form} does not settle")
