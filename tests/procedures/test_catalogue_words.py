"""Conditions and deadlines as the pages of the catalogue say them: in words, with the brackets they need."""

from functools import cache

from procedures.engine.catalogue import Catalogue, Rule
from procedures.pages.catalogue_words import condition, deadline_words
from procedures.reading.loading import load_catalogue


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


def newest(procedure: str) -> Rule:
    return [rule for rule in catalogue().rules if rule.id == procedure][-1]


def said(procedure: str) -> str:
    return condition(newest(procedure).when, catalogue()).ja


def due(procedure: str) -> str:
    rule = newest(procedure)
    return deadline_words(rule.face.deadline, catalogue(), rule.events)


def test_a_denial_has_words_of_its_own_or_brackets_around_what_it_denies() -> None:
    assert said("R022").endswith("「前の住所地で転出届をしていない」")
    assert said("R108").endswith(
        "（「生まれたお子さんである」 かつ 世帯に〔「医療保険：生活保護（医療扶助）」〕の方がいる）でない"
    )


def test_all_inside_any_stands_in_brackets() -> None:
    assert (
        said("R117") == "（「生まれたお子さんである」 または （「引っ越す」 かつ 「小学校入学前である」））"
    )


def test_a_deadline_counts_from_a_day_that_staff_know_by_its_name() -> None:
    assert due("R170") == "出生日を含めて14日以内（末日が閉庁日なら翌開庁日まで）"
    assert due("R100").startswith("転出予定年月日の翌日から15日以内")
    assert due("R015").startswith("異動日の翌日から14日以内")
    assert due("R030").startswith("次のうち早い方：異動日の翌日から14日以内")
