"""Bringing a database to this release's tables (Alembic), and refusing one from a later release."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

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
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise NewerDatabaseError("This database belongs to a later release of Kakanai. Install that release.")
    if current != script.get_current_head():
        command.upgrade(config, "head")
