"""What a fact is (facts.yaml, compiled) and how the facts of a case are looked up while rules are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from procedures.case import Case, CaseError, Fact
from procedures.conditions import HOUSEHOLD, Missing, Node, Sets, Value, members
from procedures.dates import parse_partial
from procedures.office_days import OfficeCalendar
from procedures.text import Text

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
    Sets of members are written as in conditions.py.
    """

    case: Case
    specs: Mapping[str, FactSpec]
    settings: Mapping[str, Value]
    calendar: OfficeCalendar = field(default_factory=OfficeCalendar)
    date: date = field(init=False)
    events: frozenset[str] = field(init=False)
    size: int = field(init=False)
    everybody: int = field(init=False)
    known: dict[Node, Sets] = field(init=False, repr=False, default_factory=dict)
    presumed: dict[tuple[str, int], Presumption] = field(init=False, repr=False, default_factory=dict)
    _given: list[dict[str, Value | Missing]] = field(init=False, repr=False)
    _values: dict[str, list[Value | Missing]] = field(init=False, repr=False, default_factory=dict)
    _ids: dict[int, tuple[str, ...]] = field(init=False, repr=False, default_factory=dict)
    _spreads: dict[str, list[tuple[Value, int]]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.date = self.case.date
        self.events = frozenset(self.case.events)
        self.size = len(self.case.household)
        self.everybody = (1 << self.size) - 1
        household = self._read(self.case.facts, HOUSEHOLD_SCOPE, "facts")
        people = [
            self._read(person.facts, PERSON, f"household[{index}].facts")
            for index, person in enumerate(self.case.household)
        ]
        self._given = [*people, household]  # so that the household stands at HOUSEHOLD, the last place

    def _read(self, facts: Mapping[str, Fact], scope: str, path: str) -> dict[str, Value | Missing]:
        values: dict[str, Value | Missing] = {}
        for name, fact in facts.items():
            spec = self.specs.get(name)
            if spec is None or spec.scope != scope:
                raise CaseError(f"{path}.{name}", f"facts.yaml has no {scope} fact of this name")
            if not (fact.unknown and spec.presume):  # わからない gives way to a presumption, a value does not
                try:
                    values[name] = spec.read(fact)
                except ValueError as error:
                    raise CaseError(f"{path}.{name}", str(error)) from None
        return values

    def value(self, fact: str, person: int) -> Value | Missing:
        """The value of any fact, for one member or the HOUSEHOLD (used for household and municipality
        facts).
        """
        return self.values(fact)[person]

    def values(self, fact: str) -> list[Value | Missing]:
        """The value for each member; a single one for a fact of the household or the municipality, which is
        therefore the last one too, at HOUSEHOLD.
        """
        found = self._values.get(fact)
        if found is None:
            spec = self.specs[fact]
            given = self._given[:-1] if spec.scope == PERSON else self._given[-1:]
            if spec.scope == MUNICIPALITY:
                found = [self.settings[fact]]
            elif spec.derive is None and not spec.presume:
                missing = Missing.UNAVAILABLE if spec.question is None else Missing.UNASKED
                found = [facts.get(fact, missing) for facts in given]
            else:
                found = [
                    facts[fact] if fact in facts else self._work_out(spec, home)
                    for home, facts in enumerate(given, 0 if spec.scope == PERSON else HOUSEHOLD)
                ]
            self._values[fact] = found
        return found

    def _work_out(self, spec: FactSpec, person: int) -> Value | Missing:
        """A derived or presumed value, or why there is none."""
        if spec.derive is not None:
            truth = spec.derive.truth(self, person)
            return Missing.OPEN if truth is None else truth
        for presumption in spec.presume:
            if presumption.when.truth(self, person) is True:
                self.presumed[spec.name, person] = presumption
                return presumption.value
        given = self.case.facts if person == HOUSEHOLD else self.case.household[person].facts
        if spec.name in given:
            return Missing.DECLARED_UNKNOWN
        return Missing.UNAVAILABLE if spec.question is None else Missing.UNASKED

    def spread(self, fact: str) -> list[tuple[Value, int]]:
        """See conditions.View."""
        found = self._spreads.get(fact)
        if found is None:
            found = self._spreads[fact] = self._spread(fact)
        return found

    def _spread(self, fact: str) -> list[tuple[Value, int]]:
        values = self.values(fact)
        if self.specs[fact].scope != PERSON:
            return [] if isinstance(values[0], Missing) else [(values[0], self.everybody)]
        told = [(value, 1 << index) for index, value in enumerate(values) if not isinstance(value, Missing)]
        if self.specs[fact].type == "date":
            return told  # mostly each their own
        found: dict[Value, int] = {}
        for value, member in told:
            found[value] = found.get(value, 0) | member
        return list(found.items())

    def ids(self, people: int) -> tuple[str, ...]:
        """The ids of a set of members."""
        found = self._ids.get(people)
        if found is None:
            ids = [self.case.household[person].id for person in members(people)]
            found = self._ids[people] = tuple(ids)
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
