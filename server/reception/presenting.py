"""What the resident sees on the second screen: the form's values, each of which can be marked as wrong.

A protected person's addresses never appear there: the screen stands where others pass. Nor does one of the
core's while nobody can say whether it may be shown.
"""

from dataclasses import dataclass, field
from typing import Any

from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import Vault
from server.kit.text import HIDDEN
from server.reception import people
from server.reception.confirmation import frozen_of
from server.reception.documents import NUMBER
from server.reception.intake import standing_of
from server.reception.models import Reception
from server.reception.service import current_intake

STATES = {"prepared": "review", "confirmed": "sign", "accepted": "done"}


def state_of(reception: Reception) -> str:
    """What the second screen shows: review, sign, done; told after something was pointed out; or idle."""
    return STATES.get(reception.state, "told" if reception.disputed else "idle")


@dataclass(frozen=True)
class Row:
    """One value: `key` names it when disputed, `label` keys its caption; `kind` is text, date, western
    (a date in 西暦), relationship.

    `hidden`: there is a value that this screen does not show, and `value` holds only a mask.
    """

    key: str
    label: str
    value: str = field(repr=False)
    kind: str = "text"
    person: int | None = None
    hidden: bool = False


def rows_of(unit: Unit, ctx: Context, vault: Vault, reception: Reception) -> list[Row]:
    """The frozen intake as the resident checks it; nothing before it was prepared."""
    intake = current_intake(unit, reception.id)
    if intake is None:
        return []
    key = vault.key(unit, ctx, reception.key_id)
    draft = frozen_of(key, intake)["draft"]
    residents = [person.resident for person in people.read(unit, key, reception.id) if person.resident]
    foreign = {one.resident_id for one in residents if one.residence_kind != "JP"}
    hidden = reception.protection == "yes"
    subjects = draft["subjects"]
    old = subjects[0]["old_address"] if subjects else None
    unsure = hidden or old is None or not standing_of(unit, ctx, reception).may_show_core_addresses
    rows = [
        Row("moved_on", "second.row.moved_on", draft["moved_on"], "date"),
        _address("new_address", subjects[0]["new_address"]["text"], hidden),
        _address("old_address", old["text"] if old else "", unsure),
        Row("filer", "second.row.filer", draft["filer"]["name"]),
    ]
    for number, subject in enumerate(subjects, start=1):
        rows += _person(number, subject, subject["resident_id"] in foreign)
    return rows


def _address(name: str, text: str, hidden: bool) -> Row:
    return Row(name, f"second.row.{name}", HIDDEN if hidden and text else text, hidden=hidden)


def _person(number: int, subject: dict[str, Any], foreign: bool) -> list[Row]:
    birth = subject["birth"]
    rows = [
        Row(f"name:{number}", "second.row.name", subject["name"], person=number),
        Row(
            f"birth:{number}",
            "second.row.birth",
            birth["text"] or birth["value"] or "",
            # As on the form, and in the register: 西暦 for foreign residents.
            "western" if foreign else "date",
            person=number,
        ),
        Row(
            f"relationship:{number}",
            "second.row.relationship",
            "の".join(subject["relationship"]),
            "relationship",
            person=number,
        ),
    ]
    card = subject.get(NUMBER)
    return [*rows, Row(f"{NUMBER}:{number}", f"second.row.{NUMBER}", card, person=number)] if card else rows
