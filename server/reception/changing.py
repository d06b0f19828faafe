"""What an answer changed: which procedures appeared, went, or are no longer as sure as they were.

Kept (sealed) until the next answer, so that a page that renews itself still shows it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from procedures import Catalogue, Guidance, changes
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.reception.guidance import guide
from server.reception.intake import load
from server.reception.models import Reception

# What stands in the list for certain, be it that a department has to confirm it.
_LISTED = ("applies", "needs_confirmation")


@dataclass(frozen=True)
class ChangeView:
    """One procedure that is not as it was. kind: sure (in the list now) | gone (applies no more) | other.

    `words` ({ja, easy, en}) says from what to what; `discreet` ones are named nowhere a resident may look.
    """

    kind: str
    procedure_id: str
    name: dict[str, str]
    words: dict[str, str]
    person_ids: tuple[str, ...]
    discreet: bool


@dataclass(frozen=True)
class Changes:
    """The last change. `cause` is the fact that was answered, or whatever the caller named."""

    cause: str
    items: tuple[ChangeView, ...] = field(repr=False)


def changes_between(before: Guidance, after: Guidance) -> tuple[ChangeView, ...]:
    """What is different, in the order of the later guidance. Both are of the same people."""
    confidential = {
        item.procedure_id
        for guidance in (before, after)
        for item in (*guidance.applies, *guidance.needs_confirmation, *guidance.may_apply)
        if item.confidential
    }
    return tuple(
        ChangeView(
            kind=_kind(one.before, one.after),
            procedure_id=one.procedure_id,
            name=one.name.to_dict(),
            words=one.text.to_dict(),
            person_ids=one.person_ids,
            discreet=one.procedure_id in confidential,
        )
        for one in changes(before, after)
    )


def _kind(before: str | None, after: str | None) -> str:
    if after is None:
        return "gone"
    return "sure" if after in _LISTED and before not in _LISTED else "other"


def noting(
    unit: Unit,
    ctx: Context,
    reception: Reception,
    key: DataKey,
    catalogue: Catalogue,
    municipality: str,
    cause: str,
    act: Callable[[], object],
) -> None:
    """Carry out `act` and keep what it changed in the guidance, in place of the change before."""
    before = guide(load(unit, ctx, key, reception), catalogue, municipality)
    act()
    unit.flush()
    after = guide(load(unit, ctx, key, reception), catalogue, municipality)
    items = changes_between(before, after) if before and after else ()
    content = {"cause": cause, "items": [vars(item) for item in items]}
    reception.last_change = key.seal(content, f"change:{reception.id}") if items else None
    unit.add(reception)


def last_change(key: DataKey, reception: Reception) -> Changes | None:
    """What the last answer changed; None when it changed nothing."""
    if reception.last_change is None:
        return None
    content: dict[str, Any] = key.open(reception.last_change, f"change:{reception.id}")
    return Changes(
        content["cause"],
        tuple(ChangeView(**{**item, "person_ids": tuple(item["person_ids"])}) for item in content["items"]),
    )
