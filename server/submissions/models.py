"""The outbox to the core and the place in the core's feed."""

from datetime import datetime

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field

from server.db.base import Instant, Row, Sealed


class Submission(Row, table=True):
    """One notification to be sent, once in effect: the same `key` goes with every try."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("tenant_id", "key"),)

    key: str = Field(max_length=100)
    kind: str = Field(max_length=20)
    reception_id: str = Field(max_length=36, index=True)
    state: str = Field(default="due", max_length=14, index=True)
    key_id: str = Field(max_length=36)
    draft: bytes = Field(sa_column=Column(Sealed, nullable=False))
    attempts: int = 0
    not_before: datetime = Field(sa_column=Column(Instant, nullable=False))
    leased_until: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    failure: str | None = Field(default=None, max_length=40)
    provisional_no: str | None = Field(default=None, max_length=40)
    reason_code: str | None = Field(default=None, max_length=40)
    reason: bytes | None = Field(default=None, sa_column=Column(Sealed, nullable=True))
    queued_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    answered_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    settled_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class FeedPosition(Row, table=True):
    """How far the core's feed has been read."""

    __tablename__ = "feed_position"
    __table_args__ = (UniqueConstraint("tenant_id", "feed"),)

    feed: str = Field(max_length=20)
    after: int = 0
    core_up: bool = False
    checked_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
