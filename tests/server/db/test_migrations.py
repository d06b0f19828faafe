"""The tables on both databases: made by migrations, equal to the models, never older than the release."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Text, inspect, text
from sqlmodel import AutoString

from server.db import engine as engines
from server.db.migrate import NewerDatabaseError, configuration, upgrade
from server.kit.ids import new_id
from server.tables import metadata
from tests.support_postgres import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        engine = engines.create(f"sqlite:///{tmp_path / 'empty.db'}")
        yield engine
        engine.dispose()
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = f"empty_{new_id().replace('-', '')}"
    engine = engines.create(cluster.create(name))
    yield engine
    engine.dispose()
    cluster.drop(name)


def other_type(_context: object, _there: object, _said: object, there: Any, said: Any) -> bool | None:
    """Text without a limit has two names that mean the same; every other difference is one."""
    unlimited = (
        isinstance(said, AutoString)
        and getattr(said.impl_instance, "length", None) is None
        and isinstance(there, Text)
    )
    return False if unlimited else None


def differences(engine: Engine) -> list[Any]:
    """What Alembic would have to change to make the database what the models say."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": other_type, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))


def test_an_empty_database_gets_exactly_the_tables_of_the_models(empty: Engine) -> None:
    upgrade(empty)
    assert differences(empty) == []
    assert set(inspect(empty).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_comparison_sees_a_difference(empty: Engine) -> None:
    """A comparison that is always empty proves nothing."""
    upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("ALTER TABLE ticket ADD COLUMN forgotten INTEGER"))
        connection.execute(text("DROP INDEX ix_ticket_state"))
        connection.execute(text("ALTER TABLE desk DROP COLUMN classes"))
        connection.execute(text("ALTER TABLE desk ADD COLUMN classes VARCHAR(9) DEFAULT ''"))
    found = {
        row[0] for entry in differences(empty) for row in (entry if isinstance(entry, list) else [entry])
    }
    assert found >= {"remove_column", "add_index", "modify_type"}


def test_upgrading_twice_changes_nothing(empty: Engine) -> None:
    upgrade(empty)
    upgrade(empty)
    with empty.connect() as connection:
        known = MigrationContext.configure(connection).get_current_heads()
    assert list(known) == ScriptDirectory.from_config(configuration(empty)).get_heads()


def test_there_is_one_line_of_revisions(tmp_path: Path) -> None:
    """Two heads would leave it to chance which tables a municipality gets."""
    engine = engines.create(f"sqlite:///{tmp_path / 'none.db'}")
    assert len(ScriptDirectory.from_config(configuration(engine)).get_heads()) == 1


def test_a_database_of_a_later_release_is_left_alone(empty: Engine) -> None:
    upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match="later release"):
        upgrade(empty)
    with empty.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(empty: Engine) -> None:
    """Its statements and the note that it ran are one transaction."""
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE reception (id INTEGER)"))
    with pytest.raises(Exception, match="reception"):
        upgrade(empty)
    tables = set(inspect(empty).get_table_names())
    assert "held_item" not in tables
    with empty.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0001"


def test_a_server_and_its_worker_may_start_at_the_same_moment(postgres: Cluster) -> None:
    name = f"together_{new_id().replace('-', '')}"
    url, failures = postgres.create(name), list[Exception]()
    start = threading.Barrier(3)

    def run() -> None:
        engine = engines.create(url)
        start.wait()
        try:
            upgrade(engine)
        except Exception as error:
            failures.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    postgres.drop(name)
