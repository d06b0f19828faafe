"""Layouts as data: how one form looks, in millimetres from the upper left corner of an A4 page, read from
YAML.

A sheet is a list of places; a place is a cell with a position; a cell shows one thing or is divided into
rows of cells. Because cells divide their parent, two values cannot overlap, and a layout whose sizes do not
add up is refused when it is read, with file and line."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
_FOLDER = Path(__file__).parent / "data"
_TOLERANCE = 0.01


class LayoutError(ValueError):
    """A layout file is wrong; the text starts with file and line."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(_Model):
    """One check box: ticked when `value` is among the group's values."""

    value: str
    label: str
    en: str = ""


class Cell(_Model):
    """A rectangle that shows exactly one of: `label` (small Gothic on a tint), `say` (fixed words; {name}
    is replaced by a text), `value` (a text by name), `date`, `checks` with `options`, nested `rows`, or
    nothing (`blank`, for stamps and hands).

    `w` in a row may be left out once: that cell takes what is left. `name` is what the value is called on a
    continuation sheet. `size` is the largest and `least` the smallest type size in points. `corner` is a
    tiny label inside the upper left corner, for which space is kept. `edge` is the line around it.
    `one_line` forbids a second line; `empty` is what stands in place of a value that is not there."""

    w: float | None = None
    label: str | None = None
    say: str | None = None
    english: str | None = None
    value: str | None = None
    date: str | None = None
    checks: str | None = None
    rows: list[Row] | None = None
    blank: bool = False
    options: list[Option] = []
    name: str = ""
    en: str = ""
    corner: str = ""
    corner_en: str = ""
    vertical: bool = False
    face: Literal["mincho", "gothic"] | None = None
    size: float = Field(default=10.5, ge=4, le=40)
    least: float = Field(default=7, ge=4, le=40)
    align: Literal["left", "center", "right"] | None = None
    tint: Literal["none", "label", "sign"] = "none"
    one_line: bool = False
    empty: str = ""
    edge: Literal["none", "dotted", "thin", "thick"] = "thin"

    @model_validator(mode="after")
    def _one_content(self) -> Cell:
        contents = [
            name
            for name in ("label", "say", "english", "value", "date", "checks", "rows")
            if getattr(self, name) is not None
        ]
        if len(contents) + self.blank != 1:
            raise ValueError(f"a cell shows exactly one thing, this one has {contents or 'nothing'}")
        varies = self.value is not None or self.date is not None or "{" in (self.say or "")
        if varies and not self.name:
            raise ValueError("what varies needs a name for the continuation sheet")
        rows = self.rows or []
        if any(row.drop_without for row in rows) and all(row.h is not None for row in rows):
            raise ValueError("a row that may be dropped needs a row without h beside it")
        if bool(self.options) != (self.checks is not None):
            raise ValueError("checks and options belong together")
        return self


class Row(_Model):
    """Cells side by side. `h` may be left out once among the rows of a cell.

    `repeat` draws `count` rows, one for each record of that name; on a continuation sheet a record is called
    `name` and its number. A row with `drop_without` gives its height to the row without `h` while the text of
    that name is empty.
    """

    h: float | None = None
    cells: list[Cell] = Field(min_length=1)
    repeat: str | None = None
    count: int = Field(default=1, ge=1, le=40)
    name: str = ""
    drop_without: str | None = None

    @model_validator(mode="after")
    def _named(self) -> Row:
        if (self.repeat is not None) != bool(self.name):
            raise ValueError("repeated rows, and only they, need a name for the continuation sheet")
        if self.drop_without is not None and self.h is None:
            raise ValueError("a row that may be dropped needs a height")
        return self


class Place(Cell):
    """A cell at a position on the page."""

    x: float = Field(ge=0, le=PAGE_WIDTH)
    y: float = Field(ge=0, le=PAGE_HEIGHT)
    h: float = Field(gt=0)

    @model_validator(mode="after")
    def _on_the_page(self) -> Place:
        if self.w is None or self.x + self.w > PAGE_WIDTH or self.y + self.h > PAGE_HEIGHT:
            raise ValueError("a place needs a width and must lie on the page")
        _check_sizes(self, self.w, self.h)
        return self


