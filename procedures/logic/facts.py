"""What a fact is (facts.yaml, compiled) and how the facts of a case are looked up while rules are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from procedures.logic.case import Case, CaseError, Fact
from procedures.logic.conditions import HOUSEHOLD, Missing, Node, Sets, Value, members
from procedures.terms.dates import PartialDate, age_range, parse_partial
from procedures.terms.office_days import OfficeCalendar
from procedures.terms.text import Text

_NOTHING: Mapping[Value | Missing, int] = {}
PERSON, HOUSEHOLD_SCOPE, MUNICIPALITY = "person", "household", "municipality"


@dataclass(frozen=True, slots=True)
class Presumption:
    """A value that an unasked fact takes when the condition holds, with the reason shown to staff."""

    when: Node
    value: Value
    reason: Text


@dataclass(frozen=True, slots=True)
class FactSpec:
    """One fact as facts.yaml describes it.

    type: yes_no | choice | choices | date | number. source: core | card | ask | derived |
    municipality.
    `chances` maps each answer to its likelihood (for choices: of each option on its own). `only_if` must
    hold for the question to make sense.
    """

    name: str
    scope: str
    type: str
    source: str
    rank: int
    label: Text
    words: Mapping[bool | str, Text]
    question: Text | None
    hint: Text | None
    asked_of: str
    chances: Mapping[bool | str, float]
    derive: Node | None = None
    presume: tuple[Presumption, ...] = ()
    only_if: Node | None = None
    asked_first: bool = False
    unit: str | None = None
    question_for: Mapping[str, Text] = field(default_factory=dict)
    label_for: Mapping[str, Text] = field(default_factory=dict)
    file: str = ""
    line: int = 0

    @property
    def missing(self) -> Missing:
        """Why it has no value as long as nobody has said anything about it."""
        if self.derive is not None:
            return Missing.OPEN
        return Missing.UNAVAILABLE if self.question is None else Missing.UNASKED

    @property
    def conditions(self) -> list[Node]:
        """Those on which its value depends, or whether it is asked for."""
        return [one for one in (self.derive, self.only_if, *(one.when for one in self.presume)) if one]

    def asked(self, events: tuple[str, ...]) -> Text | None:
        """The words of the question in these life events."""
        return next(
            (self.question_for[event] for event in events if event in self.question_for), self.question
        )

    def named(self, events: tuple[str, ...]) -> Text:
        """The name of the fact in these life events."""
        if not self.label_for:
            return self.label
        return next((self.label_for[event] for event in events if event in self.label_for), self.label)

    def read(self, fact: Fact) -> Value | Missing:
        """The fact's value as conditions compare it; ValueError when it does not fit the type."""
        if fact.unknown or fact.value is None:
            return Missing.DECLARED_UNKNOWN
        value = fact.value
        if self.type == "yes_no" and isinstance(value, bool):
            return value
        if self.type == "choice" and isinstance(value, str) and value in self.words:
            return value
        if self.type == "number" and isinstance(value, int) and not isinstance(value, bool):
            return value
        if self.type == "text" and isinstance(value, str):
            return value
        if self.type == "date" and isinstance(value, int | str) and not isinstance(value, bool):
            return parse_partial(str(value))
        if self.type in ("choices", "texts"):
            options = (value,) if isinstance(value, str) else value
            if isinstance(options, tuple) and (self.type == "texts" or all(o in self.words for o in options)):
                return options
        allowed = f" ({', '.join(map(str, self.words))})" if self.type in ("choice", "choices") else ""
        raise ValueError(f"the value does not fit the type {self.type}{allowed}")


