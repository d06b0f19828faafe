"""Proofs about the catalogue that no set of cases can give; see `prove`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from typing import Any as Raw

from procedures.engine.catalogue import Catalogue, Rule
from procedures.logic.conditions import HOUSEHOLD, All, Any, walk
from procedures.logic.facts import FactSpec
from procedures.proving.census import Condition, branch, facts_behind, of_fact, of_impossible, of_rule, said
from procedures.proving.contradictions import clashes
from procedures.proving.worlds import World
from procedures.reading.yaml_lines import Problem

CLAIMS = (
    "every condition can hold where it is read, and can fail unless it is written `true`",
    "no procedure can never apply",
    "every part of an `any` and every variant can decide",
    "no two procedures that exclude each other apply together",
    "no two procedures say contrary things to one person in one life event",
    "what is impossible leaves every life event possible, and each combination can be found alone",
    "every question can matter",
)


@dataclass(frozen=True, slots=True)
class Proof:
    """`problems` are the claims that do not hold; `unproven` those that could not be looked at, and why."""

    problems: tuple[Problem, ...]
    unproven: tuple[str, ...]


def prove(
    catalogue: Catalogue, on: date, rules: Iterable[Rule] | None = None, known: set[Hashable] | None = None
) -> Proof:
    """The CLAIMS for the whole catalogue (or some rules of it) as of a day; a rule that is not in force on
    it is looked at on the nearest day of its own. Takes seconds. Without z3 (a development dependency)
    everything is unproven.

    `known` holds what was looked at in other catalogues already, and receives what is looked at here: of
    another municipality, or of a later day, only what is different there is proven again.
    """
    if find_spec("z3") is None:
        return Proof((), tuple(f"{claim} (z3-solver is not installed)" for claim in CLAIMS))
    prover = _Prover(catalogue, on, set() if known is None else known)
    problems = tuple(prover.problems(rules))
    late = f"{prover.undecided} claim(s) on which z3 did not decide in time"
    return Proof(problems, (late,) if prover.undecided else ())


def _never(condition: Condition) -> str:
    """That a condition can never hold, in words."""
    name = condition.owner.partition("@")[0]
    if condition.field == "RuleModel.when":
        return f"{name} can never apply"
    if condition.field == "VariantModel.when":
        return f"{name}/{condition.place.partition(' ')[2]} can never be the one that applies"
    return f"{condition.name} can never hold where it is read"


class _Prover:
    """See `prove`."""

    def __init__(self, catalogue: Catalogue, on: date, known: set[Hashable]) -> None:
        self._catalogue = catalogue
        self._on = on
        self._known = known
        self._first = not known
        self.undecided = 0
        self._worlds: dict[date, tuple[World, list[Raw]]] = {}

    def problems(self, chosen: Iterable[Rule] | None) -> Iterator[Problem]:
        impossible = [of_impossible(one) for one in self._catalogue.impossible]
        always = frozenset(said(one, self._catalogue) for one in impossible)
        new = set[str]()
        for rule in self._catalogue.rules if chosen is None else chosen:
            for condition in of_rule(rule):
                if self._is_new(condition, always):
                    new.add(rule.version)
                    yield from self._condition(condition, rule)
        yield from self._excluded(new)
        yield from self._contrary(new)
        if chosen is None:
            for spec in self._catalogue.facts.values():
                for condition in of_fact(spec, self._catalogue.codes.events):
                    if self._is_new(condition, always):
                        yield from self._condition(condition)
            if self._is_new(None, always):
                yield from self._impossible(impossible)
        if new or self._first:
            yield from self._questions(of_all=chosen is None and self._first)

    def _is_new(self, condition: Condition | None, always: Hashable) -> bool:
        """True once for each condition (None: for what is impossible) that no catalogue had before."""
        key = always if condition is None else (said(condition, self._catalogue), always)
        found = key not in self._known
        self._known.add(key)
        return found

    def _world(self, rule: Rule | None = None) -> tuple[World, list[Raw]]:
        on = self._on
        if rule is not None and not rule.in_force(on):
            ahead = rule.effective_from is not None and rule.effective_from > on
            on = (rule.effective_from if ahead else rule.effective_to) or on
        return self._on_day(on)

    def _on_day(self, on: date) -> tuple[World, list[Raw]]:
        if on not in self._worlds:
            world = World(self._catalogue, on)
            self._worlds[on] = world, [formula for _, formula in world.impossible()]
        return self._worlds[on]

    def _possible(self, world: World, extra: list[Raw], *formulas: Raw) -> bool:
        """True when some household fulfils them all; an answer that z3 does not find in time counts as yes,
        and as undecided.
        """
        solver = world.z3.Solver()
        solver.set("timeout", 5000)
        solver.add(*world.base, *extra, *formulas)
        found = solver.check()
        self.undecided += found == world.z3.unknown
        return bool(found != world.z3.unsat)

    def _condition(self, condition: Condition, rule: Rule | None = None) -> Iterator[Problem]:
        """That a condition can hold where it is read, that each of its alternatives can, and that it can
        fail.
        """
        world, extra = self._world(rule)
        home = 0 if condition.person else HOUSEHOLD
        read = [world.z3.Or([world.events[event] for event in sorted(condition.events)])]
        read += [] if condition.under is None else [world.formula(condition.under, home)]
        holds = world.formula(condition.node, home)

        def problem(message: str) -> Problem:
            return Problem(condition.file, condition.line, message)

        if not self._possible(world, extra, *read, holds):
            yield problem(_never(condition) + self._why(world, *read, holds))
            return
        plain = isinstance(condition.node, All) and not condition.node.of  # written `true`
        if not plain and not self._possible(world, [], *read, world.z3.Not(holds)):
            yield problem(f"{condition.name} always holds where it is read")
        for node in walk(condition.node):
            for index in range(len(node.of)) if isinstance(node, Any) else ():
                one = world.formula(condition.node, home, {id(node): index})
                if not self._possible(world, extra, *read, one):
                    yield problem(f"{condition.name}: part {index + 1} of an `any` can never hold")
        if rule is not None and condition.field == "VariantModel.when":
            number = next(i for i, one in enumerate(rule.variants) if one.when is condition.node)
            if not self._possible(world, extra, *read, holds, world.formula(branch(rule, number), home)):
                yield problem(f"{rule.id}/{rule.variants[number].id} can never be the one that applies")

    def _why(self, world: World, *formulas: Raw) -> str:
        """The impossible combinations that alone keep something from being, in words that end a sentence."""
        solver = world.z3.Solver()
        solver.add(*world.base, *formulas)
        if solver.check() == world.z3.unsat:
            return ""
        for number, (name, formula) in enumerate(world.impossible()):
            solver.assert_and_track(formula, f"{name} {number}")
        solver.check()
        names = sorted({str(one).rpartition(" ")[0] for one in solver.unsat_core()})
        return f", for that is impossible ({', '.join(names)})" if names else ""

    def _impossible(self, rows: list[Condition]) -> Iterator[Problem]:
        """That the impossible combinations leave something possible, and that none is another one again."""
        world, extra = self._world()
        for event, happens in world.events.items():
            alone = world.happening == 1
            if not self._possible(world, extra, happens, alone):
                why = self._why(world, happens, alone)
                yield Problem(rows[0].file, 0, f"no household can have the life event {event}{why}")
        for row in rows:
            home = 0 if row.person else HOUSEHOLD
            others = [formula for name, formula in world.impossible() if name != row.owner]
            read = world.z3.Or([world.events[event] for event in sorted(row.events)])
            found = world.formula(row.node, home)
            if not self._possible(world, [], read, found):
                yield Problem(row.file, row.line, f"{row.owner} can never be found")
            elif not self._possible(world, others, read, found):
                yield Problem(row.file, row.line, f"{row.owner} can never be found without another one")
            if not self._possible(world, [], read, world.z3.Not(found)):
                yield Problem(row.file, row.line, f"{row.owner} is always found")

    def _excluded(self, chosen: set[str]) -> Iterator[Problem]:
        by_id: dict[str, list[Rule]] = {}
        for rule in self._catalogue.rules:
            by_id.setdefault(rule.id, []).append(rule)
        for rule in self._catalogue.rules:
            for name in rule.excludes:
                for other in by_id.get(name, ()):
                    if not chosen.isdisjoint((rule.version, other.version)) and self._together(rule, other):
                        message = f"{rule.id} and {other.id} exclude each other, but can apply together"
                        yield Problem(rule.file, rule.line, message)

    def _together(self, rule: Rule, other: Rule) -> bool:
        shared, day = rule.events & other.events, self._shared_day(rule, other)
        if not shared or day is None:
            return False
        world, extra = self._on_day(day)
        happens = world.z3.Or([world.events[event] for event in sorted(shared)])
        formulas = [world.formula(one.when, 0 if one.person else HOUSEHOLD) for one in (rule, other)]
        return self._possible(world, extra, happens, *formulas)

    def _shared_day(self, rule: Rule, other: Rule) -> date | None:
        """A day on which both are in force, if there is one: one of the two began last."""
        days = [self._world(one)[0].on for one in (rule, other)]
        days += [one.effective_from for one in (rule, other) if one.effective_from is not None]
        return next((day for day in days if rule.in_force(day) and other.in_force(day)), None)

    def _contrary(self, chosen: set[str]) -> Iterator[Problem]:
        """That rules which would be at odds never apply to the same person in one life event, when nobody
        denies what goes without saying there, unless one of them names the other in `alongside`.
        """
        met: set[frozenset[str]] = set()
        for clash in clashes(self._catalogue):
            first, second = clash.first, clash.second
            day = self._shared_day(first, second)
            if day is None or chosen.isdisjoint((first.version, second.version)):
                continue
            world, extra = self._on_day(day)
            happens = world.z3.Or([world.events[event] for event in sorted(clash.events)])
            both = [world.formula(node, 0) for node in clash.conditions]
            if self._possible(world, [*extra, *world.unsaid()], world.happening == 1, happens, *both):
                met.add(frozenset((first.id, second.id)))
                if second.id not in first.alongside and first.id not in second.alongside:
                    message = f"one person may be told both: {clash.words}"
                    yield Problem(second.file, second.line, message)
        for rule in self._catalogue.rules:
            for name in rule.alongside if rule.version in chosen else ():
                if frozenset((rule.id, name)) not in met:
                    message = f"{rule.id} is never at odds with {name}, so `alongside` is not needed"
                    yield Problem(rule.file, rule.line, message)

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
            pairs, bounds = world.otherwise(spec, where)
            if pairs and self._possible(
                world, [], happens, *bounds, formula != world.z3.substitute(formula, *pairs)
            ):
                return True
        return False

    def _read_by(self, rule: Rule) -> set[str]:
        """The facts that decide about a rule, those behind derived facts included."""
        nodes = [rule.when, *(variant.when for variant in rule.variants)]
        return facts_behind(nodes, self._catalogue.facts, derived_only=True)
