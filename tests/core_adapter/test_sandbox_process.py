"""The sandbox core as a process on its bad days: what the adapter says, and that nothing is lost or told."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from core_adapter.conformance import move
from core_adapter.models import FeedEvent, Notification, ResidentQuery
from core_adapter.ports import CoreOutcomeUnknown, CoreUnavailable
from core_adapter.rest import RestCoreAdapter
from core_adapter.sandbox.seed import load_seed
from core_adapter.sandbox.store import Store
from tests.core_adapter.process import CoreProcess

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
FAMILY, SINGLE, YOUNG, ELDERS = "5100000018", "5100000034", "5100000026", "5100000042"
CANARIES = [quote("太郎"), "見本", "太郎", "ミホン", "花見台", "1973-04-12", "19730412", "2100000019", FAMILY]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoreProcess]:
    """One process for the tests that leave it running; each uses a household of its own."""
    process = CoreProcess(tmp_path_factory.mktemp("core"))
    process.start()
    yield process
    process.close()


@pytest.fixture
def core(shared: CoreProcess) -> Iterator[CoreProcess]:
    yield shared
    shared.mode("up")


@pytest.fixture
def adapter(core: CoreProcess) -> Iterator[RestCoreAdapter]:
    adapter = RestCoreAdapter(core.url, read_budget=0.5, submit_budget=0.8)
    yield adapter
    adapter.close()


@contextlib.contextmanager
def own_core(folder: Path, register_after: float = -1) -> Iterator[tuple[CoreProcess, RestCoreAdapter]]:
    """A process that a test may kill."""
    core = CoreProcess(folder, register_after)
    core.start()
    adapter = RestCoreAdapter(core.url)
    yield core, adapter
    adapter.close()
    core.close()


def moving(adapter: RestCoreAdapter, household_id: str, key: str) -> Notification:
    household = adapter.household(household_id)
    assert household
    return move(household, adapter.towns()[0].address("9番9号"), key=key, now=NOW)


def feed_of(adapter: RestCoreAdapter, key: str) -> list[str]:
    return [event.kind for event in adapter.events(0).events if event.key == key]


def wait_for(adapter: RestCoreAdapter, count: int) -> list[FeedEvent]:
    for _ in range(200):
        events = adapter.events(0).events
        if len(events) >= count:
            return events
        time.sleep(0.05)
    raise AssertionError("the feed does not move")


def test_down_means_not_sent(core: CoreProcess, adapter: RestCoreAdapter) -> None:
    notification = moving(adapter, FAMILY, "while-down")
    core.mode("down")
    for call in (
        lambda: adapter.search(ResidentQuery(name="見本")),
        lambda: adapter.household(FAMILY),
        lambda: adapter.events(0),
        lambda: adapter.submit(notification),
    ):
        with pytest.raises(CoreUnavailable):
            call()
    assert not adapter.health().ok
    assert core.client.get("/dev/mode").json() == {"mode": "down"}
    core.mode("up")
    assert adapter.receipt("while-down") is None
    assert not adapter.submit(notification).duplicate


def test_slow_is_cut_off_at_the_budget_and_the_outcome_is_unknown(
    core: CoreProcess, adapter: RestCoreAdapter
) -> None:
    notification = moving(adapter, SINGLE, "while-slow")
    core.mode("slow")
    started = time.monotonic()
    with pytest.raises(CoreUnavailable, match="timeout"):
        adapter.household(SINGLE)
    with pytest.raises(CoreOutcomeUnknown, match="timeout"):
        adapter.submit(notification)
    assert time.monotonic() - started < 4
    core.mode("up")
    # The first attempt is still on its way inside the core; the key keeps the two from being two.
    receipt = adapter.submit(notification)
    assert adapter.receipt("while-slow") == receipt.model_copy(update={"duplicate": False})
    assert feed_of(adapter, "while-slow") == ["provisional"]


def test_reads_stop_waiting_for_a_core_that_is_always_slow(core: CoreProcess) -> None:
    adapter = RestCoreAdapter(core.url, read_budget=0.05)
    core.mode("slow")
    for _ in range(5):
        with pytest.raises(CoreUnavailable, match="timeout"):
            adapter.towns()
    with pytest.raises(CoreUnavailable, match="circuit_open"):
        adapter.towns()
    adapter.close()


def test_a_lost_answer_is_unknown_and_settled_by_the_key(core: CoreProcess, adapter: RestCoreAdapter) -> None:
    notification = moving(adapter, YOUNG, "lost-answer")
    core.mode("lose_ack")
    for _ in range(3):
        with pytest.raises(CoreOutcomeUnknown, match="closed"):
            adapter.submit(notification)
    taken = adapter.receipt("lost-answer")
    assert taken is not None
    core.mode("up")
    assert adapter.submit(notification) == taken.model_copy(update={"duplicate": True})
    assert feed_of(adapter, "lost-answer") == ["provisional"]


def test_history_keeps_every_state_of_a_record(core: CoreProcess, adapter: RestCoreAdapter) -> None:
    adapter.submit(moving(adapter, ELDERS, "history-one"))
    core.settle("history-one", "registered")
    assert core.client.post("/dev/register/history-one").status_code == 404
    with contextlib.closing(sqlite3.connect(core.state_dir / "core.sqlite3")) as database:
        rows = database.execute(
            "SELECT history_no, notification_key, json_extract(snapshot, '$.address.town') FROM residents"
            " WHERE resident_id = '2100000116' ORDER BY history_no"
        ).fetchall()
    assert rows == [(1, None, "桜ヶ丘一丁目"), (2, "history-one", "一番町")]
    table = core.client.get("/dev/notifications").json()["notifications"]
    assert {row["key"]: row["state"] for row in table}["history-one"] == "registered"


def test_by_hand(core: CoreProcess) -> None:
    """What somebody with curl sees: everybody, candidates, a page of the feed, sentences for mistakes."""
    get = core.client.get
    assert len(get("/v1/residents").json()["residents"]) == 47
    found = get("/v1/residents", params={"name": "見本一郎", "birth": "19800115"}).json()["residents"]
    assert len(found) == 2
    for path in ("/v1/events?after=-1", "/v1/events?after=x", "/v1/residents?birth=1980-13-01"):
        reply = get(path)
        assert reply.status_code == 400
        assert set(reply.json()) == {"code", "reason"}
    assert get("/v1/households/1").json()["code"] == "not_found"
    assert core.client.put("/dev/mode", json={"mode": "sideways"}).status_code == 400
    big = core.client.post("/v1/notifications/too-large", content=b"[" * 1_000_001)
    assert (big.status_code, big.json()["code"]) == (413, "too_large")
    deep = core.client.post("/v1/notifications/too-deep", content=b"[" * 100_000)
    assert deep.status_code == 400
    assert get("/v1/notifications/too-deep").status_code == 404


def test_mode_reject_takes_and_later_rejects(tmp_path: Path) -> None:
    with own_core(tmp_path, register_after=0.1) as (core, adapter):
        core.mode("reject")
        adapter.submit(moving(adapter, FAMILY, "to-reject"))
        wait_for(adapter, 2)
        core.mode("up")
        adapter.submit(moving(adapter, SINGLE, "to-register"))
        assert [(e.key, e.kind, e.reason_code) for e in wait_for(adapter, 4)] == [
            ("to-reject", "provisional", None),
            ("to-reject", "rejected", "desk_review"),
            ("to-register", "provisional", None),
            ("to-register", "registered", None),
        ]
        moved, stayed = adapter.household(SINGLE), adapter.household(FAMILY)
        assert moved
        assert stayed
        assert moved.address.town == "一番町"
        assert stayed.address.town == "花見台二丁目"


def test_kill_and_restart_keeps_everything_and_goes_on(tmp_path: Path) -> None:
    with own_core(tmp_path, register_after=1.0) as (core, adapter):
        notification = moving(adapter, FAMILY, "before-kill")
        receipt = adapter.submit(notification)
        events = adapter.events(0).events
        core.kill()
        with pytest.raises(CoreUnavailable, match="connect_failed"):
            adapter.submit(notification)
        with pytest.raises(CoreUnavailable, match="connect_failed"):
            adapter.household(FAMILY)
        core.start()
        assert adapter.receipt("before-kill") == receipt
        assert adapter.events(0).events[:1] == events
        wait_for(adapter, 2)
        core.kill()
        core.start()
        household = adapter.household(FAMILY)
        assert household
        assert household.address.text == "見本県見本市一番町9番9号"
        assert feed_of(adapter, "before-kill") == ["provisional", "registered"]


def test_killed_at_random_no_acknowledged_notification_is_lost_or_doubled(tmp_path: Path) -> None:
    """Small here; the same loop with more rounds is the long run."""
    households = [FAMILY, YOUNG, SINGLE, ELDERS, "5100000050"]
    numbers: dict[str, str] = {}
    with own_core(tmp_path) as (core, adapter):
        waiting = [moving(adapter, id_, f"kill-{id_}") for id_ in households]
        for round_, notification in enumerate(waiting):
            killer = threading.Timer(0.003 * round_, core.kill)
            killer.start()
            with contextlib.suppress(CoreOutcomeUnknown, CoreUnavailable):
                numbers[notification.key] = adapter.submit(notification).provisional_no
            killer.join()
            core.start()
            again = adapter.submit(notification)
            assert numbers.setdefault(notification.key, again.provisional_no) == again.provisional_no
        events = adapter.events(0).events
    assert [event.seq for event in events] == list(range(1, len(households) + 1))
    assert len({event.key for event in events}) == len(set(numbers.values())) == len(households)


def test_durability_is_what_it_says(tmp_path: Path) -> None:
    store = Store(tmp_path / "core.sqlite3", load_seed(), NOW)
    assert store._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert store._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    store.close()


def test_nobody_is_named_in_the_log_and_it_stops_at_once_even_while_slow(tmp_path: Path) -> None:
    with own_core(tmp_path) as (core, adapter):
        named = {"name": "見本　太郎", "birth": "1973-04-12"}
        core.client.get("/v1/residents", params=named).raise_for_status()
        core.client.get("/v1/residents", params={"sex": "見本"})
        core.client.post("/v1/residents/search", content="見本　太郎".encode())
        core.client.post("/v1/notifications/broken-one", json={"key": "broken-one", **named})
        notification = moving(adapter, FAMILY, "for-the-log")
        core.mode("lose_ack")
        with pytest.raises(CoreOutcomeUnknown):
            adapter.submit(notification)
        core.mode("down")
        with pytest.raises(CoreUnavailable):
            adapter.household(FAMILY)
        core.mode("slow")
        with pytest.raises(CoreUnavailable):
            RestCoreAdapter(core.url, read_budget=0.2).household(FAMILY)
        started = time.monotonic()
        # The server ends itself with the signal it was sent, after closing what it holds.
        assert core.stop() in (0, -15)
        assert time.monotonic() - started < 8
        assert not (tmp_path / "core.sqlite3-wal").exists()
        log = core.log.read_text(encoding="utf-8")
    assert [word for word in CANARIES if word in log] == []
