"""What the engine answers: procedures sorted by how sure they are, why, and the questions that are left.

Everything here is frozen, free of behaviour that needs the catalogue, and turns into plain JSON with
`to_dict()`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from procedures.engine.guidance_parts import Conflict, Fee, Form
from procedures.terms.text import Text

GROUPS = ("today", "here", "handover", "advice")


@dataclass(frozen=True, slots=True)
class Reason:
    """A node of a rule's own condition, with what was found for it.

    kind: all | any | not | member (one member under a "someone in the household" condition) | members |
    fact | event.
    result: true | false | unknown. `required` says what the rule asks for, `found` what the case holds.
    """

    kind: str
    result: str
    required: Text
    found: Text | None = field(default=None, repr=False)
    fact: str | None = None
    person_id: str | None = None
    value: Any = field(default=None, repr=False)
    source: str | None = None
    children: tuple[Reason, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Every key always present; children nested."""
        return {
            "kind": self.kind,
            "result": self.result,
            "required": self.required.to_dict(),
            "found": self.found.to_dict() if self.found else None,
            "fact": self.fact,
            "person_id": self.person_id,
            "value": list(self.value) if isinstance(self.value, tuple) else self.value,
            "source": self.source,
            "children": [child.to_dict() for child in self.children],
        }


@dataclass(frozen=True, slots=True)
class Why:
    """The reason for one person (or for the household: person_id None): the tree and its short sentence."""

    person_id: str | None
    because: Text = field(repr=False)
    conditions: Reason

    def to_dict(self) -> dict[str, Any]:
        """{person_id, because{ja,easy,en}, conditions: tree}."""
        return {
            "person_id": self.person_id,
            "because": self.because.to_dict(),
            "conditions": self.conditions.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Deciding:
    """A fact that keeps an item open. state: unasked | declared_unknown | incomplete (a partial date) |
    unavailable.
    """

    fact: str
    label: Text
    person_ids: tuple[str, ...]
    state: str

    def to_dict(self) -> dict[str, Any]:
        """{fact, label, person_ids, state}; person_ids is empty for a fact of the household."""
        return {
            "fact": self.fact,
            "label": self.label.to_dict(),
            "person_ids": list(self.person_ids),
            "state": self.state,
        }


@dataclass(frozen=True, slots=True)
class Document:
    """Something to bring or hand over. needed: yes | no | unknown, with the words for no and unknown in
    `note`.
    """

    id: str
    name: Text
    needed: str
    person_ids: tuple[str, ...]
    note: Text | None = None

    def to_dict(self) -> dict[str, Any]:
        """{id, name, needed, person_ids, note}."""
        return {
            "id": self.id,
            "name": self.name.to_dict(),
            "needed": self.needed,
            "person_ids": list(self.person_ids),
            "note": self.note.to_dict() if self.note else None,
        }


@dataclass(frozen=True, slots=True)
class Department:
    """Who owns the procedure. `id` is stable and keys the work items; `external` is outside the town
    hall.
    """

    id: str
    name: Text
    desk: Text | None = None
    external: bool = False

    def to_dict(self) -> dict[str, Any]:
        """{id, name, desk, external}."""
        return {
            "id": self.id,
            "name": self.name.to_dict(),
            "desk": self.desk.to_dict() if self.desk else None,
            "external": self.external,
        }


@dataclass(frozen=True, slots=True)
class Deadline:
    """kind: date | text | unknown. `days_left` counts calendar days from the case's date, negative when
    late.
    """

    kind: str
    text: Text
    on: date | None = None
    days_left: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """{kind, on, text, days_left}."""
        return {
            "kind": self.kind,
            "on": self.on.isoformat() if self.on else None,
            "text": self.text.to_dict(),
            "days_left": self.days_left,
        }


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who may apply and sign, as a code of codes.yaml. `same_day` False means it cannot end today. What the
    person present may do follows from signatures.signing().
    """

    who: str
    name: Text
    same_day: bool
    note: Text | None = None

    def to_dict(self) -> dict[str, Any]:
        """{who, name, same_day, note}."""
        return {
            "who": self.who,
            "name": self.name.to_dict(),
            "same_day": self.same_day,
            "note": self.note.to_dict() if self.note else None,
        }


class Details(Protocol):
    """What is worked out about an item only when somebody reads it."""

    def deciding(self) -> tuple[Deciding, ...]:
        """See Item."""

    def documents(self) -> tuple[Document, ...]:
        """See Item."""

    def why(self) -> tuple[Why, ...]:
        """See Item."""


@dataclass(frozen=True, init=False)
class Item:
    """One procedure for the people it concerns, with one outcome.

    A procedure may appear twice when it is sure for one member and open for another. `klass` is A–E as in
    the rule table, or N for a notification itself. `variant` names the branch of the rule, None for its
    main form. `confidential` items must not reach paper, displays or the second screen. `to_confirm`
    (要確認) is None only when the rule was read in a source and nothing about it is doubtful; a resident
    must never be told an item that carries it as certain. `confirmed`: a practitioner of this municipality
    has confirmed this version of the rule. `lost_if_missed` says what missing it costs.
    `bundled` names the items of this guidance that this one gathers.
    """

    procedure_id: str
    variant: str | None
    name: Text
    person_ids: tuple[str, ...]
    reason: Text
    department: Department
    deadline: Deadline
    applicants: tuple[Applicant, ...]
    legal_basis: tuple[str, ...]
    klass: str
    variance: str
    confidence: str
    optional: bool
    confidential: bool
    must_today: bool
    group: str
    order: int
    note: Text | None
    rule_version: str
    fee: Fee | None
    forms: tuple[Form, ...]
    lost_if_missed: Text | None
    to_confirm: Text | None
    confirmed: bool
    needs_juki_net: bool
    bundled: tuple[str, ...]
    _details: Details = field(repr=False, compare=False)

    def __init__(self, **fields: Any) -> None:
        """Every field by its name."""
        object.__setattr__(self, "__dict__", fields)

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Item:
        """Item(**fields) that takes them over as they are: an answer can hold a hundred items."""
        item = object.__new__(cls)
        object.__setattr__(item, "__dict__", fields)
        return item

    @cached_property
    def deciding(self) -> tuple[Deciding, ...]:
        """The facts that keep it open."""
        return self._details.deciding()

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """What to bring or hand over."""
        return self._details.documents()

    @cached_property
    def why(self) -> tuple[Why, ...]:
        """The rule's own conditions with facts, values and sources, one per person."""
        return self._details.why()

    def to_dict(self) -> dict[str, Any]:
        """Every field by its name, plus `why`; texts are {ja, easy, en}."""
        return {
            "procedure_id": self.procedure_id,
            "variant": self.variant,
            "name": self.name.to_dict(),
            "person_ids": list(self.person_ids),
            "reason": self.reason.to_dict(),
            "why": [why.to_dict() for why in self.why],
            "deciding": [fact.to_dict() for fact in self.deciding],
            "documents": [document.to_dict() for document in self.documents],
            "department": self.department.to_dict(),
            "deadline": self.deadline.to_dict(),
            "applicants": [applicant.to_dict() for applicant in self.applicants],
            "legal_basis": list(self.legal_basis),
            "klass": self.klass,
            "variance": self.variance,
            "confidence": self.confidence,
            "optional": self.optional,
            "confidential": self.confidential,
            "must_today": self.must_today,
            "group": self.group,
            "order": self.order,
            "note": self.note.to_dict() if self.note else None,
            "rule_version": self.rule_version,
            "fee": self.fee.to_dict() if self.fee else None,
            "forms": [form.to_dict() for form in self.forms],
            "lost_if_missed": self.lost_if_missed.to_dict() if self.lost_if_missed else None,
            "to_confirm": self.to_confirm.to_dict() if self.to_confirm else None,
            "confirmed": self.confirmed,
            "needs_juki_net": self.needs_juki_net,
            "bundled": list(self.bundled),
        }


@dataclass(frozen=True, init=False)
class NotApplicable:
    """A rule of this life event that concerns nobody here, and why not."""

    procedure_id: str
    name: Text
    _why: Callable[[], Text] = field(repr=False, compare=False)

    def __init__(self, **fields: Any) -> None:
        """As Item: that of a frozen dataclass takes much longer."""
        object.__setattr__(self, "__dict__", fields)

    @cached_property
    def why(self) -> Text:
        """The sentence; built when first read."""
        return self._why()

    def to_dict(self) -> dict[str, Any]:
        """{procedure_id, name, why}."""
        return {"procedure_id": self.procedure_id, "name": self.name.to_dict(), "why": self.why.to_dict()}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question; `value` goes into the fact unchanged."""

    value: bool | str
    label: Text

    def to_dict(self) -> dict[str, Any]:
        """{value, label}."""
        return {"value": self.value, "label": self.label.to_dict()}


@dataclass(frozen=True, slots=True)
class Question:
    """One fact to ask, for all members it is still open for at once.

    type: yes_no | choice | choices (several may be ticked; an empty list is an answer) | date | number.
    asked_of: resident | staff (a fact that the staff look up). わからない is always a further answer:
    hand it back as Fact.declared_unknown(). `advice_only`: it decides nothing but advice (class D or E).
    `expected_remaining` is the number of questions expected to be left after this one.
    """

    fact: str
    scope: str
    person_ids: tuple[str, ...]
    type: str
    text: Text
    choices: tuple[Choice, ...]
    asked_of: str
    hint: Text | None
    decides: tuple[str, ...]
    advice_only: bool
    expected_remaining: float

    def to_dict(self) -> dict[str, Any]:
        """Every field by its name; `decides` lists procedure ids."""
        return {
            "fact": self.fact,
            "scope": self.scope,
            "person_ids": list(self.person_ids),
            "type": self.type,
            "text": self.text.to_dict(),
            "choices": [choice.to_dict() for choice in self.choices],
            "asked_of": self.asked_of,
            "hint": self.hint.to_dict() if self.hint else None,
            "decides": list(self.decides),
            "advice_only": self.advice_only,
            "expected_remaining": round(self.expected_remaining, 3),
        }


@dataclass(frozen=True)
class Guidance:
    """The whole answer. Items are in the order in which the counter should handle them."""

    applies: tuple[Item, ...]
    may_apply: tuple[Item, ...]
    needs_confirmation: tuple[Item, ...]
    not_applicable: tuple[NotApplicable, ...]
    catalogue_version: str
    conflicts: tuple[Conflict, ...]
    _questions: Callable[[], tuple[Question, ...]] = field(repr=False, compare=False)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions worth asking, best first; put into order when first read."""
        return self._questions()

    @property
    def next_question(self) -> Question | None:
        """The question to ask now; None when no answer can change the result any more."""
        return self.questions[0] if self.questions else None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            "applies": [item.to_dict() for item in self.applies],
            "may_apply": [item.to_dict() for item in self.may_apply],
            "needs_confirmation": [item.to_dict() for item in self.needs_confirmation],
            "not_applicable": [entry.to_dict() for entry in self.not_applicable],
            "next_question": self.questions[0].to_dict() if self.questions else None,
            "questions": [question.to_dict() for question in self.questions],
            "catalogue_version": self.catalogue_version,
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
        }
