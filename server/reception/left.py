"""Receptions that were left open: announced on the start page, kept on by a press, or given up.

Nobody accepted them, so nothing was filed and no law asks to keep them. They go after a number of days
without any work on them (KAKANAI_OPEN_DAYS), and not before the start page has said so on a business day.
What holds something of the resident's stays until that is given back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import col, select

from server.db.context import Context
from server.db.uow import Unit, one_of
from server.db.vault import Vault
from server.journal.queries import last_noted
from server.journal.service import record
from server.kit.clock import jst, now, today
from server.queue import queries as queue
from server.reception import ending
from server.reception.models import Reception
from server.reception.service import changed
from server.reception.states import LEAVES, move

DAY = timedelta(days=1)
# Looking at a reception is no work on it.
NO_WORK = ("reception.viewed",)


@dataclass(frozen=True)
class LeavingView:
    """A reception that goes tomorrow, or would but for something of the resident's that is here (`holds`)."""

    reception_id: str
    number: str
    desk: str
    state: str
    opened_at: datetime
    holds: bool


def goes_on(touched: date, days: int, worked: Iterable[tuple[date, date]]) -> date:
    """The day at whose beginning a reception goes that nobody has worked on since `touched`.

    `worked` are business days as first and last calendar day. It is announced from the day before the `days`
    are over, and goes the day after the first business day that saw it announced; where none comes, after
    twice as long.
    """
    told = touched + (days - 1) * DAY
    seen = [max(first, told) for first, last in worked if last >= told]
    return min([*(day + DAY for day in seen), touched + 2 * days * DAY])


def leaving(unit: Unit, ctx: Context, days: int) -> list[LeavingView]:
    """What the start page of this office announces today, oldest first."""
    here = [row for row in _untouched(unit, ctx, days - 1) if row.site_id == ctx.site_id]
    touched = _touched(unit, here)
    return [
        LeavingView(row.id, row.number, row.desk, row.state, row.opened_at, _holds(unit, row))
        for row in here
        # The page is read on a business day.
        if goes_on(touched[row.id], days, [(today(), today())]) <= today() + DAY
    ]


def overdue(unit: Unit, ctx: Context, days: int) -> list[str]:
    """The ids of all receptions of the municipality that go now."""
    found = _untouched(unit, ctx, days)
    return [row.id for row in found if _is_due(unit, ctx, row, days)]


def keep_on(unit: Unit, ctx: Context, reception: Reception) -> None:
    """Somebody will go on with it: the days start anew. Raises NotNowError."""
    move(reception, "keep")
    unit.add(reception)
    record(unit, ctx, "reception.kept", reception.id)
    changed(unit, reception)


def give_up(unit: Unit, ctx: Context, vault: Vault, reception_id: str, days: int) -> bool:
    """End it, if it is still due: a visit that was only guided is closed, any other abandoned."""
    reception = one_of(unit, Reception, ctx.tenant_id, reception_id, lock=True)
    if reception.state not in LEAVES or not _is_due(unit, ctx, reception, days):
        return False
    if reception.state == "guided":
        ending.close(unit, ctx, vault, reception)
    else:
        ending.abandon(unit, ctx, vault, reception, None, forgotten="left open")
    return True


def _untouched(unit: Unit, ctx: Context, days: int) -> list[Reception]:
    """Every reception that could go and is at least so many days old; oldest first."""
    query = select(Reception).where(
        Reception.tenant_id == ctx.tenant_id,
        col(Reception.state).in_(LEAVES),
        col(Reception.accepted_at).is_(None),
        # A calendar day is at most this much longer than its place in the count.
        col(Reception.opened_at) < now() - (days - 1) * DAY,
    )
    return unit.all(query.order_by(col(Reception.opened_at), col(Reception.id)))


def _is_due(unit: Unit, ctx: Context, reception: Reception, days: int) -> bool:
    worked = queue.days_worked(unit, ctx, reception.site_id, reception.opened_at)
    due = goes_on(_touched(unit, [reception])[reception.id], days, worked)
    return due <= today() and not _holds(unit, reception)


def _touched(unit: Unit, receptions: Sequence[Reception]) -> dict[str, date]:
    """The day on which people last did something with each."""
    noted = last_noted(unit, [row.id for row in receptions], without=NO_WORK)
    return {row.id: jst(noted.get(row.id, row.opened_at)).date() for row in receptions}


def _holds(unit: Unit, reception: Reception) -> bool:
    return any(item.returned_at is None for item in ending.held_items(unit, reception.id))
