"""お手続きのご案内: what a resident takes home. What was done, what goes on inside the office, what is
left to do.

It has no field for an address, a birth date or a number of anybody's; whoever fills it leaves names away
where a protected person is concerned. Nothing on it is signed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints

from printing.fonts import missing_glyphs
from printing.forms.draw import draw
from printing.forms.filled import Filled
from printing.forms.fit import Fitted, lines_mm, place, set_lines, width_mm
from printing.forms.flow import Block, flow, line_height, stack
from printing.forms.layout import layout
from printing.forms.ops import Box, Face, FillOp, LineOp, Op, TickOp
from printing.forms.plan import page
from printing.forms.values import FormModel, Text
from printing.text import clean

FORM_ID = "checklist"
FORM_VERSION = "1"
_WORDS = Path(__file__).parent / "data" / "words" / f"{FORM_ID}.yaml"

Language = Literal["ja", "easy", "en"]
SectionKind = Literal["done", "here", "handover", "later", "elsewhere", "info"]
# Sections whose procedures are set in full; the others take two to a line.
_FULL: tuple[SectionKind, ...] = ("later", "elsewhere")

_LEFT, _WIDTH = 15.0, 180.0
_FIRST, _MORE, _END = 36.0, 34.0, 275.0
_TICK = 3.8
_TITLE, _NAME, _SMALL, _VALUE, _LABEL = 11.5, 11.0, 9.0, 10.0, 8.5
_INDENT = 6.5
_LABEL_W = 23.0


class ChecklistLine(FormModel):
    """One procedure: its name, for whom, and what there is to know of it, all in the sheet's language.

    `sign`: who signs is not settled (letter: a 委任状 is needed; later: 後日提出). `bring` is what has not
    been seen yet. `certain` False marks it as to be confirmed. Empty texts are left away.
    """

    name: Text
    people: Text = ""
    until: Text = ""
    where: Text = ""
    bring: list[Text] = Field(default=[], max_length=30)
    who: Text = ""
    fee: Text = ""
    lost: Text = ""
    sign: Literal["letter", "later"] | None = None
    certain: bool = True


class ChecklistSection(FormModel):
    """Procedures under one heading. done: finished today; here: to be done at the desk; handover: the
    departments go on with the data; later and elsewhere: what is left to the resident; info: for whom it
    concerns."""

    kind: SectionKind
    lines: list[ChecklistLine] = Field(min_length=1, max_length=200)


class Checklist(FormModel):
    """Everything that stands on one checklist. `made_on` and `hours` are in the sheet's language."""

    office: Text
    case_no: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    barcode: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,120}$")]
    language: Language
    made_on: Text
    hours: Text = ""
    sections: list[ChecklistSection] = Field(default=[], max_length=6)


@functools.cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_WORDS.read_text("utf-8"))
    return found


def filled(form: Checklist) -> Filled:
    """Head and foot under the names that the layout uses; `missing` looks at everything on the sheet."""
    words = _words()[form.language]
    lines = [line for section in form.sections for line in section.lines]
    everything = [form.office, *(text for line in lines for text in _texts(line))]
    return Filled(
        texts={
            "title": words["title"],
            "sheet": words["sheet"],
            "lead": words["lead"],
            "foot": words["foot"].format(hours=clean(form.hours)) if form.hours else "",
            "office": clean(form.office),
            "made_on": clean(form.made_on),
            "case_no": clean(form.case_no),
        },
        missing=tuple(missing_glyphs(clean("".join(everything)))),
        barcode=form.barcode,
        title=f"お手続きのご案内 {clean(form.case_no)}",
    )


def pages(form: Checklist) -> list[list[Op]]:
    """The pages as drawing operations; every text stands on one of them in full."""
    content, sheets = filled(form), layout(FORM_ID)
    bodies = flow(list(_blocks(form)), Box(_LEFT, _FIRST, _WIDTH, _END - _FIRST), _MORE)
    return [
        page(sheets, content, sheets.more if number else sheets.first, {}, number + 1, len(bodies)).ops + body
        for number, body in enumerate(bodies)
    ]


