"""住民異動届 on paper: everything is there, in full, nothing over anything else, and the same bytes each
time."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError
from pypdf import PdfReader

from printing.fonts import typeface
from printing.forms.layout import PAGE_HEIGHT, PAGE_WIDTH, layout
from printing.forms.ops import PT, Box, CodeOp, EdgeOp, FillOp, Op, TextOp, TickOp
from printing.forms.plan import plan
from printing.forms.registry import sample, sample_names
from printing.forms.residence_change import FORM_ID, ResidenceChangeForm, filled, render

Make = Callable[..., ResidenceChangeForm]
Extract = Callable[[bytes], str]
Pictures = Callable[..., list[Image.Image]]
SAMPLES = sample_names(FORM_ID)
LONG_NAME = "寿限無寿限無五劫乃擦切海砂利水魚之水行末雲来末風来末食寝処住処藪柑子武羅乃見本家"


def _values(data: object) -> list[str]:
    """Every text of a form, wherever it stands."""
    if isinstance(data, str):
        return [data]
    if isinstance(data, dict):
        return [text for value in data.values() for text in _values(value)]
    return [text for value in data for text in _values(value)] if isinstance(data, list) else []


# Fields that become ticks or codes and are not printed as they are.
_CHOICES = {"kind", "scope", "joins", "relation", "sex", "card", "pension", "gloss", "barcode", "notes"}


def _printed_values(form: ResidenceChangeForm) -> list[str]:
    def without(data: Any) -> Any:
        if isinstance(data, dict):
            return {name: without(value) for name, value in data.items() if name not in _CHOICES}
        return [without(value) for value in data] if isinstance(data, list) else data

    texts = _values(without(form.model_dump(mode="json")))
    return [text.replace("-", "") if re.fullmatch(r"\d{3}-\d{4}", text) else text for text in texts if text]


def _pages(form: ResidenceChangeForm) -> list[list[Op]]:
    return plan(layout(FORM_ID), filled(form))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_value_is_on_paper_in_full(extracted: Extract, name: str) -> None:
    form = sample(FORM_ID, name)
    assert isinstance(form, ResidenceChangeForm)
    read = extracted(render(form)).replace("-", "")
    for text in _printed_values(form):
        assert "".join(text.split()).replace("-", "") in read, text


@pytest.mark.parametrize("name", SAMPLES)
def test_text_stays_in_its_box_and_boxes_do_not_overlap(form: Make, name: str) -> None:
    for gloss in (None, "en"):
        for page in _pages(form(name, gloss=gloss)):
            texts = [op for op in page if isinstance(op, TextOp)]
            assert len(texts) > 5
            for op in texts:
                width = typeface(op.face).width(op.text, op.size) * PT
                assert op.x >= op.box.x - 0.01
                assert op.x + width <= op.box.x + op.box.w + 0.01, op
                assert op.y - op.size * 0.88 * PT >= op.box.y - 0.01
                assert op.y + op.size * 0.12 * PT <= op.box.y + op.box.h + 0.01
                assert op.size >= (7 if op.is_value else 4)
            _assert_apart([_ink(op) for op in texts])


def _ink(op: TextOp) -> Box:
    """The em boxes of a line, a little less than their height (descenders of one may stand level with
    ascenders of the next)."""
    width = typeface(op.face).width(op.text, op.size) * PT
    return Box(op.x, op.y - op.size * 0.84 * PT, width, op.size * 0.92 * PT)


def _assert_apart(boxes: list[Box]) -> None:
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = (
                one.x + one.w <= other.x + 0.01
                or other.x + other.w <= one.x + 0.01
                or one.y + one.h <= other.y + 0.01
                or other.y + other.h <= one.y + 0.01
            )
            assert apart, (one, other)


@pytest.mark.parametrize("name", SAMPLES)
def test_everything_is_inside_what_a_printer_reaches(form: Make, name: str, pictures: Pictures) -> None:
    for page in _pages(form(name)):
        for op in page:
            if isinstance(op, (FillOp, EdgeOp, TickOp, CodeOp)):
                assert min(op.box.x, op.box.y) >= 5
                assert op.box.x + op.box.w <= PAGE_WIDTH - 5
                assert op.box.y + op.box.h <= PAGE_HEIGHT - 5
    for picture in pictures(render(form(name)), dpi=50):
        ink = picture.point(lambda value: value < 200 and 255).getbbox()
        edge = 5 / 25.4 * 50
        assert ink is not None
        assert ink[0] > edge
        assert ink[1] > edge
        assert ink[2] < picture.width - edge
        assert ink[3] < picture.height - edge


def test_a_name_of_forty_characters_is_printed_whole(form: Make, extracted: Extract) -> None:
    assert len(LONG_NAME) == 40
    person = {**form().people[0].model_dump(), "name": LONG_NAME}
    pdf = render(form(people=[person]))
    assert LONG_NAME in extracted(pdf)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    # Even at 500 characters, the most that the model takes, nothing is lost.
    person["name"] = LONG_NAME * 12
    pdf = render(form(people=[person]))
    assert LONG_NAME * 12 in extracted(pdf)
    assert "続紙に記載" in extracted(pdf)


def test_the_reading_of_a_long_name_stays_beside_it(form: Make) -> None:
    """ふりがな may be smaller than what it is the reading of, before it goes to a sheet of its own."""
    long = {"name": LONG_NAME, "kana": "ミホンスキー　ヴァン　デル　レイジ　アレクサンデル　カクウノ"}
    usual = form()
    person, filer = ({**one.model_dump(), **long} for one in (usual.people[0], usual.filer))
    pdf = render(form(people=[person], filer=filer))
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1


def test_twelve_people_continue_on_a_second_sheet_in_order(form: Make, extracted: Extract) -> None:
    content = form("household_12")
    pdf = render(content)
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == 2
    read = extracted(pdf)
    assert "ほか7人は次の用紙に記載しています" in read
    places = [read.index("".join(person.name.split())) for person in content.people]
    assert all(one < other for one, other in pairwise(places))
    first, second = ("".join(page.extract_text().split()) for page in pages)
    assert "1/2" in first
    assert "2/2" in second
    assert "全2枚" in first
    # Whoever holds only the second sheet knows what it belongs to.
    assert content.case_no in second
    assert "届出人見本太郎" in second


def test_the_largest_household_is_complete(form: Make) -> None:
    people = [{**form().people[0].model_dump(), "name": f"見本 {number}号"} for number in range(40)]
    pages = _pages(form(people=people))
    texts = [op.text for page in pages for op in page if isinstance(op, TextOp) and op.is_value]
    assert [text for text in texts if text.endswith("号") and text.startswith("見本 ")] == [
        p["name"] for p in people
    ]
    assert len(pages) == 1 + 3
    with pytest.raises(ValidationError):
        form(people=[*people, people[0]])


@pytest.mark.parametrize("name", SAMPLES)
def test_each_page_has_its_own_code(form: Make, pictures: Pictures, name: str) -> None:
    content = form(name)
    pages = pictures(render(content), dpi=150)
    for number, page in enumerate(pages, start=1):
        codes = zxingcpp.read_barcodes(page)
        assert [code.text for code in codes] == [f"{content.barcode}/{number}-{len(pages)}"]
        # Upper right corner.
        assert codes[0].position.top_left.x > page.width * 0.8
        assert codes[0].position.bottom_left.y < page.height * 0.12


def test_the_same_form_gives_the_same_bytes_in_every_process(form: Make) -> None:
    here = hashlib.sha256(render(form("rare_kanji"))).hexdigest()
    # Another order of fonts and characters before it, another hash seed.
    code = """
