"""A short search for the PINs and 照合番号B that were typed at a station; the long one is
`python -m tests.station.pin_search`."""

import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn

from station.signing import create_key
from tests.station.conftest import NO_TLS, FakeServer, Live, eventually, free_port, http, settings
from tests.station.pin_search import in_bytes, in_memory, type_at
from tests.station.typed import drawn

# Seven forms of 照合番号B, a PIN before each; more than there are faults.
EVERY_FORM = 14

ROOT = Path(__file__).parents[2]


def answers(url: str) -> bool:
    try:
        return http.get(f"{url}/station/state").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.story
def test_nothing_typed_stays_in_the_memory_the_files_the_log_or_the_messages_of_a_station(
    tmp_path: Path,
) -> None:
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
    chance = random.Random(20261123)
    typed, never = (drawn(chance, EVERY_FORM) for _ in range(2))
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
            outcomes = type_at(url, typed, client)
        seen = in_memory(process.pid, typed, never)
    finally:
        process.send_signal(signal.SIGABRT)
        process.wait(10)
        server.stop()
    assert {"read", "wrong_secret", "unreadable", "removed", "blocked"} <= set(outcomes)
    assert seen.as_sent == ()
    assert [digits for digits in seen.bare if len(digits) > 4] == []
    assert [path for path in tmp_path.iterdir() if path.name.startswith("core")] == []
    texts = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    texts += [repr((seen.path, seen.query, seen.headers.raw, seen.body)).encode() for seen in fake.seen]
    assert len(fake.of("/api/v1/stations/card-reads")) > len(typed)
    digits = [one for secret in typed for one in secret.digits]
    assert [found for text in texts if (found := in_bytes(text, digits))] == []


@pytest.mark.long
def test_the_search_finds_what_is_there() -> None:
    chance = random.Random(1)
    typed, never = drawn(chance, 28), drawn(chance, 28)
    kept = [one.body for one in typed[:20]] + [one.traces[-1] for one in typed[20:]]
    found = in_memory(os.getpid(), [replace(one, traces=one.traces[-1:]) for one in typed], never)
    assert len(found.as_sent) == len(found.bare) == len(kept)


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
