"""The values of which a resident record is made: dates, names, addresses, relationships.

Dates follow the resident record, not the calendar: a birth date may be known to the year only, or
not at all, and its wording on the record (昭和26年月日不詳) is then the only true value. Characters are
kept exactly as received, code point by code point; nothing here normalises (see `matching`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    field_validator,
    model_validator,
)

# C0, C1 and the characters that reorder text. The ideographic variation selectors are letters' own and stay.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _printable(value: str) -> str:
    if _UNPRINTABLE.search(value):
        raise ValueError("control, bidirectional or surrogate character")
    return value


Text = Annotated[str, StringConstraints(max_length=400), AfterValidator(_printable)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_printable)]

Sex = Literal["1", "2", "9", "0"]
"""ISO 5218: 1 male, 2 female, 9 not applicable, 0 not known."""

RELATIONSHIP_TOKENS = frozenset(
    {
        *["世帯主", "夫", "妻", "夫（未届）", "妻（未届）", "子", "父", "母"],
        *["兄", "姉", "弟", "妹", "縁故者", "同居人"],
    }
)
"""続柄 as the standard specification of resident records allows them; a grandchild is 子の子, never 孫."""


class Record(BaseModel):
    """Base of everything exchanged: frozen, closed, and silent about its contents."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return ()


class DateValue(Record):
    """A date as the record has it.

    value: "YYYY-MM-DD", "YYYY-MM" or "YYYY" (Gregorian, a real calendar date where complete), or None.
    text: the record's own wording where value does not say all of it. At least one of the two is present.
    """

    value: str | None = None
    text: Text | None = None

    @field_validator("value")
    @classmethod
    def _real(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", value, re.ASCII):
            raise ValueError("not YYYY, YYYY-MM or YYYY-MM-DD")
        date.fromisoformat(value + "-01-01"[len(value) - 4 :])
        return value

    @model_validator(mode="after")
    def _something(self) -> DateValue:
        if self.value is None and not self.text:
            raise ValueError("neither value nor text")
        return self

    @property
    def precision(self) -> Literal["day", "month", "year", "none"]:
        """How much of `value` is known."""
        lengths: dict[int, Literal["day", "month", "year", "none"]] = {
            10: "day",
            7: "month",
            4: "year",
            0: "none",
        }
        return lengths[len(self.value or "")]


class Name(Record):
    """A person's names. display is the name of record (氏 and 名 separated by U+3000).

    kana is full-width katakana; kana_confirmed: the reading has been confirmed (フリガナ確認フラグ),
    not merely recorded ex officio.
    former = 旧氏, alias = 通称, latin = name in Latin letters as on the residence card.
    """

    display: Label
    kana: Text
    kana_confirmed: bool
    former: Text | None = None
    alias: Text | None = None
    latin: Text | None = None


class Address(Record):
    """An address with its parts and its wording.

    `text` is what the record prints: it stands when parts disagree. postal_code: "NNN-NNNN".
    town_code (住所コード): 11 digits, prefecture 2 + municipality 3 + 大字 3 + 小字 3.
    """

    postal_code: Annotated[str, StringConstraints(pattern=r"^\d{3}-\d{4}$")]
    town_code: Annotated[str, StringConstraints(pattern=r"^\d{11}$")]
    municipality: Label
    town: Label
    number: Text
    building: Text | None = None
    text: Label


class Town(Record):
    """One row of the master of towns (町字): enough to enter a new address and know its 学区."""

    town_code: Annotated[str, StringConstraints(pattern=r"^\d{11}$")]
    postal_code: Annotated[str, StringConstraints(pattern=r"^\d{3}-\d{4}$")]
    municipality: Label
    town: Label
    kana: Label
    numbering: Literal["住居表示", "地番"]
    elementary_school: Label
    junior_high_school: Label

    def address(self, number: str, building: str | None = None) -> Address:
        """The address at this number (3番4号, 120番地1) and building, worded as the record is."""
        text = f"{self.municipality}{self.town}{number}" + (f"　{building}" if building else "")
        return Address(
            postal_code=self.postal_code,
            town_code=self.town_code,
            municipality=self.municipality,
            town=self.town,
            number=number,
            building=building or None,
            text=text,
        )


def check_relationship(tokens: list[str]) -> list[str]:
    """The same list when it is a legal 続柄, else ValueError. 世帯主, 縁故者 and 同居人 stand alone."""
    if any(token not in RELATIONSHIP_TOKENS for token in tokens):
        raise ValueError("not a permitted relationship")
    if len(tokens) > 1 and {"世帯主", "縁故者", "同居人"} & set(tokens):
        raise ValueError("世帯主, 縁故者 and 同居人 stand alone")
    return tokens
