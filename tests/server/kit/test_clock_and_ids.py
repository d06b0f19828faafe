"""One clock, and identifiers that say nothing."""

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from server.kit import clock, failpoints
from server.kit.ids import new_id, new_token
from server.kit.machine import Machine, NotNowError


def test_ids_are_uuid7_and_sort_by_when_they_were_made() -> None:
    made = [new_id() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert made == sorted(made)
    pattern = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(pattern.fullmatch(one) for one in made)


def test_tokens_hold_128_bits_and_fit_into_a_url() -> None:
    made = {new_token() for _ in range(2000)}
    assert len(made) == 2000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", one) for one in made)


def test_a_moved_clock_runs_on() -> None:
    instant = datetime(2026, 12, 31, 14, 59, 59, tzinfo=UTC)
    clock.start_at(instant)
    first = clock.now()
    assert timedelta(0) <= first - instant < timedelta(seconds=5)
    assert clock.now() >= first
    clock.start_at(None)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_today_is_the_day_in_japan() -> None:
    clock.start_at(datetime(2026, 12, 31, 14, 59, 0, tzinfo=UTC))
    assert clock.today() == date(2026, 12, 31)
    clock.start_at(datetime(2026, 12, 31, 15, 0, 0, tzinfo=UTC))
    assert clock.today() == date(2027, 1, 1)


def test_instants_without_a_zone_are_utc() -> None:
    naive = datetime(2026, 11, 23, 0, 30)  # noqa: DTZ001 - what SQLite gives back
    assert clock.jst(naive).isoformat() == "2026-11-23T09:30:00+09:00"
    assert clock.aware(naive) == datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


def test_a_machine_refuses_what_its_table_does_not_hold() -> None:
    machine: Machine[str] = Machine("door", {("closed", "open"): "open", ("open", "close"): "closed"})
    assert machine.next("closed", "open") == "open"
    assert machine.actions("open") == {"close"}
    assert machine.states() == {"open", "closed"}
    with pytest.raises(NotNowError) as refused:
        machine.next("open", "open")
    assert refused.value.key == "state.door.open"


def test_an_armed_failpoint_ends_the_process_and_no_other_does() -> None:
    program = (
        "from server.kit import failpoints\n"
        "failpoints.arm('queue.after_commit')\n"
        "failpoints.reached('queue.before_commit')\n"
        "print('still here', flush=True)\n"
        "failpoints.reached('queue.after_commit')\n"
        "print('never said')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (-9, "still here\n")


def test_an_unknown_failpoint_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown failpoint"):
        failpoints.arm("nowhere")
