"""The process and the command: starting, stopping within two seconds, and what it says when it cannot
start."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from resource import RUSAGE_THREAD, getrusage

import httpx
import pytest

from server.cli import main
from station.process import keep_freed_memory
from station.signing import create_key, load_key, public_pem
from tests.station.conftest import NO_TLS, SIMULATED, eventually, free_port, http, settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    create_key(tmp_path / "station.key")
    file = tmp_path / "station.toml"
    file.write_text(settings("kiosk", free_port(), free_port(), SIMULATED), encoding="utf-8")
    return file


def url_of(config: Path) -> str:
    port = next(line for line in config.read_text().splitlines() if line.startswith("port")).split("= ")[1]
    return f"http://127.0.0.1:{port}"


def start(config: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "station", "--config", str(config)], stderr=subprocess.PIPE
    )


def answers(url: str) -> bool:
    try:
        return http.get(f"{url}/station/state").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.story
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_within_two_seconds_with_open_streams(config: Path, sign: signal.Signals) -> None:
    process = start(config)
    url = url_of(config)
    eventually(lambda: answers(url), seconds=20)
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), "no PIN in a core dump"
    with (
        httpx.Client(verify=NO_TLS, trust_env=False) as browser,
        browser.stream("GET", f"{url}/station/events") as first,
        browser.stream("GET", f"{url}/station/events") as second,
    ):
        assert next(first.iter_lines()) == next(second.iter_lines()) == "event: state"
        began = time.monotonic()
        process.send_signal(sign)
        _, said = process.communicate(timeout=10)
    assert time.monotonic() - began < 2
    assert process.returncode == 0
    assert b"Traceback" not in said
    assert f"serves {url}/".encode() in said


@pytest.mark.story
def test_no_answer_waits_for_a_delayed_acknowledgement(config: Path) -> None:
    process = start(config)
    try:
        url = url_of(config)
        eventually(lambda: answers(url), seconds=20)
        taken = []
        for _ in range(10):
            began = time.monotonic()
            assert http.get(f"{url}/station/state").status_code == 200
            taken.append(time.monotonic() - began)
        # Head and body of an answer are two writes; with Nagle's algorithm every single one takes 40 ms.
        assert min(taken) < 0.03
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.mark.story
def test_what_keeps_it_from_starting_is_said(config: Path, tmp_path: Path) -> None:
    port = int(url_of(config).rsplit(":", 1)[1])
    with socket.create_server(("127.0.0.1", port)):
        process = start(config)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, f"port {port} is in use" in said.decode()) == (3, True)
    config.write_text(config.read_text().replace('kind = "kiosk"', 'kind = "cellar"'), encoding="utf-8")
    process = start(config)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, f"{config}:2: kind" in said.decode()) == (2, True)


def test_memory_that_an_upload_left_is_used_again() -> None:
    """Else the system takes it back, and each upload pays for every page of it anew."""
    keep_freed_memory()
    faults = []
    for _ in range(20):
        before = getrusage(RUSAGE_THREAD).ru_minflt
        parts = [bytes(250_000) for _ in range(4)]
        del parts
        faults.append(getrusage(RUSAGE_THREAD).ru_minflt - before)
    assert sorted(faults)[10] < 50


def test_the_command_makes_a_key_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "new.key"
    assert main(["station", "key", "--out", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(file),
        "public_key": public_pem(load_key(file)),
    }
    assert main(["station", "key", "--out", str(file)]) == 2
    assert main(["station", "key", "--out", str(tmp_path / "second.key")]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("-----BEGIN PUBLIC KEY-----")
    assert "PRIVATE" not in said.out + said.err


def test_the_command_checks_settings(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["station", "check", "--config", str(config)]) == 0
    (config.parent / "station.key").write_text("no key", encoding="utf-8")
    assert main(["station", "check", "--config", str(config), "--json"]) == 1
    finding = json.loads(capsys.readouterr().out.splitlines()[-1])["finding"]
    assert "key_file" in finding
    assert main(["station", "check", "--config", str(config.parent / "absent.toml")]) == 1
