"""Bringing a database to this release's tables (Alembic), and refusing one from a later release."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

FOLDER = Path(__file__).parents[1] / "migrations"


class NewerDatabaseError(RuntimeError):
    """The database was made by a later release than this one."""


def configuration(engine: Engine) -> Config:
    """An Alembic configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision; does nothing when it is there already.

    Raises NewerDatabaseError when the database knows a revision that this release does not.
    """
    config = configuration(engine)
    script = ScriptDirectory.from_config(config)
    with _one_at_a_time(engine):
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {known.revision for known in script.walk_revisions()}:
            raise NewerDatabaseError(
                "This database belongs to a later release of Kakanai. Install that release."
            )
        if current != script.get_current_head():
            command.upgrade(config, "head")


@contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[None]:
    """On PostgreSQL the server and the worker start together, and only one of them may make the tables."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtextextended('kakanai migrations', 0))"))
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(hashtextextended('kakanai migrations', 0))"))
