"""The guidance as a list for residents: what to do, what to bring, where, until when, and who may come.

For paper and for public pages alike: no condition, no fact, no name of a person is in it, and a
confidential item never is (支援措置 is nobody else's business).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from procedures.engine.guidance import Department, Document, Guidance, Item
from procedures.engine.guidance_parts import Fee
from procedures.terms.text import Text

# Where a resident's own part of a procedure takes place.
Place = Literal["here", "handover", "elsewhere", "nothing"]


@dataclass(frozen=True, slots=True)
class Bring:
    """Something to bring for the persons named, with what there is to say about it."""

    document_id: str
    name: Text
    person_ids: tuple[str, ...]
    note: Text | None = None

    def to_dict(self) -> dict[str, Any]:
        """{document_id, name, person_ids, note}."""
        return {
            "document_id": self.document_id,
            "name": self.name.to_dict(),
            "person_ids": list(self.person_ids),
            "note": self.note.to_dict() if self.note else None,
        }


@dataclass(frozen=True, slots=True)
class ResidentRow:
    """One procedure as a resident needs it.

    place: here (at the one desk) | handover (the department has the data and goes on) | elsewhere (another
    authority, a school, a website …) | nothing (happens by itself). `certain` False: a resident must never
    be told it as certain (要確認, or a question is open); `open` says that an answer is still missing.
    `spared` are the documents that need not be brought, with the reason in `note`.
    """

    procedure_id: str
    variant: str | None
    name: Text
    what: Text
    person_ids: tuple[str, ...]
    place: Place
    where: Text
    until: Text
    on: date | None
    days_left: int | None
    bring: tuple[Bring, ...]
    spared: tuple[Bring, ...]
    who: tuple[Text, ...]
    fee: Text | None
    lost: Text | None
    optional: bool
    certain: bool
    open: bool
    confirmed: bool
    must_today: bool

    def to_dict(self) -> dict[str, Any]:
        """Every field by its name; texts are {ja, easy, en}."""
        return {
            "procedure_id": self.procedure_id,
            "variant": self.variant,
            "name": self.name.to_dict(),
            "what": self.what.to_dict(),
            "person_ids": list(self.person_ids),
            "place": self.place,
            "where": self.where.to_dict(),
            "until": self.until.to_dict(),
            "on": self.on.isoformat() if self.on else None,
            "days_left": self.days_left,
            "bring": [one.to_dict() for one in self.bring],
            "spared": [one.to_dict() for one in self.spared],
            "who": [one.to_dict() for one in self.who],
            "fee": self.fee.to_dict() if self.fee else None,
            "lost": self.lost.to_dict() if self.lost else None,
            "optional": self.optional,
            "certain": self.certain,
            "open": self.open,
            "confirmed": self.confirmed,
            "must_today": self.must_today,
        }


def resident_rows(guidance: Guidance) -> tuple[ResidentRow, ...]:
    """The list in the order of the guidance: what applies, what has to be confirmed, what is still open."""
    return tuple(_rows(guidance))


def _rows(guidance: Guidance) -> Iterator[ResidentRow]:
    for items, sure, is_open in (
        (guidance.applies, True, False),
        (guidance.needs_confirmation, False, False),
        (guidance.may_apply, False, True),
    ):
        for item in items:
            if not item.confidential:
                yield resident_row(item, sure=sure, is_open=is_open)


def resident_row(item: Item, *, sure: bool = True, is_open: bool = False) -> ResidentRow:
    """One item; `sure`: the guidance says that it applies."""
    return ResidentRow(
        procedure_id=item.procedure_id,
        variant=item.variant,
        name=item.name,
        what=item.reason,
        person_ids=item.person_ids,
        place=place_of(item),
        where=where_text(item.department),
        until=item.deadline.text,
        on=item.deadline.on,
        days_left=item.deadline.days_left,
        bring=tuple(_bring(one) for one in item.documents if one.needed != "no"),
        spared=tuple(_bring(one) for one in item.documents if one.needed == "no"),
        who=tuple(dict.fromkeys(_applicant(one.name, one.note) for one in item.applicants)),
        fee=fee_text(item.fee) if item.fee else None,
        lost=item.lost_if_missed,
        optional=item.optional,
        certain=sure and item.to_confirm is None,
        open=is_open,
        confirmed=item.confirmed,
        must_today=item.must_today,
    )


def place_of(item: Item) -> Place:
    """Where the resident's own part takes place; 回らない means that little is "elsewhere"."""
    if item.klass == "E":
        return "nothing"
    if item.department.external or item.group == "advice":
        return "elsewhere"
    if item.klass in ("A", "C") or item.group == "handover":
        return "handover"
    return "here"


def where_text(department: Department) -> Text:
    """Department and desk in one line."""
    if department.desk is None:
        return department.name
    name, desk = department.name, department.desk
    return Text(
        f"{name.ja} {desk.ja}", f"{name.en}, {desk.en}", f"{name.easy or name.ja} {desk.easy or desk.ja}"
    )


def fee_text(fee: Fee) -> Text:
    """What it costs in words; 0 is free, an unknown fee says where to ask."""
    if fee.yen is None:
        return Text(
            "窓口でご確認ください", "please ask at the desk", "窓口（まどぐち）で 聞（き）いて ください"
        )
    if fee.yen == 0:
        return Text("無料", "free", "0円（えん）")
    amount = f"{fee.yen:,}"
    per = fee.per
    if per is None:
        return Text(f"{amount}円", f"{amount} yen", f"{amount}円（えん）")
    easy = f"{per.easy or per.ja} {amount}円（えん）"
    return Text(f"{per.ja}{amount}円", f"{amount} yen {per.en}", easy)


def _bring(document: Document) -> Bring:
    return Bring(document.id, document.name, document.person_ids, document.note)


def _applicant(name: Text, note: Text | None) -> Text:
    if note is None:
        return name
    easy = f"{name.easy or name.ja}（{note.easy or note.ja}）"
    return Text(f"{name.ja}（{note.ja}）", f"{name.en} ({note.en})", easy)
