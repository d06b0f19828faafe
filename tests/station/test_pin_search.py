"""A short search for PINs that were typed at a station; the long one is
`python -m tests.station.pin_search`."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import uvicorn

from station.signing import create_key
from tests.station.conftest import NO_TLS, FakeServer, Live, eventually, free_port, http, settings
from tests.station.pin_search import FAULTS, Secrets, drawn, in_bytes, in_memory, type_at

ROOT = Path(__file__).parents[2]


def answers(url: str) -> bool:
    try:
        return http.get(f"{url}/station/state").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.story
def test_no_pin_stays_in_the_memory_the_files_the_log_or_the_messages_of_a_station(tmp_path: Path) -> None:
    """A real process, so that the search does not find the test's own PINs."""
    port, server_port = free_port(), free_port()
    fake = FakeServer(create_key(tmp_path / "station.key").public_key())
    options = uvicorn.Config(fake.app(), log_config=None, log_level="critical", lifespan="off")
    server = Live(lambda: uvicorn.Server(options), server_port, fake.end_streams)
    server.start()
    config = tmp_path / "station.toml"
    config.write_text(
        settings("kiosk", port, server_port, '[reader]\nbackend = "simulated"\n'), encoding="utf-8"
    )
    secrets = drawn(random.Random(20261123), 2 * len(FAULTS))
    command = [sys.executable, "-m", "station", "--config", str(config)]
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", 'ulimit -c $(ulimit -Hc); exec "$@"', "-", *command],
            stderr=log,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    try:
        eventually(lambda: answers(url), seconds=20)
        with httpx.Client(verify=NO_TLS, trust_env=False, timeout=20) as client:
            outcomes = type_at(url, secrets.typed, client)
        seen = in_memory(process.pid, secrets)
    finally:
        process.send_signal(signal.SIGABRT)
        process.wait(10)
        server.stop()
    assert {"read", "wrong_secret", "unreadable", "removed", "blocked"} <= set(outcomes)
    assert seen.as_sent == ()
    assert [path for path in tmp_path.iterdir() if path.name.startswith("core")] == []
    texts = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    texts += [repr((seen.path, seen.query, seen.headers.raw, seen.body)).encode() for seen in fake.seen]
    assert len(fake.of("/api/v1/stations/card-reads")) > len(secrets.typed)
    assert [found for text in texts if (found := in_bytes(text, secrets.typed))] == []


@pytest.mark.long
def test_the_search_finds_what_is_there() -> None:
    kept = b'{"pin":"8351","purpose":"ticket"}'
    command = bytes.fromhex("0020008004") + b"9753"
    found = in_memory(os.getpid(), Secrets(("8351", "9753"), ("4444", "5555")))
    assert any('"pin":"8351"' in one for one in found.as_sent)
    assert any(one.endswith("9753'") for one in found.as_sent)
    assert found.bare == 2
    assert kept
    assert command


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("card read: pin=8351 ms=2", True),
        ('{"pin": "8351"}', True),
        ("APDU 002000800438333531", True),
        ("wrong PIN 8351.", True),
        ("at 12:00:00,835 of 18351", False),
        ("018f2a3b-8351-7000-8351-0123456789ab", False),
        ("c2VhbGVk8351Ynl0ZXM=", False),
    ],
)
def test_digits_that_stand_there_by_chance_are_told_from_a_pin(text: str, stands: bool) -> None:
    assert in_bytes(text.encode(), ("8351",)) == ({"8351"} if stands else set())
