"""Which tests in the conditions of the rule data no case has met, and which none has failed.

The cases of all municipalities count together: what a municipality leaves as the nation has it is tried by
anybody's cases; what it has changed or added is another condition, and only its own cases try it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from procedures.engine.catalogue import Catalogue, Rule
from procedures.logic.case import Case, CaseError
from procedures.logic.conditions import Leaf, Members, Node
from procedures.logic.facts import MUNICIPALITY, CaseView
from procedures.logic.words import required
from procedures.proving.census import Condition, conditions, facts_behind, of_rule, shape
from procedures.reading.yaml_lines import Problem

Key = tuple[str, str, Hashable, int]
_BOTH = {True, False}


@dataclass(frozen=True, slots=True)
class _Test:
    """A test of a condition, and what it is counted under. `own`: it is read of those of whom the condition
    is; what stands under "somebody for whom …" is read of every member.
    """

    key: Key
    leaf: Leaf
    own: bool


@dataclass(slots=True)
class _Tried:
    """A condition of one catalogue with the tests that still lack a result."""

    condition: Condition
    lacking: list[_Test]


class Coverage:
    """What cases have met: take() them all, then ask what is `unreached`."""

    def __init__(self) -> None:
        self._seen: dict[Key, set[bool]] = {}
        self._tried: dict[_Period, dict[str, list[_Tried]]] = {}
        self._read: dict[tuple[_Period, str], frozenset[str]] = {}
        self._settings: dict[str, set[object]] = {}

    def take(self, catalogue: Catalogue, case: Case) -> None:
        """Count one case, by the catalogue that is in force on its day. A case that cannot be read counts
        for nothing; it is reported where it is answered.
        """
        current = catalogue.at(case.date)
        try:
            view = CaseView(case, current.facts, current.settings, current.calendar)
        except CaseError:
            return
        for name, value in current.settings.items():
            self._settings.setdefault(name, set()).add(value)
        read: set[str] = {one.id for one in current.impossible if not one.events.isdisjoint(case.events)}
        for rule in current.rules_for(case.events, case.date):
            read |= {rule.version, *self._facts(current, rule)}
        tried = self._conditions(current)
        for owner in read & tried.keys():
            left = [one for one in tried[owner] if self._lacks(one, view)]
            if left:
                tried[owner] = left
            else:
                del tried[owner]

    def _lacks(self, tried: _Tried, view: CaseView) -> bool:
        """Count a case for a condition; True while a test of it lacks a result."""
        under = tried.condition.under
        people = view.everybody if under is None else under.sets(view)[0]
        if people:
            for test in tried.lacking:
                among = people if test.own else view.everybody
                true, false = test.leaf.sets(view)
                found = self._seen.setdefault(test.key, set())
                found |= {truth for truth, holds in ((True, true), (False, false)) if holds & among}
        tried.lacking = [test for test in tried.lacking if self._seen.get(test.key) != _BOTH]
        return bool(tried.lacking)

    def _conditions(self, catalogue: Catalogue) -> dict[str, list[_Tried]]:
        """By owner, the conditions of a catalogue that cases have not met in full."""
        known = self._tried.get(_period(catalogue))
        if known is None:
            known = self._tried[_period(catalogue)] = {}
            for condition in conditions(catalogue):
                known.setdefault(condition.owner, []).append(_Tried(condition, _tests(condition)))
        return known

    def _facts(self, catalogue: Catalogue, rule: Rule) -> frozenset[str]:
        """The facts that a rule reads."""
        key = _period(catalogue), rule.version
        if key not in self._read:
            nodes = [condition.node for condition in of_rule(rule)]
            self._read[key] = frozenset(facts_behind(nodes, catalogue.facts))
        return self._read[key]

    def unreached(self, catalogues: Iterable[Catalogue]) -> Iterator[Problem]:
        """The tests (of what belongs to complete life events) that are true in no case where they are read,
        or false in none. What only one of several municipalities has is said with its code.
        """
        owned: dict[Key, set[str]] = {}
        lacking: dict[Key, tuple[Condition, Leaf, Catalogue]] = {}
        for catalogue in (period for each in catalogues for period in (each, *each.later)):
            complete = self._complete(catalogue)
            for condition in conditions(catalogue):
                for test in _tests(condition) if condition.owner in complete else ():
                    owned.setdefault(test.key, set()).add(catalogue.municipality)
                    if self._seen.get(test.key) != _BOTH and not self._fixed(test.leaf, catalogue):
                        lacking[test.key] = condition, test.leaf, catalogue
        several = len(set[str]().union(*owned.values())) > 1
        for key, (condition, leaf, catalogue) in lacking.items():
            words = required(leaf, catalogue.facts, catalogue.codes).ja
            own = f" of {catalogue.municipality}" if several and len(owned[key]) == 1 else ""
            for truth in sorted(_BOTH - self._seen.get(key, set())):
                message = f"{condition.name}: 「{words}」 is {str(truth).lower()} in no case{own}"
                yield Problem(condition.file, condition.line, message)

    def _complete(self, catalogue: Catalogue) -> set[str]:
        """The rules whose life events are complete, what they read, and what is impossible there."""
        complete: set[str] = set()
        for rule in catalogue.rules:
            if all(catalogue.ready(event) for event in rule.events):
                complete |= {rule.version, *self._facts(catalogue, rule)}
        return complete | {one.id for one in catalogue.impossible if any(map(catalogue.ready, one.events))}

    def _fixed(self, leaf: Leaf, catalogue: Catalogue) -> bool:
        """A setting that is the same wherever there are cases."""
        setting = catalogue.facts[leaf.fact].scope == MUNICIPALITY
        return setting and len(self._settings.get(leaf.fact, ())) < len(_BOTH)


_Period = tuple[str, date | None]


def _period(catalogue: Catalogue) -> _Period:
    return catalogue.municipality, catalogue.since


def _tests(condition: Condition) -> list[_Test]:
    said = shape(condition.node)
    return [
        _Test((condition.owner, condition.place, said, number), leaf, own)
        for number, (leaf, own) in enumerate(_leaves(condition.node, own=True))
    ]


def _leaves(node: Node, *, own: bool) -> Iterator[tuple[Leaf, bool]]:
    if isinstance(node, Leaf):
        yield node, own
    for part in node.parts():
        yield from _leaves(part, own=own and not isinstance(node, Members))
