"""The shape of the small code lists and of a municipality's overlay."""

# ruff: noqa: RUF012 - these are models, which copy their defaults; Strict is defined in another file
from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from procedures.schema.facts import Strict, Words

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


def _opens_before_it_closes(hours: list[str]) -> list[str]:
    if hours[0] >= hours[1]:
        raise ValueError("opening comes before closing")
    return hours


Hours = Annotated[list[Clock], Field(min_length=2, max_length=2), AfterValidator(_opens_before_it_closes)]
Weekday = Annotated[int, Field(ge=0, le=6)]


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


class ThingModel(Strict):
    """Something that a person can have only once, and what cannot be had beside it (`apart`)."""

    name: Words
    apart: list[str] = []


class CodesModel(Strict):
    """codes.yaml: the small code lists. `things` are what the effects of rules speak of."""

    events: dict[str, EventModel]
    event_groups: dict[str, list[str]]
    applicants: dict[str, Words]
    sources: dict[str, Words]
    classes: dict[str, Words]
    groups: dict[str, Words]
    things: dict[str, ThingModel] = {}


class PackageModel(Strict):
    """data/catalogue.yaml: the national catalogue is a package with a version of its own."""

    version: Annotated[str, Field(pattern=r"^\d{4}\.\d{2}\.\d+$")]
    released: date


class CalendarModel(Strict):
    """The days on which no deadline ends (休日条例); weekdays count from Monday = 0; year_end is "MM-DD"
    twice, both closed. Extra openings do not belong here: they move no deadline.
    """

    # An office without any working day would never reach the end of a deadline.
    closed_weekdays: Annotated[list[Weekday], Field(max_length=6)]
    year_end: Annotated[list[MonthDay], Field(min_length=2, max_length=2)]
    closed: Annotated[list[date], Field(max_length=400)] = []

    @model_validator(mode="after")
    def _turn_of_the_year(self) -> CalendarModel:
        if self.year_end[0] < "12-01" or self.year_end[1] > "01-31":
            raise ValueError("`year_end` begins in December and ends in January")
        return self


class WeeklyModel(Strict):
    """Opening hours on some weekdays; `only` and `not_these` name the rules that can be done then."""

    weekdays: list[Weekday]
    hours: Hours
    only: list[str] = []
    not_these: list[str] = []


class SpecialModel(Strict):
    """A day with hours of its own, in place of the weekly ones; without hours the site is closed."""

    day: date
    hours: Hours | None = None
    only: list[str] = []
    not_these: list[str] = []


class SiteModel(Strict):
    """A town hall or branch. Holidays and the turn of the year close it unless `special` opens it."""

    name: Words
    weekly: list[WeeklyModel]
    special: list[SpecialModel] = []


class JukiNetModel(Strict):
    """When 住基ネット answers; rules with needs_juki_net can be done only then."""

    weekdays: list[Weekday]
    hours: Hours
    closed: list[date] = []


class OpeningModel(Strict):
    """The calendar of opening: site × procedure × hours of 住基ネット."""

    juki_net: JukiNetModel
    sites: dict[str, SiteModel]


class ChangeModel(Strict):
    """What a municipality changes in a rule: fields of the face, of the rule or of one of its variants.

    `disabled` takes the rule away; `why` then says the reason to staff.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    variants: dict[str, dict[str, Any]] = {}
    disabled: bool = False
    why: Words | None = None

    @model_validator(mode="after")
    def _explained(self) -> ChangeModel:
        if self.disabled and self.why is None:
            raise ValueError("a disabled rule needs `why`")
        return self


class ConfirmedModel(Strict):
    """When a practitioner of the municipality confirmed a rule, and in which office."""

    day: date
    by: Words


class DecisionsModel(Strict):
    """What a municipality decides: departments, settings, changed, disabled and added rules."""

    departments: dict[str, DepartmentModel] = {}
    settings: dict[str, bool | int | str] = {}
    derive: dict[str, Any] = {}
    procedures: dict[str, ChangeModel] = {}
    add: list[dict[str, Any]] = []


class DatedModel(DecisionsModel):
    """Decisions that are entered ahead and count from their day on, e.g. the next fiscal year's."""

    effective_from: date
    note: Words | None = None


class OverlayModel(DecisionsModel):
    """overlay.yaml of one municipality.

    `confirmed`, by id: residents may be shown these rules. A version that begins after the day on which it
    was confirmed is not.
    """

    code: Annotated[str, Field(pattern=r"^\d{6}$")]
    name: Words
    calendar: CalendarModel
    opening: OpeningModel | None = None
    confirmed: dict[str, ConfirmedModel] = {}
    # Each is a whole catalogue more to compile.
    changes: Annotated[list[DatedModel], Field(max_length=24)] = []

    @model_validator(mode="after")
    def _in_order(self) -> OverlayModel:
        days = [change.effective_from for change in self.changes]
        if days != sorted(set(days)):
            raise ValueError("`changes` stand in the order of their days, each day once")
        return self
