"""Staff, their sessions, and the stations that may speak to the server."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, UniqueConstraint
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
    # Since when the key of today is good; None for one that was registered at set-up.
    key_since: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    # What stands in the reader's way beyond its state (server.auth.queries.TROUBLES), and since when.
    trouble: str | None = Field(default=None, max_length=20)
    trouble_since: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class StationCode(Row, table=True):
    """Leave to register one key for one station: short-lived, good once; only its hash is stored."""

    __tablename__ = "station_code"

    station: str = Field(max_length=40, index=True)
    kind: str = Field(max_length=10)
    desk: str | None = Field(default=None, max_length=20)
    code_hash: str = Field(max_length=64)
    issued_by: str = Field(max_length=36)
    issued_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    # Wrong tries so far.
    tries: int = 0
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    # Replaced by a later code, or taken back with the station.
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class StationSequence(Row, table=True):
    """The highest sequence number taken from a station on one lane (docs/decisions/0016)."""

    __tablename__ = "station_sequence"
    __table_args__ = (UniqueConstraint("station_id", "lane"),)

    station_id: str = Field(max_length=36)
    lane: str = Field(max_length=20)
    last: int = Field(sa_column=Column(BigInteger, nullable=False))


class StationNonce(Row, table=True):
    """A nonce of a page's write, where several server processes could meet it."""

    __tablename__ = "station_nonce"
    __table_args__ = (UniqueConstraint("nonce"),)

    nonce: str = Field(max_length=32)
    at: datetime = Field(sa_column=Column(Instant, nullable=False, index=True))
