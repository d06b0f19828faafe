"""Proofs about the catalogue that no set of cases can give; see `prove`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from typing import Any as Raw

from procedures.catalogue import Catalogue, Rule
from procedures.conditions import HOUSEHOLD, Any, Leaf, Node, walk
from procedures.facts import FactSpec
from procedures.worlds import World
from procedures.yaml_lines import Problem

CLAIMS = (
    "every condition can hold",
    "no procedure can never apply",
    "every part of an `any` and every variant can decide",
    "no two procedures that exclude each other apply together",
    "every question can matter",
)


@dataclass(frozen=True, slots=True)
class Proof:
    """`problems` are the claims that do not hold; `unproven` those that could not be looked at, and why."""

    problems: tuple[Problem, ...]
    unproven: tuple[str, ...]


def prove(catalogue: Catalogue, on: date, rules: Iterable[Rule] | None = None) -> Proof:
    """The CLAIMS for the whole catalogue (or some rules of it) as of a day; a rule that is not in force on
    it is looked at on the nearest day of its own. Takes seconds. Without z3 (a development dependency)
    everything is unproven.
    """
    if find_spec("z3") is None:
        return Proof((), tuple(f"{claim} (z3-solver is not installed)" for claim in CLAIMS))
    return Proof(tuple(_Prover(catalogue, on).problems(rules)), ())


class _Prover:
    def __init__(self, catalogue: Catalogue, on: date) -> None:
        self._catalogue = catalogue
        self._on = on
        self._worlds: dict[date, tuple[World, list[Raw]]] = {}

    def problems(self, chosen: Iterable[Rule] | None) -> Iterator[Problem]:
        rules = list(self._catalogue.rules if chosen is None else chosen)
        for rule in rules:
            yield from self._rule(rule)
        yield from self._excluded(rules)
        if chosen is None:
            yield from self._facts()
            yield from self._impossible()
        yield from self._questions(of_all=chosen is None)

    def _world(self, rule: Rule | None = None) -> tuple[World, list[Raw]]:
        on = self._on
        if rule is not None and not rule.in_force(on):
            ahead = rule.effective_from is not None and rule.effective_from > on
            on = (rule.effective_from if ahead else rule.effective_to) or on
        return self._on_day(on)

    def _on_day(self, on: date) -> tuple[World, list[Raw]]:
        if on not in self._worlds:
            world = World(self._catalogue, on)
            self._worlds[on] = world, world.impossible()
        return self._worlds[on]

    def _possible(self, world: World, extra: list[Raw], *formulas: Raw) -> bool:
        """True when some household fulfils them all; an answer that z3 does not find in time counts as
        yes.
        """
        solver = world.z3.Solver()
        solver.set("timeout", 5000)
        solver.add(*world.base, *extra, *formulas)
        return bool(solver.check() != world.z3.unsat)

    def _rule(self, rule: Rule) -> Iterator[Problem]:
        world, extra = self._world(rule)
        home = 0 if rule.person else HOUSEHOLD
        happens = world.z3.Or([world.events[event] for event in sorted(rule.events)])
        when = world.formula(rule.when, home)
        if not self._possible(world, extra, happens, when):
            yield Problem(rule.file, rule.line, f"{rule.id} can never apply")
            return
        for node in walk(rule.when):
            if isinstance(node, Any):
                for index in range(len(node.of)):
                    one = world.formula(rule.when, home, {id(node): index})
                    if not self._possible(world, extra, happens, one):
                        message = f"{rule.id}: part {index + 1} of an `any` can never hold"
                        yield Problem(rule.file, rule.line, message)
        earlier: list[Raw] = []
        for variant in rule.variants:
            formula = world.formula(variant.when, home)
            others = [world.z3.Not(one) for one in earlier]
            if not self._possible(world, extra, happens, when, formula, *others):
                yield Problem(
                    rule.file, rule.line, f"{rule.id}/{variant.id} can never be the one that applies"
                )
            earlier.append(formula)
        for words, node in self._beside(rule):
            if not self._possible(world, extra, happens, when, world.formula(node, home)):
                yield Problem(
                    rule.file, rule.line, f"{rule.id}: {words} can never hold where the rule applies"
                )
        for node, text in rule.not_needed:
            refused = world.z3.Not(when)
            if not self._possible(world, extra, happens, refused, world.formula(node, home)):
                yield Problem(rule.file, rule.line, f"{rule.id}: 「{text.ja}」 can never be said")

    @staticmethod
    def _beside(rule: Rule) -> Iterator[tuple[str, Node]]:
        """The conditions of the documents, each with its name."""
        seen: set[int] = set()
        for face in (rule.face, *(variant.face for variant in rule.variants)):
            for document in face.documents:
                listed = [("when", document.when)] if document.when else []
                listed += [("unnecessary_when", node) for node, _ in document.unnecessary_when]
                for name, node in listed:
                    if id(node) not in seen:
                        seen.add(id(node))
                        yield f"{name} of the document {document.id}", node

    def _excluded(self, rules: list[Rule]) -> Iterator[Problem]:
        by_id: dict[str, list[Rule]] = {}
        for rule in self._catalogue.rules:
            by_id.setdefault(rule.id, []).append(rule)
        chosen = {rule.id for rule in rules}
        for rule in self._catalogue.rules:
            for name in rule.excludes:
                for other in by_id.get(name, ()) if not chosen.isdisjoint((rule.id, name)) else ():
                    if self._together(rule, other):
                        message = f"{rule.id} and {other.id} exclude each other, but can apply together"
                        yield Problem(rule.file, rule.line, message)

    def _together(self, rule: Rule, other: Rule) -> bool:
        shared = rule.events & other.events
        # On a day on which both are in force, if there is one: one of the two began last.
        days = [self._world(one)[0].on for one in (rule, other)]
        days += [one.effective_from for one in (rule, other) if one.effective_from is not None]
        day = next((day for day in days if rule.in_force(day) and other.in_force(day)), None)
        if not shared or day is None:
            return False
        world, extra = self._on_day(day)
        happens = world.z3.Or([world.events[event] for event in sorted(shared)])
        formulas = [world.formula(one.when, 0 if one.person else HOUSEHOLD) for one in (rule, other)]
        return self._possible(world, extra, happens, *formulas)

    def _facts(self) -> Iterator[Problem]:
        world, extra = self._world()
        for spec in self._catalogue.facts.values():
            home = 0 if spec.scope == "person" else HOUSEHOLD
            listed = [(f"presumption {n}", one.when) for n, one in enumerate(spec.presume, 1)]
            listed += [("only_if", spec.only_if)] if spec.only_if else []
            listed += [("derive", spec.derive)] if spec.derive else []
            for name, node in listed:
                if not self._possible(world, extra, world.formula(node, home)):
                    yield Problem(spec.file, spec.line, f"{spec.name}: {name} can never hold")

    def _impossible(self) -> Iterator[Problem]:
        world, _ = self._world()
        for one in self._catalogue.impossible:
            formula = world.formula(one.when, 0 if one.person else HOUSEHOLD)
            if not self._possible(world, [], formula):
                yield Problem("procedures/data/impossible.yaml", 0, f"{one.id} can never be found")

    def _questions(self, of_all: bool) -> Iterator[Problem]:
        """Every fact that is asked must be able to turn the outcome of some rule all by itself. What no rule
        of a municipality reads (it has taken that rule away) is never asked there; `of_all` names it too.
        """
        read = {name for rule in self._catalogue.rules for name in self._read_by(rule)}
        starts = {start for rule in self._catalogue.rules for start in rule.starts}
        for spec in self._catalogue.facts.values():
            if spec.question is None or spec.name in starts or not (of_all or spec.name in read):
                continue
            if not any(self._turns(spec, rule) for rule in self._catalogue.rules):
                yield Problem(spec.file, spec.line, f"{spec.name} is asked, but no answer changes anything")

    def _turns(self, spec: FactSpec, rule: Rule) -> bool:
        if spec.name not in self._read_by(rule):
            return False
        nodes = [rule.when, *(variant.when for variant in rule.variants)]
        world, _ = self._world(rule)
        home = 0 if rule.person else HOUSEHOLD
        where = 0 if spec.scope == "person" else HOUSEHOLD
        happens = world.z3.Or([world.events[event] for event in sorted(rule.events)])
        for node in nodes:
            formula = world.formula(node, home)
            pairs, bounds = self._others(world, spec, where)
            if pairs and self._possible(
                world, [], happens, *bounds, formula != world.z3.substitute(formula, *pairs)
            ):
                return True
        return False

    @staticmethod
    def _others(world: World, spec: FactSpec, home: int) -> tuple[list[Raw], list[Raw]]:
        """Another value of the fact in place of the first one, and what this other value may be."""
        value = world.variable(spec.name, home)
        if isinstance(value, dict):
            return [(one, world.z3.Bool(f"other {spec.name} {option}")) for option, one in value.items()], []
        if spec.type == "yes_no":
            return [(value, world.z3.Not(value))], []
        other = world.z3.Int(f"other {spec.name}")
        return [(value, other)], world.domain(spec.name, other)

    def _read_by(self, rule: Rule) -> set[str]:
        """The facts that decide about a rule, those behind derived facts included."""
        found: set[str] = set()
        todo = [rule.when, *(variant.when for variant in rule.variants)]
        while todo:
            for leaf in walk(todo.pop()):
                if isinstance(leaf, Leaf) and leaf.fact not in found:
                    found.add(leaf.fact)
                    derive = self._catalogue.facts[leaf.fact].derive
                    if derive is not None:
                        todo.append(derive)
        return found
