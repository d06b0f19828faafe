"""The rules of one municipality, compiled and ready to be asked: what the engine reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from procedures.analysis import Analyst
from procedures.conditions import Leaf, Node, Value
from procedures.facts import FactSpec
from procedures.guidance import Applicant, Department
from procedures.office_days import OfficeCalendar
from procedures.schema import CodesModel, EarliestModel, OffsetModel, TextDeadlineModel, UnknownDeadlineModel
from procedures.text import Text

DeadlineSpec = OffsetModel | EarliestModel | TextDeadlineModel | UnknownDeadlineModel


@dataclass(frozen=True, slots=True)
class DocumentSpec:
    """A document as a rule asks for it; see schema.DocumentModel."""

    id: str
    name: Text
    when: Node | None
    unless: Node | None
    unless_note: Text | None
    note: Text | None


@dataclass(frozen=True, slots=True)
class Face:
    """What a procedure looks like in one of its variants."""

    name: Text
    reason: Text
    documents: tuple[DocumentSpec, ...]
    department: Department
    applicants: tuple[Applicant, ...]
    deadline: DeadlineSpec
    legal_basis: tuple[str, ...]
    klass: str
    group: str
    order: int
    optional: bool
    note: Text | None


@dataclass(frozen=True, slots=True)
class Variant:
    """A branch of a rule: the first one whose condition holds gives the face."""

    id: str
    when: Node
    needs_confirmation: bool
    face: Face


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of one rule, after the municipality's changes."""

    id: str
    events: frozenset[str]
    person: bool
    when: Node
    face: Face
    variants: tuple[Variant, ...]
    not_needed: tuple[tuple[Node, Text], ...]
    variance: str
    confidence: str
    confidential: bool
    effective_from: date | None
    effective_to: date | None
    sources: tuple[str, ...]
    doubts: tuple[str, ...]
    file: str
    line: int

    @property
    def version(self) -> str:
        """Names this version beside later ones, e.g. R009@2026-06-14; the first of a rule is R010@-."""
        return f"{self.id}@{self.effective_from.isoformat() if self.effective_from else '-'}"

    def in_force(self, on: date) -> bool:
        """True on the days on which this version counts, both ends included."""
        return (self.effective_from is None or self.effective_from <= on) and (
            self.effective_to is None or on <= self.effective_to
        )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything the engine needs. Immutable; share one per municipality. `version` changes with every
    file's content.
    """

    municipality: str
    name: Text
    version: str
    calendar: OfficeCalendar
    facts: Mapping[str, FactSpec]
    settings: Mapping[str, Value]
    rules: tuple[Rule, ...]
    codes: CodesModel
    departments: Mapping[str, Department]
    analyst: Analyst = field(repr=False)
    leaves: Mapping[int, Leaf] = field(repr=False)
    _by_event: Mapping[str, tuple[Rule, ...]] = field(repr=False)

    def rules_for(self, event: str, on: date) -> list[Rule]:
        """The rules of a life event that are in force on a day."""
        return [rule for rule in self._by_event.get(event, ()) if rule.in_force(on)]

    def ready(self, event: str) -> bool:
        """True when every rule of that life event is in the catalogue."""
        known = self.codes.events.get(event)
        return known is not None and known.ready
