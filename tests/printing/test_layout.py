"""Layouts as data: what is refused with file and line, and what the engine does with text that is too
long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from printing.forms.filled import Filled, Record
from printing.forms.fit import fit, width_mm
from printing.forms.layout import Layout, LayoutError, read_layout
from printing.forms.ops import PT, Box, EdgeOp, TextOp, TickOp
from printing.forms.plan import plan
from printing.forms.values import DateCell

HEAD = """\
form: test
version: "1"
blank_below: 以下余白
see_overflow: 続紙に記載
continued: ほか{count}人
first:
  code: {x: 175, y: 10, size: 20}
  places:
"""
TAIL = """
more: {code: {x: 175, y: 10, size: 20}, places: []}
overflow: {x: 15, y: 44, w: 180, h: 200, name_w: 40, sheet: {code: {x: 175, y: 10, size: 20}, places: []}}
"""


def _layout(tmp_path: Path, *places: str) -> Layout:
    path = tmp_path / "test.yaml"
    path.write_text(HEAD + "\n".join(f"    - {place}" for place in places) + TAIL, "utf-8")
    return read_layout(path)


def _texts(ops: list[Any], *, values: bool = True) -> list[str]:
    return [op.text for op in ops if isinstance(op, TextOp) and op.is_value is values]


@pytest.mark.parametrize(
    ("place", "line", "words"),
    [
        (
            "{x: 15, y: 40, w: 99, h: 9, rows: [{h: 9, cells: [{w: 20, label: あ}, {w: 50, blank: true}]}]}",
            9,
            "do not fill 99",
        ),
        ("{x: 15, y: 40, w: 180, h: 9, rows: [{h: 8, cells: [{blank: true}]}]}", 9, "do not fill 9"),
        (
            "{x: 15, y: 40, w: 18, h: 9, rows: [{h: 9, cells: [{w: 20, label: あ}, {blank: true}]}]}",
            9,
            "do not fill 18",
        ),
        ("{x: 15, y: 290, w: 180, h: 9, blank: true}", 9, "on the page"),
        ("{x: 15, y: 40, w: 180, h: 9, label: あ, say: い}", 9, "exactly one thing"),
        ("{x: 15, y: 40, w: 180, h: 9, value: name}", 9, "needs a name"),
        ("{x: 15, y: 40, w: 180, h: 9, checks: kind}", 9, "belong together"),
        ("{x: 15, y: 40, w: 180, h: 9, lable: あ}", 9, "Extra inputs"),
        ("{x: 15, y: 40, w: 180, h: 9, rows: [{repeat: people, cells: [{blank: true}]}]}", 9, "need a name"),
        ("{x: 15, y: 40, w: 180, h: 9, say: [}", 9, ""),
    ],
)
def test_a_wrong_layout_is_refused_with_file_and_line(
    tmp_path: Path, place: str, line: int, words: str
) -> None:
    with pytest.raises(LayoutError) as caught:
        _layout(tmp_path, place)
    assert str(caught.value).startswith(f"{tmp_path / 'test.yaml'}:{line}: ")
    assert words in str(caught.value)


def test_words_of_a_layout_that_do_not_fit_are_its_fault(tmp_path: Path) -> None:
    layout = _layout(tmp_path, "{x: 15, y: 40, w: 12, h: 4, label: とても長い見出しの言葉を小さな枠に}")
    with pytest.raises(LayoutError, match="do not fit"):
        plan(layout, Filled())


def test_a_box_that_the_layout_does_not_know_is_refused(tmp_path: Path) -> None:
    place = (
        "{x: 15, y: 40, w: 60, h: 9, checks: kind, options: [{value: a, label: あ}, {value: b, label: い}]}"
    )
    layout = _layout(tmp_path, place)
    ticks = [
        op for op in plan(layout, Filled(checks={"kind": frozenset({"b"})}))[0] if isinstance(op, TickOp)
    ]
    assert [tick.on for tick in ticks] == [False, True]
    with pytest.raises(LayoutError, match="no box for"):
        plan(layout, Filled(checks={"kind": frozenset({"c"})}))


def test_text_shrinks_wraps_and_then_moves_to_a_continuation_sheet(tmp_path: Path) -> None:
    layout = _layout(tmp_path, "{x: 15, y: 40, w: 60, h: 8, value: name, name: 氏名}")

    def shown(text: str) -> tuple[list[str], float, int]:
        pages = plan(layout, Filled(texts={"name": text}))
        sizes = [op.size for op in pages[0] if isinstance(op, TextOp) and op.is_value]
        return _texts(pages[0]), min(sizes, default=0), len(pages)

    assert shown("見本 太郎") == (["見本 太郎"], 10.5, 1)
    lines, size, pages = shown("見本" * 16)
    assert "".join(lines) == "見本" * 16
    assert 7 <= size < 10.5
    assert pages == 1
    long = "見本" * 60
    assert shown(long) == ([], 0, 2)
    first, second = plan(layout, Filled(texts={"name": long}))
    assert _texts(first, values=False) == ["続紙に記載"]
    assert "".join(_texts(second)) == long
    assert "氏名" in _texts(second, values=False)


def test_a_very_long_list_of_values_fills_several_sheets(tmp_path: Path) -> None:
    row = "{h: 5, repeat: people, name: 人, count: 30, cells: [{value: name, name: 氏名}]}"
    layout = _layout(tmp_path, f"{{x: 15, y: 40, w: 60, h: 150, rows: [{row}]}}")
    people = tuple(Record({"name": f"{number:02d}" + "見本" * 100}) for number in range(30))
    pages = plan(layout, Filled(rows={"people": people}, barcode="x"))
    assert len(pages) > 3
    read = "".join(text for page in pages[1:] for text in _texts(page))
    assert all(f"{number:02d}" + "見本" * 100 in read for number in range(30))
    for page in pages[1:]:
        edges = [op.box for op in page if isinstance(op, EdgeOp)]
        assert max(box.y + box.h for box in edges) <= 44 + 200 + 0.01


def test_records_without_a_further_page_are_an_error_not_a_loss(tmp_path: Path) -> None:
    row = "{h: 5, repeat: people, name: 人, count: 2, cells: [{value: name, name: 氏名}]}"
    layout = _layout(tmp_path, f"{{x: 15, y: 40, w: 60, h: 10, rows: [{row}]}}")
    with pytest.raises(ValueError, match="no further page"):
        plan(layout, Filled(rows={"people": (Record({"name": "あ"}),) * 3}))


@pytest.mark.parametrize(
    ("date", "texts"),
    [
        (DateCell(era="令和", year="8", month="11", day="3"), ["令和", "8", "11", "3"]),
        (DateCell(era="西暦", year="1985", month="1", day="31"), ["西暦", "1985", "1", "31"]),
        (DateCell(era="大正", year="元"), ["大正", "元"]),
        (DateCell(text="昭和20年頃"), ["昭和20年頃"]),
        (DateCell(), []),
    ],
)
def test_dates_stand_in_their_cells(tmp_path: Path, date: DateCell, texts: list[str]) -> None:
    layout = _layout(tmp_path, "{x: 15, y: 40, w: 38, h: 9, date: born, name: 生年月日}")
    ops = [
        op for op in plan(layout, Filled(dates={"born": date}))[0] if isinstance(op, TextOp) and op.is_value
    ]
    assert [op.text for op in ops] == texts
    assert all(op.size >= 10.5 for op in ops)
    assert [op.x for op in ops] == sorted(op.x for op in ops)


def test_unused_rows_are_closed(tmp_path: Path) -> None:
    row = "{h: 5, repeat: people, name: 人, count: 4, cells: [{value: name, name: 氏名}]}"
    layout = _layout(tmp_path, f"{{x: 15, y: 40, w: 60, h: 20, rows: [{row}]}}")
    words = _texts(plan(layout, Filled(rows={"people": (Record({"name": "あ"}),)}))[0], values=False)
    assert words.count("以下余白") == 1
    full = _texts(plan(layout, Filled(rows={"people": (Record({"name": "あ"}),) * 4}))[0], values=False)
    assert full.count("以下余白") == 0


def test_latin_words_shrink_before_they_break() -> None:
    box = Box(0, 0, 30, 20)
    fitted = fit("CHRISTOPHERSON ANNA", "mincho", box, 14, 7)
    assert fitted is not None
    assert fitted.lines == ("CHRISTOPHERSON", "ANNA")
    assert fitted.size * PT < 14 * PT
    assert all(width_mm(line, "mincho", fitted.size) <= box.w for line in fitted.lines)
    assert fit("1985", "mincho", Box(0, 0, 3, 20), 10, 7, one_line=True) is None
