"""Signing in and out. Sessions live in the database; passwords are argon2id."""

import hashlib
import threading
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlmodel import select

from server.auth.models import ROLES, Staff, StaffSession
from server.db.context import Context
from server.db.uow import Unit
from server.journal.service import record
from server.kit.clock import now
from server.kit.ids import new_token

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
FAILURES_BEFORE_PAUSE = 5
PAUSE = timedelta(minutes=5)

_hasher = PasswordHasher()
# Verified against when the login is unknown, so that both refusals take as long.
_nobody = _hasher.hash("nobody has this password")
# Each check takes 64 MB: however many sign in at once, they take turns.
_turns = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class SignedIn:
    """A new session; `token` goes into the cookie and nowhere else."""

    staff_id: str
    role: str
    token: str
    csrf: str


@dataclass(frozen=True)
class Refused:
    """Why nobody was signed in: wrong, paused."""

    reason: str


def hash_password(password: str) -> str:
    """argon2id with the library's current parameters."""
    return _hasher.hash(password)


def token_hash(token: str) -> str:
    """What is stored of a session's cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def add_staff(
    unit: Unit, ctx: Context, login: str, name: str, role: str, password: str, department: str | None = None
) -> Staff:
    """A new account. `role` is one of ROLES."""
    if role not in ROLES:
        raise ValueError(f"unknown role {role}")
    staff = Staff(
        tenant_id="",
        site_id="",
        login=login,
        name=name,
        role=role,
        department=department,
        password_hash=hash_password(password),
    )
    return unit.add(ctx.stamp(staff))


def password_fits(unit: Unit, ctx: Context, login: str, password: str) -> bool:
    """Whether this is the account's password; takes as long for an account that there is not.

    It takes a tenth of a second on purpose: ask in a reading unit, so that nobody's ticket waits for it.
    """
    staff = unit.first(select(Staff).where(Staff.tenant_id == ctx.tenant_id, Staff.login == login))
    with _turns:
        return _fits(staff.password_hash if staff else _nobody, password) and staff is not None


def sign_in(unit: Unit, ctx: Context, login: str, fits: bool) -> SignedIn | Refused:
    """Open a session when the password fitted (`password_fits`).

    Five wrong ones in a row pause the account for five minutes, during which not even the right one helps.
    """
    staff = unit.first(
        select(Staff).where(Staff.tenant_id == ctx.tenant_id, Staff.login == login).with_for_update()
    )
    if staff is not None and staff.locked_until is not None and staff.locked_until > now():
        record(unit, ctx, "staff.refused", staff.id, reason="paused")
        return Refused("paused")
    if staff is None or staff.disabled or not fits:
        _count_failure(unit, ctx, staff)
        return Refused("wrong")
    staff.failures, staff.locked_until = 0, None
    token, at = new_token(), now()
    session = StaffSession(
        tenant_id="",
        site_id="",
        token_hash=token_hash(token),
        staff_id=staff.id,
        station=ctx.station,
        csrf=new_token(),
        created_at=at,
        seen_at=at,
    )
    unit.add(ctx.stamp(session))
    record(unit, ctx, "staff.signed_in", staff.id, login=login)
    return SignedIn(staff.id, staff.role, token, session.csrf)


def sign_out(unit: Unit, ctx: Context, token: str) -> None:
    """End the session of this cookie; unknown cookies are ignored."""
    session = unit.first(select(StaffSession).where(StaffSession.token_hash == token_hash(token)))
    if session is not None and session.ended_at is None:
        session.ended_at = now()
        unit.add(session)
        record(unit, ctx, "staff.signed_out", session.staff_id)


def _fits(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _count_failure(unit: Unit, ctx: Context, staff: Staff | None) -> None:
    if staff is not None:
        staff.failures += 1
        if staff.failures >= FAILURES_BEFORE_PAUSE:
            staff.failures, staff.locked_until = 0, now() + PAUSE
        unit.add(staff)
    record(unit, ctx, "staff.refused", staff.id if staff else "unknown", reason="wrong")
