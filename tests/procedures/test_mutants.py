"""A small hunt for mutants; `make prove-rules` tries all of them."""

import shutil
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from procedures import Case
from procedures.logic.conditions import All, Any, Node
from procedures.logic.facts import CaseView
from procedures.proving.case_file import read_cases
from procedures.proving.census import FIELDS, shape
from procedures.reading.loading import load_catalogue
from tests.procedures import mutants
from tests.procedures.hunting import Hunt, hunts
from tests.procedures.mutants import Places, Result, judge, places
from tests.procedures.mutations import BOUNDARIES, Mutant, choices, nodes, rules

HERE = Path(__file__).parent
SMALL = HERE / "small"
CATALOGUE = load_catalogue("990001", SMALL)
CHOICES = choices(CATALOGUE)
HEAD = "municipality: '990001'\nevent: {event}\ndate: {date}\nfacts: {{moved_on: {moved}}}\n"


def case(folder: Path, name: str, event: str, day: str, moved: str, person: str, expect: str) -> None:
    head = HEAD.format(event=event, date=day, moved=moved)
    text = f"{head}household: [{{id: a, facts: {{{person}}}}}]\nfocus: [R003]\nexpect: {{{expect}}}\n"
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


@cache
def shipped() -> list[Places]:
    """The mistakes in the data of the first municipality, with its cases; made when the first test wants
    them.
    """
    return places(hunts(load_catalogue(), read_cases(mutants.CASES)[0]))


def test_each_field_with_a_condition_a_number_or_a_date_is_mistaken() -> None:
    """In the shipped data; a tool that makes nothing would find nothing to complain of."""
    found = Counter(alike[0][1].field for alike in shipped())
    closed = {"CalendarModel.closed"}  # no extra closed days in this town
    assert set(found) == (FIELDS | BOUNDARIES) - closed
    assert sum(found.values()) > 3000


def test_a_mistake_is_one() -> None:
    """What comes of it differs from what was right, and each mistake is made once."""
    names = [alike[0][1].name for alike in shipped()]
    assert len(names) == len(set(names))
    for alike in shipped()[::10]:
        mutant = alike[0][1]
        if mutant.node is not None and mutant.wrong is not None:
            assert shape(mutant.node) != shape(mutant.wrong), mutant.name


def test_the_mistakes_in_a_rule() -> None:
    rule = next(rule for rule in CATALOGUE.rules if rule.id == "R003")
    names = {mutant.name.removeprefix("R003@- when: ") for mutant in rules(rule, CHOICES)}
    assert {"all → any", "part 2 dropped", "2: not ins", "3: birth high +1", "3: birth as legal_age"} <= names
    assert {"4: moved_on within -1 days", "4: moved_on within count same_day"} <= names
    assert {
        "1: not event IN",
        "3: birth on the day of filing",
        "2: ins also work",
        "1: also event OUT",
    } <= names
    papers = {name for name in names if name.startswith("R003@- document account")}
    assert "R003@- document account spared 2: left out" in papers


def test_a_case_on_the_boundary_kills_and_one_beside_it_does_not(tmp_path: Path) -> None:
    case(tmp_path, "old", "IN", "2026-11-24", "2026-11-20", "birth: 1951-11-20, ins: city", "applies: []")
    case(
        tmp_path, "young", "IN", "2026-11-24", "2026-11-20", "birth: 1951-11-21, ins: city", "applies: [R003]"
    )
    assert _survivors(tmp_path, "birth high") == set()
    (tmp_path / "old.yaml").unlink()
    assert _survivors(tmp_path, "birth high") == {"R003@- when: 3: birth high +1"}


def test_an_answer_too_many_is_noticed_by_who_gave_it(tmp_path: Path) -> None:
    for name, expect in (("city", "applies: [R003]"), ("work", "applies: []")):
        person = f"birth: 1990-01-01, ins: {name}"
        case(tmp_path, name, "IN", "2026-11-24", "2026-11-20", person, expect)
    assert _survivors(tmp_path, "ins also") == set()
    (tmp_path / "work.yaml").unlink()
    assert _survivors(tmp_path, "ins also") == {"R003@- when: 2: ins also work"}


