"""Members of a household whom a rule cannot tell apart, so that it is worked out once for all of them.

A rule sees a member through its own tests: those outside `any_member` and the like, with the tests of the
derived facts, presumptions and presuppositions behind them. Members for whom all of these say the same
(true, false, or unknown for the same reason) get the same outcome.
"""

from __future__ import annotations

from collections.abc import Iterator

from procedures.catalogue import Rule
from procedures.conditions import Age, Leaf, Members, Missing, Node
from procedures.facts import CaseView

_PARTIAL = "partial"
_Leaves = tuple[Leaf, ...]


class Twins:
    """The members of one case; made before anything is worked out in the view."""

    def __init__(self, view: CaseView, known: dict[int, tuple[Rule, _Leaves]]) -> None:
        """`known` keeps the tests of each rule between cases of one catalogue."""
        self._view = view
        self._known = known
        self._given = [dict(person) for person in view.people]
        self._states: dict[tuple[int, int], object] = {}

    def groups(self, rule: Rule, people: list[int]) -> list[list[int]]:
        """These members, those together whom the rule cannot tell apart."""
        if len(people) < 2:
            return [people] if people else []
        found = self._known.get(id(rule))
        if found is None:
            nodes = (rule.when, *(variant.when for variant in rule.variants))
            leaves = {leaf.number: leaf for node in nodes for leaf in self._own(node)}
            found = self._known[id(rule)] = rule, tuple(leaves.values())
        groups: dict[tuple[object, ...], list[int]] = {}
        for person in people:
            groups.setdefault(tuple([self._state(leaf, person) for leaf in found[1]]), []).append(person)
        return list(groups.values())

    def _own(self, node: Node) -> Iterator[Leaf]:
        if isinstance(node, Members):
            return
        if isinstance(node, Leaf):
            if node.household:
                return
            yield node
            spec = self._view.specs[node.fact]
            behind = [spec.derive, spec.only_if, *(presumption.when for presumption in spec.presume)]
            for below in behind:
                if below is not None:
                    yield from self._own(below)
        for part in node.parts():
            yield from self._own(part)

    def _state(self, leaf: Leaf, person: int) -> object:
        key = (leaf.number, person)
        if key not in self._states:
            self._states[key] = self._look(leaf, person)
        return self._states[key]

    def _look(self, leaf: Leaf, person: int) -> object:
        value = self._given[person].get(leaf.fact)
        if value is None:
            return Missing.DECLARED_UNKNOWN if leaf.fact in self._view.case.household[person].facts else None
        if isinstance(value, Missing):
            return value
        if isinstance(leaf, Age) and leaf.at is not None:
            return person if not leaf.at_household else (leaf.truth(self._view, person), _PARTIAL)
        truth = leaf.test(value, self._view)
        return _PARTIAL if truth is None else truth
