"""Tests of one date go together: no answer makes somebody both a child and old."""

from datetime import date, timedelta
from typing import Any

import pytest

from procedures import load_catalogue
from procedures.logic.analysis import Analyst
from procedures.logic.conditions import Leaf, walk
from procedures.logic.date_answers import Day, date_answers
from procedures.reading.condition_parser import Parser
from procedures.reading.yaml_lines import Located
from procedures.terms.dates import PartialDate
from procedures.terms.office_days import OfficeCalendar

DAY = Day(date(2026, 11, 24), OfficeCalendar())
SHAPES: dict[str, Any] = {
    "birth": {"scope": "person", "type": "date", "choices": {}},
    "moves": {"scope": "person", "type": "yes_no", "choices": {}},
}


def leaves(*raw: Any) -> list[Leaf]:
    parser = Parser(Located("test", None, {}), SHAPES, {})
    found = [parser.parse(one, (), "person") for one in raw]
    assert parser.problems == []
    return [leaf for leaf in found if isinstance(leaf, Leaf)]


def test_ages_exclude_each_other_and_have_their_share() -> None:
    old, child = leaves(
        {"birth": {"legal_age": {"at_least": 65}}}, {"birth": {"legal_age": {"less_than": 15}}}
    )
    answers = dict(date_answers([old, child], DAY))
    assert set(answers) == {(True, False), (False, True), (False, False)}
    assert sum(answers.values()) == pytest.approx(1)
    assert answers[True, False] == pytest.approx(0.35, abs=0.01)
    assert answers[False, True] == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize(
    "raw",
    [
        {"birth": {"kouki_age": {"at_least": 75}}},
        {"birth": {"school_year": {"at_least": 1, "at_most": 6}}},
        {"birth": {"kokuho70_age": {"at_least": 70}}},
        {"birth": {"days_ago": {"at_least": 3, "at_most": 14}}},
        {"birth": {"months_until": {"at_most": 6}}},
        {"birth": {"on_or_after": date(2026, 4, 1)}},
        {"birth": {"before": date(2026, 4, 1)}},
        {"birth": {"within": {"days": 14}}},
    ],
)
def test_no_day_gives_an_answer_that_is_not_listed(raw: Any) -> None:
    tests = leaves(raw, {"birth": {"legal_age": {"at_least": 20}}})
    listed = {key for key, _ in date_answers(tests, DAY)}
    seen = set()
    for days in range(-400, 36500, 23):
        day = DAY.date - timedelta(days=days)
        seen.add(tuple(test.test(PartialDate(day, day), DAY) for test in tests))  # type: ignore[arg-type]
    assert seen <= listed


def test_what_an_impossible_age_stands_beside_is_not_asked() -> None:
    tests = leaves(
        {"birth": {"legal_age": {"at_least": 65}}}, {"birth": {"legal_age": {"less_than": 15}}}, "moves"
    )
    catalogue = load_catalogue()
    numbered = {leaf.number: leaf for test in tests for leaf in walk(test) if isinstance(leaf, Leaf)}
    analyst = Analyst(catalogue.facts, numbered)
    tree = ("all", *(("v", leaf.number, leaf.fact, 0) for leaf in tests))
    analysis = analyst.analyse(tree, DAY)
    assert (analysis.certain, analysis.live) == (False, ())
