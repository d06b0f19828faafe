"""住民異動届: the notification of a change of residence (住民基本台帳法 22条–25条; in writing by 27条1項).

There is no column for the 個人番号 on this sheet, and no field that could carry it. The 住民票コード is not
printed either."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from printing.fonts import missing_glyphs
from printing.forms.draw import draw
from printing.forms.filled import Filled, Record
from printing.forms.layout import layout
from printing.forms.plan import plan
from printing.forms.values import AddressCell, DateCell, FormModel, StaffNotes, Text
from printing.text import clean

FORM_ID = "residence_change"
FORM_VERSION = "1"


class Filer(FormModel):
    """届出人: who files. `relation` to the subjects: 本人, 世帯主, 世帯員 (same household), 法定代理人,
    任意代理人 or 使者."""

    name: Text
    kana: Text | None = None
    address: Text | None = None
    phone: Text | None = None
    relation: Literal["self", "head", "member", "legal_representative", "agent", "messenger"]


class PersonNotes(FormModel):
    """付記 (住民基本台帳法 28条–30条): facts with which the filing also counts for another law. None:
    unknown, both boxes stay empty."""

    national_health_insurance: bool | None = None
    late_elderly: bool | None = None
    care_insurance: bool | None = None
    pension: Literal["first", "second", "third", "receiving", "none"] | None = None
    child_allowance: bool | None = None


class Person(FormModel):
    """異動者: one person whose record changes.

    `relationship` is the 続柄 in the new household as printed (「妻」「子の子」). `card` is the My Number
    card: held, none or unknown. `residence_card_no` is printed only when given; a foreign resident's
    `birth` has a western year. `former_name` is the 旧氏, `alias` the 通称."""

    name: Text
    kana: Text | None = None
    former_name: Text | None = None
    alias: Text | None = None
    birth: DateCell
    sex: Literal["male", "female", "unknown"] = "unknown"
    relationship: Text = ""
    card: Literal["held", "none", "unknown"] = "unknown"
    residence_card_no: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{8}[A-Z]{2}$")] | None = None
    notes: PersonNotes = PersonNotes()


class ResidenceChangeForm(FormModel):
    """Everything that stands on one 住民異動届.

    `municipality` is the city's name (見本市); the sheet is addressed to its mayor. `case_no` is what staff
    read and type; `barcode` is what a reader reads (case, form and version; the sheet adds its own page
    number), without personal data. `gloss` adds small English under the Japanese labels. `remarks` are
    short lines for the 備考 box."""

    municipality: Text
    case_no: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    form_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")] = FORM_ID
    form_version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{1,20}$")] = FORM_VERSION
    barcode: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,120}$")]
    filed_on: DateCell
    moved_on: DateCell
    kind: Literal["転入", "転居", "転出", "世帯変更"]
    scope: Literal["全部", "一部"]
    joins: Literal["new", "existing", "same"] | None = None
    filer: Filer
    new_address: AddressCell
    new_head: Text = ""
    old_address: AddressCell
    old_head: Text = ""
    honseki: Text | None = None
    hittousha: Text | None = None
    people: list[Person] = Field(min_length=1, max_length=40)
    remarks: list[Text] = Field(default=[], max_length=20)
    staff: StaffNotes = StaffNotes()
    gloss: Literal["en"] | None = None


_ANSWER = {True: "yes", False: "no"}


def _postal(code: str | None) -> str:
    digits = (code or "").replace("-", "")
    return f"〒{digits[:3]}-{digits[3:]}" if digits else ""


def _address(prefix: str, cell: AddressCell) -> dict[str, str]:
    return {
        f"{prefix}.postal": _postal(cell.postal_code),
        f"{prefix}.text": clean(cell.text),
        f"{prefix}.building": clean(cell.building or ""),
    }


def _date(cell: DateCell) -> DateCell:
    parts = {name: clean(value) for name, value in cell.model_dump().items() if isinstance(value, str)}
    return DateCell.model_validate(parts)


def _person(person: Person) -> Record:
    notes = person.notes
    also = [
        f"旧氏 {person.former_name}" if person.former_name else "",
        f"通称 {person.alias}" if person.alias else "",
    ]
    insurance = {
        "national_health_insurance": notes.national_health_insurance,
        "late_elderly": notes.late_elderly,
        "care_insurance": notes.care_insurance,
        "child_allowance": notes.child_allowance,
    }
    checks = {
        name: frozenset({_ANSWER[known]} if known is not None else ()) for name, known in insurance.items()
    }
    return Record(
        texts={
            "name": clean(person.name),
            "kana": clean(person.kana or ""),
            "also": clean("　".join(part for part in also if part)),
            "relationship": clean(person.relationship),
            "residence_card_no": person.residence_card_no or "",
        },
        dates={"birth": _date(person.birth)},
        checks={
            **checks,
            "sex": frozenset({person.sex} - {"unknown"}),
            "card": frozenset({person.card} - {"unknown"}),
            "pension": frozenset({notes.pension} if notes.pension else ()),
        },
    )


def _warning(missing: list[str]) -> str:
    """A line for the clerk when a character cannot be drawn exactly; empty as long as every one can."""
    if not missing:
        return ""
    names = "、".join(f"{each[0]}({'+'.join(f'U+{ord(char):04X}' for char in each)})" for each in missing)
    return f"※ 字形が正しく印刷されていない文字があります。職員が確認します: {names}"


def filled(form: ResidenceChangeForm) -> Filled:
    """The form's content under the names that its layout uses, every text cleaned of control characters."""
    people = tuple(_person(person) for person in form.people)
    staff = form.staff
    texts = {
        "municipality": clean(form.municipality),
        "case_no": clean(form.case_no),
        "form": f"{form.form_id}-{form.form_version}",
        "filer.name": clean(form.filer.name),
        "filer.kana": clean(form.filer.kana or ""),
        "filer.address": clean(form.filer.address or ""),
        "filer.phone": clean(form.filer.phone or ""),
        **_address("new", form.new_address),
        **_address("old", form.old_address),
        "new.head": clean(form.new_head),
        "old.head": clean(form.old_head),
        "honseki": clean(form.honseki or ""),
        "hittousha": clean(form.hittousha or ""),
        "remarks": clean("　".join(form.remarks)).replace("。　", "。"),
        "staff.ticket": clean(staff.ticket_label or ""),
        "staff.desk": clean(staff.desk or ""),
        "staff.received_by": clean(staff.received_by or ""),
        "staff.identity": clean("、".join(staff.identity_documents)),
        "staff.authority": clean(staff.authority or ""),
    }
    everything = [*texts.values(), *(text for person in people for text in person.texts.values())]
    missing = missing_glyphs("".join(everything))
    texts["unprintable"] = _warning(missing)
    return Filled(
        texts=texts,
        dates={"filed_on": _date(form.filed_on), "moved_on": _date(form.moved_on)},
        checks={
            "kind": frozenset({form.kind}),
            "scope": frozenset({form.scope}),
            "joins": frozenset({form.joins} if form.joins else ()),
            "relation": frozenset({form.filer.relation}),
        },
        rows={"people": people},
        missing=tuple(missing),
        barcode=form.barcode,
        title=f"住民異動届 {clean(form.case_no)}",
        gloss=form.gloss,
    )


def render(form: ResidenceChangeForm) -> bytes:
    """The form as a PDF file, A4 upright, as many pages as its people and long values need.

    The same form gives the same bytes, in any process on machines with the same fonts. Raises FontsMissing
    when the machine has no font. Safe to call from several threads."""
    content = filled(form)
    return draw(plan(layout(FORM_ID), content), content.title)
