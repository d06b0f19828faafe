"""What tests of several packages share."""

import gc
import os
import socket
from collections.abc import Iterator

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

# The demo's ports (server.demo.plan) at offset 0; far enough from each other for every offset below.
DEMO_PORTS = (8000, 8101, 8111, 8112, 8200)


# Folders whose tests wait for processes, devices or a browser of their own.
WAITING = (
    "tests/stories/",
    "tests/browser/",
    "tests/station/",
    "tests/card_reader/",
    "tests/core_adapter/",
    "tests/server/",
)
# What shares something that is slow to start, or that only one can have: a demo, the slots of the virtual
# reader. Each runs in one of the parallel workers, these first, because they take longest.
TOGETHER = (
    ("a demo of bad days", ("tests/stories/test_core", "tests/stories/test_kill", "tests/stories/test_prot")),
    ("a demo", ("tests/stories/test_cards", "tests/stories/test_english")),
    ("a demo", ("tests/stories/test_papers", "tests/stories/test_presses")),
    ("the virtual reader", ("tests/stories/test_whole_visit", "tests/stories/test_real_reader")),
    (
        "the virtual reader",
        (
            "tests/card_reader/test_pcsc_service",
            "tests/card_reader/test_commands",
            "tests/card_reader/test_card_commands",
            "tests/card_reader/test_opensc",
            "tests/station/test_vpcd",
        ),
    ),
    ("a demo on PostgreSQL", ("tests/stories/test_postgresql",)),
    # Seconds of waiting, hardly any work: beside what is heavy, not after it.
    ("waiting", ("tests/station/test_spooler", "tests/station/test_recovery")),
    ("a browser", ("tests/browser/",)),
)

# Rules above the database, tried on SQLite here and on both by `make prove-all`; what is below them and the
# queue run on both each time, and the exchange in the visit on PostgreSQL.
ABOVE_THE_DATABASE = (
    "tests/server/web/",
    "tests/server/preentry/",
    "tests/server/reception/",
    "tests/server/rulebook/",
    "tests/server/submissions/",
    "tests/server/test_canary",
    "tests/server/test_enrolment",
    "tests/server/test_protection",
    "tests/server/test_worklists",
)


def room_of(nodeid: str) -> str:
    """What a test shares with others: the name of a group, or its own file."""
    for name, starts in TOGETHER:
        if nodeid.startswith(starts):
            return name
    return nodeid.split("::")[0]


class Rooms(LoadScopeScheduling):  # type: ignore[misc]
    """Tests that share something run one after the other, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return room_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Rooms:
    """The marks of xdist's own groups get lost with pytest 9.2, and what is slow has to come first."""
    config.option.loadscopereorder = False
    return Rooms(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest first, so that no worker has to wait for another at the end.

    What waits for a process gets a second try: on a machine that is busy with something else a time limit
    can pass although nothing is wrong. A real fault fails twice; the summary counts every second try.
    """
    order = {name: place for place, (name, _) in enumerate(TOGETHER)}
    items.sort(key=lambda item: order.get(room_of(item.nodeid), len(order)))
    for item in items:
        if item.nodeid.startswith(WAITING):
            item.add_marker(pytest.mark.flaky(reruns=1))
        if item.nodeid.startswith(ABOVE_THE_DATABASE) and "[postgresql" in item.nodeid:
            item.add_marker(pytest.mark.long)


def pytest_collection_finish() -> None:
    """What was loaded for thousands of tests stays; looking through it again and again costs a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture
def port_offset() -> Iterator[int]:
    """An offset at which all of the demo's ports are free, below the range of outgoing connections.

    Parallel workers look in ranges of their own, so that they never pick the same.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 12_000 + 1_000 * (worker % 8)
    for offset in range(first, first + 1_000, 13):
        if all(_is_free(port + offset) for port in DEMO_PORTS):
            yield offset
            return
    raise RuntimeError("no free ports for a demo")
