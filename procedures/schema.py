"""The shape of the YAML files. Conditions stay raw here; condition_parser reads them once all facts are
known.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from procedures.text import Text


class Strict(BaseModel):
    """Unknown keys are faults: a misspelt key must never be a rule that silently does nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Words(Strict):
    """ja and en always; easy (やさしい日本語) where residents read it."""

    ja: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    easy: str = ""

    def text(self) -> Text:
        """As the engine hands it out."""
        return Text(self.ja, self.en, self.easy)


class ResidentWords(Words):
    """Words that residents read: やさしい日本語 is obligatory."""

    easy: Annotated[str, Field(min_length=1)]


class AnswerModel(Strict):
    """One choice with its likelihood among residents to whom the question comes up."""

    ja: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    easy: str = ""
    likelihood: Annotated[float, Field(ge=0, le=1)] = 0.0


class PresumeModel(Strict):
    """See facts.Presumption."""

    when: Any
    value: bool | str
    reason: Words


class FactModel(Strict):
    """One entry of facts.yaml."""

    scope: Literal["person", "household", "municipality"]
    type: Literal["yes_no", "choice", "choices", "date", "number", "text", "texts"]
    source: Literal["core", "ask", "derived", "municipality"]
    label: Words
    holds: Words | None = None
    fails: Words | None = None
    choices: dict[str, AnswerModel] = {}
    likelihood: Annotated[float, Field(ge=0, le=1)] | None = None
    question: ResidentWords | None = None
    hint: Words | None = None
    asked_of: Literal["resident", "staff"] = "resident"
    asked_first: bool = False
    unit: str | None = None
    derive: Any = None
    presume: list[PresumeModel] = []
    only_if: Any = None

    @model_validator(mode="after")
    def _complete(self) -> FactModel:
        if self.type == "yes_no" and not (self.holds and self.fails):
            raise ValueError("a yes_no fact needs the words `holds` and `fails`")
        if (self.type in ("choice", "choices")) != bool(self.choices):
            raise ValueError("`choices` belong to the types choice and choices, and to no other")
        if (self.source == "derived") != (self.derive is not None):
            raise ValueError("a derived fact, and only such a one, has `derive`")
        if self.derive is not None and (self.type != "yes_no" or self.question):
            raise ValueError("a derived fact is a yes_no that nobody is asked")
        if self.source == "ask" and self.question is None:
            raise ValueError("a fact that is asked needs a question")
        if self.question is not None and self.type == "yes_no" and self.likelihood is None:
            raise ValueError("a question needs the likelihood of a yes")
        if self.question is not None and self.type == "choice":
            total = sum(answer.likelihood for answer in self.choices.values())
            if abs(total - 1) > 0.001:
                raise ValueError(f"the likelihoods of the choices add up to {total:.3f}, not to 1")
        return self


class DocumentModel(Strict):
    """Something to bring. `when` limits it; `unless` names what makes it unnecessary, `unless_note` says
    so.
    """

    id: str
    name: ResidentWords
    when: Any = None
    unless: Any = None
    unless_note: Words | None = None
    note: Words | None = None

    @model_validator(mode="after")
    def _explained(self) -> DocumentModel:
        if (self.unless is None) != (self.unless_note is None):
            raise ValueError("`unless` and `unless_note` come together")
        return self


class OffsetModel(Strict):
    """A period from a fact. count: next_day (初日不算入, 民法140条) | same_day (初日算入). closed:
    next_open | as_is.
    """

    type: Literal["offset"]
    start: str
    days: int | None = None
    months: int | None = None
    count: Literal["next_day", "same_day"] = "next_day"
    closed: Literal["next_open", "as_is"] = "next_open"

    @model_validator(mode="after")
    def _one_unit(self) -> OffsetModel:
        if (self.days is None) == (self.months is None):
            raise ValueError("a period has either `days` or `months`")
        return self


