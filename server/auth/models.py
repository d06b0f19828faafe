"""Staff, their sessions, and the stations that may speak to the server."""

from datetime import datetime

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field

from server.db.base import Instant, Row

ROLES = ("clerk", "supervisor", "department", "administrator")


class Staff(Row, table=True):
    """One person's own account; shared accounts do not exist."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("tenant_id", "login"),)

    login: str = Field(max_length=40)
    name: str = Field(max_length=80)
    role: str = Field(max_length=20)
    department: str | None = Field(default=None, max_length=20)
    password_hash: str = Field(max_length=200)
    disabled: bool = False
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class StaffSession(Row, table=True):
    """A signed-in browser; only the hash of its cookie is stored."""

    __tablename__ = "staff_session"
    __table_args__ = (UniqueConstraint("token_hash"),)

    token_hash: str = Field(max_length=64)
    staff_id: str = Field(foreign_key="staff.id", max_length=36)
    station: str | None = Field(default=None, max_length=40)
    csrf: str = Field(max_length=40)
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    seen_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class Station(Row, table=True):
    """A kiosk or counter PC, known by its Ed25519 key; its devices' last reported state."""

    __tablename__ = "station"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: str = Field(max_length=40)
    kind: str = Field(max_length=10)
    desk: str | None = Field(default=None, max_length=20)
    public_key: str = Field(max_length=200)
    base_url: str | None = Field(default=None, max_length=100)
    revoked: bool = False
    seen_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    reader: str = Field(default="unknown", max_length=20)
    ticket_printer: str = Field(default="unknown", max_length=20)
    page_printer: str = Field(default="unknown", max_length=20)
