"""Which questions are worth asking, and in what order.

A question is one fact, asked for all members at once. It is worth asking while some answer to it can
still change the outcome of some rule. Best is the question after which the fewest questions are expected
to be left (one step ahead, the members' answers taken as independent); ties go to the rule that the
counter handles first, then to facts.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from procedures.catalogue import Catalogue, Rule
from procedures.conditions import HOUSEHOLD
from procedures.facts import CaseView, FactSpec
from procedures.guidance import Choice, Question
from procedures.residual import Analysis, Analyst, Variable, renumbered


@dataclass(frozen=True, slots=True)
class Open:
    """One rule that is open for one member: its live facts (with real member indexes) and what each
    answer leaves.
    """

    rule: Rule
    live: frozenset[Variable]
    analysis: Analysis


def opened(rule: Rule, tree: Any, analyst: Analyst) -> Open:
    """Analyse a residual (see residual.py) of a rule."""
    renamed, back = renumbered(tree)
    analysis = analyst.analyse(renamed)
    return Open(rule, frozenset((fact, back[person]) for fact, person in analysis.live), analysis)


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
    ranked = sorted(
        (
            _remaining(fact, by_fact),
            min(o.rule.face.order for o in by_fact[fact]),
            catalogue.facts[fact].rank,
            fact,
        )
        for fact in sensible
    )
    return tuple(
        _question(catalogue.facts[fact], sensible[fact], by_fact[fact], remaining, view)
        for remaining, _, _, fact in ranked
    )


def _remaining(fact: str, by_fact: dict[str, list[Open]]) -> float:
    """Expected number of facts still worth asking once `fact` has been answered for everyone."""
    total = 0.0
    for other, openings in by_fact.items():
        if other == fact:
            continue
        gone = 1.0
        for opening in openings:
            left = opening.analysis.after.get(fact, {}).get(other, 1.0)
            if left >= 1.0:
                gone = 0.0
                break
            gone *= 1.0 - left
        total += 1.0 - gone
    return total


def _question(
    spec: FactSpec, people: list[int], openings: list[Open], remaining: float, view: CaseView
) -> Question:
    assert spec.question is not None  # noqa: S101 - a fact without a question never becomes live
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
        text=spec.question,
        choices=options,
        asked_of=spec.asked_of,
        hint=spec.hint,
        decides=tuple(sorted({opening.rule.id for opening in openings})),
        advice_only=all(opening.rule.face.group == "advice" for opening in openings),
        expected_remaining=remaining,
    )
