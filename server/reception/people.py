"""The people of an intake: taken from the core, or entered by hand while it is away."""

from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from core_adapter.models import Resident
from core_adapter.values import check_relationship
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.reception.models import Person, Reception


@dataclass(frozen=True)
class PersonView:
    """One person. `resident` is the core's record, None for somebody entered by hand (then `entered`)."""

    person_id: str
    position: int
    origin: str
    protection: str
    resident: Resident | None = field(repr=False)
    entered: dict[str, Any] = field(repr=False)

    @property
    def is_head(self) -> bool:
        return self.resident.is_head if self.resident else self.relationship == ["世帯主"]

    @property
    def relationship(self) -> list[str]:
        """The words of the 続柄, as the core has it or as it was entered."""
        return (
            list(self.resident.relationship)
            if self.resident
            else self.entered.get("relationship", "").split("の")
        )

    @property
    def resident_id(self) -> str | None:
        return self.resident.resident_id if self.resident else None


def is_relationship(text: str) -> bool:
    """Whether `text` is a 続柄 as the register allows it: known words joined by の, four at most."""
    try:
        check_relationship(text.split("の"))
    except ValueError:
        return False
    return True


def read(unit: Unit, key: DataKey, reception_id: str) -> list[PersonView]:
    """Everybody, in the household's order."""
    query = select(Person).where(Person.reception_id == reception_id).order_by(col(Person.position))
    return [_view(key, row) for row in unit.all(query)]


def add_resident(
    unit: Unit, ctx: Context, key: DataKey, reception: Reception, position: int, resident: Resident
) -> Person:
    """Take in a resident as the core has them."""
    return _add(
        unit, ctx, key, reception, position, "core", resident.protection, resident.model_dump(mode="json")
    )


def add_entered(
    unit: Unit,
    ctx: Context,
    key: DataKey,
    reception: Reception,
    position: int,
    entered: dict[str, Any],
    origin: str,
) -> Person:
    """Take in somebody from what they or their card say; protection stays unknown."""
    return _add(unit, ctx, key, reception, position, origin, "unknown", entered)


def clear(unit: Unit, reception_id: str) -> None:
    """Forget everybody, before a household is taken in anew."""
    for row in unit.all(select(Person).where(Person.reception_id == reception_id)):
        unit.session.delete(row)
    unit.flush()


def remove(unit: Unit, reception_id: str, person_id: str) -> None:
    """Forget one of them."""
    for row in unit.all(select(Person).where(Person.reception_id == reception_id, Person.id == person_id)):
        unit.session.delete(row)
    unit.flush()


def _add(
    unit: Unit,
    ctx: Context,
    key: DataKey,
    reception: Reception,
    position: int,
    origin: str,
    protection: str,
    content: dict[str, Any],
) -> Person:
    row = Person(
        tenant_id="",
        site_id="",
        reception_id=reception.id,
        position=position,
        origin=origin,
        protection=protection,
        sealed=b"",
    )
    row.sealed = key.seal(content, f"person:{row.id}")
    return unit.add(ctx.stamp(row))


def _view(key: DataKey, row: Person) -> PersonView:
    content = key.open(row.sealed, f"person:{row.id}")
    from_core = row.origin == "core"
    return PersonView(
        person_id=row.id,
        position=row.position,
        origin=row.origin,
        protection=row.protection,
        resident=Resident.model_validate(content) if from_core else None,
        entered={} if from_core else content,
    )
