"""The shape of the rule files. Conditions stay raw here; condition_parser reads them once all facts are
known.
"""

# ruff: noqa: RUF012 - these are models, which copy their defaults; Strict is defined in another file
from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from procedures.schema.facts import ResidentWords, Strict, Words
from procedures.terms.periods import Period

Count = Literal["next_day", "same_day"]
Closed = Literal["next_open", "previous_open", "as_is"]
Effect = Literal["gains", "keeps", "loses", "elsewhere"]


class SparedModel(Strict):
    """One circumstance that makes a document unnecessary, and the words that say so."""

    when: Any
    words: Words


class DocumentModel(Strict):
    """Something to bring. `when` limits it; the first circumstance of `unnecessary_when` that holds spares
    it.
    """

    id: str
    name: ResidentWords
    when: Any = None
    unnecessary_when: list[SparedModel] = []
    note: Words | None = None


class PeriodModel(Strict):
    """A length of time: days (negative = before the start), months or years.

    count: next_day (初日不算入, 民法140条) | same_day (初日算入). closed: what happens when it ends on a
    closed day: next_open (地方自治法4条の2第4項) | previous_open | as_is. No period is longer than a century:
    a slip of the finger must not lead beyond the last day of the calendar.
    """

    days: Annotated[int, Field(ge=-36_500, le=36_500)] | None = None
    months: Annotated[int, Field(ge=1, le=1_200)] | None = None
    years: Annotated[int, Field(ge=1, le=100)] | None = None
    count: Count = "next_day"
    closed: Closed = "next_open"

    @model_validator(mode="after")
    def _one_unit(self) -> PeriodModel:
        if sum(unit is not None for unit in (self.days, self.months, self.years)) != 1:
            raise ValueError("a period has one of `days`, `months` and `years`")
        return self

    def period(self) -> Period:
        """As the arithmetic takes it."""
        return Period(self.days, self.months, self.years, self.count, self.closed)


class OffsetModel(PeriodModel):
    """A period that begins with the date in the fact `start`."""

    type: Literal["offset"]
    start: str


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


class FeeModel(Strict):
    """What it costs. `yen` null: every municipality sets it (its overlay must); 0 is free of charge."""

    yen: Annotated[int, Field(ge=0, le=9_999_999)] | None
    per: Words | None = None
    note: Words | None = None


class FormModel(Strict):
    """A form that is filled in; its name differs between municipalities."""

    id: str
    name: ResidentWords


class FaceModel(Strict):
    """What a procedure looks like: the part that a variant or a municipality may change.

    klass: A–E as in the rule table, N the notification itself, S a certificate that is issued.
    `lost_if_missed` says what a resident loses by missing it. `confirm` (要確認) says what staff must
    confirm before anybody is told that it is certain. `effects`: what it means for a thing of codes.yaml that
    the person has or gets (gains: begins here, keeps: goes on here, loses: ends here, elsewhere: is had
    somewhere else); no two rules may say different things of it to one person in one life event.
    """

    name: ResidentWords
    reason: Words
    documents: list[DocumentModel] = []
    department: str
    desk: str | None = None
    applicants: list[ApplicantModel] = []
    deadline: DeadlineModel
    legal_basis: Annotated[list[str], Field(min_length=1)]
    klass: Literal["A", "B", "C", "D", "E", "N", "S"]
    handling: Literal["today", "here", "handover", "advice"] | None = None
    order: int
    optional: bool = False
    note: Words | None = None
    fee: FeeModel | None = None
    forms: list[FormModel] = []
    lost_if_missed: ResidentWords | None = None
    confirm: Words | None = None
    effects: dict[str, Effect] = {}


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


class HistoryModel(Strict):
    """One change of the law or of the practice that this rule went through."""

    since: date
    words: Words
    source: str = ""


class RuleModel(FaceModel):
    """One version of one rule. A second version of the same id begins on the day after the first one
    ends.

    Ids: R… procedures and C… certificates of the national table, x-… what a municipality adds. `bundles`
    names the rules that this one gathers, `excludes` those that never apply to the same person or household
    together with it. `alongside`, by id: rules that may come out together with it although their effects are
    at odds, and why. `needs_juki_net`: possible only while 住基ネット answers.
    """

    id: Annotated[str, Field(pattern=r"^(R\d{3}[a-z]?|C\d{2}[a-z]?|x-[a-z0-9-]+)$")]
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
    needs_juki_net: bool = False
    bundles: list[str] = []
    excludes: list[str] = []
    alongside: dict[str, Words] = {}
    history: list[HistoryModel] = []
    effective_from: date | None = None
    effective_to: date | None = None


class RuleFileModel(Strict):
    """One file of data/national."""

    rules: list[RuleModel]


class ImpossibleModel(Strict):
    """A combination of facts that cannot be, and what to say to staff about it."""

    id: str
    events: list[str] = []
    scope: Literal["person", "household"]
    when: Any
    words: Words


class ImpossibleFileModel(Strict):
    """data/impossible.yaml."""

    impossible: list[ImpossibleModel]
