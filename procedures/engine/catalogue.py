"""The rules of one municipality, compiled and ready to be asked: what the engine reads."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from procedures.engine.guidance import Applicant, Deadline, Department
from procedures.engine.guidance_parts import Fee, Form
from procedures.logic.analysis import Analyst, Unsettled
from procedures.logic.conditions import Age, Leaf, Node, Value, walk
from procedures.logic.facts import FactSpec
from procedures.schema.overlays import CodesModel
from procedures.schema.rules import EarliestModel, OffsetModel, TextDeadlineModel, UnknownDeadlineModel
from procedures.terms.office_days import OfficeCalendar
from procedures.terms.opening import Opening
from procedures.terms.text import Text

Kept = TypeVar("Kept")
_MOST_KEPT = 20_000
DeadlineSpec = OffsetModel | EarliestModel | TextDeadlineModel | UnknownDeadlineModel


def starts(spec: DeadlineSpec) -> tuple[str, ...]:
    """The facts from which a deadline counts."""
    if spec.type == "earliest":
        return tuple(one.start for one in spec.of)
    return (spec.start,) if spec.type == "offset" else ()


@dataclass(frozen=True, slots=True)
class DocumentSpec:
    """A document as a rule asks for it; see schema.DocumentModel."""

    id: str
    name: Text
    when: Node | None
    unnecessary_when: tuple[tuple[Node, Text], ...]
    note: Text | None


@dataclass(frozen=True, slots=True)
class Face:
    """What a procedure looks like in one of its variants. `each_dated`: its deadline counts from a fact of
    each person. Equal deadlines of a catalogue are one object.
    """

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
    fee: Fee | None = None
    forms: tuple[Form, ...] = ()
    lost_if_missed: Text | None = None
    confirm: Text | None = None
    each_dated: bool = False
    effects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Variant:
    """A branch of a rule: the first one whose condition holds gives the face."""

    id: str
    when: Node
    needs_confirmation: bool
    face: Face


@dataclass(frozen=True, slots=True)
class History:
    """One change that a rule went through."""

    since: date
    words: Text
    source: str


@dataclass(frozen=True, slots=True)
class Impossible:
    """A combination of facts that cannot be."""

    id: str
    events: frozenset[str]
    person: bool
    when: Node
    words: Text
    file: str
    line: int


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
    needs_juki_net: bool = False
    bundles: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    alongside: Mapping[str, Text] = field(default_factory=dict)
    history: tuple[History, ...] = ()
    confirmed: bool = False

    @property
    def version(self) -> str:
        """Names this version beside later ones, e.g. R009@2026-06-14; the first of a rule is R010@-."""
        return f"{self.id}@{self.effective_from.isoformat() if self.effective_from else '-'}"

    @property
    def conditions(self) -> list[Node]:
        """When it applies, in which variant, and who needs which paper."""
        found = [self.when, *(variant.when for variant in self.variants)]
        for face in (self.face, *(variant.face for variant in self.variants)):
            for document in face.documents:
                found += [node for node, _ in document.unnecessary_when]
                found += [document.when] if document.when else []
        return found

    @property
    def starts(self) -> frozenset[str]:
        """The facts from which its deadlines count."""
        faces = (self.face, *(variant.face for variant in self.variants))
        return frozenset(start for face in faces for start in starts(face.deadline))

    def in_force(self, on: date) -> bool:
        """True on the days on which this version counts, both ends included."""
        return (self.effective_from is None or self.effective_from <= on) and (
            self.effective_to is None or on <= self.effective_to
        )


@dataclass(frozen=True, slots=True)
class Fixed:
    """What an item says of a rule and its face in every case: its `fields`, and whether a deadline that ends
    before the next open day makes it one of today's.
    """

    fields: dict[str, Any]
    pressing: bool


Analysed = dict[tuple[object, ...], Unsettled]
Outcome = tuple[str, Variant | None, int, tuple[Unsettled, ...]]
"""For a set of members: how a rule comes out, under which variant, and the conditions still open."""


class Memory:
    """What was worked out about a catalogue's rules and is kept for the next case; nobody's facts among it.

    behind: see Catalogue.behind, by the id of the rule. unsaid: how rules come out of whose facts nobody has
    said anything, by the day, the life events and the size of the household, and then by the id of the rule.
    around: residual.looks_around. fixed: see items.py, by the id of the face. worded: the
    deadlines that are words in every case, by the id of what the rule says. rules: see Catalogue.rules_for.
    """

    def __init__(self) -> None:
        self.around: dict[Node, bool] = {}
        self.fixed: dict[int, Fixed] = {}
        self.worded: dict[int, Deadline] = {}
        self.rules: dict[Hashable, tuple[Rule, ...]] = {}
        self.behind: dict[int, frozenset[str]] = {}
        self.unsaid: dict[Hashable, dict[int, tuple[Outcome, ...]]] = {}
        self.analysed: dict[date, Analysed] = {}
        self._count = 0

    def analysed_on(self, on: date) -> Analysed:
        """The analyses of conditions in cases of a day: see openings.py."""
        found = self.analysed.get(on)
        return self.keep(self.analysed, on, {}) if found is None else found

    def unsaid_of(self, on: date, events: frozenset[str], size: int) -> dict[int, tuple[Outcome, ...]]:
        """See `unsaid`."""
        found = self.unsaid.get((on, events, size))
        return self.keep(self.unsaid, (on, events, size), {}) if found is None else found

    def keep(self, among: dict[Any, Kept], key: Hashable, found: Kept) -> Kept:
        """Add what was found. What depends on the case is forgotten when there is too much of it."""
        self._count += 1
        if self._count > _MOST_KEPT:
            self._count = 0
            self.rules.clear()
            self.unsaid.clear()
            self.analysed.clear()
        among[key] = found
        return found


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything the engine needs. Immutable; share one per municipality.

    `version` changes with every file's content, `national_version` is that of the national package. What a
    municipality has entered ahead is a catalogue of its own: `at(day)` gives the one that counts on a day.
    `memory` keeps what was worked out once for the next case.
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
    national_version: str = ""
    released: date = date.min
    since: date | None = None
    later: tuple[Catalogue, ...] = field(default=(), repr=False)
    impossible: tuple[Impossible, ...] = ()
    disabled: Mapping[str, Text] = field(default_factory=dict)
    opening: Opening | None = None
    memory: Memory = field(init=False, repr=False, compare=False, default_factory=Memory)

    def at(self, on: date) -> Catalogue:
        """The catalogue that counts on a day: the last one entered for that day or before it."""
        for catalogue in reversed(self.later):
            if catalogue.since is not None and catalogue.since <= on:
                return catalogue
        return self

    def rules_for(self, events: str | Iterable[str], on: date) -> Sequence[Rule]:
        """The rules of one life event or of several together that are in force on a day, each once."""
        wanted = frozenset([events] if isinstance(events, str) else events)
        listed = self.memory.rules.get((wanted, on))
        if listed is None:
            found = [rule for rule in self.rules if not wanted.isdisjoint(rule.events) and rule.in_force(on)]
            listed = self.memory.keep(self.memory.rules, (wanted, on), tuple(found))
        return listed

    def behind(self, rule: Rule) -> frozenset[str]:
        """Every fact that an answer of a rule can depend on."""
        found = self.memory.behind.get(id(rule))
        if found is None:
            found = self.memory.behind[id(rule)] = frozenset(_behind(rule, self.facts))
        return found

    def ready(self, event: str) -> bool:
        """True when every rule of that life event is in the catalogue."""
        known = self.codes.events.get(event)
        return known is not None and known.ready


def _behind(rule: Rule, specs: Mapping[str, FactSpec]) -> set[str]:
    found: set[str] = set()
    todo = [*rule.starts]
    nodes = rule.conditions
    while nodes or todo:
        for leaf in (one for node in nodes for one in walk(node) if isinstance(one, Leaf)):
            todo += [leaf.fact, leaf.at] if isinstance(leaf, Age) and leaf.at else [leaf.fact]
        fresh = set(todo) - found
        found |= fresh
        nodes, todo = [node for name in fresh for node in specs[name].conditions], []
    return found
