"""The shape of the fact files, and the words that every file holds. Conditions stay raw here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from procedures.terms.text import Text


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
    """One entry of facts/*.yaml.

    `question_for` and `label_for` word the question and the name anew for life events (or groups of them)
    in which the usual words would sound wrong.
    """

    scope: Literal["person", "household", "municipality"]
    type: Literal["yes_no", "choice", "choices", "date", "number", "text", "texts"]
    source: Literal["core", "card", "ask", "derived", "municipality"]
    label: Words
    holds: Words | None = None
    fails: Words | None = None
    choices: dict[str, AnswerModel] = {}
    likelihood: Annotated[float, Field(ge=0, le=1)] | None = None
    question: ResidentWords | None = None
    question_for: dict[str, ResidentWords] = {}
    label_for: dict[str, Words] = {}
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
        if self.source == "card" and self.question is not None:
            raise ValueError("what only a card tells is asked of nobody")
        if self.question_for and self.question is None:
            raise ValueError("`question_for` changes the words of a question; there is none")
        if self.question is not None and self.type == "yes_no" and self.likelihood is None:
            raise ValueError("a question needs the likelihood of a yes")
        if self.question is not None and self.type == "choice":
            total = sum(answer.likelihood for answer in self.choices.values())
            if abs(total - 1) > 0.001:
                raise ValueError(f"the likelihoods of the choices add up to {total:.3f}, not to 1")
        return self