def test_a_case_that_fails_anyhow_proves_nothing(tmp_path: Path) -> None:
    case(
        tmp_path, "wrong", "IN", "2026-11-24", "2026-11-20", "birth: 1951-11-21, ins: work", "applies: [R003]"
    )
    assert "R003@- when: 2: not ins" in _survivors(tmp_path, "not ins")


def _survivors(cases: Path, part: str, rule: str = "R003") -> set[str]:
    result = Result()
    for alike in places(hunts(CATALOGUE, read_cases(cases)[0])):
        name = alike[0][1].name
        if name.startswith(rule) and part in name:
            judge(alike, result)
    return {name for _, name in result.survived}


PAPERS = [
    ("known", "known_account: true", "documents: [], spared: [account]"),
    ("unknown", "known_account: false", "documents: [account], spared: []"),
]


def test_a_paper_that_is_spared_by_mistake_is_noticed(tmp_path: Path) -> None:
    for name, fact, shown in PAPERS:
        person = f"birth: 1990-01-01, ins: city, {fact}"
        expect = f"applies: [R003], shows: {{R003: {{{shown}}}}}"
        case(tmp_path, name, "IN", "2026-11-24", "2026-11-20", person, expect)
    assert _survivors(tmp_path, "spared 1") == set()
    (tmp_path / "known.yaml").unlink()
    assert _survivors(tmp_path, "spared 1") == {"R003@- document account spared 1: left out"}


def test_what_is_entered_ahead_a_day_too_early_is_noticed(tmp_path: Path) -> None:
    for day, fee in (("2027-03-31", 300), ("2027-04-01", 350)):
        text = f"municipality: '990001'\nevent: BORN\ndate: {day}\nhousehold: [{{id: a, facts: {{}}}}]\n"
        text += f"focus: [C01]\nexpect: {{applies: [C01], shows: {{C01: {{fee: {fee}}}}}}}\n"
        (tmp_path / f"{day}.yaml").write_text(text, encoding="utf-8")
    assert _survivors(tmp_path, "from 2027-04-01", "990001") == set()
    (tmp_path / "2027-03-31.yaml").unlink()
    assert _survivors(tmp_path, "from 2027-04-01", "990001") == {"990001 from 2027-04-01 -1 day"}


def test_an_impossible_household_is_noticed_on_both_sides(tmp_path: Path) -> None:
    head = "is_head: true, ins: city, birth:"
    case(tmp_path, "14", "IN", "2026-11-24", "2026-11-20", f"{head} 2011-11-26", "conflicts: [head_is_child]")
    case(tmp_path, "15", "IN", "2026-11-24", "2026-11-20", f"{head} 2011-11-25", "applies: [R003]")
    assert _survivors(tmp_path, "birth high", "head_is_child") == set()
    (tmp_path / "15.yaml").unlink()
    assert _survivors(tmp_path, "birth high", "head_is_child") == {"head_is_child when: 2: birth high +1"}


def test_the_cases_of_any_town_notice_what_is_in_all(tmp_path: Path) -> None:
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    other = Path(shutil.copytree(data / "municipalities/990001", data / "municipalities/990002"))
    text = (other / "overlay.yaml").read_text(encoding="utf-8").replace("'990001'", "'990002'")
    (other / "overlay.yaml").write_text(text.replace("months: 1}", "months: 2}"), encoding="utf-8")
    cases = tmp_path / "cases"
    cases.mkdir()
    case(cases, "here", "IN", "2026-11-24", "2026-11-20", "birth: 1990-01-01", "may_apply: [R003]")
    case(cases, "there", "IN", "2026-11-24", "2026-11-20", "birth: 1990-01-01, ins: work", "applies: []")
    there = (cases / "there.yaml").read_text(encoding="utf-8").replace("'990001'", "'990002'")
    (cases / "there.yaml").write_text(there, encoding="utf-8")
    assert mutants.hunt(data=data, cases=cases, only="R003@- when: part 2 dropped").survived == []
    result = mutants.hunt(data=data, cases=cases, only="x-bus@- deadline: +1 months")
    assert {name for _, name in result.survived} == {  # what they have decided differs
        "x-bus@- deadline: +1 months (990001)",
        "x-bus@- deadline: +1 months (990002)",
    }


