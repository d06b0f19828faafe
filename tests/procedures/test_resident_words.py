"""Everything that residents read is there in やさしい日本語 too, with a reading beside every kanji word."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from procedures import Case, Catalogue, Fact, PersonCase, Text, evaluate, load_catalogue
from procedures.engine.catalogue import Rule
from procedures.pages.resident_words import unspoken, unspoken_in
from procedures.reading.data_files import DATA
from procedures.terms.office_days import day_easy, days_easy

BARE = Text("届出が必要です。", "A notification is needed.")
UNREAD = Text("届出が必要です。", "A notification is needed.", "届（とど）けが 必要です。")


def test_nothing_that_residents_read_lacks_easy_words() -> None:
    assert unspoken_in(DATA) == []


def _reason(rule: Rule, words: Text) -> Rule:
    return replace(rule, face=replace(rule.face, reason=words))


def _spared(rule: Rule, words: Text) -> Rule:
    document = replace(rule.face.documents[0], unnecessary_when=((rule.when, words),))
    return replace(rule, face=replace(rule.face, documents=(document,)))


def _note(rule: Rule, words: Text) -> Rule:
    return replace(rule, face=replace(rule.face, applicants=(replace(rule.face.applicants[0], note=words),)))


@pytest.mark.parametrize("change", [_reason, _spared, _note])
def test_each_text_of_a_rule_is_looked_at(change: Callable[[Rule, Text], Rule]) -> None:
    catalogue = load_catalogue()
    rule = next(rule for rule in catalogue.rules if rule.id == "R010")
    for words, said in ((BARE, "needs `easy`"), (UNREAD, "「必要」 needs its reading")):
        spoilt = replace(catalogue, rules=(change(rule, words),), later=())
        (problem,) = unspoken(spoilt)
        assert problem.line == rule.line
        assert problem.message.startswith("R010 ")
        assert said in problem.message


def test_desks_sites_and_conflicts_are_looked_at() -> None:
    catalogue = replace(load_catalogue(), later=())
    opening = catalogue.opening
    assert opening is not None
    shimin = replace(catalogue.departments["shimin"], desk=BARE)
    spoilt = replace(
        catalogue,
        departments={**catalogue.departments, "shimin/new": shimin},
        opening=replace(opening, sites={"main": replace(opening.sites["main"], name=BARE)}),
        impossible=(replace(catalogue.impossible[0], words=BARE),),
    )
    found = [problem.message.split(":")[0] for problem in unspoken(spoilt)]
    assert found == ["department shimin/new", catalogue.impossible[0].id, "site main"]


def test_what_residents_never_see_may_stay_as_it_is() -> None:
    catalogue = load_catalogue()
    hidden = next(rule for rule in catalogue.rules if rule.confidential)
    assert list(unspoken(replace(catalogue, rules=(_reason(hidden, BARE),), later=()))) == []


def _until(catalogue: Catalogue, filed_on: date, **facts: str) -> str:
    case = Case(
        "992011",
        filed_on,
        "MOVE",
        (PersonCase("a", {"moves": Fact(True)}),),
        {n: Fact(v) for n, v in facts.items()},
    )
    item = next(item for item in evaluate(case, catalogue).applies if item.procedure_id == "R010")
    return item.deadline.text.easy


def test_deadlines_are_said_in_easy_words() -> None:
    catalogue = load_catalogue()
    assert _until(catalogue, date(2026, 11, 24)) == (
        "引（ひ）っこした 日（ひ）の 次（つぎ）の 日（ひ）から 14日（じゅうよっか）以内（いない）"
        "（引（ひ）っこした 日（ひ）が わかると きまります）"
    )
    moved = date(2026, 11, 20).isoformat()
    friday = "2026年（ねん）12月（がつ）4日（よっか） 金曜日（きんようび）まで"
    assert _until(catalogue, date(2026, 11, 24), event_date=moved) == friday
    late = _until(catalogue, date(2026, 12, 5), event_date=moved)
    assert late == f"{friday}（1日（いちにち） すぎて います）"


def test_days_have_their_own_readings() -> None:
    assert day_easy(date(2026, 11, 20)) == "2026年（ねん）11月（がつ）20日（はつか） 金曜日（きんようび）"
    assert [days_easy(number) for number in (14, 15)] == ["14日（じゅうよっか）", "15日（にち）"]
