"""Tables of the code: the municipality's keys, and the codes that were taken in.

What was never shown at a counter is in no table.
"""

from datetime import datetime

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field

from server.db.base import Instant, Row, Sealed


class PreentryKey(Row, table=True):
    """A key that codes are sealed to; its private half is sealed under a data key of its own."""

    __tablename__ = "preentry_key"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: str = Field(max_length=8)
    public: str = Field(max_length=64)
    sealed: bytes = Field(sa_column=Column(Sealed, nullable=False))
    data_key_id: str = Field(max_length=36)
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    retired_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    destroyed_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class PreentryCode(Row, table=True):
    """A code that a reception has taken in, by its hash; the answers are sealed under the reception's key.

    `settled`: staff (or births beyond doubt) have said who of the code is who of the household.
    """

    __tablename__ = "preentry_code"
    __table_args__ = (UniqueConstraint("reception_id", "digest"),)

    digest: str = Field(max_length=64, index=True)
    reception_id: str = Field(foreign_key="reception.id", max_length=36, index=True)
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    by: str = Field(max_length=40)
    sealed: bytes = Field(sa_column=Column(Sealed, nullable=False))
    settled: bool = False
    replaced: bool = False
