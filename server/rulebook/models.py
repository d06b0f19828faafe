"""The tables of the overlay's versions, and of the program's files that could be read last."""

from datetime import date, datetime

from sqlalchemy import Column, Text, UniqueConstraint
from sqlmodel import Field

from server.db.base import Instant, Row


class OverlayVersion(Row, table=True):
    """One version of the municipality's overlay.yaml, whole; see docs/decisions/0020.

    `editors`: the ids of all who wrote in it, with spaces between; none of them may approve it. `revision`
    counts the edits: who writes must have seen the last one. `approval` numbers the approvals: the highest
    one whose `effective_from` has come is the one that counts.
    """

    __tablename__ = "overlay_version"
    __table_args__ = (UniqueConstraint("tenant_id", "number"),)

    number: int
    state: str = Field(max_length=20)
    title: str = Field(max_length=200)
    content: str = Field(sa_column=Column(Text, nullable=False))
    digest: str = Field(max_length=64)
    revision: int = 0
    based_on: int | None = None
    author: str = Field(max_length=40)
    editors: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    changed_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    effective_from: date | None = None
    proposed_by: str | None = Field(default=None, max_length=40)
    decided_by: str | None = Field(default=None, max_length=40)
    decided_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    approval: int | None = None
    # Why it was sent back or taken out of force.
    reason: str = Field(default="", max_length=400)


class GoodFiles(Row, table=True):
    """The texts of all files that a catalogue was made of when they were last read without a fault; see
    docs/decisions/0027. `faulty_since`: since when these stand in for files with faults.
    """

    __tablename__ = "good_files"
    __table_args__ = (UniqueConstraint("tenant_id", "municipality"),)

    municipality: str = Field(max_length=10)
    digest: str = Field(max_length=64)
    texts: str = Field(sa_column=Column(Text, nullable=False))
    read_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    faulty_since: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
