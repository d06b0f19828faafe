"""The departments' work."""

import datetime as dt

from sqlalchemy import Column
from sqlmodel import Field

from server.db.base import Instant, Row, Sealed


class WorkItem(Row, table=True):
    """One procedure of one accepted intake for one department; `part` holds only what that department needs.

    Whether it must still wait for 本登録 is not stored: it follows from its submission.
    """

    __tablename__ = "work_item"

    department: str = Field(max_length=20, index=True)
    procedure_id: str = Field(max_length=20)
    klass: str = Field(max_length=1)
    reception_id: str = Field(max_length=36, index=True)
    submission_id: str | None = Field(default=None, max_length=36)
    state: str = Field(default="open", max_length=12, index=True)
    protected: bool = False
    due_on: dt.date | None = None
    key_id: str = Field(max_length=36)
    part: bytes = Field(sa_column=Column(Sealed, nullable=False))
    reason: bytes | None = Field(default=None, sa_column=Column(Sealed, nullable=True))
    opened_at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    started_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    started_by: str | None = Field(default=None, max_length=36)
    done_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
