"""Finding the person behind a cookie and the station behind a signature."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, select

from server.auth.models import Staff, StaffSession, Station
from server.auth.service import ABSOLUTE, IDLE, token_hash
from server.db.uow import Unit
from server.kit.clock import now

_SEEN_STEP = timedelta(seconds=60)


@dataclass(frozen=True)
class StaffMember:
    """A signed-in person as the screens see them."""

    staff_id: str
    login: str
    name: str
    role: str
    department: str | None
    session_id: str
    csrf: str
    needs_touch: bool


@dataclass(frozen=True)
class StationView:
    """A station and what it last said of its devices."""

    name: str
    kind: str
    desk: str | None
    public_key: str
    base_url: str | None
    reader: str
    ticket_printer: str
    page_printer: str
    alive: bool


def member(unit: Unit, tenant_id: str, token: str) -> StaffMember | None:
    """Who this cookie belongs to, or None: unknown, ended, idle too long, or the account was disabled."""
    found = unit.session.exec(
        select(StaffSession, Staff)
        .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
        .where(StaffSession.token_hash == token_hash(token), StaffSession.tenant_id == tenant_id)
    ).first()
    if found is None:
        return None
    session, staff = found
    at = now()
    if (
        session.ended_at
        or staff.disabled
        or at - session.created_at > ABSOLUTE
        or at - session.seen_at > IDLE
    ):
        return None
    return StaffMember(
        staff_id=staff.id,
        login=staff.login,
        name=staff.name,
        role=staff.role,
        department=staff.department,
        session_id=session.id,
        csrf=session.csrf,
        needs_touch=at - session.seen_at > _SEEN_STEP,
    )


def names(unit: Unit, tenant_id: str) -> dict[str, str]:
    """Display names of all staff by id."""
    return {staff.id: staff.name for staff in unit.all(select(Staff).where(Staff.tenant_id == tenant_id))}


def station(unit: Unit, tenant_id: str, name: str) -> StationView | None:
    """The station of this name unless it was revoked."""
    row = unit.first(select(Station).where(Station.tenant_id == tenant_id, Station.name == name))
    return None if row is None or row.revoked else _view(row)


def stations(unit: Unit, tenant_id: str) -> list[StationView]:
    """Every station that was not revoked, by name."""
    rows = unit.all(select(Station).where(Station.tenant_id == tenant_id).order_by(col(Station.name)))
    return [_view(row) for row in rows if not row.revoked]


def _view(row: Station) -> StationView:
    return StationView(
        name=row.name,
        kind=row.kind,
        desk=row.desk,
        public_key=row.public_key,
        base_url=row.base_url,
        reader=row.reader,
        ticket_printer=row.ticket_printer,
        page_printer=row.page_printer,
        alive=row.seen_at is not None and now() - row.seen_at < timedelta(seconds=30),
    )
