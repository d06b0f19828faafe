"""The words in which the counter and a core residence system speak of people, homes and moves.

Every class is frozen and refuses unknown fields. Nothing personal shows in a `repr`, in `str` or in
the text of a validation error: a record shows only its class name, because such texts end up in logs.
The values of which these records are made live in `values` and are re-exported here.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints, field_validator

from core_adapter.values import (
    Address,
    DateValue,
    Label,
    Name,
    Record,
    Sex,
    Text,
    Town,
    check_relationship,
)

__all__ = ["Address", "DateValue", "Name", "Record", "Sex", "Town", "check_relationship"]

Protection = Literal["yes", "no", "unknown"]
"""支援措置. `unknown` is to be treated as `yes` by whoever shows or prints an address."""

ResidenceKind = Literal[
    "JP",
    "mid_long",
    "special_permanent",
    "temporary_refuge",
    "provisional_stay",
    "transitional",
    "unknown",
]
"""住民種別: Japanese; 中長期在留者, 特別永住者, 一時庇護許可者, 仮滞在許可者, 経過滞在者.

The categories are those of 住民基本台帳法30条の45; `unknown` is a code of the core we do not know."""

Pension = Literal["first", "second", "third", "receiving", "none"]
CardState = Literal["held", "none", "expired", "applying"]
Difference = Literal["name", "name_variant", "alias", "kana", "birth_unknown", "sex", "address"]
"""Where a match is not letter for letter. name_variant: same name in other glyphs (異体字, 代替文字, width);
alias = matched 通称, former or Latin name; birth_unknown = the record's own date is incomplete."""


class Known(Record):
    """What other departments' systems say of a resident (他業務照会). None: the core did not say, so ask.

    care_level: "要支援1".."要支援2", "要介護1".."要介護5"; None with care_insurance true means not certified.
    child_allowance: this person is the recipient (受給者) of 児童手当.
    """

    national_health_insurance: bool | None = None
    late_elderly: bool | None = None
    care_insurance: bool | None = None
    care_level: Text | None = None
    pension: Pension | None = None
    child_allowance: bool | None = None
    my_number_card: CardState | None = None


class Unmapped(Record):
    """A code or field of the core that our tables do not know, kept raw and shown as 不明コード(raw)."""

    field: str
    raw: Text


class Resident(Record):
    """One resident as the core has them now. resident_id is the 宛名番号: never in a URL, never on paper.

    relationship: tokens read with の between them, at most four, e.g. ["子", "妻"] = 子の妻.
    """

    resident_id: Annotated[str, StringConstraints(pattern=r"^\d{1,15}$")]
    household_id: Annotated[str, StringConstraints(pattern=r"^\d{1,15}$")]
    name: Name
    birth: DateValue
    sex: Sex
    relationship: list[str] = Field(min_length=1, max_length=4)
    is_head: bool
    residence_kind: ResidenceKind
    nationality: Text | None = None
    residence_status: Text | None = None
    stay_until: date | None = None
    honseki: Text | None = None
    hittousha: Text | None = None
    address: Address
    became_resident_on: DateValue
    protection: Protection
    known: Known = Known()
    unmapped: list[Unmapped] = Field(default_factory=list)

    @field_validator("relationship")
    @classmethod
    def _tokens(cls, value: list[str]) -> list[str]:
        return check_relationship(value)

    @property
    def relationship_text(self) -> str:
        """続柄 as printed: tokens joined by の."""
        return "の".join(self.relationship)


class Household(Record):
    """A household as of a moment, members in the record's order. head_id None: 世帯主未設定, legal."""

    household_id: Annotated[str, StringConstraints(pattern=r"^\d{1,15}$")]
    head_id: str | None
    address: Address
    members: list[Resident]
    as_of: AwareDatetime


