"""The small values that forms are filled with. Dates come as the parts that stand on paper: whoever fills a
form has decided era and year already (和暦 for Japanese, western years for foreign residents)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

# Longer than any name, address or remark of the residence systems; a bound, so that no input makes a form
# without end.
Text = Annotated[str, StringConstraints(max_length=500)]
Part = Annotated[str, StringConstraints(max_length=8)]


class FormModel(BaseModel):
    """Frozen, closed to unknown fields; its content is in no repr and no error: forms are personal data."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        """Nothing: a form in a log line or an exception must not show anybody."""
        return []


class DateCell(FormModel):
    """One date as it is printed, in cells for era, year, month and day.

    `era` is 令和, 平成, 昭和, 大正 or 明治, or 西暦 for a western year, or None for a western year that
    needs no word. Parts may be missing ("昭和20年" has neither month nor day). `text` replaces all parts
    when the date is not a calendar date (「昭和20年頃」「年月日不詳」) and is printed across the cells. All
    empty: the cell stays blank."""

    era: Literal["明治", "大正", "昭和", "平成", "令和", "西暦"] | None = None
    year: Part | None = None
    month: Part | None = None
    day: Part | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _parts_or_text(self) -> DateCell:
        if self.text is not None and any((self.era, self.year, self.month, self.day)):
            raise ValueError("a date is either parts or a text, not both")
        if self.day is not None and self.month is None:
            raise ValueError("a day needs a month")
        return self


class AddressCell(FormModel):
    """An address: `postal_code` as 999-0001 or 9990001, `text` from the municipality to the number,
    `building` the 方書."""

    postal_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}-?[0-9]{4}$")] | None = None
    text: Text = ""
    building: Text | None = None


class StaffNotes(FormModel):
    """What staff have done, for the column at the foot; blank parts are filled in by hand.

    `identity_documents` names what was shown (「マイナンバーカード」), never numbers of documents.
    """

    ticket_label: Text | None = None
    desk: Text | None = None
    received_by: Text | None = None
    identity_documents: list[Text] = Field(default=[], max_length=6)
    authority: Text | None = None
