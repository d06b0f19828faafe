"""`python -m tests.procedures.question_costs`: how many questions a household is expected to be asked, beside
the least that any order of questions could reach, and beside asking in the order of the fact files.

A household case loses every answer that only people can give (dates and what the core knows stay). Rules
that share no fact are looked at apart, for their questions add up. Expectations are exact, over all answers
with the likelihoods of the fact files; parts with too many combinations have no minimum and are left out.
"""

import argparse
import itertools
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from procedures import Case, Catalogue, Fact, evaluate, load_catalogue
from procedures.engine.catalogue import Rule
from procedures.engine.guidance import Question
from procedures.logic.analysis import Analyst
from procedures.logic.conditions import Has, Is, Leaf, Node, walk
from procedures.proving.case_file import CaseFile, read_cases

CASES = Path(__file__).parent / "cases"
MOST_STATES = 3000
Answer = tuple[tuple[str, str, Any], ...]  # (fact, member or "", value)
Choose = Callable[[tuple[Question, ...]], Question]


class TooManyError(Exception):
    """More combinations of answers than there is time for."""


@dataclass(frozen=True)
class Cost:
    """Expected questions of one household: by the engine, at the least, in the order of the files."""

    case: str
    facts: int
    engine: float
    least: float
    naive: float
    left_out: int

    @property
    def ratio(self) -> float:
        """Engine over least."""
        return self.engine / self.least if self.least else 1.0


class Game:
    """The questions that some rules of a case lead to."""

    def __init__(self, case: Case, catalogue: Catalogue) -> None:
        self._case = case
        self._catalogue = catalogue
        self._tests: dict[str, list[Leaf]] = {}
        for leaf in catalogue.leaves.values():
            self._tests.setdefault(leaf.fact, []).append(leaf)
        self._questions: dict[frozenset[Any], tuple[Question, ...]] = {}

    def least(self) -> float:
        """The expected number of questions under the best order there is."""
        known: dict[frozenset[Any], float] = {}

        def value(state: Answer) -> float:
            key = frozenset(state)
            if key not in known:
                questions = self._ask(key)
                costs = [self._cost(question, state, value) for question in questions]
                known[key] = min(costs, default=0.0)
            return known[key]

        return value(())

    def following(self, choose: Choose) -> float:
        """The expected number of questions when the next one is always chosen like this."""
        known: dict[frozenset[Any], float] = {}

        def value(state: Answer) -> float:
            key = frozenset(state)
            if key not in known:
                questions = self._ask(key)
                known[key] = self._cost(choose(questions), state, value) if questions else 0.0
            return known[key]

        return value(())

    def _ask(self, state: frozenset[Any]) -> tuple[Question, ...]:
        found = self._questions.get(state)
        if found is None:
            if len(self._questions) >= MOST_STATES:
                raise TooManyError
            questions = evaluate(_answered(self._case, tuple(state)), self._catalogue).questions
            found = self._questions[state] = questions
        return found

    def _cost(self, question: Question, state: Answer, value: Callable[[Answer], float]) -> float:
        people = question.person_ids or ("",)
        options = list(self._options(question.fact))
        if len(options) ** len(people) > MOST_STATES:
            raise TooManyError
        cost = 1.0
        for picks in itertools.product(options, repeat=len(people)):
            chance = math.prod(pick[1] for pick in picks)
            more = [(question.fact, who, pick[0]) for who, pick in zip(people, picks, strict=True)]
            if chance > 0:
                cost += chance * value((*state, *more))
        return cost

    def _options(self, fact: str) -> Iterator[tuple[Any, float]]:
        """The answers that the rules can tell apart, one value for each, with its likelihood."""
        spec, tests = self._catalogue.facts[fact], self._tests.get(fact, [])
        if spec.type == "choices":
            wanted = sorted({option for test in tests if isinstance(test, Has) for option in test.values})
            for ticks in itertools.product((True, False), repeat=len(wanted)):
                pairs = list(zip(wanted, ticks, strict=True))
                chance = math.prod(spec.chances[o] if tick else 1 - spec.chances[o] for o, tick in pairs)
                yield tuple(option for option, tick in pairs if tick), chance
            return
        if spec.type not in ("yes_no", "choice"):
            raise TooManyError
        merged: dict[tuple[bool, ...], tuple[Any, float]] = {}
        for value, chance in spec.chances.items():
            key = tuple(isinstance(test, Is) and value in test.values for test in tests)
            first, so_far = merged.get(key, (value, 0.0))
            merged[key] = first, so_far + chance
        yield from merged.values()


def _answered(case: Case, answers: Answer) -> Case:
    facts = dict(case.facts)
    people: dict[str, dict[str, Fact]] = {person.id: dict(person.facts) for person in case.household}
    for fact, who, value in answers:
        (people[who] if who else facts)[fact] = Fact(value, "resident")
    household = tuple(replace(person, facts=people[person.id]) for person in case.household)
    return replace(case, facts=facts, household=household)


