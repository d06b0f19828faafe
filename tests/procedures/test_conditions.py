"""Three-valued truth: Kleene's tables, and that more knowledge never overturns what was certain."""

import itertools
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from procedures import Case, Fact, PersonCase, Text
from procedures.logic.conditions import HOUSEHOLD, Node, Truth
from procedures.logic.facts import CaseView, FactSpec
from procedures.logic.residual import residual, variables
from procedures.reading.condition_parser import Parser
from procedures.reading.yaml_lines import Located
from tests.procedures.reference import told

FACTS: dict[str, dict[str, Any]] = {
    name: {"scope": "person", "type": "yes_no", "choices": {}} for name in ("p", "q", "r")
}
WORDS = Text("はい", "yes")
SPECS = {
    name: FactSpec(
        name, "person", "yes_no", "ask", 0, WORDS, {True: WORDS, False: WORDS}, WORDS, None, "resident", {}
    )
    for name in FACTS
}


def household(*people: dict[str, bool]) -> CaseView:
    """A household of yes_no facts."""
    members = tuple(
        PersonCase(str(index), {name: Fact(value) for name, value in facts.items()})
        for index, facts in enumerate(people)
    )
    return CaseView(Case("990001", date(2026, 11, 24), "MOVE", members), SPECS, {})


def parse(raw: Any) -> Node:
    parser = Parser(Located("test", None, {}), FACTS, {"MOVE": None})
    node = parser.parse(raw, (), "person")
    assert parser.problems == []
    return node


def test_kleene_tables() -> None:
    for left, right in itertools.product((True, False, None), repeat=2):
        facts = household({name: value for name, value in (("p", left), ("q", right)) if value is not None})
        both = False if False in (left, right) else None if None in (left, right) else True
        either = True if True in (left, right) else None if None in (left, right) else False
        assert parse({"all": ["p", "q"]}).truth(facts, 0) is both
        assert parse({"any": ["p", "q"]}).truth(facts, 0) is either
        assert parse({"not": "p"}).truth(facts, 0) is (None if left is None else not left)


def test_quantifiers_count_the_unknown_as_possible() -> None:
    facts = household({"p": True}, {"p": False}, {})
    assert parse({"any_member": "p"}).truth(facts, HOUSEHOLD) is True
    assert parse({"no_member": "p"}).truth(facts, HOUSEHOLD) is False
    assert parse({"all_members": "p"}).truth(facts, HOUSEHOLD) is False
    assert parse({"count_members": {"where": "p", "at_least": 2}}).truth(facts, HOUSEHOLD) is None
    assert parse({"count_members": {"where": "p", "at_least": 3}}).truth(facts, HOUSEHOLD) is False
    assert parse({"count_members": {"where": "p", "at_most": 2}}).truth(facts, HOUSEHOLD) is True
    assert parse({"all_members": "p"}).truth(household({"p": True}, {}), HOUSEHOLD) is None
    assert parse({"event": ["MOVE"]}).truth(facts, 0) is True


LEAVES = st.sampled_from(["p", "q", "r"])
CONDITIONS = st.recursive(
    LEAVES,
    lambda below: (
        st.builds(lambda parts: {"all": parts}, st.lists(below, min_size=1, max_size=3))
        | st.builds(lambda parts: {"any": parts}, st.lists(below, min_size=1, max_size=3))
        | st.builds(lambda part: {"not": part}, below)
        | st.builds(lambda part: {"any_member": part}, below)
        | st.builds(
            lambda part, low: {"count_members": {"where": part, "at_least": low}}, below, st.integers(1, 2)
        )
    ),
    max_leaves=6,
)
PEOPLE = st.lists(st.dictionaries(LEAVES, st.booleans(), max_size=3), min_size=1, max_size=2)


@settings(max_examples=80, deadline=None)
@given(CONDITIONS, PEOPLE)
def test_what_is_certain_stays_and_the_residual_says_the_rest(
    raw: Any, people: list[dict[str, bool]]
) -> None:
    node = parse(raw)
    facts = household(*people)
    before = node.truth(facts, 0)
    numbers = {HOUSEHOLD: HOUSEHOLD}
    rest = residual(node, facts, 0, numbers)
    back = {number: member for member, number in numbers.items()}
    if before is not None:
        assert rest is before
        return
    open_facts = [
        (name, index) for index, person in enumerate(people) for name in FACTS if name not in person
    ]
    for answers in itertools.product((True, False), repeat=len(open_facts)):
        full = [dict(person) for person in people]
        for (name, index), answer in zip(open_facts, answers, strict=True):
            full[index][name] = answer
        truths: dict[tuple[int, str, int], Truth] = {
            (number, fact, person): full[back[person]][fact] for number, fact, person in variables(rest)
        }
        assert told(rest, truths) is node.truth(household(*full), 0)
