"""What is worked out for a whole household at once is what one member after the other would give."""

import itertools
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from procedures import Case, Fact, Guidance, evaluate, load_catalogue
from procedures.case_file import read_case
from procedures.conditions import HOUSEHOLD, Missing, members
from procedures.facts import CaseView
from procedures.openings import Openings
from procedures.truth_tables import Rows, patterns, table
from tests.procedures.reference import told, truth

CASES = Path(__file__).parent / "cases"
NAMES = ["h13_core_knows_most", "h10_three_generations", "h41_young_father_dies", "all_in_46", "all_hh_chg"]


def partly(case: Case, dice: random.Random) -> Case:
    """The case with some facts forgotten and some declared unknown."""
    keep = dice.choice((0.2, 0.6, 0.9))

    def some(facts: Any) -> dict[str, Fact]:
        left = {name: fact for name, fact in sorted(facts.items()) if dice.random() < keep}
        return {name: Fact.declared_unknown() if dice.random() < 0.1 else fact for name, fact in left.items()}

    people = tuple(replace(one, facts=some(one.facts)) for one in case.household)
    return replace(case, facts=some(case.facts), household=people)


def households(name: str) -> list[Case]:
    whole = read_case(next(CASES.glob(f"{name}*.yaml"))).case
    dice = random.Random(name)
    return [whole, *(partly(whole, dice) for _ in range(3))]


def told_of(guidance: Guidance) -> object:
    """Everything but the sentences."""
    items = [
        (item.procedure_id, item.variant, item.person_ids, item.deadline, item.deciding, item.documents)
        for listed in (guidance.applies, guidance.may_apply, guidance.needs_confirmation)
        for item in listed
    ]
    return items, [entry.procedure_id for entry in guidance.not_applicable], guidance.questions


@pytest.mark.parametrize("name", NAMES)
def test_a_condition_says_of_everybody_what_it_says_of_each(name: str) -> None:
    catalogue = load_catalogue()
    for case in households(name):
        view = CaseView(case, catalogue.facts, catalogue.settings, catalogue.calendar)
        for rule in catalogue.rules_for(case.events, case.date):
            for person in range(view.size) if rule.person else (HOUSEHOLD,):
                for node in (rule.when, *(variant.when for variant in rule.variants)):
                    assert node.truth(view, person) is truth(node, view, person), rule.id


@pytest.mark.parametrize("name", NAMES)
def test_members_who_are_alike_get_what_each_would_get_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = load_catalogue()
    cases = households(name)
    together = [told_of(evaluate(case, catalogue)) for case in cases]
    monkeypatch.setattr(
        Openings,
        "alike",
        lambda _, apart, people: {
            (person, *(row[person] for row in apart)): 1 << person for person in members(people)
        },
    )
    assert [told_of(evaluate(case, catalogue)) for case in cases] == together


def test_what_is_kept_for_the_next_case_holds_nobodys_facts() -> None:
    catalogue = replace(load_catalogue())
    for name in NAMES:
        for case in households(name):
            evaluate(case, catalogue)
    kept = catalogue.memory.analysed
    assert kept
    for (_, alike), rows in (entry for found in kept.values() for entry in found.items()):
        said = {type(one) for row in (alike, *rows) for one in row}
        assert said <= {bool, Missing, type(None), type(...), str, int, tuple}
        assert "1982" not in repr((alike, [*rows]))


def test_one_table_says_what_every_combination_of_answers_gives() -> None:
    leaf = [("v", number, name, 0) for number, name in enumerate("abc")]
    names = [(name, 0) for name in "abc"]
    answers: list[list[tuple[dict[int, bool | None], float]]] = [
        [({number: option}, 0.5) for option in options]
        for number, options in enumerate([(True, False), (True, False, None), (False, True)])
    ]
    rows = Rows([len(options) for options in answers])
    trees: list[Any] = [
        ("all", *leaf),
        ("any", leaf[0], ("not", ("all", leaf[1], leaf[2])), ("?",)),
        *(("count", low, high, *leaf) for low in (None, 0, 1, 2, 4) for high in (None, 0, 1, 3)),
    ]
    for tree in trees:
        found = table(tree, patterns(rows, names, answers), rows.all)
        for number, picks in enumerate(itertools.product(*answers)):
            truths = {(leaf, "abc"[leaf], 0): said for pick, _ in picks for leaf, said in pick.items()}
            assert found.at(number) is told(tree, truths), (tree, picks)
        for index, options in enumerate(answers):
            steps = [
                [found.at(n) for n in range(rows.all.bit_length()) if rows.picked(index, option) >> n & 1]
                for option in range(len(options))
            ]
            assert rows.differ(found, rows.all, index) is any(step != steps[0] for step in steps)
