"""What runs by itself: wiring, the worker's rounds, listeners, settings that do not belong together."""

import asyncio
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from core_adapter.mock import MockCoreAdapter
from core_adapter.rest import RestCoreAdapter
from server.bootstrap import build
from server.db import engine as engines
from server.db.uow import Database
from server.kit import clock, failpoints
from server.queue.models import CardRead
from server.settings import Settings, SettingsRefusedError
from server.submissions.models import Submission
from server.submissions.queries import core_standing
from server.web.listening import Listener
from server.web.services import Services
from server.web.sse import Hub
from server.worker import Worker
from tests.factories.visits import Visit, card_of, issue, tap
from tests.support_databases import PostgresOffice


def test_a_round_of_the_worker_sends_hears_and_sweeps(services: Services, core: MockCoreAdapter) -> None:
    visit = Visit.at(services, "accepted")
    tap(services, card_of("kaku_kenichi"))
    worker = Worker(services)
    worker.round()
    with services.db.read() as unit:
        row = unit.session.exec(select(Submission)).one()
        assert core_standing(unit, services.system).up
    assert row.state == "provisional"
    core.settle(row.key, "registered")
    clock.start_at(clock.now() + timedelta(minutes=61))
    worker.round()
    assert visit.workspace().submissions[0].state == "registered"
    with services.db.read() as unit:
        assert [read.erased_at is None for read in unit.all(select(CardRead))] == [True, True]
    worker.round(sweep=True)
    with services.db.read() as unit:
        assert sorted(read.erased_at is None for read in unit.all(select(CardRead))) == [False, True], (
            "the attached one stays"
        )
    if services.settings.on_sqlite:
        log = Path(f"{services.db.engine.url.database}-wal")
        assert log.stat().st_size == 0, "the destroyed key does not lie on in it"


def test_a_failed_round_ends_nothing(
    services: Services,
    core: MockCoreAdapter,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.worker.PAUSE", 0.01)
    rounds: list[str] = []

    def broken(*_: object) -> None:
        rounds.append("")
        raise RuntimeError("見本　太郎")

    monkeypatch.setattr("server.worker.submissions.send_due", broken)
    worker = Worker(services)
    worker.start()
    end = time.monotonic() + 10
    while len(rounds) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    worker.stop()
    assert len(rounds) >= 3
    assert "RuntimeError" in caplog.text
    assert "見本" not in caplog.text
    count = len(rounds)
    time.sleep(0.05)
    assert len(rounds) == count, "stopped is stopped"


def test_the_real_wiring_stands(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(env="test", state_dir=tmp_path, database_url=database_url)
    held = build(settings)
    assert isinstance(held.core, RestCoreAdapter)
    assert held.site.municipality_ja == "見本市"
    assert (tmp_path / "master.key").exists()
    assert held.municipality("en").name == "Mihon City"
    assert issue(held).label == "B001"
    mock = build(settings.model_copy(update={"core_adapter": "mock"}))
    assert isinstance(mock.core, MockCoreAdapter)
    for one in (held, mock):
        one.db.engine.dispose()


def test_an_unknown_adapter_is_named_with_those_there_are(tmp_path: Path) -> None:
    from server.bootstrap import core_adapter

    with pytest.raises(SettingsRefusedError, match=r"'pigeon'.*rest"):
        core_adapter(Settings(env="test", state_dir=tmp_path, core_adapter="pigeon"))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"env": "production"}, "KAKANAI_PROTECTION_DECLARED"),
        (
            {"env": "production", "protection_declared": "1", "now": "2026-11-23T09:00:00+09:00"},
            "KAKANAI_NOW",
        ),
        (
            {"env": "production", "protection_declared": "1", "failpoint": "queue.after_commit"},
            "KAKANAI_FAILPOINT",
        ),
        ({"host": "kakanai.example"}, "KAKANAI_TLS_CERTIFICATE"),
        ({"now": "2026-11-23T09:00:00"}, "time zone"),
    ],
)
def test_settings_that_do_not_belong_together_are_refused(changes: dict[str, object], word: str) -> None:
    with pytest.raises(SettingsRefusedError, match=word):
        Settings.model_validate(changes)


