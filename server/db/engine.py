"""The engine for SQLite (one file, one writing process) and PostgreSQL (one URL away)."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # NORMAL lost acknowledged commits in 84 % of simulated power cuts, FULL in none (docs/decisions/0002).
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    # A destroyed key must not lie on in the free space of its page (server.db.vault).
    "PRAGMA secure_delete=ON",
)


class StorageUnsafeError(RuntimeError):
    """The database does not keep what it acknowledges; the message says what to do."""


def create(url: str) -> Engine:
    """An engine for `url`, whose errors never show the values of a statement.

    On SQLite, transactions start by our own BEGIN, so that writers take their lock at once instead of
    failing when they upgrade.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return _sqlite(url)
    if backend not in ("postgresql", "postgres"):
        raise ArgumentError("neither SQLite nor PostgreSQL")
    # One more than threads that answer: the rules are looked up beside the reading that needs them.
    return create_engine(
        _driver(url), pool_pre_ping=True, pool_size=20, max_overflow=21, hide_parameters=True
    )


def _driver(url: str) -> str:
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url, connect_args={"check_same_thread": False}, pool_size=20, max_overflow=40, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("kakanai_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def assert_durable(engine: Engine) -> None:
    """Raise StorageUnsafeError unless a commit that returned survives a power cut."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
            level = connection.execute(text("PRAGMA synchronous")).scalar_one()
            if mode != "wal" or level < 2:
                raise StorageUnsafeError(
                    "SQLite must run with journal_mode=WAL and synchronous=FULL; use a local disk."
                )
        else:
            for setting in ("fsync", "synchronous_commit"):
                if (
                    connection.execute(text("SELECT current_setting(:s)"), {"s": setting}).scalar_one()
                    == "off"
                ):
                    raise StorageUnsafeError(f"PostgreSQL runs with {setting}=off; turn it on.")
