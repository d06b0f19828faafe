"""Every condition of the data is counted, the cases of all municipalities together; own ones by own cases."""

import shutil
from pathlib import Path

import pytest

from procedures import Case, load_catalogue
from procedures.proving.census import FIELDS, conditions, leaves
from procedures.proving.checker import check
from procedures.proving.coverage import Coverage
from procedures.reading.data_files import DATA
from procedures.reading.yaml_lines import Problem

SMALL = Path(__file__).parent / "small"
RULES = "national/1.yaml"


def case(
    event: str, person: dict[str, object], day: str = "2026-11-24", town: str = "990001", **facts: object
) -> Case:
    household = [{"id": "a", "facts": person}]
    return Case.from_dict(
        {"municipality": town, "event": event, "date": day, "facts": facts, "household": household}
    )


def unreached(*cases: Case, data: Path = SMALL, towns: tuple[str, ...] = ("990001",)) -> list[Problem]:
    coverage = Coverage()
    for one in cases:
        coverage.take(load_catalogue(one.municipality, data), one)
    return list(coverage.unreached([load_catalogue(town, data) for town in towns]))


def test_every_condition_of_the_shipped_catalogue_is_counted() -> None:
    """Without cases each of them lacks something, whatever field of the schema it stands in."""
    catalogue = load_catalogue()
    problems = unreached(data=DATA, towns=("992011",))
    lacking = {problem.message.split(": 「")[0] for problem in problems}
    tested = [one for one in conditions(catalogue) if leaves(one.node)]
    assert {one.field for one in tested} == FIELDS
    assert {one.name for one in tested} - lacking == set()
    assert all(problem.line > 0 for problem in problems)


INSURED = {"birth": "1990-01-01", "ins": "city"}


def spared(problems: list[Problem]) -> list[str]:
    return [problem.message.rpartition(" is ")[2] for problem in problems if "spared 1" in problem.message]


def test_a_paper_is_read_only_where_the_rule_applies() -> None:
    known = case("IN", {**INSURED, "known_account": True}, moved_on="2026-11-20")
    other = case("IN", {**INSURED, "known_account": False}, moved_on="2026-11-20")
    too_late = case("IN", {**INSURED, "known_account": False}, moved_on="2026-10-20")
    assert spared(unreached()) == ["false in no case", "true in no case"]
    assert spared(unreached(known)) == ["false in no case"]
    assert spared(unreached(known, too_late)) == ["false in no case"]
    assert spared(unreached(known, other)) == []


@pytest.fixture
def two_towns(tmp_path: Path) -> Path:
    """990002 takes part, which 990001 does not yet, and insures up to the age of 70 only."""
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    other = Path(shutil.copytree(data / "municipalities/990001", data / "municipalities/990002"))
    text = (other / "overlay.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("'990001'", "'990002'"),
        ("\nadd:", "\n  R003: {when: {all: [{event: IN}, {birth: {legal_age: {less_than: 70}}}]}}\nadd:"),
        ("takes_part: false", "takes_part: true"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (other / "overlay.yaml").write_text(text, encoding="utf-8")
    return data


def test_towns_count_together_except_for_what_one_has_changed(two_towns: Path) -> None:
    towns = ("990001", "990002")
    here = case("BORN", {"due_on": "2027-04-01"})
    there = case("BORN", {"due_on": "2026-12-01"}, town="990002")
    messages = [problem.message for problem in unreached(here, there, data=two_towns, towns=towns)]
    assert not any(message.startswith("R004@2026-10-02 variant new") for message in messages)
    changed = [message for message in messages if message.startswith("R003@- when")]
    assert [one for one in changed if one.endswith(" of 990002")]
    assert [one for one in changed if one.endswith(" of 990001")]
    assert any("参加している" in message for message in messages)  # the towns differ: both must be tried


def test_what_a_town_changes_must_come_out_of_its_own_cases(two_towns: Path, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    head = "event: IN\ndate: 2026-11-24\nfacts: {moved_on: 2026-11-20}\nhousehold:\n"
    for town, birth in (("990001", "1990-01-01"), ("990002", "1940-01-01")):
        person = f"  - {{id: a, facts: {{birth: {birth}, ins: city}}}}\n"
        (cases / f"{town}.yaml").write_text(f"municipality: '{town}'\n{head}{person}", encoding="utf-8")
    own = "R003 occurs in no case of 990002, which has changed or added it"
    assert own in [problem.message for problem in check(cases, two_towns)]
    (cases / "990002.yaml").write_text(
        f"municipality: '990002'\n{head}  - {{id: a, facts: {{birth: 1990-01-01}}}}\n", encoding="utf-8"
    )
    assert own not in [problem.message for problem in check(cases, two_towns)]


def test_cases_that_a_municipality_keeps_count_as_its_own(two_towns: Path, tmp_path: Path) -> None:
    kept = two_towns / "municipalities/990002/cases"
    kept.mkdir()
    text = "municipality: '990002'\nevent: IN\ndate: 2026-11-24\nfacts: {moved_on: 2026-11-20}\n"
    text += "household: [{id: a, facts: {birth: 1990-01-01}}]\nexpect: {applies: [R003]}\n"
    (kept / "insured.yaml").write_text(text, encoding="utf-8")
    nothing = tmp_path / "none"
    nothing.mkdir()
    messages = [problem.message for problem in check(nothing, two_towns)]
    assert "applies: unexpected R001" in messages
    assert "x-bus occurs in no case of 990002, which has changed or added it" in messages
    assert not any(message.startswith("R003 occurs in no case") for message in messages)
