"""Facts: every value knows where it came from, and two sources that disagree are both kept.

The core's value is the one of record for what the register holds; card text is a search key and a display
hint (its 代替文字 differ). What people answer at the counter is theirs, and a staff correction outranks it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.kit.clock import now
from server.reception.models import FactRow

# What is said at the counter is newer than what was entered at home.
SOURCES = ("staff", "core", "card", "scan", "resident", "pre-entry", "derived")
REGISTER_FIELDS = frozenset({"name", "kana", "birth", "sex", "relationship", "address"})
_REGISTER_ORDER = ("core", "staff", "card", "scan", "resident", "pre-entry", "derived")


@dataclass(frozen=True)
class FactView:
    """One value of one source. `value` None with `unknown` means: asked, and nobody could say."""

    name: str
    person_id: str
    source: str
    value: Any = field(repr=False)
    unknown: bool
    at: datetime
    by: str
    as_of: datetime | None
    confirmed_by: str | None


class Facts:
    """All facts of a reception, by person ("" for the household) and name."""

    def __init__(self, views: Iterable[FactView]) -> None:
        self._by: dict[tuple[str, str], list[FactView]] = {}
        for view in views:
            self._by.setdefault((view.person_id, view.name), []).append(view)
        for (_, name), values in self._by.items():
            order = _REGISTER_ORDER if name in REGISTER_FIELDS else SOURCES
            values.sort(key=lambda view: order.index(view.source))

    def get(self, person_id: str, name: str) -> FactView | None:
        """The value that stands, or None when nobody has said anything."""
        values = self._by.get((person_id, name))
        return values[0] if values else None

    def value(self, person_id: str, name: str, default: Any = None) -> Any:
        """The value that stands, or `default` when nobody knows it."""
        found = self.get(person_id, name)
        return default if found is None or found.unknown else found.value

    def all(self, person_id: str, name: str) -> list[FactView]:
        """Every source's value, the standing one first."""
        return self._by.get((person_id, name), [])

    def of(self, person_id: str) -> dict[str, FactView]:
        """The standing value of each fact of a person."""
        return {name: values[0] for (owner, name), values in self._by.items() if owner == person_id}


def read(unit: Unit, key: DataKey, reception_id: str) -> Facts:
    """All facts of this reception that were not replaced."""
    query = select(FactRow).where(FactRow.reception_id == reception_id, col(FactRow.replaced).is_(False))
    return Facts(_view(key, row) for row in unit.all(query.order_by(col(FactRow.at), col(FactRow.id))))


def put(
    unit: Unit,
    ctx: Context,
    key: DataKey,
    reception_id: str,
    name: str,
    value: Any,
    *,
    source: str,
    person_id: str = "",
    unknown: bool = False,
    as_of: datetime | None = None,
    confirmed_by: str | None = None,
) -> None:
    """Set a fact as told by `source`. Its earlier value stays in the table, marked replaced."""
    if source not in SOURCES:
        raise ValueError(f"no such source: {source}")
    earlier = select(FactRow).where(
        FactRow.reception_id == reception_id,
        FactRow.person_id == person_id,
        FactRow.name == name,
        FactRow.source == source,
        col(FactRow.replaced).is_(False),
    )
    for row in unit.all(earlier):
        row.replaced = True
        unit.session.add(row)
    row = FactRow(
        tenant_id="",
        site_id="",
        reception_id=reception_id,
        person_id=person_id,
        name=name,
        source=source,
        sealed=b"",
        at=now(),
        by=ctx.actor,
        as_of=as_of,
        confirmed_by=confirmed_by,
    )
    row.sealed = key.seal({"value": value, "unknown": unknown}, f"fact:{row.id}")
    unit.session.add(ctx.stamp(row))


def put_many(
    unit: Unit,
    ctx: Context,
    key: DataKey,
    reception_id: str,
    person_id: str,
    source: str,
    values: dict[str, Any],
    as_of: datetime | None = None,
) -> None:
    """Several facts of one source at once; None values are left out."""
    for name, value in values.items():
        if value is not None:
            put(unit, ctx, key, reception_id, name, value, source=source, person_id=person_id, as_of=as_of)


def said_by(unit: Unit, reception_id: str, name: str) -> str | None:
    """Who said the standing household fact `name`, or None when nobody did."""
    query = select(FactRow).where(
        FactRow.reception_id == reception_id,
        FactRow.person_id == "",
        FactRow.name == name,
        col(FactRow.replaced).is_(False),
    )
    row = unit.first(query.order_by(col(FactRow.at).desc(), col(FactRow.id).desc()))
    return row.by if row else None


def withdraw(
    unit: Unit,
    reception_id: str,
    *,
    person_id: str | None = None,
    source: str | None = None,
    name: str | None = None,
) -> None:
    """Mark facts replaced: those of a person, of a source, of a name, or all."""
    query = select(FactRow).where(FactRow.reception_id == reception_id, col(FactRow.replaced).is_(False))
    if person_id is not None:
        query = query.where(FactRow.person_id == person_id)
    if source is not None:
        query = query.where(FactRow.source == source)
    if name is not None:
        query = query.where(FactRow.name == name)
    for row in unit.all(query):
        row.replaced = True
        unit.session.add(row)


def _view(key: DataKey, row: FactRow) -> FactView:
    said = key.open(row.sealed, f"fact:{row.id}")
    return FactView(
        name=row.name,
        person_id=row.person_id,
        source=row.source,
        value=said["value"],
        unknown=said["unknown"],
        at=row.at,
        by=row.by,
        as_of=row.as_of,
        confirmed_by=row.confirmed_by,
    )
