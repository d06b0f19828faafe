"""お手続きのご案内: one page for the usual case, nothing cut, nothing over its neighbour, in every
language.
"""

from __future__ import annotations

from io import BytesIO

import pytest
from pydantic import ValidationError
from pypdf import PdfReader

from printing.forms import checklist
from printing.forms.checklist import Checklist, ChecklistLine, ChecklistSection
from printing.forms.flow import Block, flow
from printing.forms.ops import Box, TextOp
from printing.forms.registry import sample, sample_names


def _sample(name: str) -> Checklist:
    found = sample("checklist", name)
    assert isinstance(found, Checklist)
    return found


def _plain(text: str) -> str:
    return "".join(text.split())


def _text(pdf: bytes) -> str:
    return _plain("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))


@pytest.mark.parametrize("name", sample_names("checklist"))
def test_everything_that_is_given_stands_on_the_sheet(name: str) -> None:
    content = _sample(name)
    said = _text(checklist.render(content))
    for section in content.sections:
        for line in section.lines:
            assert _plain(line.name) in said
            for bring in line.bring:
                assert _plain(bring) in said
            if section.kind in ("here", "info", "later", "elsewhere"):
                assert _plain(line.until) in said
            if section.kind in ("later", "elsewhere"):
                assert _plain(line.who) in said
    assert content.case_no in said


def test_the_usual_household_takes_one_page() -> None:
    assert len(checklist.pages(_sample("family"))) == 1


def test_no_line_leaves_the_paper_or_lies_on_another() -> None:
    for ops in checklist.pages(_long(40)):
        lines = [op for op in ops if isinstance(op, TextOp)]
        for op in lines:
            assert op.x >= 10
            assert 5 < op.y < 292
        seen = {(round(op.x, 1), round(op.y, 1)) for op in lines}
        assert len(seen) == len(lines)


def test_a_long_list_goes_on_with_its_pages_numbered() -> None:
    content = _long(40)
    said = _text(checklist.render(content))
    count = len(checklist.pages(content))
    assert count > 1
    assert f"{count}/{count}" in said
    assert all(f"手続き{number}番" in said for number in range(40))


def test_what_is_doubtful_is_marked_and_explained() -> None:
    line = ChecklistLine(name="犬の登録", certain=False)
    said = _text(checklist.render(_sheet(ChecklistSection(kind="later", lines=[line]))))
    assert "犬の登録※" in said
    assert "担当課で確認" in said
    sure = ChecklistLine(name="犬の登録")
    assert "※" not in _text(checklist.render(_sheet(ChecklistSection(kind="later", lines=[sure]))))


def test_the_same_content_gives_the_same_bytes() -> None:
    assert checklist.render(_sample("easy")) == checklist.render(_sample("easy"))


def test_there_is_no_place_for_an_address() -> None:
    fields = set(Checklist.model_fields) | set(ChecklistLine.model_fields)
    assert not {name for name in fields if "address" in name or "birth" in name}
    with pytest.raises(ValidationError):
        ChecklistLine.model_validate({"name": "転居届", "address": "花見台"})


def test_a_block_that_does_not_fit_goes_to_the_next_page_in_one_piece() -> None:
    def block(height: float) -> Block:
        return Block(height, lambda y: [TextOp(0, y, "gothic", 9, str(height), Box(0, y, 1, 1), True)])

    pages = flow([block(60), block(30), block(20), block(500), block(5)], Box(0, 40, 100, 100), 20)
    starts = [[op.y for op in page if isinstance(op, TextOp)] for page in pages]
    assert starts == [[40, 100], [20], [20], [20]]


def _sheet(*sections: ChecklistSection) -> Checklist:
    return _sample("protected").model_copy(update={"sections": list(sections)})


def _long(count: int) -> Checklist:
    lines = [
        ChecklistLine(
            name=f"手続き{number}番",
            until="令和8年12月4日（金）まで（異動日の翌日から14日以内）",
            where="市民課",
            bring=["マイナンバーカード"],
            who="本人",
            lost="遅れた月の分は受けられません。",
        )
        for number in range(count)
    ]
    return _sheet(ChecklistSection(kind="later", lines=lines))