@dataclass(slots=True)
class CaseView:
    """The facts of one case, read once; what is worked out from them is worked out on first use and kept.
    Sets of members are written as in conditions.py. `given` (by fact and value, the members who have it) is
    read from the case unless it is known already.
    """

    case: Case
    specs: Mapping[str, FactSpec]
    settings: Mapping[str, Value]
    calendar: OfficeCalendar = field(default_factory=OfficeCalendar)
    given: dict[str, dict[Value | Missing, int]] = field(repr=False, default_factory=dict)
    date: date = field(init=False)
    events: frozenset[str] = field(init=False)
    size: int = field(init=False)
    everybody: int = field(init=False)
    known: dict[Node, Sets] = field(init=False, repr=False, default_factory=dict)
    _spreads: dict[str, dict[Value, int]] = field(init=False, repr=False, default_factory=dict)
    _lacking: dict[str, tuple[tuple[Missing, int], ...]] = field(init=False, repr=False, default_factory=dict)
    _presumed: list[tuple[str, Presumption, int]] = field(init=False, repr=False, default_factory=list)
    _values: dict[str, list[Value | Missing]] = field(init=False, repr=False, default_factory=dict)
    _ages: dict[tuple[str, str, str | None], list[tuple[int, int, int]]] = field(
        init=False, repr=False, default_factory=dict
    )
    _ids: dict[int, tuple[str, ...]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.date = self.case.date
        self.events = frozenset(self.case.events)
        self.size = len(self.case.household)
        self.everybody = (1 << self.size) - 1
        if not self.given:
            self.read(self.case.facts, self.everybody, HOUSEHOLD_SCOPE, "facts")
            for index, person in enumerate(self.case.household):
                self.read(person.facts, 1 << index, PERSON, f"household[{index}].facts")

    def read(self, facts: Mapping[str, Fact], people: int, scope: str, path: str) -> None:
        """Put among what is given the facts of these members; CaseError for what does not fit."""
        specs, given = self.specs, self.given
        for name, fact in facts.items():
            spec = specs.get(name)
            if spec is None or spec.scope != scope:
                raise CaseError(f"{path}.{name}", f"facts.yaml has no {scope} fact of this name")
            value: Value | Missing | None = fact.value
            if (value is not True and value is not False) or fact.unknown or spec.type != "yes_no":
                try:
                    value = spec.read(fact)
                except ValueError as error:
                    raise CaseError(f"{path}.{name}", str(error)) from None
            alike = given.get(name)
            if alike is None:
                given[name] = {value: people}
            else:
                alike[value] = alike.get(value, 0) | people

    @property
    def said(self) -> frozenset[str]:
        """The facts of which something is said of somebody, be it わからない."""
        return frozenset(self.given)

    def spread(self, fact: str) -> Mapping[Value, int]:
        """See conditions.View."""
        found = self._spreads.get(fact)
        return self._spread(self.specs[fact]) if found is None else found

    def lacking(self, fact: str) -> tuple[tuple[Missing, int], ...]:
        """Why there is no value of a fact, each time with the members of whom it is so."""
        found = self._lacking.get(fact)
        if found is None:
            self.spread(fact)
            found = self._lacking[fact]
        return found

    def _spread(self, spec: FactSpec) -> Mapping[Value, int]:
        known: dict[Value, int] = {}
        lacking: list[tuple[Missing, int]] = []
        unsaid = self.everybody
        if spec.scope == MUNICIPALITY:
            known[self.settings[spec.name]], unsaid = unsaid, 0
        for value, people in self.given.get(spec.name, _NOTHING).items():
            unsaid &= ~people
            if isinstance(value, Missing):
                lacking.append((value, people))
            else:
                known[value] = people
        if unsaid:
            lacking.append((spec.missing, unsaid))
        if lacking and (spec.presume or spec.derive is not None):
            lacking = self._supplied(spec, known, lacking)
        self._spreads[spec.name], self._lacking[spec.name] = known, tuple(lacking)
        return known

    def _supplied(
        self, spec: FactSpec, known: dict[Value, int], lacking: list[tuple[Missing, int]]
    ) -> list[tuple[Missing, int]]:
        """Put among the known what is derived or presumed of those of whom nothing is; what is lacking then.
        わからない gives way to a presumption, a value does not, and neither does to what is derived.
        """
        wanted = 0
        for reason, people in lacking:
            if reason is Missing.OPEN or spec.derive is None:
                wanted |= people
        left = wanted
        if spec.derive is not None:
            for value, people in zip((True, False), spec.derive.sets(self), strict=True):
                if people := people & left:
                    known[value] = known.get(value, 0) | people
                    left &= ~people
        for presumption in spec.presume:
            if people := presumption.when.sets(self)[0] & left:
                known[presumption.value] = known.get(presumption.value, 0) | people
                self._presumed.append((spec.name, presumption, people))
                left &= ~people
        if left == wanted:
            return lacking
        return [(reason, rest) for reason, people in lacking if (rest := people & (left | ~wanted))]

    def presumption(self, fact: str, person: int) -> Presumption | None:
        """What gave a fact its value when nobody said it, for one member or the HOUSEHOLD."""
        bit = 1 if person == HOUSEHOLD else 1 << person
        found = (one for name, one, people in self._presumed if name == fact and people & bit)
        return next(found, None)

    def value(self, fact: str, person: int) -> Value | Missing:
        """The value of any fact, for one member or the HOUSEHOLD (used for household and municipality
        facts).
        """
        values = self._values.get(fact)
        if values is None:
            values = self._values[fact] = [Missing.UNASKED] * self.size
            for value, people in (*self.spread(fact).items(), *self.lacking(fact)):
                for member in members(people):
                    values[member] = value
        return values[person]

    def ages(self, kind: str, fact: str, at: str | None) -> list[tuple[int, int, int]]:
        """See conditions.View."""
        found = self._ages.get((kind, fact, at))
        if found is None:
            found = self._ages[kind, fact, at] = list(self._counted(kind, fact, at))
        return found

    def _counted(self, kind: str, fact: str, at: str | None) -> Iterator[tuple[int, int, int]]:
        today: Value = PartialDate(self.date, self.date)
        for day, counted in (self.spread(at) if at else {today: self.everybody}).items():
            for birth, born in self.spread(fact).items():
                if people := born & counted:
                    assert isinstance(birth, PartialDate)  # noqa: S101 - the checker admits date facts only
                    assert isinstance(day, PartialDate)  # noqa: S101 - as above
                    yield *age_range(kind, birth, day.earliest, day.latest), people

    def ids(self, people: int) -> tuple[str, ...]:
        """The ids of a set of members."""
        found = self._ids.get(people)
        if found is None:
            household = self.case.household
            found = self._ids[people] = tuple([household[person].id for person in members(people)])
        return found

    def home(self, fact: str, person: int) -> int:
        """The index under which a fact is kept: the member's, or HOUSEHOLD when it is not a person's
        fact.
        """
        return person if self.specs[fact].scope == PERSON else HOUSEHOLD

    def source(self, fact: str, person: int) -> str:
        """Where the value came from: the case's own mark, `derived`, or `municipality`."""
        facts = self.case.facts if person == HOUSEHOLD else self.case.household[person].facts
        if fact in facts and not facts[fact].unknown:
            return facts[fact].source
        return "municipality" if self.specs[fact].scope == MUNICIPALITY else "derived"
