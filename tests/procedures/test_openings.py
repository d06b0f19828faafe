"""What is worked out for a whole household at once is what one member after the other would give."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from procedures import Case, Fact, Guidance, PersonCase, evaluate, load_catalogue
from procedures.engine.catalogue import Memory
from procedures.engine.openings import Openings, asked
from procedures.logic.analysis import Analyst, Unsettled
from procedures.logic.conditions import HOUSEHOLD, Leaf, Node, members, walk
from procedures.logic.date_answers import Day
from procedures.logic.facts import CaseView, FactSpec
from procedures.logic.residual import residual
from procedures.logic.truth_tables import Rows, patterns, table
from procedures.proving.case_file import read_case
from procedures.reading.condition_parser import Parser
from procedures.reading.yaml_lines import Located
from procedures.terms.text import Text
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


def silent(case: Case) -> Case:
    """The same people, of whom nobody has said anything."""
    return replace(case, facts={}, household=tuple(replace(one, facts={}) for one in case.household))


def households(name: str) -> list[Case]:
    whole = read_case(next(CASES.glob(f"{name}*.yaml"))).case
    dice = random.Random(name)
    return [whole, *(partly(whole, dice) for _ in range(3)), silent(whole)]


def one_by_one(self: Openings, node: Node, people: int, personal: bool) -> Iterator[tuple[int, Unsettled]]:
    """Each member worked out anew and alone."""
    view, specs = self._view, self._view.specs
    leaves = self._analyst._leaves
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
    asked = [replace(one, expected_remaining=round(one.expected_remaining, 9)) for one in guidance.questions]
    return items, [entry.procedure_id for entry in guidance.not_applicable], asked


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
    catalogue = replace(load_catalogue())  # with nothing kept yet
    cases = households(name)
    together = [told_of(evaluate(case, catalogue)) for case in [silent(cases[0]), *cases]]
    monkeypatch.setattr(Openings, "unsettled", one_by_one)
    assert [told_of(evaluate(case, replace(catalogue))) for case in cases] == together[1:]


WORDS = Text("はい", "yes")
FACTS = {name: {"scope": "person", "type": "yes_no", "choices": {}} for name in "pqrs"}
CONDITIONS: list[Any] = [
    {"all": ["p", {"any_member": "q"}]},
    {"any": [{"not": "p"}, {"count_members": {"where": {"all": ["p", "q"]}, "at_least": 2}}]},
    {"all": [{"any": ["p", "r"]}, {"no_member": {"any": ["q", "s"]}}]},
    {"any": ["s", {"all": ["r", {"all_members": {"not": "p"}}]}]},
    {"count_members": {"where": {"any": ["p", "s"]}, "at_most": 1}},
    {"count_members": {"where": {"any": ["p", "q"]}, "at_least": 2}},
]


def small() -> tuple[dict[str, FactSpec], list[Node]]:
    """Four facts: r presupposes that q is so or somebody is p, and s follows from p and q."""
    parser = Parser(Located("test", None, {}), FACTS, {})
    behind = {
        "s": {"derive": parser.parse({"all": ["p", {"not": "q"}]}, (), "person")},
        "r": {"only_if": parser.parse({"any": ["q", {"any_member": "p"}]}, (), "person")},
    }
    specs = {}
    for rank, name in enumerate(FACTS):
        chances: dict[bool | str, float] = {True: 0.4, False: 0.6}
        words: dict[bool | str, Text] = {True: WORDS, False: WORDS}
        more: Any = behind.get(name, {})
        specs[name] = FactSpec(
            name, "person", "yes_no", "ask", rank, WORDS, words, WORDS, None, "resident", chances, **more
        )
    found = [parser.parse(raw, (), "person") for raw in CONDITIONS]
    assert parser.problems == []
    return specs, found


@pytest.mark.parametrize("number", range(len(CONDITIONS)))
def test_whoever_is_alike_to_a_condition_is_asked_the_same(number: int) -> None:
    specs, conditions = small()
    leaves = {one.number: one for node in conditions for one in walk(node) if isinstance(one, Leaf)}
    leaves |= {
        one.number: one for s in specs.values() if s.derive for one in walk(s.derive) if isinstance(one, Leaf)
    }
    memory, dice, node = Memory(), random.Random(number), conditions[number]
    for _ in range(250):
        people = [
            PersonCase(str(index), {name: Fact(dice.random() < 0.5) for name in "pqr" if dice.random() < 0.5})
            for index in range(dice.choice((1, 2, 3)))
        ]
        case = Case("990001", date(2026, 11, 24), "MOVE", tuple(people))
        view = CaseView(case, specs, {})
        openings = Openings(view, SimpleNamespace(analyst=Analyst(specs, leaves), memory=memory))  # type: ignore[arg-type]
        true, false = node.sets(view)
        unknown = view.everybody & ~(true | false)
        alone = {
            member: (part.analysis, asked(part.facts, member, view.everybody))
            for member, part in one_by_one(openings, node, unknown, True)
        }
        for those, part in openings.unsettled(node, unknown, True) if unknown else ():
            each = [alone.pop(1 << person) for person in members(those)]
            for analysis, _ in each:
                assert analysis.certain is part.analysis.certain
                assert dict(analysis.asked) == pytest.approx(dict(part.analysis.asked))
            together: dict[str, int] = {}
            for fact, whose in (entry for _, found in each for entry in found.items()):
                together[fact] = together.get(fact, 0) | whose
            assert asked(part.facts, those, view.everybody) == together
        assert not alone


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
