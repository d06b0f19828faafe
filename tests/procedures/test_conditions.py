"""Three-valued truth: Kleene's tables, and that more knowledge never overturns what was certain."""

import itertools
from datetime import date
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.condition_parser import Parser
from procedures.conditions import HOUSEHOLD, Missing, Node, Truth, Value
from procedures.office_days import OfficeCalendar
from procedures.residual import evaluate_residual, residual, variables
from procedures.yaml_lines import Located

FACTS: dict[str, dict[str, Any]] = {
    name: {"scope": "person", "type": "yes_no", "choices": {}} for name in ("p", "q", "r")
}


class Facts:
    """A household of yes_no facts."""

    date = date(2026, 11, 24)
    events = frozenset({"MOVE"})
    calendar = OfficeCalendar()

    def __init__(self, *people: dict[str, bool]) -> None:
        self.people: list[dict[str, Value | Missing]] = [dict(person) for person in people]
        self.household: dict[str, Value | Missing] = {}
        self.specs = {name: SimpleNamespace(derive=None, only_if=None) for name in FACTS}

    def resolve(self, fact: str, person: int) -> Value | Missing:
        return Missing.UNASKED

    def value(self, fact: str, person: int) -> Value | Missing:
        return self.people[person].get(fact, Missing.UNASKED)


def parse(raw: Any) -> Node:
    parser = Parser(Located("test", None, {}), FACTS, {"MOVE": None})
    node = parser.parse(raw, (), "person")
    assert parser.problems == []
    return node


def test_kleene_tables() -> None:
    for left, right in itertools.product((True, False, None), repeat=2):
        facts = Facts({name: value for name, value in (("p", left), ("q", right)) if value is not None})
        both = False if False in (left, right) else None if None in (left, right) else True
        either = True if True in (left, right) else None if None in (left, right) else False
        assert parse({"all": ["p", "q"]}).truth(facts, 0) is both
        assert parse({"any": ["p", "q"]}).truth(facts, 0) is either
        assert parse({"not": "p"}).truth(facts, 0) is (None if left is None else not left)


def test_quantifiers_count_the_unknown_as_possible() -> None:
    facts = Facts({"p": True}, {"p": False}, {})
    assert parse({"any_member": "p"}).truth(facts, HOUSEHOLD) is True
    assert parse({"no_member": "p"}).truth(facts, HOUSEHOLD) is False
    assert parse({"all_members": "p"}).truth(facts, HOUSEHOLD) is False
    assert parse({"count_members": {"where": "p", "at_least": 2}}).truth(facts, HOUSEHOLD) is None
    assert parse({"count_members": {"where": "p", "at_least": 3}}).truth(facts, HOUSEHOLD) is False
    assert parse({"count_members": {"where": "p", "at_most": 2}}).truth(facts, HOUSEHOLD) is True
    assert parse({"all_members": "p"}).truth(Facts({"p": True}, {}), HOUSEHOLD) is None
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
    facts = Facts(*people)
    before = node.truth(facts, 0)
    numbers = {HOUSEHOLD: HOUSEHOLD}
    rest = residual(node, facts, 0, numbers)  # type: ignore[arg-type]
    back = {number: member for member, number in numbers.items()}
    if before is not None:
        assert rest is before
        return
    open_facts = [
        (name, index) for index, person in enumerate(people) for name in FACTS if name not in person
    ]
    for answers in itertools.product((True, False), repeat=len(open_facts)):
        full = Facts(*people)
        for (name, index), answer in zip(open_facts, answers, strict=True):
            full.people[index][name] = answer
        truths: dict[tuple[int, str, int], Truth] = {
            (number, fact, person): full.people[back[person]][fact] is True
            for number, fact, person in variables(rest)
        }
        assert evaluate_residual(rest, truths) is node.truth(full, 0)
