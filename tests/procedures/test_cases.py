"""Every CASE.yaml comes out as the rule table says; test_commands.py sees that every rule occurs in one."""

from pathlib import Path

import pytest

from procedures.case_file import differences, read_case
from procedures.engine import evaluate
from procedures.loading import load_catalogue

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    file = read_case(path)
    assert file.expect, "a case without expectations proves nothing"
    guidance = evaluate(file.case, load_catalogue(file.case.municipality))
    assert [str(problem) for problem in differences(file, guidance)] == []


def test_there_are_forty_whole_households() -> None:
    whole = [path for path in CASES.glob("h*.yaml") if read_case(path).focus is None]
    assert len(whole) >= 40
