"""A destroyed key is gone from the database's files, not only from its row."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from sqlmodel import select

from server.db import engine as engines
from server.db import scrub
from server.db.scrub import Scrubber, keeps_old_logs, may_scrub
from server.db.uow import Database
from server.db.vault import DataKeyRow, Vault
from server.doctor import examine
from server.kit import clock
from server.settings import Settings
from tests.factories.people import SYSTEM


def make(db: Database, vault: Vault) -> tuple[str, bytes]:
    """A new key's id and its bytes as they are stored."""
    with db.write() as unit:
        key = vault.new_key(unit, SYSTEM, "reception")
        row = unit.session.exec(select(DataKeyRow).where(DataKeyRow.id == key.id)).one()
        assert row.wrapped is not None
        return key.id, row.wrapped


def destroy(db: Database, vault: Vault, *ids: str) -> None:
    with db.write() as unit:
        for key_id in ids:
            vault.destroy(unit, SYSTEM, key_id)


def files(db: Database) -> Iterator[Path]:
    """Every file that a copy of the database consists of; PostgreSQL's log is not the application's."""
    if db.engine.dialect.name == "sqlite":
        file = Path(db.engine.url.database or "")
        yield from file.parent.glob(f"{file.name}*")
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
    yield from (path for path in (folder / "base").rglob("*") if path.is_file())


def lying_about(db: Database, wanted: list[bytes]) -> int:
    """How many of these keys can still be found, by the last bytes of each."""
    content = b"".join(path.read_bytes() for path in files(db))
    return sum(one[-16:] in content for one in wanted)


def test_what_is_destroyed_is_nowhere_in_the_files(db: Database, vault: Vault) -> None:
    made = [make(db, vault) for _ in range(60)]
    kept, gone = made[::2], made[1::2]
    destroy(db, vault, *(key_id for key_id, _ in gone))
    assert lying_about(db, [wrapped for _, wrapped in gone]) > 0, "or the search finds nothing anyway"
    assert Scrubber(db).run()
    assert lying_about(db, [wrapped for _, wrapped in gone]) == 0
    assert lying_about(db, [wrapped for _, wrapped in kept]) == len(kept)
    with db.read() as unit:
        for key_id, _ in kept:
            vault.key(unit, SYSTEM, key_id)


def test_it_is_done_when_there_is_something_to_do(db: Database, vault: Vault) -> None:
    scrubber, every = Scrubber(db), scrub.EVERY[db.engine.dialect.name]
    assert not scrubber.run(), "no key was ever destroyed"
    destroy(db, vault, make(db, vault)[0])
    ran = []
    for _ in range(4):
        ran.append(scrubber.run())
        assert not scrubber.run(), "not all the time"
        clock.start_at(clock.now() + every + timedelta(seconds=1))
    assert ran == [True, True, False, False], "twice for each key, and then no more"
    destroy(db, vault, make(db, vault)[0])
    assert scrubber.run()


def test_whoever_reads_is_not_waited_for_and_it_is_tried_again(db: Database, vault: Vault) -> None:
    key_id, _ = make(db, vault)
    scrubber = Scrubber(db)
    with db.read() as unit:
        vault.key(unit, SYSTEM, key_id)
        other = Database(db.engine)
        destroy(other, vault, make(other, vault)[0])
        assert not scrubber.run()
    assert scrubber.run()


def test_only_the_owner_can(db: Database, vault: Vault) -> None:
    assert may_scrub(db.engine)
    if db.engine.dialect.name == "sqlite":
        assert not keeps_old_logs(db.engine)
        return
    assert keeps_old_logs(db.engine), "as PostgreSQL is set up"
    with db.engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS somebody"))
        connection.execute(text("CREATE ROLE somebody LOGIN"))
        connection.execute(text("GRANT SELECT ON data_key TO somebody"))
    theirs = engines.create(db.engine.url.set(username="somebody").render_as_string(hide_password=False))
    try:
        assert not may_scrub(theirs)
        destroy(db, vault, make(db, vault)[0])
        assert not Scrubber(Database(theirs)).run()
    finally:
        theirs.dispose()
        with db.engine.begin() as connection:
            connection.execute(text("DROP OWNED BY somebody"))
            connection.execute(text("DROP ROLE somebody"))


def test_the_doctor_says_what_would_be_left(database_url: str, tmp_path: Path) -> None:
    here = Settings(env="test", state_dir=tmp_path, database_url=database_url, core_url="http://127.0.0.1:9")
    (found,) = [one for one in examine(here) if one.check == "destroyed keys"]
    assert found.grade == ("ok" if here.on_sqlite else "note")
    assert ("wal_recycle" in found.do_en) is not here.on_sqlite
