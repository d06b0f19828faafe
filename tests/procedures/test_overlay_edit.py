"""Writing single values into an overlay that a person wrote: nothing else of the file may move."""

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.reading.loading import overlay_path
from procedures.reading.overlay_edit import CannotPut, append, drop, for_day, lay, put

TEXT = """\
# Our town.
code: '990001'
departments:
  shimin:
    name: {ja: 市民課, en: Residents}  # since 2020
    desks:
      one: {ja: 1番, en: One}
  kokuho: {name: {ja: 国保課, en: Insurance}}
procedures:
  C01: {fee: {yen: 300, per: {ja: 1通, en: copy}}}
  R113: {}
  R123:
    deadline:
      type: text
      words: {ja: 月末, easy: 月末, en: month end}
    note:
      ja: |-
        二行
        です。
      en: two
  R140:

# what nobody may touch
opening: null
"""
TOWNS = ("992011", "992020", "992038")


def changed_lines(old: str, new: str) -> list[str]:
    return [line for line in new.splitlines() if line not in old.splitlines()]


def test_a_single_value_is_changed_on_its_line() -> None:
    new = put(TEXT, ("procedures", "C01", "fee", "yen"), 350)
    assert new == TEXT.replace("300", "350")
    assert put(new, ("procedures", "C01", "fee", "yen"), 350) == new


def test_what_is_missing_is_added_beside_its_neighbours() -> None:
    new = put(TEXT, ("procedures", "R113", "fee"), {"yen": 0})
    assert "  R113: {fee: {yen: 0}}\n" in new
    new = put(new, ("procedures", "R113", "note"), {"ja": "あ, い: う", "en": "yes"})
    assert "  R113: {fee: {yen: 0}, note: {ja: 'あ, い: う', en: 'yes'}}\n" in new
    new = put(TEXT, ("departments", "kaigo"), {"name": {"ja": "介護", "en": "Care"}})
    assert "en: Insurance}}\n  kaigo: {name: {ja: 介護, en: Care}}\nprocedures:" in new
    new = put(TEXT, ("departments", "shimin", "desks", "two"), {"ja": "2番", "en": "Two"})
    assert "      two: {ja: 2番, en: Two}\n" in new
    new = put(TEXT, ("procedures", "R140", "fee"), {"yen": 100})
    assert "  R140: {fee: {yen: 100}}\n" in new
    new = put(TEXT, ("settings", "dog"), True)
    assert new.endswith("opening: null\nsettings:\n  dog: true\n")


def test_a_block_becomes_one_line_when_it_is_replaced() -> None:
    new = put(TEXT, ("procedures", "R123", "deadline"), {"type": "unknown"})
    assert "  R123:\n    deadline: {type: unknown}\n    note:" in new


def test_laying_over_changes_only_what_differs() -> None:
    words = {"name": {"ja": "住民課", "en": "Residents"}, "desks": {"one": {"ja": "1番", "en": "One"}}}
    new = lay(TEXT, ("departments", "shimin"), words)
    assert new == TEXT.replace("市民課", "住民課")
    assert "# since 2020" in new


def test_entries_for_later_days_stand_in_order() -> None:
    first, index = for_day(TEXT, date(2027, 4, 1))
    assert (index, first.endswith("\nchanges:\n  - effective_from: 2027-04-01\n")) == (0, True)
    first = put(first, ("changes", 0, "procedures", "C01"), {"fee": {"yen": 350}})
    assert first.endswith("    procedures:\n      C01: {fee: {yen: 350}}\n")
    later, index = for_day(first, date(2028, 4, 1))
    assert index == 1
    earlier, index = for_day(later, date(2027, 1, 1))
    assert index == 0
    days = [entry["effective_from"].isoformat() for entry in yaml.safe_load(earlier)["changes"]]
    assert days == ["2027-01-01", "2027-04-01", "2028-04-01"]
    assert for_day(earlier, date(2028, 4, 1)) == (earlier, 2)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1", ("a",)),
        ("- 1", ("a",)),
        (TEXT, ("code", "deeper")),
        (TEXT, ("changes", 0, "procedures")),
    ],
)
def test_it_refuses_rather_than_rewrite_what_a_person_wrote(text: str, place: tuple[Any, ...]) -> None:
    with pytest.raises(CannotPut):
        put(text, place, 2)


def test_changes_on_one_line_are_left_to_a_person() -> None:
    with pytest.raises(CannotPut):
        for_day("a: 1\nchanges: [{effective_from: 2027-04-01}]\n", date(2028, 4, 1))


# What a form lets through: server.kit.text.safe_line.
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp"])
WORDS = st.text(LETTERS, max_size=12)
VALUES = st.one_of(WORDS, st.integers(0, 10**6), st.booleans(), st.dictionaries(WORDS, WORDS, max_size=3))


