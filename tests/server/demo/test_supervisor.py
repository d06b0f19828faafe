"""The supervisor behind `kakanai run`, with real but tiny processes: seconds for each test."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

TINY = Path(__file__).with_name("tiny_demo.py")
PATIENCE = 20.0


class Demo:
    """One running tiny demo and what it says."""

    def __init__(self, folder: Path, offset: int, kind: str) -> None:
        self.run_json = folder / "run.json"
        self.output = folder / f"said-{time.monotonic_ns()}.txt"
        self.logs = folder / "state" / "logs"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(TINY), str(folder / "state"), str(offset), str(self.run_json), kind],
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def says(self, words: str) -> None:
        eventually(lambda: words in self.said(), lambda: f"never said {words!r}, but:\n{self.said()}")

    def pids(self) -> dict[str, int]:
        found: dict[str, Any] = json.loads(self.run_json.read_text(encoding="utf-8"))
        return dict(found["pids"])

    def ends(self) -> int:
        return self.process.wait(timeout=PATIENCE)


def eventually(condition: Callable[[], bool], why: Callable[[], str]) -> None:
    """Wait for something that other processes do."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, why()
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Is this process running (a zombie is not)?"""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def group_members(group: int) -> list[int]:
    """Living processes of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.fixture
def start(tmp_path: Path, port_offset: int) -> Iterator[Callable[..., Demo]]:
    """Starts tiny demos that share one state folder and one set of ports; none outlives the test."""
    started: list[Demo] = []

    def _start(kind: str = "good") -> Demo:
        started.append(Demo(tmp_path, port_offset, kind))
        return started[-1]

    yield _start
    for demo in started:
        demo.process.send_signal(signal.SIGTERM)
        demo.process.wait(timeout=PATIENCE)


def test_says_ready_writes_run_json_and_stops_on_sigterm(start: Callable[..., Demo]) -> None:
    demo = start()
    demo.says("KAKANAI READY")
    pids = demo.pids()
    assert set(pids) == {"supervisor", "core", "server"}
    assert pids["supervisor"] == demo.process.pid
    demo.process.send_signal(signal.SIGTERM)
    assert demo.ends() == 0
    assert not [name for name, pid in pids.items() if alive(pid)]
    assert not demo.run_json.exists()


def test_a_copy_of_the_supervisor_is_a_process_of_its_own(start: Callable[..., Demo]) -> None:
    demo = start()
    demo.says("KAKANAI READY")
    core = demo.pids()["core"]
    assert group_members(core) == [core]
    assert (demo.logs / "core.log").read_text() == f"core of {demo.logs.parent} in group {core}\n"
    os.kill(core, signal.SIGTERM)
    demo.says("core ended (signal 15); starting it again.")
    demo.says("core is back.")


def test_a_killed_part_comes_back_and_the_new_process_is_named(start: Callable[..., Demo]) -> None:
    demo = start()
    demo.says("KAKANAI READY")
    before = demo.pids()
    os.kill(before["server"], signal.SIGKILL)
    demo.says("server is back.")
    assert "server ended (signal 9); starting it again." in demo.said()
    after = demo.pids()
    assert after["server"] != before["server"]
    assert after["core"] == before["core"]
    assert alive(after["server"])


def test_a_part_that_keeps_dying_ends_the_run_and_shows_its_log(start: Callable[..., Demo]) -> None:
    demo = start("crashing")
    assert demo.ends() == 1
    assert demo.said().count("server ended (code 9); starting it again.") == 5
    assert "ended 6 times within a minute" in demo.said()
    assert str(demo.logs / "server.log") in demo.said()


def test_a_part_that_cannot_start_ends_the_run_at_once(start: Callable[..., Demo]) -> None:
    demo = start("broken")
    assert demo.ends() == 1
    assert "could not start (code 4)" in demo.said()
    assert "no such table: wishes" in demo.said()
    assert "KAKANAI READY" not in demo.said()


def test_a_database_that_cannot_be_prepared_ends_the_run(start: Callable[..., Demo]) -> None:
    demo = start("failing-seed")
    assert demo.ends() == 1
    assert "no such table: wishes" in demo.said()
    assert not demo.logs.joinpath("server.log").exists()


def test_stops_within_five_seconds_what_does_not_want_to_stop(start: Callable[..., Demo]) -> None:
    """The stubborn server and its own child ignore SIGTERM; neither may stay."""
    demo = start("stubborn")
    demo.says("KAKANAI READY")
    group = demo.pids()["server"]
    assert len(group_members(group)) == 2
    began = time.monotonic()
    demo.process.send_signal(signal.SIGINT)
    assert demo.ends() == 0
    assert time.monotonic() - began < 5.0
    assert group_members(group) == []


def test_nothing_outlives_a_killed_supervisor(start: Callable[..., Demo]) -> None:
    """SIGKILL gives the supervisor no chance to clean up: the leash ends the children."""
    demo = start()
    demo.says("KAKANAI READY")
    pids = demo.pids()
    demo.process.kill()
    demo.ends()
    eventually(lambda: not any(alive(pid) for pid in pids.values()), lambda: f"still running: {pids}")
    # The next run finds folder and ports free again, though nobody tidied up.
    start().says("KAKANAI READY")


def test_a_second_run_on_the_same_folder_is_refused(start: Callable[..., Demo]) -> None:
    first = start()
    first.says("KAKANAI READY")
    second = start()
    assert second.ends() == 3
    assert f"in use by a running Kakanai (process {first.process.pid})" in second.said()
    assert alive(first.pids()["server"])


def test_a_taken_port_is_named(start: Callable[..., Demo], port_offset: int) -> None:
    with socket.create_server(("127.0.0.1", 8200 + port_offset)):
        demo = start()
        assert demo.ends() == 3
    assert f"Port {8200 + port_offset} (core) is taken" in demo.said()