def forgotten(case: Case, catalogue: Catalogue) -> Case:
    """The case without what only people know."""

    def left(facts: Any) -> dict[str, Fact]:
        specs = catalogue.facts
        return {
            name: fact
            for name, fact in facts.items()
            if specs[name].source != "ask"
            or specs[name].type in ("date", "number")
            or specs[name].asked_first
        }

    household = tuple(replace(person, facts=left(person.facts)) for person in case.household)
    return replace(case, facts=left(case.facts), household=household)


def cost(file: CaseFile, catalogue: Catalogue) -> Cost | None:
    """The figures of one household; None when there is nothing to ask."""
    catalogue = catalogue.at(file.case.date)
    case = forgotten(file.case, catalogue)
    guidance = evaluate(case, catalogue)
    if not guidance.questions:
        return None
    sums, left_out, facts = [0.0, 0.0, 0.0], 0, 0
    for rules in _apart(catalogue, {rule for one in guidance.questions for rule in one.decides}, case):
        game = Game(case, _only(catalogue, rules))
        asked = [one.fact for one in evaluate(case, _only(catalogue, rules)).questions]
        try:
            figures = (
                game.following(lambda questions: questions[0]),
                game.least(),
                game.following(lambda qs: min(qs, key=lambda q: catalogue.facts[q.fact].rank)),
            )
        except TooManyError:
            left_out += len(asked)
            continue
        facts += len(asked)
        sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
    engine, least, naive = sums
    return Cost(Path(file.source.file).stem, facts, engine, least, naive, left_out)


def _only(catalogue: Catalogue, rules: list[Rule]) -> Catalogue:
    leaves = {leaf.number: leaf for rule in rules for leaf in _tests(catalogue, rule)}
    return replace(
        catalogue, rules=tuple(rules), later=(), leaves=leaves, analyst=Analyst(catalogue.facts, leaves)
    )


def _tests(catalogue: Catalogue, rule: Rule) -> Iterator[Leaf]:
    todo: list[Node] = [rule.when, *(variant.when for variant in rule.variants)]
    seen: set[int] = set()
    while todo:
        for leaf in walk(todo.pop()):
            if isinstance(leaf, Leaf) and leaf.number not in seen:
                seen.add(leaf.number)
                yield leaf
                spec = catalogue.facts[leaf.fact]
                todo += [node for node in (spec.derive, spec.only_if) if node is not None]
                todo += [presumption.when for presumption in spec.presume]


def _apart(catalogue: Catalogue, names: set[str], case: Case) -> list[list[Rule]]:
    """The open rules in groups that share no fact that somebody could be asked for."""
    groups: list[tuple[set[str], list[Rule]]] = []
    everywhere = {name for name, spec in catalogue.facts.items() if spec.question is None}
    everywhere |= set.intersection(*(set(person.facts) for person in case.household)) | set(case.facts)
    for rule in catalogue.rules_for(case.events, case.date):
        if rule.id not in names:
            continue
        facts = {leaf.fact for leaf in _tests(catalogue, rule)} - everywhere
        together = [group for group in groups if not facts.isdisjoint(group[0])]
        groups = [group for group in groups if group not in together]
        groups.append(
            (facts.union(*(group[0] for group in together)), [*(r for g in together for r in g[1]), rule])
        )
    return [rules for _, rules in groups]


def costs(files: list[CaseFile], share: float = 1.0) -> list[Cost]:
    """The figures of every whole household among the cases, and of those that meet a whole life event; or
    of a share of them.
    """
    whole = [file for file in files if file.focus is None or Path(file.source.file).stem.startswith("all_")]
    chosen = whole[:: max(1, round(1 / share))]
    found = [cost(file, load_catalogue(file.case.municipality)) for file in chosen]
    return [one for one in found if one is not None]


def main() -> int:
    """0 when the engine asks at most 1.1 times the least, summed over the households."""
    argparse.ArgumentParser(description="expected questions beside the least possible").parse_args()
    files, _ = read_cases(CASES)
    found = costs(files)
    for one in found:
        sys.stdout.write(
            f"{one.case:45} {one.facts:3} facts  engine {one.engine:6.2f}  least {one.least:6.2f}  "
            f"in file order {one.naive:6.2f}  left out {one.left_out}\n"
        )
    engine, least = sum(one.engine for one in found), sum(one.least for one in found)
    ratio = engine / least if least else 1.0
    worst = max((one.ratio for one in found), default=1.0)
    naive = sum(one.naive for one in found) / least if least else 1.0
    sys.stdout.write(
        f"{len(found)} households: engine {ratio:.3f} times the least (worst {worst:.3f}, goal 1.1), "
        f"in file order {naive:.3f} times\n"
    )
    return 0 if ratio <= 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
