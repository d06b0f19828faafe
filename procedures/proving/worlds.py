"""Conditions as formulas over every household that could stand at the counter on one day.

z3 is needed here and nowhere else; it is imported when a World is made. Dates are complete (unknown and
partial ones are the engine's affair), settings of the municipality are free, a household has up to five
members, and one or two life events happen.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any as Raw

from procedures.engine.catalogue import Catalogue
from procedures.logic.conditions import (
    HOUSEHOLD,
    Age,
    All,
    Any,
    Between,
    Dated,
    Event,
    Has,
    Is,
    Leaf,
    Members,
    Node,
    Not,
    OnDate,
    OnMonth,
    Within,
    walk,
)
from procedures.logic.facts import PERSON, FactSpec
from procedures.terms.dates import AGE_KINDS, months_later
from procedures.terms.periods import last_day

MEMBERS = 5
_FIRST, _LAST = date(1900, 1, 1).toordinal(), date(2100, 12, 31).toordinal()
_SLACK = {"legal_age": 3, "kouki_age": 3}
"""Days by which an age counted on a day that is itself unknown may be off (others: 400, for they turn with
the month or the fiscal year): wide enough never to prove too much.
"""


class World:
    """The households of one day. `base` is what holds in all of them; formulas are made on first use."""

    def __init__(self, catalogue: Catalogue, on: date) -> None:
        """Raises ModuleNotFoundError without z3."""
        self.z3: Raw = importlib.import_module("z3")
        self.on = on
        self._catalogue = catalogue
        self._specs = catalogue.facts
        self._variables: dict[tuple[str, int], Raw] = {}
        self._derived: dict[tuple[str, int], Raw] = {}
        self._bounds: dict[tuple[object, ...], int] = {}
        self.events = {code: self.z3.Bool(f"event {code}") for code in catalogue.codes.events}
        self._present = [self.z3.BoolVal(True)] + [
            self.z3.Bool(f"member {index}") for index in range(1, MEMBERS)
        ]
        self.happening = self._sum(list(self.events.values()))
        self.base: list[Raw] = [self.happening >= 1, self.happening <= 2]
        self.base += [self.z3.Implies(self._present[i], self._present[i - 1]) for i in range(2, MEMBERS)]

    def impossible(self) -> list[tuple[str, Raw]]:
        """That none of the impossible combinations of facts is there, each with its id."""
        found = []
        for one in self._catalogue.impossible:
            for home in range(MEMBERS) if one.person else (HOUSEHOLD,):
                here = self._present[home] if home != HOUSEHOLD else self.z3.BoolVal(True)
                meant = self.z3.Or([self.events[event] for event in sorted(one.events)])
                holds = self.z3.And(here, meant, self.formula(one.when, home))
                found.append((one.id, self.z3.Not(holds)))
        return found

    def unsaid(self) -> list[Raw]:
        """That what is presumed from the life events alone, and is therefore never asked, is so."""
        found = []
        for spec in self._specs.values():
            homes = range(MEMBERS) if spec.scope == PERSON else (HOUSEHOLD,)
            for presumption in spec.presume if spec.type in ("yes_no", "choice") else ():
                if any(isinstance(node, Leaf) for node in walk(presumption.when)):
                    break  # the next one counts only where this one does not
                value = presumption.value
                assert isinstance(value, bool | str)  # noqa: S101 - as the type says
                so = Is(spec.name, spec.scope != PERSON, frozenset([value]))
                for home in homes:
                    found.append(
                        self.z3.Implies(self.formula(presumption.when, home), self.formula(so, home))
                    )
        return found

    def variable(self, fact: str, home: int) -> Raw:
        """The unknown that stands for a fact: a Bool, an Int (the place of a choice, a day, a number), or
        {value: Bool} for facts that hold several values.
        """
        found = self._variables.get((fact, home))
        if found is not None:
            return found
        spec, name = self._specs[fact], f"{fact} {home}"
        if spec.type == "yes_no":
            made = self.z3.Bool(name)
        elif spec.type in ("choices", "texts", "text"):
            made = {}
        else:
            made = self.z3.Int(name)
            self.base += self.domain(fact, made)
        self._variables[fact, home] = made
        return made

    def domain(self, fact: str, made: Raw) -> list[Raw]:
        """The values that an Int for this fact may take."""
        spec = self._specs[fact]
        if spec.type == "choice":
            return [made >= 0, made < len(spec.words)]
        if spec.type == "number":
            return [made >= 0]
        return [made >= _FIRST, made <= (self.on.toordinal() if fact == "birth" else _LAST)]

    def otherwise(self, spec: FactSpec, home: int) -> tuple[list[tuple[Raw, Raw]], list[Raw]]:
        """Another value of a fact in place of the first one (pairs to substitute), and what it may be."""
        value = self.variable(spec.name, home)
        if isinstance(value, dict):
            return [(one, self.z3.Bool(f"other {spec.name} {option}")) for option, one in value.items()], []
        if spec.type == "yes_no":
            return [(value, self.z3.Not(value))], []
        other = self.z3.Int(f"other {spec.name}")
        return [(value, other)], self.domain(spec.name, other)

    def formula(self, node: Node, home: int, only: Mapping[int, int] | None = None) -> Raw:
        """The condition for one member or the HOUSEHOLD; `only` maps id(an `any`) to the one part of it
        that may hold.
        """
        if isinstance(node, Leaf):
            return self._leaf(node, HOUSEHOLD if node.household else home)
        if isinstance(node, Event):
            return self.z3.Or([self.events[event] for event in sorted(node.events)])
        if isinstance(node, Not):
            return self.z3.Not(self.formula(node.part, home, only))
        if isinstance(node, All):
            return self.z3.And([self.formula(part, home, only) for part in node.of])
        if isinstance(node, Any):
            chosen = None if only is None else only.get(id(node))
            parts = node.of if chosen is None else node.of[chosen : chosen + 1]
            return self.z3.Or([self.formula(part, home, only) for part in parts])
        assert isinstance(node, Members)  # noqa: S101 - the only kind left
        count = self._sum(
            [
                self.z3.And(self._present[index], self.formula(node.where, index, only))
                for index in range(MEMBERS)
            ]
        )
        bounds = [] if node.low is None else [count >= node.low]
        return self.z3.And(bounds + ([] if node.high is None else [count <= node.high]))

    def _sum(self, truths: list[Raw]) -> Raw:
        return self.z3.Sum([self.z3.If(truth, 1, 0) for truth in truths])

    def _leaf(self, leaf: Leaf, home: int) -> Raw:
        spec = self._specs[leaf.fact]
        if spec.derive is not None:
            key = (leaf.fact, home)
            if key not in self._derived:
                self._derived[key] = self.formula(spec.derive, home)
            worked_out = self._derived[key]
            assert isinstance(leaf, Is)  # noqa: S101 - a derived fact is a yes_no
            return worked_out if True in leaf.values else self.z3.Not(worked_out)
        value = self.variable(leaf.fact, home)
        if isinstance(leaf, Has) or (isinstance(leaf, Is) and isinstance(value, dict)):
            return self.z3.Or([self._option(leaf.fact, home, str(option)) for option in sorted(leaf.values)])
        if isinstance(leaf, Is):
            if spec.type == "yes_no":
                return self.z3.Or([value if wanted else self.z3.Not(value) for wanted in leaf.values])
            places = list(spec.words)
            numbers = [places.index(v) if spec.type == "choice" else v for v in leaf.values]  # type: ignore[arg-type]
            return self.z3.Or([value == number for number in numbers])
        if isinstance(leaf, Between):
            return self._between(value, leaf.low, leaf.high)
        if isinstance(leaf, OnDate):
            return self._between(self.on.toordinal() - value, leaf.low, leaf.high)
        if isinstance(leaf, Age):
            return self._age(leaf, value, home)
        return self._dated(leaf, value)

    def _option(self, fact: str, home: int, option: str) -> Raw:
        held = self.variable(fact, home)
        if option not in held:
            held[option] = self.z3.Bool(f"{fact} {home} {option}")
        return held[option]

    def _between(self, value: Raw, low: int | None, high: int | None) -> Raw:
        bounds = [] if low is None else [value >= low]
        return self.z3.And(bounds + ([] if high is None else [value <= high]))

    def _age(self, leaf: Age, birth: Raw, home: int) -> Raw:
        if leaf.at is None:
            old = [] if leaf.low is None else [birth <= self._born_by(leaf.kind, leaf.low)]
            young = [] if leaf.high is None else [birth > self._born_by(leaf.kind, leaf.high + 1)]
            return self.z3.And(old + young)
        age = self.z3.Int(f"{leaf.kind} {leaf.fact} {leaf.at} {home}")
        today = self.on.toordinal()
        day = self.variable(leaf.at, HOUSEHOLD if leaf.at_household else home)
        slack = _SLACK.get(leaf.kind, 400)
        # A year is 365.2425 days on average: the age is tied to the two dates as closely as whole days allow.
        self.base += [
            10_000 * (day - birth + slack) >= 3_652_425 * age,
            10_000 * (day - birth - slack) <= 3_652_425 * (age + 1),
        ]
        # Nobody grows younger: whoever is old enough on one day is so on every later one.
        for bound in [leaf.low, None if leaf.high is None else leaf.high + 1]:
            if bound is not None:
                by_today = birth <= self._born_by(leaf.kind, bound)
                self.base += [
                    self.z3.Implies(self.z3.And(day <= today, age >= bound), by_today),
                    self.z3.Implies(self.z3.And(day >= today, by_today), age >= bound),
                ]
        return self._between(age, leaf.low, leaf.high)

    def _born_by(self, kind: str, age: int) -> int:
        """The last birthday of those who are of an age on the day of this world."""
        count = AGE_KINDS[kind]
        return self._last((kind, age), lambda day: count(day, self.on) >= age)

    def _dated(self, leaf: Leaf, value: Raw) -> Raw:
        if isinstance(leaf, Dated):
            since = None if leaf.since is None else leaf.since.toordinal()
            return self._between(value, since, None if leaf.before is None else leaf.before.toordinal() - 1)
        if isinstance(leaf, OnMonth):
            parts = []
            low, high = leaf.low, leaf.high
            if low is not None:
                passed = self._last(("month", low), lambda day: months_later(day, low) <= self.on)
                parts.append(value <= passed)
            if high is not None:
                over = self._last(("over", high), lambda day: months_later(day, high) < self.on)
                parts.append(value > over)
            return self.z3.And(parts)
        assert isinstance(leaf, Within)  # noqa: S101 - the only kind left
        calendar = self._catalogue.calendar
        ended = self._last((leaf.period,), lambda day: last_day(leaf.period, day, calendar) < self.on)
        return value > ended

    def _last(self, key: tuple[object, ...], holds: Callable[[date], bool]) -> int:
        """The last day for which something holds that holds up to a day and never after it."""
        if key not in self._bounds:
            low, high = _FIRST - 1, _LAST
            while low < high:
                middle = (low + high + 1) // 2
                if holds(date.fromordinal(middle)):
                    low = middle
                else:
                    high = middle - 1
            self._bounds[key] = low
        return self._bounds[key]
