"""Asking only the rules that differ tells the same as asking all of them."""

from pathlib import Path
from typing import Any

import pytest

from procedures import Case, Catalogue
from procedures.proving import comparison
from procedures.proving.case_file import CaseFile
from procedures.proving.checker import read
from procedures.proving.comparison import CaseChange, answered_differently, without_common_rules
from procedures.reading.loading import Loader, overlay_path
from procedures.reading.yaml_lines import Located

SMALL = Path(__file__).parent / "small"
TEXT = overlay_path("990001", SMALL).read_text(encoding="utf-8")

DRAFTS = {
    "the same, further down": ("# one more line\n" + TEXT, set()),
    "a fee": (TEXT.replace("yen: 300", "yen: 310"), {"C01"}),
    "a department's name": (
        TEXT.replace("add:", "departments: {kodomo: {name: {ja: 子育て課, en: Families}}}\nadd:", 1),
        {"R002", "R004"},
    ),
    "a setting that only a document reads": (TEXT.replace("part: false", "part: true", 1), {"R003"}),
    "a condition": (TEXT.replace("at_least: 70", "at_least: 72"), {"x-bus"}),
    "one rule fewer": (
        TEXT.replace("add:", "  R001: {disabled: true, why: {ja: 廃止, en: abolished}}\nadd:", 1),
        {"R001"},
    ),
    "a closed day": (
        TEXT.replace("year_end: [12-29, 01-03]", "year_end: [12-24, 01-03]"),
        {"R001", "R003", "R004", "x-bus"},  # the others count no days
    ),
}


def town(text: str) -> Catalogue:
    catalogue, problems = read(Loader("990001", SMALL, text))
    assert catalogue is not None, problems
    return catalogue


def case(event: str, day: str, **facts: Any) -> CaseFile:
    told = {
        "municipality": "990001",
        "date": day,
        "event": event,
        "facts": facts,
        "household": [
            {"id": "old", "facts": {"birth": "1955-03-01", "ins": "city", "known_account": False}},
            {"id": "young", "facts": {"due_on": "2027-05-01"}},
        ],
    }
    return CaseFile(f"{event} {day}", Case.from_dict(told), {}, None, Located(f"{event}.yaml", {}, {}))


CASES = [
    case("IN", "2026-12-20", moved_on="2026-12-10"),
    case("IN", "2027-04-05", moved_on="2027-04-01"),
    case("BORN", "2026-12-20", moved_on="2026-12-10"),
    case("IN", "2026-12-20", no_such_fact=True),
]


@pytest.mark.parametrize("draft", DRAFTS)
def test_only_the_rules_that_differ_are_asked(draft: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, differing = DRAFTS[draft]
    old, new = town(TEXT), town(text)
    on = CASES[0].case.date
    asked = {rule.id for one in without_common_rules(old.at(on), new.at(on)) for rule in one.rules}
    assert asked == differing
    narrow = answered_differently(CASES, old, new)
    assert bool(narrow) is bool(differing)

    def all_rules(before: Catalogue, after: Catalogue) -> tuple[Catalogue, Catalogue]:
        return before, after

    monkeypatch.setattr(comparison, "without_common_rules", all_rules)
    wide: list[CaseChange] = answered_differently(CASES, old, new)
    assert [one.to_dict() for one in narrow] == [one.to_dict() for one in wide]
