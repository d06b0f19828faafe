"""The print queue's table."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field

from server.db.base import Instant, Row


class PrintJob(Row, table=True):
    """One paper at one station: a ticket, a slip of the navigator, a form or a checklist. `content` is the
    wire message of a ticket or slip (nobody's data), emptied once a slip is done with; a page's bytes stay
    sealed with the intake (`document`, whose key is `key_id`)."""

    __tablename__ = "print_job"

    station: str = Field(max_length=40, index=True)
    kind: str = Field(max_length=10)
    subject: str = Field(max_length=36, index=True)
    content: str = ""
    document: str | None = Field(default=None, max_length=36)
    key_id: str | None = Field(default=None, max_length=36)
    copy_no: int = 1
    state: str = Field(default="queued", max_length=12, index=True)
    problem: str | None = Field(default=None, max_length=20)
    attempts: int = 0
    leased_until: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