import hashlib
from printing.forms.registry import sample
from printing.forms.residence_change import render
from printing.fonts import missing_glyphs
missing_glyphs("邊\U000e0108한葛\U000e0102")
render(sample("residence_change", "foreign"))
print(hashlib.sha256(render(sample("residence_change", "rare_kanji"))).hexdigest())
"""
    env = {"PYTHONHASHSEED": "4711", "PYTHONPATH": ".", "TZ": "America/New_York"}
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert there.stdout.strip() == here


def test_threads_do_not_mix_forms(form: Make) -> None:
    expected = {name: render(form(name)) for name in SAMPLES}
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda name: (name, render(form(name))), SAMPLES * 3))
    assert all(pdf == expected[name] for name, pdf in results)


def _tick_of(page: list[Op], label: str) -> list[bool]:
    """The states of the boxes that stand before `label`."""
    found = []
    for number, op in enumerate(page):
        if isinstance(op, TickOp):
            text = next(each for each in page[number:] if isinstance(each, TextOp))
            if text.text == label:
                found.append(op.on)
    return found


@pytest.mark.parametrize("kind", ["転入", "転居", "転出", "世帯変更"])
def test_the_kind_of_notification_is_ticked(form: Make, kind: str) -> None:
    page = _pages(form(kind=kind, scope="一部"))[0]
    ticked = [label for label in ("転入", "転居", "転出", "世帯変更") if _tick_of(page, label) == [True]]
    assert ticked == [kind]
    assert _tick_of(page, "世帯の一部") == [True]
    assert _tick_of(page, "世帯の全員") == [False]


def test_facts_of_a_person_are_ticked_or_left_open(form: Make) -> None:
    known = {**form().people[0].model_dump(), "sex": "female", "card": "none"}
    known["notes"] = {"national_health_insurance": True, "late_elderly": False, "pension": "third"}
    page = _pages(form(people=[known]))[0]
    assert (_tick_of(page, "男"), _tick_of(page, "女")) == ([False], [True])
    # In order: card, 国保, 後期, 介護, 児手 and 年金 (which has only 無).
    assert _tick_of(page, "有") == [False, True, False, False, False]
    assert _tick_of(page, "無") == [True, False, True, False, False, False]
    assert _tick_of(page, "3号") == [True]
    unknown = {**known, "sex": "unknown", "card": "unknown", "notes": {}}
    page = _pages(form(people=[unknown]))[0]
    assert not any(_tick_of(page, "男") + _tick_of(page, "女") + _tick_of(page, "有") + _tick_of(page, "無"))


def test_one_place_to_sign_and_it_is_tinted(form: Make, pictures: Pictures, extracted: Extract) -> None:
    content = form("household_12")
    pdf = render(content)
    read = extracted(pdf)
    assert read.count("内容を確認し、署名してください") == 1
    assert read.count("署名") == 2
    signs = [[op for op in page if isinstance(op, FillOp) and op.tint == "sign"] for page in _pages(content)]
    assert [len(page) for page in signs] == [1, 0]
    box = signs[0][0].box
    assert box.w * box.h > 100 * 20
    # Light, and empty where the hand writes.
    page = pictures(pdf, dpi=72, colour=True)[0]
    scale = 72 / 25.4
    sides = (box.x + 75, box.y + 8, box.x + box.w - 3, box.y + box.h - 3)
    left, top, right, bottom = (round(side * scale) for side in sides)
    colours = page.crop((left, top, right, bottom)).getcolors()
    assert colours is not None
    assert len(colours) == 1
    red, green, blue = colours[0][1]  # type: ignore[misc]
    assert min(red, green, blue) > 200
    assert blue < 240


def test_a_clerk_finds_the_usual_places(form: Make, extracted: Extract) -> None:
    read = extracted(render(form()))
    places = (
        "住民異動届 （宛先）見本市長 受付印 届出日 異動日 届出の種類 届出人 新しい住所 いままでの住所 方書 "
        "世帯主 本籍 筆頭者 ふりがな・氏名 生年月日・在留カード番号 性別 続柄 カード 付記 備考 番号札 窓口 "
        "本人確認 代理権 受付 入力 照合 決裁 通知 1/1"
    )
    assert [words for words in places.split() if words not in read] == []


def test_a_foreign_resident_has_a_western_year_a_card_number_and_english(
    form: Make, extracted: Extract
) -> None:
    read = extracted(render(form("foreign")))
    assert "西暦1991年7月30日" in read
    assert "AB12345678CD" in read
    assert "通称見本まりあ" in read
    assert "NotificationofChangeofResidence" in read
    assert "Pleasecheckthecontentsandsignhere." in read
    assert "Notification" not in extracted(render(form("family")))


def test_there_is_no_place_for_the_individual_number(form: Make, extracted: Extract) -> None:
    for name in SAMPLES:
        assert "個人番号" not in extracted(render(form(name)))
    with pytest.raises(ValidationError):
        form(people=[{**form().people[0].model_dump(), "individual_number": "0"}])


def test_characters_that_cannot_be_printed_are_named_for_the_clerk(form: Make, extracted: Extract) -> None:
    person = {**form().people[0].model_dump(), "name": "見本\U000e01ef \u0378"}
    read = extracted(render(form(people=[person])))
    assert "字形が正しく印刷されていない文字があります" in read
    assert "本(U+672C+U+E01EF)" in read
    assert "(U+0378)" in read
    assert "字形が正しく" not in extracted(render(form("rare_kanji")))


def test_markup_and_commands_in_names_are_only_text(form: Make, extracted: Extract) -> None:
    name = "<img src='file:///etc/passwd'/>{pages}&amp;\x1b@"
    person = {**form().people[0].model_dump(), "name": name}
    assert "<imgsrc='file:///etc/passwd'/>{pages}&amp;@" in extracted(render(form(people=[person])))


_ALPHABET = "見本太郎髙𠮷葛\U000e0100邉\U000e0110あいうアイーっ、。「」（）- 12ABcd\x1b\n　"


@given(st.text(_ALPHABET, max_size=120), st.text(_ALPHABET, max_size=300), st.text(_ALPHABET, max_size=60))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_ever_cut(form: Make, name: str, building: str, kana: str) -> None:
    person = {**form().people[0].model_dump(), "name": name, "kana": kana}
    content = form(people=[person], new_address={"text": "見本市", "building": building}, remarks=[building])
    pages = _pages(content)
    read = "".join(op.text for page in pages for op in page if isinstance(op, TextOp))
    read = "".join(read.split())
    for text in (name, building, kana):
        wanted = "".join(text.replace("\x1b", "").split())
        assert wanted in read or wanted.startswith(("\U000e0100", "\U000e0110"))


def test_a_form_does_not_show_its_people_in_logs(form: Make) -> None:
    content = form()
    shown = f"{content!r} {content} {filled(content)!r} {content.people[0]!r}"
    assert "太郎" not in shown
    assert "花見台" not in shown
    with pytest.raises(ValidationError) as caught:
        form(people=[{**content.people[0].model_dump(), "residence_card_no": "見本太郎"}])
    assert "見本太郎" not in str(caught.value)


def test_the_file_names_nobody_in_its_properties(form: Make) -> None:
    reader = PdfReader(io.BytesIO(render(form())))
    properties = {**(reader.metadata or {})}
    assert str(properties["/Title"]) == "住民異動届 R8-1123-0012"
    assert "太郎" not in str(properties)
    assert reader.trailer["/Root"]["/Lang"] == "ja-JP"  # type: ignore[index]
    box = reader.pages[0].mediabox
    assert (round(float(box.width) * PT), round(float(box.height) * PT)) == (210, 297)


def test_every_font_is_embedded(form: Make) -> None:
    reader = PdfReader(io.BytesIO(render(form("rare_kanji"))))
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    used = {font["/BaseFont"] for font in fonts if "/FontDescriptor" in font}
    assert any("IPAmjMincho" in name for name in used)
    for page in reader.pages:
        drawn = set(re.findall(rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf", page.get_contents().get_data()))  # type: ignore[union-attr]
        for name in drawn:
            assert "/FontDescriptor" in page["/Resources"]["/Font"]["/" + name.decode()]  # type: ignore[index]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "婚姻"},
        {"people": []},
        {"barcode": "with space"},
        {"barcode": "日本"},
        {"new_address": {"postal_code": "99-9001"}},
        {"filed_on": {"era": "令和", "year": "8", "text": "頃"}},
        {"filed_on": {"era": "令和", "day": "8"}},
        {"individual_number": "x"},
    ],
)
def test_what_cannot_be_on_the_form_is_refused(form: Make, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        form(**changes)