class EarliestModel(Strict):
    """The earliest of several periods."""

    type: Literal["earliest"]
    of: Annotated[list[OffsetModel], Field(min_length=2)]


class TextDeadlineModel(Strict):
    """A deadline that is words, not a date."""

    type: Literal["text"]
    words: ResidentWords


class UnknownDeadlineModel(Strict):
    """A deadline that every municipality sets for itself and that this one has not told us."""

    type: Literal["unknown"]


DeadlineModel = Annotated[
    OffsetModel | EarliestModel | TextDeadlineModel | UnknownDeadlineModel, Field(discriminator="type")
]


class ApplicantModel(Strict):
    """Who may sign or apply; codes of codes.yaml."""

    who: str
    same_day: bool = True
    note: Words | None = None


class FaceModel(Strict):
    """What a procedure looks like: the part that a variant or a municipality may change."""

    name: ResidentWords
    reason: Words
    documents: list[DocumentModel] = []
    department: str
    desk: str | None = None
    applicants: list[ApplicantModel] = []
    deadline: DeadlineModel
    legal_basis: Annotated[list[str], Field(min_length=1)]
    klass: Literal["A", "B", "C", "D", "E", "N"]
    handling: Literal["today", "here", "handover", "advice"] | None = None
    order: int
    optional: bool = False
    note: Words | None = None


FACE_FIELDS = frozenset(FaceModel.model_fields)


class VariantModel(Strict):
    """A branch of a rule: the first whose `when` holds changes the given fields of the face.

    outcome needs_confirmation: the branch is never certain, somebody has to look.
    """

    id: str
    when: Any
    outcome: Literal["applies", "needs_confirmation"] = "applies"
    changes: dict[str, Any] = {}


class NotNeededModel(Strict):
    """A sentence for one way in which the rule does not apply."""

    when: Any
    words: Words


class RuleModel(FaceModel):
    """One version of one rule. A second version of the same id begins on the day after the first one
    ends.
    """

    id: Annotated[str, Field(pattern=r"^R\d{3}[a-z]?$")]
    events: Annotated[list[str], Field(min_length=1)]
    scope: Literal["person", "household"]
    when: Any
    variants: list[VariantModel] = []
    not_needed: list[NotNeededModel] = []
    variance: Literal["N", "M", "D"]
    confidence: Literal["V", "K", "U"]
    sources: list[str] = []
    doubts: list[str] = []
    confidential: bool = False
    effective_from: date | None = None
    effective_to: date | None = None


class DepartmentModel(Strict):
    """A department or an authority outside; `desks` are its counters."""

    name: Words
    external: bool = False
    desks: dict[str, Words] = {}


class EventModel(Strict):
    """A life event. `ready`: every rule that it triggers is in the catalogue; evaluate() refuses the
    others.
    """

    name: Words
    ready: bool = False


class CodesModel(Strict):
    """codes.yaml: the small code lists."""

    events: dict[str, EventModel]
    event_groups: dict[str, list[str]]
    applicants: dict[str, Words]
    sources: dict[str, Words]
    classes: dict[str, Words]
    groups: dict[str, Words]


class CalendarModel(Strict):
    """Closed days of a municipality; weekdays count from Monday = 0; year_end is "MM-DD" twice, both
    closed.
    """

    closed_weekdays: list[int]
    year_end: Annotated[list[str], Field(min_length=2, max_length=2)]
    closed: list[date] = []
    opened: list[date] = []


class ChangeModel(Strict):
    """What a municipality changes in a rule: fields of the face, of the rule or of one of its variants."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    variants: dict[str, dict[str, Any]] = {}


class OverlayModel(Strict):
    """overlay.yaml of one municipality."""

    code: str
    name: Words
    calendar: CalendarModel
    departments: dict[str, DepartmentModel]
    settings: dict[str, bool | int | str]
    derive: dict[str, Any] = {}
    procedures: dict[str, ChangeModel] = {}
