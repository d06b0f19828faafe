"""Which rules would tell one person contrary things, if they came out together.

A rule says with `effects` what it means for a thing that a person has once (a kind of insurance, the card, an
allowance): it begins here, goes on, ends, or is had elsewhere. proof.py shows that no two rules of one life
event that are at odds apply to the same person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from procedures.engine.catalogue import Catalogue, Face, Rule
from procedures.logic.conditions import All, Node
from procedures.proving.census import branch
from procedures.schema.overlays import ThingModel

_HERE = ("gains", "keeps")


@dataclass(frozen=True, slots=True)
class Clash:
    """Two forms of rules (the main one or a variant) that are at odds, and when each is the one that
    applies.
    """

    first: Rule
    second: Rule
    words: str
    events: frozenset[str]
    conditions: tuple[Node, Node]


def clashes(catalogue: Catalogue) -> Iterator[Clash]:
    """Every two forms of different rules that are at odds and share a life event. Whether they can come out
    together is another question.
    """
    things = catalogue.codes.things
    forms = {rule.version: list(_forms(rule)) for rule in catalogue.rules}
    for first, second in combinations([rule for rule in catalogue.rules if _speaks(rule)], 2):
        shared = first.events & second.events
        if first.id == second.id or not shared:
            continue
        for name, face, when in forms[first.version]:
            for other, facing, then in forms[second.version]:
                for here, there in _at_odds(face.effects, facing.effects, things):
                    words = f"{name} says: {here}, and {other} says: {there}"
                    yield Clash(first, second, words, shared, (when, then))


def _speaks(rule: Rule) -> bool:
    return any(face.effects for _, face, _ in _forms(rule))


def _forms(rule: Rule) -> Iterator[tuple[str, Face, Node]]:
    """The faces of a rule, each with its name and the condition under which it is the one that is shown."""
    yield rule.id, rule.face, branch(rule, len(rule.variants))
    for index, variant in enumerate(rule.variants):
        yield f"{rule.id}/{variant.id}", variant.face, All((branch(rule, index), variant.when))


def _at_odds(
    here: Mapping[str, str], there: Mapping[str, str], things: Mapping[str, ThingModel]
) -> Iterator[tuple[str, str]]:
    """What one says and the other contradicts: something else of the same thing, that the same thing begins
    a second time, or that the person has two things that nobody has together.
    """
    for thing, effect in here.items():
        opposite = there.get(thing)
        if opposite is not None and (opposite != effect or effect == "gains"):
            yield f"{effect} {thing}", f"{opposite} {thing}"
        for other, second in there.items():
            apart = other in things[thing].apart or thing in things[other].apart
            if apart and effect in _HERE and second in _HERE:
                yield f"{effect} {thing}", f"{second} {other}"