@settings(max_examples=12, deadline=None)
@given(
    code=st.sampled_from(TOWNS),
    rule=st.sampled_from(["C01", "R126", "R123", "R113", "R999"]),
    key=st.sampled_from(["fee", "deadline", "note", "why"]),
    value=VALUES,
)
def test_in_every_town_only_that_value_changes(code: str, rule: str, key: str, value: Any) -> None:
    text = overlay_path(code).read_text(encoding="utf-8")
    new = put(text, ("procedures", rule, key), value)
    data = yaml.load(text, Loader=yaml.CSafeLoader)
    data["procedures"][rule] = {**(data["procedures"].get(rule) or {}), key: value}
    assert yaml.load(new, Loader=yaml.CSafeLoader) == data
    assert [line for line in new.splitlines() if line.startswith("#")] == [
        line for line in text.splitlines() if line.startswith("#")
    ]
    assert len(changed_lines(text, new)) <= 1


SHARED = """\
rates:  # both kinds
  - &copy {yen: 300, per: &one {ja: 1通, en: copy}}  # since 2020
departments:
  a: &town
    name: {ja: 住民課, en: Residents}  # ours
    desks: {one: *one}
  b: *town
procedures:
  C01: {fee: *copy}
  C02: {fee: *copy}
  C03: {fee: &mine {yen: 200}, note: *one}
  C04: {fee: *mine}
  C05: {fee: *mine}
"""


@pytest.mark.parametrize(
    ("place", "value", "lines"),
    [
        (("procedures", "C01", "fee", "yen"), 350, ["  C01: {fee: {yen: 350, per: {ja: 1通, en: copy}}}"]),
        (("procedures", "C01", "fee"), {"yen": 1}, ["  C01: {fee: {yen: 1}}"]),
        (("procedures", "C02"), {}, ["  C02: {}"]),
        (
            ("procedures", "C03", "fee", "yen"),
            250,
            ["  C03: {fee: {yen: 250}, note: *one}", "  C04: {fee: &mine {yen: 200}}"],
        ),
        (("procedures", "C03", "fee"), 0, ["  C03: {fee: 0, note: *one}", "  C04: {fee: &mine {yen: 200}}"]),
        (
            ("departments", "b", "name", "ja"),
            "市民課",
            ["  b: {name: {ja: 市民課, en: Residents}, desks: {one: {ja: 1通, en: copy}}}"],
        ),
        (
            ("departments", "a", "name", "ja"),
            "市民課",
            [
                "  a:",
                "    name: {ja: 市民課, en: Residents}  # ours",
                "  b: &town {name: {ja: 住民課, en: Residents}, desks: {one: {ja: 1通, en: copy}}}",
            ],
        ),
        (
            ("rates", 0),
            {"yen": 9},
            [
                "  - {yen: 9}  # since 2020",
                "    desks: {one: &one {ja: 1通, en: copy}}",
                "  C01: {fee: &copy {yen: 300, per: {ja: 1通, en: copy}}}",
            ],
        ),
    ],
)
def test_what_lines_share_is_changed_for_one_and_stays_for_the_others(
    place: tuple[Any, ...], value: Any, lines: list[str]
) -> None:
    new = put(SHARED, place, value)
    assert changed_lines(SHARED, new) == lines


@pytest.mark.parametrize(
    ("text", "place", "left"),
    [
        ("a:\n  b: 1  # gone\n  # stays\n  c: 2\n", ("a", "b"), "a:\n  # stays\n  c: 2\n"),
        (
            "a:\n  b: 1\n  c:\n    d: [1,\n      2]\n# stays\ne: 1\n",
            ("a", "c"),
            "a:\n  b: 1\n# stays\ne: 1\n",
        ),
        ("a: {b: 1, c: 2, d: 3}\n", ("a", "b"), "a: {c: 2, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", ("a", "c"), "a: {b: 1, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", ("a", "d"), "a: {b: 1, c: 2}\n"),
        ("a: {b: 1}\n", ("a", "b"), "a: {}\n"),
        ("a:\n  b:\n    c: 1\n  # stays\n  d: 2\n", ("a", "b", "c"), "a:\n  b: {}\n  # stays\n  d: 2\n"),
        ("a:\n  - x: 1\n    y: 2\n  - x: 3\n", ("a", 0), "a:\n  - x: 3\n"),
        ("a:\n  - x: 1\n", ("a", 0), "a: []\n"),
        ("a: [2026-01-01, 2026-01-02]\n", ("a", 1), "a: [2026-01-01]\n"),
        ("a: &x {b: 1, c: 2}\nd: *x\n", ("a", "b"), "a: {c: 2}\nd: &x {b: 1, c: 2}\n"),
        ("a: {b: 1}\n", ("a", "z"), "a: {b: 1}\n"),
    ],
)
def test_an_entry_goes_and_the_rest_stays(text: str, place: tuple[Any, ...], left: str) -> None:
    assert drop(text, place) == left


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("a: [1]  # one\nb: 1\n", "a: [1, {x: 2}]  # one\nb: 1\n"),
        ("a: []\nb: 1\n", "a: [{x: 2}]\nb: 1\n"),
        ("b: 1\n", "b: 1\n\na:\n  - {x: 2}\n"),
        ("a:\n  - x: 1  # one\n  # two\nb: 1\n", "a:\n  - x: 1  # one\n  - {x: 2}\n  # two\nb: 1\n"),
        ("a:\n- x: 1\n", "a:\n- x: 1\n- {x: 2}\n"),
    ],
)
def test_an_entry_is_added_at_the_end(text: str, new: str) -> None:
    assert append(text, ("a",), {"x": 2}) == new
