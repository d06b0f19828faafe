"""Conditions and findings in words, and the parts of the condition language that later events use."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from procedures.logic.conditions import Leaf, Missing, Node, Value
from procedures.logic.facts import FactSpec
from procedures.logic.words import found, opposite, required
from procedures.reading.condition_parser import Parser
from procedures.reading.loading import load_catalogue
from procedures.reading.yaml_lines import Located
from procedures.terms.dates import parse_partial
from procedures.terms.text import Text, joined

CATALOGUE = load_catalogue()
NUMBER = FactSpec(
    name="children",
    scope="person",
    type="number",
    source="ask",
    rank=0,
    label=Text("子の数", "number of children"),
    words={},
    question=None,
    hint=None,
    asked_of="resident",
    chances={},
)
SPECS = {**CATALOGUE.facts, "children": NUMBER}


def parse(raw: Any, scope: str = "person") -> Node:
    shapes = {
        name: {"scope": spec.scope, "type": spec.type, "choices": spec.words} for name, spec in SPECS.items()
    }
    parser = Parser(Located("test", None, {}), shapes, CATALOGUE.codes.events)
    node = parser.parse(raw, (), scope)
    assert parser.problems == []
    return node


def leaf(raw: Any) -> Leaf:
    node = parse(raw)
    assert isinstance(node, Leaf)
    return node


@pytest.mark.parametrize(
    ("raw", "ja", "en"),
    [
        ("moves", "引っ越す", "moves"),
        ({"moves": False}, "引っ越さない", "does not move"),
        ({"ins": ["kokuho", "kouki"]}, "医療保険：国民健康保険・後期高齢者医療", None),
        ({"dis_cert": {"has": "ryoiku"}}, "障害者手帳：療育手帳", None),
        ({"rel": {"has": ["妻", "夫"]}}, "続柄：夫・妻", None),
        ({"birth": {"legal_age": {"at_least": 65}}}, "65歳以上", "at least 65 years old"),
        ({"birth": {"legal_age": {"less_than": 15}}}, "15歳未満", "under 15 years old"),
        ({"birth": {"legal_age": {"more_than": 39, "at_most": 64}}}, "40歳から64歳", "40 to 64 years old"),
        ({"birth": {"legal_age": {"is": 20}}}, "20歳", "20 years old"),
        ({"birth": {"kouki_age": {"at_least": 75}}}, "誕生日当日から数えて75歳以上", None),
        (
            {"birth": {"kouki_age": {"at_least": 75}, "at": "event_date"}},
            "異動日の時点で誕生日当日から数えて75歳以上",
            "at least 75 years old, from the birthday itself on the date of the move",
        ),
        ({"birth": {"kokuho70_age": {"at_least": 70}}}, "誕生日の翌月1日から数えて70歳以上", None),
        ({"birth": {"fiscal_age": {"at_most": 17}}}, "18歳の年度末まで", None),
        ({"birth": {"fiscal_age": {"at_least": 3, "at_most": 5}}}, "今年度の4月1日に3歳から5歳", None),
        ({"birth": {"school_year": {"less_than": 1}}}, "小学校入学前", "below school age"),
        ({"birth": {"school_year": {"at_least": 1, "at_most": 9}}}, "小学1年から中学3年の学年", None),
        ({"birth": {"school_year": {"at_least": 1, "at_most": 6}}}, "小学1年から6年の学年", None),
        ({"birth": {"school_year": {"is": 0}}}, "来年度に小学校へ入る学年", None),
        ({"birth": {"school_year": {"is": 7}}}, "学年が7年生", "school year 7"),
        ({"event_date": {"days_ago": {"at_most": 90}}}, "異動日から90日以内", None),
        ({"due_date": {"months_until": {"at_most": 6}}}, "出産予定日の6か月前から", None),
        ({"event_date": {"months_ago": {"at_least": 1}}}, "異動日の1か月後から", None),
        ({"event_date": {"months_ago": {"at_most": 2}}}, "異動日の2か月後まで", None),
        ({"children": {"at_least": 3}}, "子の数が3以上", "number of children: at least 3"),
        ({"children": 3}, "子の数：3", None),
    ],
)  # fmt: skip
def test_what_a_condition_requires(raw: Any, ja: str, en: str | None) -> None:
    words = required(leaf(raw), SPECS, CATALOGUE.codes)
    assert words.ja == ja
    assert en is None or words.en == en


def test_events_in_words() -> None:
    assert required(parse({"event": ["MOVE", "BIRTH"]}), SPECS, CATALOGUE.codes).ja == "出生・転居"


@pytest.mark.parametrize(
    ("raw", "ja"),
    [
        ("moves", "引っ越さない"),
        ({"care_lv": "none"}, "要介護認定：認定なし以外"),
        ({"birth": {"legal_age": {"at_least": 75}}}, "75歳未満"),
        ({"birth": {"legal_age": {"less_than": 15}}}, "15歳以上"),
        (
            {"birth": {"kouki_age": {"at_least": 75}, "at": "event_date"}},
            "異動日の時点で誕生日当日から数えて75歳未満",
        ),
        ({"birth": {"legal_age": {"at_least": 20, "at_most": 59}}}, None),
        (
            {"mnc_certificate_until": {"months_until": {"at_least": 3}}},
            "利用者証明用電子証明書の有効期限の3か月前の翌日から",
        ),
        ({"due_date": {"months_until": {"at_most": 6}}}, "出産予定日の6か月前の前日まで"),
        ({"event_date": {"months_ago": {"at_least": 1, "at_most": 2}}}, None),
    ],
)
def test_the_opposite_in_words(raw: Any, ja: str | None) -> None:
    words = opposite(leaf(raw), SPECS, CATALOGUE.codes)
    assert (words.ja if words else None) == ja


@pytest.mark.parametrize(
    ("raw", "value", "ja"),
    [
        ("moves", True, "引っ越す"),
        ({"ins": "kokuho"}, "shaho", "医療保険：社会保険（本人）"),
        ({"dis_cert": {"has": "ryoiku"}}, (), "障害者手帳：なし"),
        ({"rel": {"has": "妻"}}, ("妻",), "続柄：妻"),
        (
            {"birth": {"legal_age": {"at_least": 65}}},
            parse_partial("1961"),
            "64歳か65歳（1961年生まれ、月日不詳）",
        ),
        (
            {"birth": {"legal_age": {"at_least": 65}}},
            parse_partial("1961-01-01"),
            "65歳（1961年1月1日生まれ）",
        ),
        (
            {"event_date": {"days_ago": {"at_most": 90}}},
            parse_partial("2026-11-20"),
            "異動日：令和8年11月20日",
        ),
        ({"ins": "kokuho"}, Missing.UNASKED, "医療保険：まだ確認していません"),
        ({"ins": "kokuho"}, Missing.DECLARED_UNKNOWN, "医療保険：「わからない」との回答です"),
        ({"dv_support": True}, Missing.UNAVAILABLE, "支援措置：基幹から情報が届いていません"),
        (
            {"mnc_card_until": {"before": date(2027, 1, 1)}},
            Missing.UNAVAILABLE,
            "マイナンバーカード本体の有効期限：カードから読み取っていません",
        ),
        ({"child18": True}, Missing.OPEN, "18歳の年度末までの子：まだ決まりません"),
    ],
)
def test_what_was_found(raw: Any, value: Value | Missing, ja: str) -> None:
    node = leaf(raw)
    assert found(node, SPECS[node.fact], value, date(2026, 11, 24)).ja == ja


@pytest.mark.parametrize(
    ("raw", "value", "truth"),
    [
        ({"event_date": {"days_ago": {"at_most": 14}}}, "2026-11-10", True),
        ({"event_date": {"days_ago": {"at_most": 13}}}, "2026-11-10", False),
        ({"event_date": {"days_ago": {"at_least": 30}}}, "2026-10", None),
        ({"event_date": {"days_ago": {"at_least": 24}}}, "2026-10", True),
        ({"event_date": {"days_ago": {"more_than": 54}}}, "2026-10", False),
        ({"birth": {"legal_age": {"at_least": 65, "at_most": 74}}}, "1961", None),
        ({"birth": {"legal_age": {"at_least": 65, "at_most": 74}}}, "1955", True),
        ({"birth": {"legal_age": {"at_least": 65, "at_most": 74}}}, "1940", False),
    ],
)
def test_dates_against_the_day_of_filing(raw: Any, value: str, truth: bool | None) -> None:
    view: Any = SimpleNamespace(date=date(2026, 11, 24))
    assert leaf(raw).test(parse_partial(value), view) is truth


@pytest.mark.parametrize(("raw", "value", "truth"), [
    ({"children": {"at_least": 3}}, 3, True),
    ({"children": {"less_than": 3}}, 3, False),
    ({"children": [1, 2]}, 2, True),
])  # fmt: skip
def test_numbers(raw: Any, value: int, truth: bool) -> None:
    view: Any = None
    assert leaf(raw).test(value, view) is truth


def test_texts_are_joined_once_each() -> None:
    text = joined([Text("甲", "a"), Text("乙", "b"), Text("甲", "a")])
    assert (text.ja, text.en) == ("甲、乙", "a; b")
    assert Text("甲", "a").to_dict() == {"ja": "甲", "easy": "甲", "en": "a"}