def test_what_nobody_could_notice_is_proven_equivalent(tmp_path: Path) -> None:
    hunt, result = Hunt(CATALOGUE, []), Result()
    rule = next(rule for rule in CATALOGUE.rules if rule.id == "R003")
    assert isinstance(rule.when, All)
    twice: Node = All((*rule.when.of, Any((rule.when.of[1], rule.when.of[1]))))
    wrong = replace(rule, when=twice)
    mutant = Mutant("twice", "condition", "RuleModel.when", wrong, None, rule.when, twice)
    judge([(hunt, mutant)], result)
    assert (result.equivalent, result.survived) == (["twice"], [])
    assert nodes(rule.when, CHOICES)


def test_a_question_that_nothing_depends_on_may_be_asked_or_not() -> None:
    """The card kept abroad is asked of holders of a card only, and read by a rule about holders of a card."""
    hunt = Hunt(load_catalogue(), [])
    found = {one.name: one for one in hunt.mutants() if one.name.startswith("mnc_abroad_card only_if")}
    assert hunt.equivalent(found["mnc_abroad_card only_if: left out"])
    assert not hunt.equivalent(found["mnc_abroad_card only_if: not mnc"])


def test_a_sample_of_the_shipped_mistakes_is_noticed() -> None:
    explained = yaml.safe_load(mutants.SURVIVORS.read_text(encoding="utf-8")) or {}
    result = Result()
    slow = ("calendar", "question")  # these concern every case
    for alike in [alike for alike in shipped() if alike[0][1].kind not in slow][::120]:
        judge(alike, result)
    lost = [name for _, name in result.survived if name not in explained]
    assert result.tried >= 25
    assert len(lost) <= 0.02 * result.tried, lost


@pytest.mark.parametrize(
    ("killed", "survived", "answer", "said"),
    [
        (100, ["known"], 0, "101 mutants, 1 survived"),
        (100, ["known", "new"], 1, "survives (condition): new"),
        (100, [], 1, "explained, but no survivor: known"),
        (10, ["known"], 1, "1 survived (9.1%, goal 2%)"),
        (0, [], 1, "0 mutants"),
    ],
)
def test_the_command_counts(
    killed: int,
    survived: list[str],
    answer: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "survivors.yaml").write_text("known: it is known" if killed else "{}", encoding="utf-8")
    result = Result(Counter(condition=killed), [], [("condition", name) for name in survived])
    monkeypatch.setattr(mutants, "SURVIVORS", tmp_path / "survivors.yaml")
    monkeypatch.setattr(mutants, "hunt", lambda *args, **options: result)
    monkeypatch.setattr("sys.argv", ["mutants"])
    assert mutants.main() == answer
    assert said in capsys.readouterr().out


def test_a_limit_takes_few_of_them(tmp_path: Path) -> None:
    case(tmp_path, "one", "IN", "2026-11-24", "2026-11-20", "birth: 1990-01-01, ins: city", "applies: [R003]")
    few = mutants.hunt(limit=5, data=SMALL, cases=tmp_path)
    assert 5 <= few.tried + len(few.equivalent) < 12


def test_a_witness_tells_the_mutant_from_the_rule(tmp_path: Path) -> None:
    case(tmp_path, "one", "IN", "2026-11-24", "2026-11-20", "birth: 1990-01-01, ins: city", "applies: [R003]")
    hunt = Hunt(CATALOGUE, read_cases(tmp_path)[0])
    rule = next(rule for rule in CATALOGUE.rules if rule.id == "R003")
    for mutant in rules(rule, CHOICES):
        # An age on another day is solved roughly.
        if mutant.kind != "condition" or "birth" in mutant.name:
            continue
        found = hunt.witness(mutant)
        assert found is not None, mutant.name
        told = Case.from_dict(found)
        view = CaseView(told, CATALOGUE.facts, CATALOGUE.settings, CATALOGUE.calendar)
        assert mutant.node is not None
        assert mutant.wrong is not None
        assert mutant.node.truth(view, 0) is not mutant.wrong.truth(view, 0), mutant.name
