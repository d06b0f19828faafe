"""A reception of the first release, whose kind becomes its life event, with what hangs on it."""

from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from server.db import engine as engines
from server.db.migrate import configuration, upgrade


def insert(connection: Connection, table: str, **given: object) -> None:
    """A row with these values; something that fits stands in every other column that needs one."""
    columns = connection.execute(text(f"PRAGMA table_info({table})")).mappings().all()
    row: dict[str, Any] = {
        column["name"]: 0 if column["type"] in ("INTEGER", "BOOLEAN") else "x"
        for column in columns
        if column["notnull"]
    }
    row |= given
    places = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"), row)


def test_what_was_a_move_is_one_still(tmp_path: Path) -> None:
    engine = engines.create(f"sqlite:///{tmp_path / 'old.db'}")
    command.upgrade(configuration(engine), "0003")
    with engine.begin() as connection:
        insert(connection, "reception", id="r1", kind="move")
        insert(connection, "fact", id="f1", reception_id="r1")
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT events FROM reception")).scalars().all() == ["MOVE"]
        assert connection.execute(text("SELECT reception_id FROM fact")).scalars().all() == ["r1"]
    engine.dispose()
