"""What tests of several packages share."""

import os
import socket
from collections.abc import Iterator

import pytest

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start whole processes or a browser run one after the other, in one of the parallel workers:
    together they would only wait for each other's processor time.

    What waits for a process gets a second try: on a machine that is busy with something else a time limit
    can pass although nothing is wrong. A real fault fails twice; the summary counts every second try.
    """
    for item in items:
        if item.get_closest_marker("story") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("whole processes"))
        if item.nodeid.startswith(WAITING):
            item.add_marker(pytest.mark.flaky(reruns=1))


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
