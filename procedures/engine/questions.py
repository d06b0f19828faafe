"""Which questions are worth asking, and in what order.

A question is one fact, asked for all members at once. It is worth asking while some answer to it can
still change the outcome of some rule. Best is the question after which the fewest questions are expected
to be left (one step ahead, the members' answers taken as independent); ties go to the rule that the
counter handles first, then to facts.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable

from procedures.engine.catalogue import Catalogue
from procedures.engine.guidance import Choice, Question
from procedures.engine.openings import Open
from procedures.logic.analysis import Analysis
from procedures.logic.facts import PERSON, CaseView, FactSpec


def questions(openings: Iterable[Open], view: CaseView, catalogue: Catalogue) -> tuple[Question, ...]:
    """The questions worth asking now, best first."""
    by_fact: dict[str, list[Open]] = {}
    people: dict[str, int] = {}
    for opening in openings:
        for fact, asked in opening.asked.items():
            by_fact.setdefault(fact, []).append(opening)
            people[fact] = people.get(fact, 0) | asked
    sensible: dict[str, int] = {}
    for fact, asked in people.items():
        only_if = catalogue.facts[fact].only_if
        now = asked if only_if is None else asked & only_if.sets(view)[0]
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
    spec: FactSpec, people: int, openings: list[Open], remaining: float, view: CaseView
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
        person_ids=view.ids(people) if spec.scope == PERSON else (),
        type=spec.type,
        text=words,
        choices=options,
        asked_of=spec.asked_of,
        hint=spec.hint,
        decides=tuple(sorted({opening.rule.id for opening in openings})),
        advice_only=all(opening.rule.face.group == "advice" for opening in openings),
        expected_remaining=remaining,
    )
