"""What every table has: an opaque id, its municipality (tenant) and its site."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, LargeBinary, MetaData
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from server.kit.clock import aware
from server.kit.ids import new_id

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


class Instant(TypeDecorator[datetime]):
    """An aware instant, written and read as UTC whatever zone it comes with or the database speaks in.

    SQLite drops the zone, so it is put back on reading; PostgreSQL answers in the zone of its session.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("instants carry a time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else aware(value).astimezone(UTC)


class Sealed(TypeDecorator[bytes]):
    """Ciphertext of personal data (see server.db.vault); never plain bytes."""

    impl = LargeBinary
    cache_ok = True


class Row(SQLModel):
    """Base of every table."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    tenant_id: str = Field(index=True, max_length=40)
    site_id: str = Field(max_length=40)
