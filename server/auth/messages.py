"""Refusing what a station has said before, whichever server process hears it (docs/decisions/0016).

A message of the station itself carries a number that rises on its lane; the highest one taken is kept in the
database. A page's write carries a nonce; where several processes answer, those are kept there too.
"""

from datetime import timedelta

from sqlmodel import col, delete, select

from server.auth.models import StationNonce, StationSequence
from server.db.context import Context
from server.db.uow import Unit
from server.kit.clock import now

KEPT = timedelta(minutes=5)


def take_number(unit: Unit, ctx: Context, station_id: str, lane: str, number: int) -> int | None:
    """None when `number` is higher than all that were taken on this lane, and takes it; else the highest."""
    unit.hold(f"sequence:{station_id}:{lane}")
    row = unit.first(
        select(StationSequence)
        .where(StationSequence.station_id == station_id, StationSequence.lane == lane)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        row = ctx.stamp(
            StationSequence(tenant_id="", site_id="", station_id=station_id, lane=lane, last=number)
        )
    elif row.last >= number:
        return row.last
    row.last = number
    unit.add(row)
    return None


def take_nonce(unit: Unit, ctx: Context, nonce: str) -> bool:
    """Whether this nonce was never taken before; takes it, and forgets those that are too old to come."""
    unit.hold(f"nonce:{nonce}")
    if unit.first(select(StationNonce).where(StationNonce.nonce == nonce)) is not None:
        return False
    unit.session.exec(delete(StationNonce).where(col(StationNonce.at) < now() - KEPT))
    unit.add(ctx.stamp(StationNonce(tenant_id="", site_id="", nonce=nonce, at=now())))
    return True
