"""Units of work: all or nothing, one moment to look at, and what is told to others only after the commit."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, text
from sqlmodel import col, func, select

from server.db import engine as engines
from server.db.engine import StorageUnsafeError, assert_durable
from server.db.uow import Database, NotThereError, one_of
from server.queue.models import BusinessDay, Desk
from tests.factories.people import SITE, SYSTEM, TENANT
from tests.support_postgres import Cluster


def desk(number: str) -> Desk:
    return Desk(tenant_id=TENANT, site_id=SITE, number=number, classes="move")


def count(db: Database) -> int:
    with db.read() as unit:
        return unit.session.exec(select(func.count()).select_from(Desk)).one()


def test_a_unit_that_raises_leaves_nothing(db: Database) -> None:
    before, told = count(db), list[str]()
    db.publish = told.extend

    def fail() -> None:
        with db.write() as unit:
            unit.add(desk("91"))
            unit.announce("board")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert count(db) == before
    assert told == []


def test_topics_are_told_once_and_after_the_commit(db: Database) -> None:
    seen: list[int] = []
    told: list[str] = []

    def publish(topics: Sequence[str]) -> None:
        seen.append(count(db))
        told.extend(topics)

    before = count(db)
    db.publish = publish
    with db.write() as unit:
        unit.add(desk("91"))
        unit.announce("board")
        unit.announce("board")
        unit.announce("stations")
    assert told == ["board", "stations"]
    assert seen == [before + 1]


def test_a_reading_unit_drops_what_is_written_in_it(db: Database) -> None:
    before = count(db)
    with db.read() as unit:
        unit.add(desk("91"))
    assert count(db) == before


def test_a_reading_unit_sees_one_moment(db: Database) -> None:
    """A page that is put together from several queries must not mix two states."""
    query = select(func.count()).select_from(Desk)
    with db.read() as unit:
        first = unit.session.exec(query).one()
        with db.write() as other:
            other.add(desk("91"))
        assert unit.session.exec(query).one() == first
    assert count(db) == first + 1


def test_rows_read_stay_usable_after_the_unit(db: Database) -> None:
    with db.read() as unit:
        found = unit.all(select(Desk).order_by(col(Desk.number)))
    assert [one.number for one in found] == ["1", "2"]


def test_other_municipalities_rows_are_not_there(db: Database) -> None:
    with db.read() as unit:
        own = unit.all(select(Desk))[0]
        assert one_of(unit, Desk, TENANT, own.id).id == own.id
        for tenant, key in (("elsewhere", own.id), (TENANT, "unknown")):
            with pytest.raises(NotThereError):
                one_of(unit, Desk, tenant, key)


def test_two_writers_of_one_row_come_one_after_the_other(db: Database) -> None:
    """Each adds one to what it read; without a lock one of the two would be lost."""
    start = threading.Barrier(4)

    def run() -> None:
        for _ in range(10):
            start.wait(20)
            with db.write() as unit:
                row = unit.session.exec(
                    select(Desk)
                    .where(Desk.number == "1")
                    .with_for_update()
                    .execution_options(populate_existing=True)
                ).one()
                row.classes = str(int(row.classes) + 1) if row.classes.isdigit() else "1"
                unit.add(row)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with db.read() as unit:
        assert unit.session.exec(select(Desk.classes).where(Desk.number == "1")).one() == "40"


def test_what_has_no_row_yet_can_be_held(db: Database) -> None:
    """Everybody looks whether it is there and makes it when it is not: it is made once."""
    start, made = threading.Barrier(4), list[str]()

    def run() -> None:
        start.wait(20)
        with db.write() as unit:
            unit.hold("desk 91")
            if unit.first(select(Desk).where(Desk.number == "91")) is None:
                made.append(unit.add(desk("91")).id)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 1


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Tokyo"), timezone(timedelta(hours=-5))])
def test_an_instant_comes_back_in_utc_whatever_its_zone(db: Database, zone: timezone) -> None:
    """The core answers in Japanese time, PostgreSQL in the zone of its server: the journal's digest and the
    age of the core's answer are computed from what comes back."""
    instant = datetime(2026, 11, 23, 9, 30, 15, 123456, tzinfo=zone)
    with db.write() as unit:
        row = unit.add(
            BusinessDay(tenant_id=TENANT, site_id="elsewhere", date=instant.date(), opened_at=instant)
        )
    with db.read() as unit:
        found = one_of(unit, BusinessDay, TENANT, row.id)
        assert found.opened_at == instant
        assert found.opened_at.isoformat() == instant.astimezone(UTC).isoformat()


def test_an_instant_without_a_zone_is_refused(db: Database) -> None:
    naive = datetime(2026, 11, 23)  # noqa: DTZ001 - the fault under test
    with pytest.raises(Exception, match="time zone"), db.write() as unit:
        unit.add(BusinessDay(tenant_id=TENANT, site_id=SITE, date=naive.date(), round=9, opened_at=naive))


def test_errors_of_the_database_show_no_values(db: Database) -> None:
    """Their text ends up in logs."""
    with pytest.raises(Exception, match="desk") as failed, db.write() as unit:
        unit.add(desk("1"))
    assert SITE not in str(failed.value).partition("[SQL")[2]
    assert "hidden" in str(failed.value)


def test_sqlite_writers_take_their_lock_at_once(tmp_path: Path) -> None:
    """A writer that begins as a reader fails when another one was quicker (SQLITE_BUSY at the upgrade)."""
    engine, said = engines.create(f"sqlite:///{tmp_path / 'a.db'}"), list[str]()

    @event.listens_for(engine, "before_cursor_execute")
    def _listen(_c: object, _k: object, statement: str, *_: object) -> None:
        said.append(statement)

    db = Database(engine)
    with db.write() as unit:
        unit.session.execute(text("SELECT 1"))
    with db.read() as unit:
        unit.session.execute(text("SELECT 2"))
    assert said == ["BEGIN IMMEDIATE", "SELECT 1", "BEGIN", "SELECT 2"]
    engine.dispose()


def test_the_databases_keep_what_they_acknowledge(db: Database) -> None:
    assert_durable(db.engine)


@pytest.mark.parametrize(
    "weaker", ["PRAGMA synchronous=NORMAL", "PRAGMA synchronous=OFF", "PRAGMA journal_mode=MEMORY"]
)
def test_a_sqlite_that_could_forget_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weaker: str
) -> None:
    monkeypatch.setattr(engines, "SQLITE_PRAGMAS", (*engines.SQLITE_PRAGMAS, weaker))
    with pytest.raises(StorageUnsafeError, match="synchronous=FULL"):
        assert_durable(engines.create(f"sqlite:///{tmp_path / 'a.db'}"))


def test_a_postgresql_that_could_forget_is_refused(postgres: Cluster) -> None:
    url = postgres.create("careless")
    engine = engines.create(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ALTER DATABASE careless SET synchronous_commit = off"))
    engine.dispose()
    with pytest.raises(StorageUnsafeError, match="synchronous_commit"):
        assert_durable(engine)
    engine.dispose()
    postgres.drop("careless")


def test_context_stamps_a_row_as_its_own() -> None:
    row = SYSTEM.stamp(Desk(tenant_id="", site_id="", number="9", classes=""))
    assert (row.tenant_id, row.site_id) == (TENANT, SITE)
