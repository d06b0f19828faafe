"""Which questions are worth asking, and in what order.

A question is one fact, asked for all members at once. It is worth asking while some answer to it can
still change the outcome of some rule. Best is the question after which the fewest questions are expected
to be left (one step ahead, the members' answers taken as independent); ties go to the rule that the
counter handles first, then to facts.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from procedures.analysis import Analysis, Analyst
from procedures.catalogue import Catalogue, Rule
from procedures.conditions import HOUSEHOLD, Missing, Node
from procedures.date_answers import Day
from procedures.facts import CaseView, FactSpec
from procedures.guidance import Choice, Question
from procedures.residual import Variable, residual


@dataclass(frozen=True, slots=True)
class Open:
    """One rule that is open for `times` members: its live facts (with real member indexes) and what each
    answer leaves.
    """

    rule: Rule
    live: frozenset[Variable]
    analysis: Analysis
    times: int = 1


def opened(rule: Rule, node: Node, people: list[int], view: CaseView, analyst: Analyst) -> Open:
    """What could still change a condition of a rule that is unknown for members whom it cannot tell apart:
    what is live for the first of them is live for each.
    """
    numbers = {HOUSEHOLD: HOUSEHOLD}
    tree = residual(node, view, people[0], numbers)
    analysis = analyst.analyse(tree, Day(view.date, view.calendar))
    back = {number: member for member, number in numbers.items()}
    live = {(fact, back[number]) for fact, number in analysis.live}
    if len(people) > 1:
        live |= {(fact, person) for fact, home in live if home in people for person in people}
    return Open(rule, frozenset(live), analysis, len(people))


def dated(rule: Rule, starts: Iterable[str], person: int, view: CaseView) -> Iterator[Open]:
    """The dates that a deadline of a rule counts from and that nobody has been asked for."""
    for fact in starts:
        home = view.home(fact, person)
        if view.value(fact, home) is Missing.UNASKED:
            certain = {fact: 1.0}
            variable = fact, home
            analysis = Analysis(None, frozenset([variable]), certain, {fact: {}})
            yield Open(rule, frozenset([variable]), analysis)


def questions(openings: Iterable[Open], view: CaseView, catalogue: Catalogue) -> tuple[Question, ...]:
    """The questions worth asking now, best first."""
    by_fact: dict[str, list[Open]] = {}
    people: dict[str, set[int]] = {}
    for opening in openings:
        for fact in {name for name, _ in opening.live}:
            by_fact.setdefault(fact, []).append(opening)
        for fact, person in opening.live:
            people.setdefault(fact, set()).add(person)
    sensible: dict[str, list[int]] = {}
    for fact, members in people.items():
        only_if = catalogue.facts[fact].only_if
        now = sorted(p for p in members if only_if is None or only_if.truth(view, p) is True)
        if now:
            sensible[fact] = now
    shapes: dict[str, list[tuple[Analysis, int]]] = {}
    for fact, open_rules in by_fact.items():
        counted: dict[int, tuple[Analysis, int]] = {}
        for opening in open_rules:
            analysis, times = counted.get(id(opening.analysis), (opening.analysis, 0))
            counted[id(analysis)] = analysis, times + opening.times
        shapes[fact] = list(counted.values())
    remaining = {fact: _remaining(fact, shapes) for fact in sensible}
    specs = catalogue.facts

    def rank(fact: str) -> tuple[bool, float, int, int]:
        handled = min(opening.rule.face.order for opening in by_fact[fact])
        return not specs[fact].asked_first, round(remaining[fact], 6), handled, specs[fact].rank

    return tuple(
        _question(specs[fact], sensible[fact], by_fact[fact], remaining[fact], view)
        for fact in sorted(sensible, key=rank)
    )


def _remaining(fact: str, shapes: dict[str, list[tuple[Analysis, int]]]) -> float:
    """Expected number of facts still to be asked once `fact` has been answered for everyone.

    `shapes` holds for each fact the analyses in which it is live, and how many rules and members share
    each.
    """
    total = 0.0
    for other, analyses in shapes.items():
        if other == fact:
            continue
        spared = 1.0
        for analysis, times in analyses:
            chance = analysis.after.get(fact, analysis.asked).get(other, 0.0)
            if chance >= 1.0:
                spared = 0.0
                break
            spared *= (1.0 - chance) ** times
        total += 1.0 - spared
    return total


def _question(
    spec: FactSpec, people: list[int], openings: list[Open], remaining: float, view: CaseView
) -> Question:
    words = spec.asked(view.case.events)
    assert words is not None  # noqa: S101 - a fact without a question never becomes live
    options: tuple[Choice, ...] = ()
    if spec.type in ("yes_no", "choice", "choices"):
        options = tuple(
            Choice(value, words) for value, words in spec.words.items() if isinstance(value, bool | str)
        )
    return Question(
        fact=spec.name,
        scope=spec.scope,
        person_ids=tuple(view.case.household[person].id for person in people if person != HOUSEHOLD),
        type=spec.type,
        text=words,
        choices=options,
        asked_of=spec.asked_of,
        hint=spec.hint,
        decides=tuple(sorted({opening.rule.id for opening in openings})),
        advice_only=all(opening.rule.face.group == "advice" for opening in openings),
        expected_remaining=remaining,
    )
