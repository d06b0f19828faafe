"""What is worked out for a whole household at once is what one member after the other would give."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from procedures import Case, Fact, Guidance, evaluate, load_catalogue
from procedures.analysis import Analyst, Unsettled
from procedures.case_file import read_case
from procedures.conditions import HOUSEHOLD, Node, members
from procedures.date_answers import Day
from procedures.facts import CaseView
from procedures.openings import Openings
from procedures.residual import residual
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


def one_by_one(self: Openings, node: Node, people: int, personal: bool) -> Iterator[tuple[int, Unsettled]]:
    """Each member worked out anew and alone."""
    view, specs = self._view, self._view.specs
    leaves = load_catalogue().leaves
    for person in members(people) if personal else (HOUSEHOLD,):
        numbers = {HOUSEHOLD: HOUSEHOLD}
        tree = residual(node, view, person, numbers)
        back = {number: member for member, number in numbers.items()}
        analysis = Analyst(specs, leaves).analyse(tree, Day(view.date, view.calendar))
        live = tuple((fact, back[number]) for fact, number in analysis.live)
        yield 1 << person if personal else people, Unsettled(node, analysis, live)


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
    monkeypatch.setattr(Openings, "unsettled", one_by_one)
    assert [told_of(evaluate(case, catalogue)) for case in cases] == together


def parts(shape: object) -> Iterator[object]:
    if isinstance(shape, tuple):
        yield from itertools.chain.from_iterable(map(parts, shape))
    elif not isinstance(shape, Node):  # a condition of the rules
        yield shape


def test_what_is_kept_for_the_next_case_holds_nobodys_facts() -> None:
    catalogue = replace(load_catalogue())
    for name in NAMES:
        for case in households(name):
            evaluate(case, catalogue)
    kept = [part for found in catalogue.memory.analysed.values() for key in found for part in parts(key)]
    assert kept
    for part in kept:  # names of facts; members, counts of them and numbers of tests; what stays unknown
        assert part in catalogue.facts if isinstance(part, str) else part is None or isinstance(part, int)


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