class ResidentQuery(Record):
    """Search words, any of them absent. birth: "YYYY-MM-DD", "YYYY-MM", "YYYY", or a card's "YYYYMMDD"."""

    name: Text | None = None
    kana: Text | None = None
    birth: str | None = None
    sex: Sex | None = None
    address: Text | None = None

    @field_validator("birth")
    @classmethod
    def _birth(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if re.fullmatch(r"\d{8}", value, re.ASCII):
            value = f"{value[:4]}-{value[4:6]}-{value[6:]}"
        return DateValue(value=value).value


class ResidentMatch(Record):
    """A candidate. score 0..100 orders candidates for a person to choose from; it never chooses."""

    resident: Resident
    score: int = Field(ge=0, le=100)
    differences: list[Difference]


class IdentityCheck(Record):
    """How the filer's identity was checked: the kind of document (never its number), points, and by whom."""

    method: Label
    points: int = Field(ge=0, le=2)
    by: Label


class Filer(Record):
    """届出人. relation: 本人, 世帯主, 同一世帯員, 法定代理人, 任意代理人, 使者."""

    resident_id: str | None = None
    name: Label
    relation: Label
    identity_check: IdentityCheck


class NotifiedHousehold(Record):
    """Which household is left and which is joined.

    joins: same = the household moves with its number; new = the core founds one (new_id None);
    existing = new_id is an existing household. head_id: head of the household after the move; None leaves
    it to the subjects' relationships, and without a 世帯主 among them it is unset (世帯主未設定).
    """

    old_id: str
    new_id: str | None = None
    head_id: str | None = None
    joins: Literal["new", "existing", "same"]


class Annotations(Record):
    """付記: facts whose filing the notification itself stands for. None: not annotated.

    Source: 住民基本台帳法28条〜29条の2.
    """

    national_health_insurance: bool | None = None
    late_elderly: bool | None = None
    care_insurance: bool | None = None
    pension: Pension | None = None
    child_allowance: bool | None = None


class Subject(Record):
    """異動者: one person whose record changes. relationship and new_address are those after the move.

    protected: the 支援措置 mark travels with every hand-over; `unknown` in the record is sent as true.
    residence_card_no: 在留カード等番号, as AB12345678CD; None where staff took none from a card.
    """

    resident_id: str
    name: Label
    kana: Text
    birth: DateValue
    sex: Sex
    relationship: list[str] = Field(min_length=1, max_length=4)
    old_address: Address
    new_address: Address
    protected: bool
    residence_card_no: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{8}[A-Z]{2}$")] | None = None
    notes: Annotations = Annotations()

    @field_validator("relationship")
    @classmethod
    def _tokens(cls, value: list[str]) -> list[str]:
        return check_relationship(value)


class FollowUp(Record):
    """A procedure that goes with the move, for the department that owns it. klass: 処理区分 A..E."""

    procedure_id: Label
    department: Label
    klass: Literal["A", "B", "C", "D", "E"]
    due: date | None = None
    state: Label


class FormReference(Record):
    """The signed form: its id, version and the SHA-256 (64 hex digits) of the PDF's bytes."""

    id: Label
    version: Label
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Notification(Record):
    """An accepted notification, ready to be sent. The same `key` always carries the same contents.

    reason: 異動事由, a term of the controlled list in data/codes.yaml. reception_no: the number by
    which the counter knows the visit. filed_on 届出日, moved_on 異動日 (never after filed_on for a 転居).
    """

    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{8,100}$")]
    tenant: Label
    municipality_code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    kind: Literal["転居"]
    reason: Label
    scope: Literal["全部", "一部"]
    filed_on: date
    moved_on: date
    reception_no: Label
    desk: Label
    station: Label
    received_at: AwareDatetime
    filer: Filer
    household: NotifiedHousehold
    subjects: list[Subject] = Field(min_length=1)
    follow_ups: list[FollowUp] = Field(default_factory=list)
    form: FormReference


class Receipt(Record):
    """The core's acknowledgement of 仮登録. duplicate: this key with these contents had been taken before."""

    key: str
    provisional_no: Label
    accepted_at: AwareDatetime
    duplicate: bool


class FeedEvent(Record):
    """One thing the core did with a notification. seq rises by one from event to event, without gaps."""

    seq: int = Field(ge=1)
    key: str
    kind: Literal["provisional", "registered", "rejected"]
    at: AwareDatetime
    reason_code: Text | None = None
    reason: Text | None = None


class FeedPage(Record):
    """Events after a position. next_after: what to pass next (unchanged when nothing is new)."""

    events: list[FeedEvent]
    next_after: int = Field(ge=0)
    as_of: AwareDatetime
