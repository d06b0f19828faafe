"""The same checks for every adapter we ship: the mock, REST against the sandbox core, and files."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
import uvicorn

from core_adapter.conformance import (
    CHECKS,
    Bench,
    Nonconformance,
    carries_protection,
    deliver,
    is_idempotent,
    move,
    takes_and_registers,
)
from core_adapter.csv_exchange import CsvExchangeAdapter
from core_adapter.mock import MockCoreAdapter
from core_adapter.models import Notification, Receipt
from core_adapter.ports import CoreAdapter
from core_adapter.rest import RestCoreAdapter
from core_adapter.sandbox.app import create_app
from core_adapter.sandbox.faults import AbortableProtocol, Control
from core_adapter.sandbox.filedrop import FileDrop
from core_adapter.sandbox.seed import load_seed
from core_adapter.sandbox.store import Store
from tests.core_adapter.process import free_port

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


class City:
    """What the benches have in common."""

    adapter: CoreAdapter
    municipality_code = "992011"
    now = NOW
    household_id = "5100000018"
    protected_household_id = "5100000220"


class MockBench(City):
    def __init__(self, _: Path, kind: type[MockCoreAdapter] = MockCoreAdapter) -> None:
        self.adapter = self._mock = kind(clock=lambda: NOW, register_after=None)

    def settle(self, key: str, outcome: Literal["registered", "rejected"]) -> None:
        assert self._mock.settle(key, outcome)

    def turn(self) -> None:
        pass

    def close(self) -> None:
        pass


class RestBench(City):
    """The sandbox core's own application in a thread: a process for each check would take minutes."""

    def __init__(self, folder: Path) -> None:
        seed = load_seed()
        self._store = Store(folder / "core.sqlite3", seed, NOW)
        port = free_port()
        app = create_app(self._store, seed, Control(), lambda: NOW, None)
        self._server = uvicorn.Server(
            uvicorn.Config(app, port=port, http=AbortableProtocol, log_level="warning", access_log=False)
        )
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        self.adapter = self._rest = RestCoreAdapter(f"http://127.0.0.1:{port}")
        while not self.adapter.health().ok:
            assert self._thread.is_alive()

    def settle(self, key: str, outcome: Literal["registered", "rejected"]) -> None:
        assert self._store.settle(key, outcome, NOW, "desk_review", "審査の結果、登録できませんでした。")

    def turn(self) -> None:
        pass

    def close(self) -> None:
        self._rest.close()
        self._server.should_exit = True
        self._thread.join()


class CsvBench(City):
    """The adapter and the sandbox core's import job on one folder; a turn is one run of the job."""

    def __init__(self, folder: Path) -> None:
        seed = load_seed()
        self._store = Store(folder / "core.sqlite3", seed, NOW)
        self._drop = FileDrop(folder / "exchange", self._store, seed)
        self.adapter = CsvExchangeAdapter(folder / "exchange")
        self.turn()

    def settle(self, key: str, outcome: Literal["registered", "rejected"]) -> None:
        assert self._store.settle(key, outcome, NOW, "desk_review", "審査の結果、登録できませんでした。")
        self.turn()

    def turn(self) -> None:
        self._drop.run(NOW)

    def close(self) -> None:
        self._store.close()


BENCHES = [MockBench, RestBench, CsvBench]


@pytest.fixture(params=BENCHES, ids=lambda kind: kind.__name__)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = request.param(tmp_path)
    yield bench
    bench.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(bench: Bench, check: Callable[[Bench], None]) -> None:
    check(bench)


class Forgetful(MockCoreAdapter):
    """Gives a new number to every repetition."""

    def submit(self, notification: Notification) -> Receipt:
        receipt = super().submit(notification)
        return receipt.model_copy(
            update={"provisional_no": receipt.provisional_no + "-2"} if receipt.duplicate else {}
        )


class Hasty(MockCoreAdapter):
    """Registers what is only 仮登録."""

    def submit(self, notification: Notification) -> Receipt:
        receipt = super().submit(notification)
        self.settle(notification.key, "registered")
        return receipt


class Trusting(MockCoreAdapter):
    """Sends every subject as protected or not, as it likes."""

    def submit(self, notification: Notification) -> Receipt:
        subjects = [subject.model_copy(update={"protected": True}) for subject in notification.subjects]
        return super().submit(notification.model_copy(update={"subjects": subjects}))


@pytest.mark.parametrize(
    ("broken", "check", "sentence"),
    [
        (Forgetful, is_idempotent, "not the first"),
        (Hasty, takes_and_registers, "already changes"),
        (Trusting, carries_protection, "must be refused"),
    ],
)
def test_the_checks_notice_a_broken_adapter(
    broken: type[MockCoreAdapter], check: Callable[[Bench], None], sentence: str, tmp_path: Path
) -> None:
    bench = MockBench(tmp_path, broken)
    with pytest.raises(Nonconformance, match=sentence):
        check(bench)


def test_a_whole_story_household_moves_in_the_sandbox(tmp_path: Path) -> None:
    """Every household that a story may draw can move, is told of in the feed, and lives there afterwards."""
    seed = load_seed()
    bench = MockBench(tmp_path)
    to = seed.towns[0].address("9番9号")
    for row in [row for row in seed.households if row.main or row.story]:
        household = bench.adapter.household(row.household_id)
        assert household
        deliver(bench, move(household, to, key=f"story-{row.household_id}", now=NOW))
        bench.settle(f"story-{row.household_id}", "registered")
        moved = bench.adapter.household(row.household_id)
        assert moved
        assert {member.address for member in moved.members} == {to}
