"""The order of the questions, beside the best there is; and the figures of the benchmarks can be taken."""

import shutil
from pathlib import Path

import pytest

from procedures import Case, evaluate, load_catalogue
from procedures.proving.case_file import read_case, read_cases
from tests.procedures import question_costs, timing

HERE = Path(__file__).parent
SMALL = HERE / "small"
FACT = """
{name}:
  scope: person
  type: yes_no
  source: ask
  label: {{ja: {name}, en: {name}}}
  holds: {{ja: はい, en: 'yes'}}
  fails: {{ja: いいえ, en: 'no'}}
  likelihood: {likelihood}
  question: {{ja: '{name}?', easy: '{name}?', en: '{name}?'}}
"""
RULE = """
  - id: {id}
    name: {{ja: 試し, easy: ためし, en: Trial}}
    reason: {{ja: 試し, en: Trial}}
    events: [OUT]
    scope: person
    when: {when}
    department: shimin
    deadline: {{type: text, words: {{ja: すぐ, easy: すぐ, en: soon}}}}
    legal_basis: [架空法9条]
    klass: B
    order: 9
    variance: N
    confidence: V
    sources: [book]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two rules that share a rare fact which stands last in the file: it should be asked first."""
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    with (data / "facts/1.yaml").open("a", encoding="utf-8") as file:
        for name, likelihood in (("left", 0.5), ("right", 0.5), ("rare", 0.1)):
            file.write(FACT.format(name=name, likelihood=likelihood))
    with (data / "national/1.yaml").open("a", encoding="utf-8") as file:
        file.write(RULE.format(id="R008", when="{all: [left, rare]}"))
        file.write(RULE.format(id="R009", when="{all: [right, rare]}"))
    return data


def test_the_rare_fact_that_two_rules_share_is_asked_first(folder: Path) -> None:
    catalogue = load_catalogue("990001", folder)
    case = Case.from_dict(
        {
            "municipality": "990001",
            "date": "2026-11-24",
            "event": "OUT",
            "facts": {"moved_on": "2026-11-20"},
            "household": [{"id": "a"}, {"id": "b"}],
        }
    )
    first = evaluate(case, catalogue).next_question
    assert first is not None
    assert (first.fact, first.person_ids) == ("rare", ("a", "b"))
    game = question_costs.Game(case, catalogue)
    asked_after = 1 - 0.9**2  # one of the two has it, so both other facts are asked
    assert game.least() == pytest.approx(1 + 2 * asked_after)
    assert game.following(lambda questions: questions[0]) == pytest.approx(game.least())
    in_file_order = game.following(lambda qs: min(qs, key=lambda q: catalogue.facts[q.fact].rank))
    assert in_file_order > 2 * game.least() * 0.9


def test_shipped_households_are_asked_hardly_more_than_the_least() -> None:
    """A few of them; all are measured by `python -m tests.procedures.question_costs`."""
    files = [
        read_case(HERE / "cases" / f"{name}.yaml") for name in ("h02_young_single", "h07_head_moves_alone")
    ]
    for one in question_costs.costs(files):
        assert one.facts > 0
        assert one.ratio <= 1.1
        assert one.naive >= one.least - 1e-9


def test_what_has_too_many_combinations_is_left_out() -> None:
    files, _ = read_cases(HERE / "cases")
    (nothing,) = [file for file in files if file.source.file.endswith("h11_nothing_known.yaml")]
    cost = question_costs.cost(nothing, load_catalogue(nothing.case.municipality))
    assert cost is not None
    assert cost.left_out > 0


def test_a_household_of_eight_is_timed() -> None:
    catalogue = load_catalogue()
    case = timing.household(catalogue, "MOVE", True)
    assert len(case.household) == 8
    figure = timing.timed("MOVE", 2, lambda: evaluate(case, catalogue))
    assert 0 <= figure.median <= figure.p99
    assert evaluate(case, catalogue).questions == ()