def render(form: Checklist) -> bytes:
    """The checklist as a PDF file, A4 upright, as many pages as it needs. The same content gives the same
    bytes.

    Raises FontsMissing when the machine has no font. Safe to call from several threads."""
    return draw(pages(form), filled(form).title)


def _texts(line: ChecklistLine) -> list[str]:
    return [line.name, line.people, line.until, line.where, *line.bring, line.who, line.fee, line.lost]


def _blocks(form: Checklist) -> Iterator[Block]:
    words = _words()[form.language]
    for section in form.sections:
        heading = _heading(words["section"][section.kind])
        if section.kind in _FULL:
            inside = [_full(line, words) for line in section.lines]
        else:
            cells = [_cell(line, section.kind, words) for line in section.lines]
            inside = [_pair(cells[at : at + 2]) for at in range(0, len(cells), 2)]
        # A heading never stands alone at the foot of a page.
        yield stack([heading, inside[0]])
        yield from inside[1:]
    if any(not line.certain for section in form.sections for line in section.lines):
        yield _note(words["uncertain"])


def _heading(text: str) -> Block:
    lines = set_lines(lines_mm(text, "gothic", 11.5, _WIDTH - 5), "gothic", 11.5)
    height = len(lines.lines) * line_height(11.5) + 2.2

    def ops(y: float) -> Iterator[Op]:
        box = Box(_LEFT, y + 2.4, _WIDTH, height)
        yield FillOp(box, "label")
        yield LineOp(_LEFT, box.y + height, _LEFT + _WIDTH, box.y + height, "thick")
        yield from place(lines, box.inset(2, 0), "left", is_value=False)

    return Block(height + 3.8, ops)


def _note(text: str) -> Block:
    return _paragraph(text, "gothic", _SMALL, _LEFT + _INDENT, _WIDTH - _INDENT, is_value=False)


def _paragraph(text: str, face: Face, size: float, x: float, width: float, *, is_value: bool = True) -> Block:
    lines = set_lines(lines_mm(text, face, size, width), face, size)
    height = len(lines.lines) * line_height(size)
    return Block(height, lambda y: place(lines, Box(x, y, width, height), "left", is_value=is_value))


def _titled(line: ChecklistLine, words: dict[str, Any]) -> str:
    return line.name + ("" if line.certain else words["mark"])


def _cell(line: ChecklistLine, kind: SectionKind, words: dict[str, Any]) -> Callable[[float], Block]:
    """A procedure in short, at the left edge that it is given."""
    width = _WIDTH / 2 - _INDENT - 2
    about = [
        line.people,
        line.where if kind != "done" else "",
        line.fee,
        line.until if kind in ("here", "info") else "",
    ]
    small = ["　".join(text for text in about if text)]
    if line.bring:
        small.append(words["missing"].format(text=words["separator"].join(line.bring)))
    if line.sign:
        small.append(words["sign"][line.sign])

    def at(x: float) -> Block:
        parts = [_paragraph(_titled(line, words), "gothic", _NAME, x + _INDENT, width)]
        parts += [_paragraph(text, "gothic", _SMALL, x + _INDENT, width) for text in small if text]
        return _ticked(stack(parts), x, on=kind == "done", box=kind in ("done", "here"))

    return at


def _pair(cells: list[Callable[[float], Block]]) -> Block:
    """One or two short procedures side by side."""
    blocks = [cell(_LEFT + number * _WIDTH / 2) for number, cell in enumerate(cells)]
    height = max(block.height for block in blocks)

    def ops(y: float) -> Iterator[Op]:
        for block in blocks:
            yield from block.ops(y)

    return Block(height + 1.2, ops)


