"""Cases: how facts are written, and that faults name the place and never the value."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from procedures import Case, CaseError, EventNotReady, Fact, PersonCase, evaluate, load_catalogue
from procedures.proving.case_file import differences, read_case

PLAIN: dict[str, Any] = {
    "municipality": "992011",
    "date": "2026-11-24",
    "event": "MOVE",
    "facts": {"event_date": date(2026, 11, 20)},
    "household": [
        {
            "id": "a",
            "facts": {"moves": True, "birth": {"value": "1980", "source": "core"}, "stay_until": None},
        },
        {"id": "b", "facts": {"dis_cert": ["shintai"], "mnc": {"unknown": True, "source": "resident"}}},
    ],
}


def test_reads_and_writes_the_same_case() -> None:
    case = Case.from_dict(PLAIN)
    assert case.date == date(2026, 11, 24)
    assert case.facts["event_date"] == Fact("2026-11-20")
    first, second = case.household
    assert first.facts["birth"] == Fact("1980", "core")
    assert "stay_until" not in first.facts
    assert second.facts["mnc"].unknown
    assert second.facts["dis_cert"].value == ("shintai",)
    assert Case.from_dict(case.to_dict()) == case


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({True: "2026-11-24"}, "on"),
        ({"date": "tomorrow"}, "date"),
        ({"household": []}, "household"),
        ({"household": [{"id": "a"}, {"id": "a"}]}, "household"),
        ({"household": [{"facts": {}}]}, "household[0]"),
        ({"household": [{"id": "a", "facts": []}]}, "household[0].facts"),
        ({"household": [{"id": "a", "facts": {"birth": {"vlaue": 1}}}]}, "household[0].facts.birth"),
        (
            {"household": [{"id": "a", "facts": {"birth": {"value": "1980", "source": "rumour"}}}]},
            "household[0].facts.birth",
        ),
        ({"household": [{"id": "a", "facts": {"birth": 1.5}}]}, "household[0].facts.birth"),
        ({"people": []}, "case"),
    ],
)
def test_faults_of_the_layout(change: dict[Any, Any], path: str) -> None:
    with pytest.raises(CaseError) as error:
        Case.from_dict({**PLAIN, **change})
    assert error.value.path == path


def test_missing_keys() -> None:
    with pytest.raises(CaseError, match="missing: event, municipality"):
        Case.from_dict({"date": "2026-11-24", "household": [{"id": "a"}]})


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"brith": "1980-01-01"}, "household[0].facts.brith"),
        ({"dog": True}, "household[0].facts.dog"),  # a fact of the household
        ({"birth": "secret-1980"}, "household[0].facts.birth"),
        ({"mnc": "secret"}, "household[0].facts.mnc"),
        ({"moves": "secret"}, "household[0].facts.moves"),
        ({"dis_cert": ["secret"]}, "household[0].facts.dis_cert"),
    ],
)
def test_facts_that_do_not_fit_are_refused_without_repeating_them(facts: dict[str, Any], path: str) -> None:
    case = Case.from_dict({**PLAIN, "facts": {}, "household": [{"id": "a", "facts": facts}]})
    with pytest.raises(CaseError) as error:
        evaluate(case, load_catalogue())
    assert error.value.path == path
    assert "secret" not in str(error.value)


def test_an_event_that_is_not_complete_is_refused() -> None:
    whole = load_catalogue()
    death = whole.codes.events["DEATH"].model_copy(update={"ready": False})
    codes = whole.codes.model_copy(update={"events": {**whole.codes.events, "DEATH": death}})
    with pytest.raises(EventNotReady):
        evaluate(Case.from_dict({**PLAIN, "event": "DEATH"}), replace(whole, codes=codes))
    with pytest.raises(EventNotReady):
        evaluate(Case.from_dict({**PLAIN, "event": "NONSENSE"}), load_catalogue())


def test_another_municipality_is_refused() -> None:
    with pytest.raises(CaseError):
        evaluate(Case.from_dict({**PLAIN, "municipality": "992020"}), load_catalogue())


def test_no_value_appears_when_a_case_is_shown() -> None:
    person = PersonCase("a", {"birth": Fact("1980-02-03", "core")})
    case = Case("992011", date(2026, 11, 24), "MOVE", (person,), {"event_date": Fact("2026-11-20")})
    shown = f"{case!r} {person!r} {person.facts['birth']!r}"
    assert "1980" not in shown
    assert "2026-11-20" not in shown


def test_a_case_may_say_why_a_rule_does_not_apply(tmp_path: Path) -> None:
    text = (Path(__file__).parent / "cases/r015_why_head_stays.yaml").read_text(encoding="utf-8")
    for words, wrong in (("世帯主が世帯に残る", 0), ("世帯全員が抜ける", 1)):
        (tmp_path / "case.yaml").write_text(text.replace("世帯主が世帯に残る", words), encoding="utf-8")
        file = read_case(tmp_path / "case.yaml")
        assert len(differences(file, evaluate(file.case, load_catalogue()))) == wrong
