"""The waiting line's tables."""

import datetime as dt

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field

from server.db.base import Instant, Row, Sealed


class BusinessDay(Row, table=True):
    """A day of business, opened and closed by people; midnight ends nothing."""

    __tablename__ = "business_day"
    __table_args__ = (UniqueConstraint("tenant_id", "site_id", "date", "round"),)

    date: dt.date
    round: int = 1
    opened_at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    closed_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class ServiceClass(Row, table=True):
    """One purpose people come for (用件区分), with its letter on the ticket."""

    __tablename__ = "service_class"
    __table_args__ = (UniqueConstraint("tenant_id", "site_id", "code"),)

    code: str = Field(max_length=20)
    letter: str = Field(max_length=2)
    name_ja: str = Field(max_length=40)
    name_en: str = Field(max_length=40)
    prepare_ja: str = ""
    prepare_en: str = ""
    minutes: int = 10
    position: int = 0


class Desk(Row, table=True):
    """A counter window and the classes it serves (codes joined by commas, in order of preference)."""

    __tablename__ = "desk"
    __table_args__ = (UniqueConstraint("tenant_id", "site_id", "number"),)

    number: str = Field(max_length=10)
    classes: str = Field(max_length=200)


class TicketCounter(Row, table=True):
    """The last number given in a class on a business day."""

    __tablename__ = "ticket_counter"
    __table_args__ = (UniqueConstraint("tenant_id", "business_day_id", "service_class"),)

    business_day_id: str = Field(foreign_key="business_day.id", max_length=36)
    service_class: str = Field(max_length=20)
    last: int = 0


class Ticket(Row, table=True):
    """One visit's place in a class."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("tenant_id", "business_day_id", "service_class", "number"),
        UniqueConstraint("public_token"),
    )

    business_day_id: str = Field(foreign_key="business_day.id", max_length=36, index=True)
    service_class: str = Field(max_length=20)
    number: int
    label: str = Field(max_length=10)
    state: str = Field(default="waiting", max_length=12, index=True)
    language: str = Field(default="ja", max_length=5)
    station: str | None = Field(default=None, max_length=40)
    ahead: int = 0
    public_token: str = Field(max_length=40)
    issued_at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    called_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    served_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    finished_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    desk: str | None = Field(default=None, max_length=10)
    calls: int = 0


class CardRead(Row, table=True):
    """What a card said, sealed under a key of its own until staff have matched the person.

    Erased (the key destroyed) when it is not wanted, at no-show, or an hour after the tap if nobody
    attached it.
    """

    __tablename__ = "card_read"

    ticket_id: str | None = Field(default=None, max_length=36, index=True)
    reception_id: str | None = Field(default=None, max_length=36, index=True)
    station: str = Field(max_length=40)
    mode: str = Field(max_length=10)
    outcome: str = Field(max_length=20)
    tries_left: int | None = None
    key_id: str | None = Field(default=None, max_length=36)
    sealed: bytes | None = Field(default=None, sa_column=Column(Sealed, nullable=True))
    read_at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    attached_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    erased_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class Board(Row, table=True):
    """The version of a site's call display: moves by one with each call."""

    __tablename__ = "board"
    __table_args__ = (UniqueConstraint("tenant_id", "site_id"),)

    version: int = 0


class Site(Row, table=True):
    """An office building of the municipality: what papers and screens call it."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("tenant_id", "site_id"),)

    municipality_code: str = Field(max_length=6)
    municipality_ja: str = Field(max_length=40)
    municipality_en: str = Field(max_length=80)
    name_ja: str = Field(max_length=40)
    name_en: str = Field(max_length=80)
    address: str = Field(max_length=200)
