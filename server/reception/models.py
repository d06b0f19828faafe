"""The intake's tables. Personal columns are ciphertext under the reception's own key (`key_id`)."""

import datetime as dt

from sqlalchemy import Column, UniqueConstraint, text
from sqlmodel import Field

from server.db.base import Instant, Row, Sealed


class Reception(Row, table=True):
    """One intake. `version` moves with every change: a screen that shows an older one is told so.

    `events` are the codes of its life events with commas between, the leading one first; empty until chosen.
    """

    __tablename__ = "reception"
    __table_args__ = (UniqueConstraint("tenant_id", "site_id", "number"),)

    number: str = Field(max_length=30)
    events: str = Field(default="", max_length=120, sa_column_kwargs={"server_default": text("''")})
    ticket_id: str | None = Field(default=None, max_length=36, index=True)
    state: str = Field(default="opened", max_length=12, index=True)
    desk: str = Field(max_length=10)
    staff_id: str = Field(max_length=36)
    language: str = Field(default="ja", max_length=5)
    key_id: str = Field(max_length=36)
    version: int = 1
    relation: str | None = Field(default=None, max_length=20)
    identity_method: str | None = Field(default=None, max_length=20)
    identity_documents: str | None = Field(default=None, max_length=100)
    filer_person_id: str | None = Field(default=None, max_length=36)
    bearer_person_id: str | None = Field(default=None, max_length=36)
    protection: str = Field(default="unknown", max_length=8)
    released_by: str | None = Field(default=None, max_length=36)
    gathered_from: str | None = Field(default=None, max_length=10)
    core_as_of: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    opened_at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    accepted_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    closed_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    signed: bool = False
    confirmed_how: str | None = Field(default=None, max_length=10)
    disputed: str | None = Field(default=None, max_length=200)
    last_change: bytes | None = Field(default=None, sa_column=Column(Sealed, nullable=True))


class Person(Row, table=True):
    """Somebody in the intake, in the household's order. `sealed` holds the core's record of them."""

    __tablename__ = "reception_person"
    __table_args__ = (UniqueConstraint("reception_id", "position"),)

    reception_id: str = Field(foreign_key="reception.id", max_length=36, index=True)
    position: int
    origin: str = Field(max_length=10)
    protection: str = Field(default="unknown", max_length=8)
    sealed: bytes = Field(sa_column=Column(Sealed, nullable=False))


class FactRow(Row, table=True):
    """One value about a person or the household (person_id empty), with where it came from.

    A newer value of the same name replaces an older one of the same source; the older row stays, marked.
    """

    __tablename__ = "fact"

    reception_id: str = Field(foreign_key="reception.id", max_length=36, index=True)
    person_id: str = Field(default="", max_length=36)
    name: str = Field(max_length=40)
    source: str = Field(max_length=10)
    sealed: bytes = Field(sa_column=Column(Sealed, nullable=False))
    at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    by: str = Field(max_length=40)
    as_of: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    confirmed_by: str | None = Field(default=None, max_length=40)
    replaced: bool = False


class PreparedIntake(Row, table=True):
    """What was frozen for the signature: facts, guidance and the form's bytes, all under one digest."""

    __tablename__ = "prepared_intake"

    reception_id: str = Field(foreign_key="reception.id", max_length=36, index=True)
    form_id: str = Field(max_length=40)
    form_version: str = Field(max_length=20)
    catalogue_version: str = Field(max_length=40)
    digest: str = Field(max_length=64)
    form_sha256: str = Field(max_length=64)
    pages: int
    frozen: bytes = Field(sa_column=Column(Sealed, nullable=False))
    pdf: bytes = Field(sa_column=Column(Sealed, nullable=False))
    at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    by: str = Field(max_length=40)
    dropped: bool = False


class HeldItem(Row, table=True):
    """A card or paper taken from the resident (お預かり品); the visit cannot end before it is back."""

    __tablename__ = "held_item"

    reception_id: str = Field(foreign_key="reception.id", max_length=36, index=True)
    kind: str = Field(max_length=20)
    person_id: str | None = Field(default=None, max_length=36)
    taken_at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    returned_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))


class ShownDocument(Row, table=True):
    """A document that staff have seen (提示済み), for one person or for the household (person_id empty).

    The same document counts for every procedure that asks for it. What was ticked in error stays, withdrawn.
    """

    __tablename__ = "shown_document"

    reception_id: str = Field(foreign_key="reception.id", max_length=36, index=True)
    document_id: str = Field(max_length=60)
    person_id: str = Field(default="", max_length=36)
    at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    by: str = Field(max_length=40)
    withdrawn_at: dt.datetime | None = Field(default=None, sa_column=Column(Instant, nullable=True))
    withdrawn_by: str | None = Field(default=None, max_length=40)


class SigningChoice(Row, table=True):
    """How staff settled who signs a procedure: here, letter (委任状 in hand) or later (後日提出).

    A newer choice replaces the older one, whose row stays, marked.
    """

    __tablename__ = "signing_choice"

    reception_id: str = Field(foreign_key="reception.id", max_length=36, index=True)
    procedure_id: str = Field(max_length=60)
    kind: str = Field(max_length=10)
    at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    by: str = Field(max_length=40)
    replaced: bool = False


class Handout(Row, table=True):
    """A checklist as it was handed to the resident: the bytes that were printed, sealed with the intake."""

    __tablename__ = "handout"

    reception_id: str = Field(foreign_key="reception.id", max_length=36, index=True)
    language: str = Field(max_length=5)
    pages: int
    sha256: str = Field(max_length=64)
    pdf: bytes = Field(sa_column=Column(Sealed, nullable=False))
    at: dt.datetime = Field(sa_column=Column(Instant, nullable=False))
    by: str = Field(max_length=40)