class Code(_Model):
    """Where the two-dimensional code stands: a square of `size` millimetres."""

    x: float
    y: float
    size: float = Field(ge=12, le=40)


class Sheet(_Model):
    """One kind of page."""

    places: list[Place]
    code: Code


class Overflow(_Model):
    """The continuation sheet for values that do not fit: its fixed part, and the area that the list of
    values takes."""

    sheet: Sheet
    x: float
    y: float
    w: float
    h: float
    name_w: float


class Layout(_Model):
    """A form: its first page, the page that repeats for further records, and the continuation sheet for
    long values."""

    form: str
    version: str
    first: Sheet
    more: Sheet
    overflow: Overflow
    blank_below: str = Field(description="words in the first unused row of a repeated row")
    see_overflow: str = Field(description="words in place of a value that is on a continuation sheet")
    continued: str = Field(
        description="text {continued} when records follow on another page; {count} is how many"
    )


def row_heights(rows: list[Row], height: float) -> list[float]:
    """Height of each row; the one without `h` takes what is left. Raises ValueError when they do not add
    up."""
    fixed = sum((row.h or 0) * row.count for row in rows)
    open_rows = [row for row in rows if row.h is None]
    if (
        len(open_rows) > 1
        or (open_rows and fixed >= height)
        or (not open_rows and abs(fixed - height) > _TOLERANCE)
    ):
        raise ValueError(f"rows of {fixed:g} mm do not fill {height:g} mm")
    return [row.h if row.h is not None else (height - fixed) / row.count for row in rows]


def cell_widths(cells: list[Cell], width: float) -> list[float]:
    """Width of each cell, as row_heights."""
    fixed = sum(cell.w or 0 for cell in cells)
    open_cells = [cell for cell in cells if cell.w is None]
    if (
        len(open_cells) > 1
        or (open_cells and fixed >= width)
        or (not open_cells and abs(fixed - width) > _TOLERANCE)
    ):
        raise ValueError(f"cells of {fixed:g} mm do not fill {width:g} mm")
    return [cell.w if cell.w is not None else width - fixed for cell in cells]


def _check_sizes(cell: Cell, width: float, height: float) -> None:
    if cell.rows is None:
        return
    for row, row_height in zip(cell.rows, row_heights(cell.rows, height), strict=True):
        for inner, inner_width in zip(row.cells, cell_widths(row.cells, width), strict=True):
            _check_sizes(inner, inner_width, row_height)


def repeats(sheet: Sheet) -> Iterator[tuple[str, int]]:
    """(name, how many records one page takes) for each repeated row of `sheet`."""

    def inside(cell: Cell) -> Iterator[tuple[str, int]]:
        for row in cell.rows or []:
            if row.repeat is not None:
                yield row.repeat, row.count
            for inner in row.cells:
                yield from inside(inner)

    for place in sheet.places:
        yield from inside(place)


def _line(node: yaml.Node, where: tuple[int | str, ...]) -> int:
    """The line of the deepest part of `where` that exists in the file."""
    line = node.start_mark.line + 1
    for step in where:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == step]
            if not found:
                break
            node = found[0]
        else:
            break
        line = node.start_mark.line + 1
    return line


def read_layout(path: Path) -> Layout:
    """Read and check one layout file; raises LayoutError with file and line."""
    text = path.read_text("utf-8")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data: Any = yaml.safe_load(text)
        return Layout.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{path}:{_line(node, first['loc'])}" if node is not None else f"{path}:1"
        raise LayoutError(f"{where}: {first['msg']} ({'.'.join(map(str, first['loc']))})") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise LayoutError(f"{path}:{mark.line + 1 if mark else 1}: {error.problem}") from error


@functools.cache
def layout(form_id: str) -> Layout:
    """The layout of a form, read once per process."""
    return read_layout(_FOLDER / f"{form_id}.yaml")