def _full(line: ChecklistLine, words: dict[str, Any]) -> Block:
    """A procedure that is left to the resident, with everything about it."""
    separator = words["separator"]
    head = f"{_titled(line, words)}　{line.people}" if line.people else _titled(line, words)
    beside = _beside_name(head, line.until)
    details = [
        ("until", "" if beside else line.until),
        ("where", line.where),
        ("who", line.who),
        ("fee", line.fee),
        ("bring", separator.join(line.bring)),
        ("sign", words["sign"][line.sign] if line.sign else ""),
        ("lost", line.lost),
    ]
    parts = [beside or _paragraph(head, "gothic", _TITLE, _LEFT + _INDENT, _WIDTH - _INDENT)]
    parts += _details([(words["label"][name], text) for name, text in details if text])
    inside = stack(parts)

    def ops(y: float) -> Iterator[Op]:
        yield from _ticked(inside, _LEFT, on=False, box=True).ops(y)
        bottom = y + inside.height + 1.0
        yield LineOp(_LEFT, bottom, _LEFT + _WIDTH, bottom, "dotted")

    return Block(inside.height + 2.2, ops)


def _beside_name(head: str, until: str) -> Block | None:
    """Name and deadline on one line, the deadline at the right edge; None where they do not fit."""
    widths = [width_mm(clean(text), "gothic", _TITLE) for text in (head, until)]
    if not until or sum(widths) > _WIDTH - _INDENT - 6:
        return None
    x = _LEFT + _WIDTH - widths[1] - 0.5
    return _beside(
        _paragraph(head, "gothic", _TITLE, _LEFT + _INDENT, widths[0] + 1),
        _paragraph(until, "gothic", _TITLE, x, widths[1] + 0.5),
    )


def _details(rows: list[tuple[str, str]]) -> list[Block]:
    """Label and text, two to a line where both are short."""
    area = _WIDTH - _INDENT
    half = area / 2
    blocks: list[Block] = []
    waiting: tuple[str, str] | None = None
    for label, text in rows:
        short = width_mm(clean(text), "gothic", _VALUE) <= half - _LABEL_W - 2
        if short and waiting is not None:
            blocks.append(_beside(_detail(*waiting, 0, half), _detail(label, text, half, half)))
            waiting = None
            continue
        if waiting is not None:
            blocks.append(_detail(*waiting, 0, area))
        waiting = (label, text) if short else None
        if not short:
            blocks.append(_detail(label, text, 0, area))
    if waiting is not None:
        blocks.append(_detail(*waiting, 0, area))
    return blocks


def _beside(left: Block, right: Block) -> Block:
    return Block(max(left.height, right.height), lambda y: [*left.ops(y), *right.ops(y)])


def _detail(label: str, text: str, shift: float, width: float) -> Block:
    x = _LEFT + _INDENT + shift
    named: Fitted = set_lines(lines_mm(label, "gothic", _LABEL, _LABEL_W - 1), "gothic", _LABEL)
    value = _paragraph(text, "gothic", _VALUE, x + _LABEL_W, width - _LABEL_W - 1)
    first = line_height(_VALUE)
    height = max(value.height, len(named.lines) * first)

    def ops(y: float) -> Iterator[Op]:
        yield from place(named, Box(x, y, _LABEL_W - 1, len(named.lines) * first), "left", is_value=False)
        yield from value.ops(y)

    return Block(height + 0.4, ops)


def _ticked(inside: Block, x: float, *, on: bool, box: bool) -> Block:
    """A block with a check box before its first line; a dash where there is nothing to tick."""

    def ops(y: float) -> Iterator[Op]:
        square = Box(x + 1.2, y + 0.55, _TICK, _TICK)
        if box:
            yield TickOp(square, on)
        else:
            middle = square.y + _TICK / 2
            yield LineOp(square.x + 1.0, middle, square.x + 3.0, middle, "thick")
        yield from inside.ops(y)

    return Block(inside.height, ops)
