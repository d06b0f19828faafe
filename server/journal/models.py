"""The journal's tables: the chain of entries and its head, one chain per tenant."""

from datetime import datetime

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field

from server.db.base import Instant, Row, Sealed


class JournalEntry(Row, table=True):
    """One event. `digest` covers every other column, `sealed` by its ciphertext, and the digest before it."""

    __tablename__ = "journal_entry"
    __table_args__ = (UniqueConstraint("tenant_id", "seq"),)

    seq: int
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    event: str = Field(max_length=60, index=True)
    actor: str = Field(max_length=40)
    role: str = Field(max_length=20)
    station: str | None = Field(default=None, max_length=40)
    desk: str | None = Field(default=None, max_length=20)
    subject: str = Field(max_length=60, index=True)
    payload: str
    key_id: str | None = Field(default=None, max_length=36)
    sealed: bytes | None = Field(default=None, sa_column=Column(Sealed, nullable=True))
    previous: str = Field(max_length=64)
    digest: str = Field(max_length=64)


class JournalHead(Row, table=True):
    """The last link of a tenant's chain; locked while the next entry is appended."""

    __tablename__ = "journal_head"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    seq: int
    digest: str = Field(max_length=64)
