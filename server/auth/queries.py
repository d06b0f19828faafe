"""Finding the person behind a cookie and the station behind a signature."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from server.auth.enrolment import MOST_TRIES, fingerprint
from server.auth.models import Staff, StaffSession, Station, StationCode
from server.auth.service import ABSOLUTE, IDLE, token_hash
from server.db.uow import Unit
from server.kit.clock import now

_SEEN_STEP = timedelta(seconds=60)
ALIVE = timedelta(seconds=30)


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

    id: str
    name: str
    kind: str
    desk: str | None
    public_key: str
    base_url: str | None
    reader: str
    ticket_printer: str
    page_printer: str
    alive: bool


@dataclass(frozen=True)
class RegisteredStation:
    """A station as its administrator sees it.

    `key` is the fingerprint of its public key; `code_until` is when a code that can still be used ends.
    """

    name: str
    kind: str
    desk: str | None
    key: str
    key_since: datetime | None
    revoked_at: datetime | None
    revoked: bool
    alive: bool
    seen_at: datetime | None
    reader: str
    ticket_printer: str
    page_printer: str
    trouble: str | None
    trouble_since: datetime | None
    code_until: datetime | None


@dataclass(frozen=True)
class AwaitedStation:
    """A station that has a code and no key yet."""

    name: str
    kind: str
    desk: str | None
    code_until: datetime


def whose_form(unit: Unit, tenant_id: str, token: str, csrf: str) -> str | None:
    """The member of staff whose browser sent a form in the session of this cookie, whether or not the session
    has ended since; `csrf` is what the form showed.
    """
    session = unit.first(
        select(StaffSession).where(
            StaffSession.token_hash == token_hash(token), StaffSession.tenant_id == tenant_id
        )
    )
    if session is None or not secrets.compare_digest(session.csrf, csrf):
        return None
    return session.staff_id


def had_session(unit: Unit, tenant_id: str, staff_id: str, csrf: str) -> bool:
    """Whether a form that shows `csrf` was given to this member of staff, in this session or one before."""
    query = select(StaffSession).where(
        StaffSession.tenant_id == tenant_id, StaffSession.staff_id == staff_id, StaffSession.csrf == csrf
    )
    return unit.first(query) is not None


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


def registered(unit: Unit, tenant_id: str) -> tuple[list[RegisteredStation], list[AwaitedStation]]:
    """Every station that has or had a key, revoked ones last, and those that are only awaited; by name."""
    at = now()
    codes = {
        code.station: code
        for code in unit.all(select(StationCode).where(StationCode.tenant_id == tenant_id))
        if code.used_at is None and code.ended_at is None and code.tries < MOST_TRIES and code.expires_at > at
    }
    rows = unit.all(select(Station).where(Station.tenant_id == tenant_id).order_by(col(Station.name)))
    known = [
        RegisteredStation(
            name=row.name,
            kind=row.kind,
            desk=row.desk,
            key=fingerprint(row.public_key),
            key_since=row.key_since,
            revoked_at=row.revoked_at,
            revoked=row.revoked,
            alive=not row.revoked and _alive(row),
            seen_at=row.seen_at,
            reader=row.reader,
            ticket_printer=row.ticket_printer,
            page_printer=row.page_printer,
            trouble=row.trouble,
            trouble_since=row.trouble_since,
            code_until=codes[row.name].expires_at if row.name in codes else None,
        )
        for row in sorted(rows, key=lambda row: (row.revoked, row.name))
    ]
    names = {row.name for row in rows}
    awaited = [
        AwaitedStation(code.station, code.kind, code.desk, code.expires_at)
        for code in sorted(codes.values(), key=lambda code: code.station)
        if code.station not in names
    ]
    return known, awaited


def _alive(row: Station) -> bool:
    return row.seen_at is not None and now() - row.seen_at < ALIVE


def _view(row: Station) -> StationView:
    return StationView(
        id=row.id,
        name=row.name,
        kind=row.kind,
        desk=row.desk,
        public_key=row.public_key,
        base_url=row.base_url,
        reader=row.reader,
        ticket_printer=row.ticket_printer,
        page_printer=row.page_printer,
        alive=_alive(row),
    )
