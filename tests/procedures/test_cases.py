"""The folder of cases as a whole; that each comes out as it expects is what test_commands.py's check sees."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from procedures.engine.evaluation import evaluate
from procedures.proving.case_file import CaseFile, differences, read_case
from procedures.reading.loading import load_catalogue, municipalities
from procedures.reading.yaml_lines import CatalogueInvalid


@cache
def cases() -> list[CaseFile]:
    """All of them, read when the first test wants them: other workers of the same run never do."""
    return [read_case(path) for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))]


def whole() -> list[CaseFile]:
    """Households whose full result is expected, not only that of some procedures."""
    return [file for file in cases() if file.focus is None and "applies" in file.expect]


def test_every_case_expects_something() -> None:
    """A case without expectations proves nothing."""
    assert [file.title for file in cases() if not file.expect] == []


def test_there_are_forty_whole_households() -> None:
    assert len(whole()) >= 40


def test_every_life_event_has_a_whole_household() -> None:
    """One kind after the other, not only those that come often."""
    assert {event for file in whole() for event in file.case.events} == set(load_catalogue().codes.events)


def test_each_small_municipality_has_three_whole_households() -> None:
    """Beside the cases of what it changes, which `procedures check` demands."""
    counted = Counter(file.case.municipality for file in whole())
    assert min(counted[code] for code in municipalities()) >= 3


def with_expectation(folder: Path, line: str) -> CaseFile:
    """A certificate for a proxy, with one expectation."""
    text = (Path(__file__).parent / "cases/cert_by_proxy.yaml").read_text(encoding="utf-8")
    (folder / "case.yaml").write_text(text.split("expect:")[0] + f"expect: {line}\n", encoding="utf-8")
    return read_case(folder / "case.yaml")


def test_what_an_item_shows_is_compared(tmp_path: Path) -> None:
    """Papers, desks and fees are in no list of ids, so a case says them of an item."""
    file = with_expectation(tmp_path, "{shows: {C01: {fee: 200, documents: [identity]}, C99: {}}}")
    said = [problem.message for problem in differences(file, evaluate(file.case, load_catalogue()))]
    assert said == [
        "shows: C01: expected fee 200, got 300",
        "shows: C01: expected documents ['identity'], got ['identity', 'letter_of_authority']",
        "shows: C99: no item",
    ]


@pytest.mark.parametrize("line", ["{shows: {C01: {colour: red}}}", "{shows: {C01: red}}", "{shows: [C01]}"])
def test_what_no_item_shows_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(CatalogueInvalid):
        with_expectation(tmp_path, line)
