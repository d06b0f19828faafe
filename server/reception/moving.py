"""Verbs of a move: where to, and who heads the household that those who move found."""

from collections.abc import Mapping
from typing import Any

from core_adapter.matching import fold_address
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.db.vault import DataKey
from server.kit.text import UnsafeTextError
from server.reception import intake, new_household, people
from server.reception.models import Reception
from server.reception.service import derive_school_district, set_fact
from server.reception.towns import TownDirectory


class SameAddressError(ValueError):
    """Nobody moves to where they live already."""


def set_address(
    unit: Unit,
    ctx: Context,
    reception: Reception,
    key: DataKey,
    address: dict[str, Any],
    towns: TownDirectory,
) -> None:
    """The address moved to, {postal_code, town_code, municipality, town, number, building, text}.

    Raises SameAddressError, which is silent while the core's addresses may not be shown.
    """
    state = intake.load(unit, ctx, key, reception)
    homes = {fold_address(one.resident.address.text) for one in state.movers if one.resident}
    if state.may_show("core") and fold_address(address["text"]) in homes:
        raise SameAddressError
    set_fact(unit, ctx, reception, key, "new_address", address)
    derive_school_district(unit, ctx, reception, key, towns)


def say_head(unit: Unit, ctx: Context, reception: Reception, key: DataKey, person_id: str) -> None:
    """Who heads the new household; how the others stand to them is to be said anew. Raises NotThereError."""
    movers = intake.load(unit, ctx, key, reception).movers
    if person_id not in {person.person_id for person in movers}:
        raise NotThereError("Person")
    for person in movers:
        _say(unit, ctx, reception, key, new_household.RELATIONSHIP, "", person.person_id)
    _say(unit, ctx, reception, key, new_household.HEAD, person_id)


def say_relationships(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, said: Mapping[str, str]
) -> None:
    """The 続柄 to the new head, {person_id: 子の妻}. Raises UnsafeTextError for what is none."""
    for person in intake.load(unit, ctx, key, reception).movers:
        if person.person_id not in said:
            continue
        text = said[person.person_id]
        if not people.is_relationship(text) or text == new_household.ITSELF:
            raise UnsafeTextError("relationship")
        _say(unit, ctx, reception, key, new_household.RELATIONSHIP, text, person.person_id)


def _say(
    unit: Unit, ctx: Context, reception: Reception, key: DataKey, name: str, value: str, person_id: str = ""
) -> None:
    set_fact(unit, ctx, reception, key, name, value, person_id=person_id, source="staff")
