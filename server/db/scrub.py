"""Removing what a destroyed key leaves in the database's own files.

To destroy a key empties its column; the bytes lie on where they were, and with the master key they would
open what was forgotten. SQLite overwrites them (secure_delete), but its write-ahead log still holds the page
as it was, until it is written back and cut to nothing. PostgreSQL keeps the old row until the table is
vacuumed, and only writing the table anew (FULL) surely leaves nothing behind; its own log is the
administrator's business (docs/operations.md).
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import col, func, select

from server.db.uow import Database
from server.db.vault import DataKeyRow
from server.kit.clock import now

# Writing PostgreSQL's table anew holds up whoever needs a key for an instant.
EVERY = {"sqlite": timedelta(minutes=1), "postgresql": timedelta(hours=1)}


class Scrubber:
    """Scrubs when keys were destroyed since the last time. One for each worker."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._every = EVERY[db.engine.dialect.name]
        self._next = now()
        self._clean_until: datetime | None = None

    def run(self) -> bool:
        """Scrub if there is anything to; whether it was done. What is in use meanwhile is tried again."""
        if now() < self._next:
            return False
        with self._db.read() as unit:
            last = unit.session.exec(select(func.max(col(DataKeyRow.destroyed_at)))).one()
        if last is None or (self._clean_until is not None and last <= self._clean_until):
            return False
        started = now()
        if not scrub(self._db):
            return False
        # Twice for each key: whoever was reading the first time may have kept its bytes alive.
        self._next, self._clean_until = started + self._every, started - self._every
        return True


def scrub(db: Database) -> bool:
    """Whether nothing of a destroyed key is left in the files; False when somebody was in the way."""
    if db.engine.dialect.name == "sqlite":
        with db.between_writes():
            return _cut_log(db.engine)
    return _write_anew(db.engine)


def may_scrub(engine: Engine) -> bool:
    """Whether this account may: only the owner of a table vacuums it, others are passed over silently."""
    if engine.dialect.name == "sqlite":
        return True
    owns = text("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'data_key'::regclass")
    with engine.connect() as connection:
        return bool(connection.execute(owns).scalar_one())


def keeps_old_logs(engine: Engine) -> bool:
    """Whether PostgreSQL goes on using old segments of its log, which hold what was written to them."""
    if engine.dialect.name == "sqlite":
        return False
    with engine.connect() as connection:
        return bool(connection.execute(text("SHOW wal_recycle")).scalar_one() == "on")


def _cut_log(engine: Engine) -> bool:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        # Short, because whoever wants to write waits as long.
        cursor.execute("PRAGMA busy_timeout=500")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy
    finally:
        # A connection with other settings goes back to nobody.
        connection.invalidate()
        connection.close()


def _write_anew(engine: Engine) -> bool:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET lock_timeout = 500"))
        try:
            connection.execute(text("VACUUM (FULL) data_key"))
        except OperationalError:
            return False
        finally:
            connection.execute(text("RESET lock_timeout"))
    return may_scrub(engine)
