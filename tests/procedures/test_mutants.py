"""A small hunt for mutants; `make prove-rules` tries all of them."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from procedures import Case
from procedures.case_file import read_cases
from procedures.conditions import All, Any, Node
from procedures.facts import CaseView
from procedures.loading import load_catalogue
from tests.procedures import mutants
from tests.procedures.mutations import Mutant, nodes, rules

HERE = Path(__file__).parent
SMALL = HERE / "small"
CATALOGUE = load_catalogue("990001", SMALL)
HEAD = "municipality: '990001'\nevent: {event}\ndate: {date}\nfacts: {{moved_on: {moved}}}\n"


def case(folder: Path, name: str, event: str, day: str, moved: str, person: str, expect: str) -> None:
    head = HEAD.format(event=event, date=day, moved=moved)
    text = f"{head}household: [{{id: a, facts: {{{person}}}}}]\nfocus: [R003]\nexpect: {{{expect}}}\n"
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_each_kind_of_mistake_is_made() -> None:
    made = Counter(mutant.kind for rule in CATALOGUE.rules for mutant in rules(rule))
    assert set(made) == {"condition", "deadline", "closed", "date", "events"}
    rule = next(rule for rule in CATALOGUE.rules if rule.id == "R003")
    names = {mutant.name.removeprefix("R003@- when: ") for mutant in rules(rule)}
    assert {"all → any", "part 2 dropped", "2: not ins", "3: birth high +1", "3: birth as legal_age"} <= names
    assert {"4: moved_on within -1 day", "1: not event IN", "3: birth on the day of filing"} <= names


def test_a_case_on_the_boundary_kills_and_one_beside_it_does_not(tmp_path: Path) -> None:
    case(tmp_path, "old", "IN", "2026-11-24", "2026-11-20", "birth: 1951-11-20, ins: city", "applies: []")
    case(
        tmp_path, "young", "IN", "2026-11-24", "2026-11-20", "birth: 1951-11-21, ins: city", "applies: [R003]"
    )
    assert _survivors(tmp_path, "birth high") == set()
    (tmp_path / "old.yaml").unlink()
    assert _survivors(tmp_path, "birth high") == {"R003@- when: 3: birth high +1"}


def test_a_case_that_fails_anyhow_proves_nothing(tmp_path: Path) -> None:
    case(
        tmp_path, "wrong", "IN", "2026-11-24", "2026-11-20", "birth: 1951-11-21, ins: work", "applies: [R003]"
    )
    assert "R003@- when: 2: not ins" in _survivors(tmp_path, "not ins")


def _survivors(cases: Path, part: str) -> set[str]:
    files, _ = read_cases(cases)
    hunt, result = mutants.Hunt(CATALOGUE, files), mutants.Result()
    for mutant in hunt.mutants():
        if mutant.name.startswith("R003") and part in mutant.name:
            hunt.judge(mutant, result)
    return {name for _, name in result.survived}


def test_what_nobody_could_notice_is_proven_equivalent(tmp_path: Path) -> None:
    case(tmp_path, "one", "IN", "2026-11-24", "2026-11-20", "birth: 1990-01-01, ins: city", "applies: [R003]")
    hunt, result = mutants.Hunt(CATALOGUE, read_cases(tmp_path)[0]), mutants.Result()
    rule = next(rule for rule in CATALOGUE.rules if rule.id == "R003")
    assert isinstance(rule.when, All)
    twice: Node = All((*rule.when.of, Any((rule.when.of[1], rule.when.of[1]))))
    hunt.judge(Mutant("twice", "condition", replace(rule, when=twice), rule.when, twice), result)
    assert (result.equivalent, result.survived) == (["twice"], [])
    assert nodes(rule.when)


def test_a_sample_of_the_shipped_rules_is_noticed() -> None:
    explained = yaml.safe_load(mutants.SURVIVORS.read_text(encoding="utf-8")) or {}
    result = mutants.hunt(limit=30)
    lost = [name for _, name in result.survived if name not in explained]
    assert result.tried >= 25
    assert len(lost) <= 0.02 * result.tried, lost


@pytest.mark.parametrize("limit", ["3"])
def test_the_command_counts(
    limit: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mutants", "--limit", limit])
    assert mutants.main() in (0, 1)
    assert "mutants," in capsys.readouterr().out.splitlines()[-1]


def test_a_witness_tells_the_mutant_from_the_rule(tmp_path: Path) -> None:
    case(tmp_path, "one", "IN", "2026-11-24", "2026-11-20", "birth: 1990-01-01, ins: city", "applies: [R003]")
    hunt = mutants.Hunt(CATALOGUE, read_cases(tmp_path)[0])
    rule = next(rule for rule in CATALOGUE.rules if rule.id == "R003")
    for mutant in rules(rule):
        if mutant.node is None or "birth" in mutant.name:  # an age on another day is solved roughly
            continue
        found = hunt.witness(mutant)
        assert found is not None, mutant.name
        told = Case.from_dict(found)
        view = CaseView(told, CATALOGUE.facts, CATALOGUE.settings, CATALOGUE.calendar)
        assert mutant.wrong is not None
        assert mutant.node.truth(view, 0) is not mutant.wrong.truth(view, 0), mutant.name