def test_a_moved_clock_and_an_armed_failpoint_come_from_the_settings(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings.model_validate(
        {
            "env": "test",
            "state_dir": tmp_path,
            "database_url": database_url,
            "now": "2027-01-04T09:00:00+09:00",
            "failpoint": "queue.before_commit",
        }
    )
    try:
        held = build(settings)
        assert clock.today().isoformat() == "2027-01-04"
        assert failpoints._armed == "queue.before_commit"
        held.db.engine.dispose()
    finally:
        failpoints.arm("")


def heard(hub: Hub, topics: list[str], act: object, count: int) -> list[str | None]:
    """What a listener hears: `act` runs in another thread once it listens."""

    async def run() -> list[str | None]:
        hub.start(asyncio.get_running_loop())
        got: list[str | None] = []
        async for version in hub.listen(topics):
            got.append(version)
            if len(got) == 1:
                assert callable(act)
                threading.Thread(target=act).start()
            if len(got) == count:
                break
        return got

    return asyncio.run(asyncio.wait_for(run(), 20))


def test_a_listener_hears_its_topics_from_any_thread() -> None:
    hub = Hub()
    hub.publish(["board"])
    got = heard(hub, ["board", "core"], lambda: hub.publish(["other", "core"]), 2)
    assert len(set(got)) == 2
    hub.publish(["board"])
    assert hub._waiting == {}, "who has left is not remembered"


def test_a_page_read_after_a_change_need_not_hear_of_it() -> None:
    """What the event says is no later than what a page says that was read after it; and a later one is."""
    hub, other = Hub(), Hub()
    hub.publish(["board"])
    seen = hub.instant()
    hub.publish(["else"])
    told, later = heard(hub, ["board", "core"], lambda: hub.publish(["core"]), 2)
    run, number = seen.split(".")
    assert told == seen
    assert later == f"{run}.{int(number) + 2}"
    assert other.instant().split(".")[0] != run, "a server that was started anew counts from nothing"
    hub.publish_all()
    assert heard(hub, ["never named"], print, 1) == [hub.instant()]


def test_what_was_forgotten_counts_as_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.sse.REMEMBERED", 2)
    hub = Hub()
    hub.publish(["first", "second"])
    assert str(heard(hub, ["quiet"], print, 1)[0]).endswith(".0")
    hub.publish(["third"])
    assert str(heard(hub, ["quiet"], print, 1)[0]).endswith(".1")


def test_stopping_ends_every_stream() -> None:
    hub = Hub()
    got: list[str | None] = []

    async def run() -> None:
        hub.start(asyncio.get_running_loop())
        asyncio.get_running_loop().call_later(0.05, hub.stop)
        async for version in hub.listen(["board"]):
            got.append(version)

    asyncio.run(asyncio.wait_for(run(), 10))
    assert len(got) == 1


def test_what_another_process_changed_is_heard(seeded_postgres: PostgresOffice, tmp_path: Path) -> None:
    """Two servers, or a server and its worker: only PostgreSQL has several writing processes.

    Everything is announced until it is heard: a listener that has not come up yet misses what was said.
    """
    with seeded_postgres.fresh(tmp_path) as url:
        engine = engines.create(url)
    other, hub, stopped = Database(engine), Hub(), threading.Event()
    listener = Listener(url, hub)

    def change() -> None:
        while not stopped.wait(0.05):
            with other.write() as unit:
                unit.announce("print:counter-1")

    listener.start()
    try:
        got = heard(hub, ["print:counter-1"], change, 4)
    finally:
        stopped.set()
        listener.stop()
        engine.dispose()
    assert len(set(got)) == 4
