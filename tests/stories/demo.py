"""The processes of `make run`, started for a story and looked at from outside."""

import json
import os
import random
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

READY = "KAKANAI READY"
# Made once: preparing for TLS, which nothing here speaks, costs more than a whole request.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
START_SECONDS = 90.0


class NotInTimeError(AssertionError):
    """What a story waited for did not come."""


def wait_for(what: str, look: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first truthy value of `look`."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise NotInTimeError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.1)


@dataclass
class Demo:
    """One running demo. `desk` is its hardware desk's API, `core` the sandbox core's."""

    folder: Path
    run_json: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    environment: dict[str, str] = field(repr=False)
    # Who signed in at which station: where that led, and the browser's cookies.
    sessions: dict[tuple[str, str], tuple[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run_json.read_text(encoding="utf-8"))
        return found

    def url(self, name: str) -> str:
        return str(self.run["urls"][name])

    def station(self, name: str) -> str:
        return next(str(one["url"]) for one in self.run["stations"] if one["name"] == name)

    def hardware(self, method: str, path: str, content: dict[str, Any] | None = None) -> httpx.Response:
        """One act on the hardware desk."""
        answer = httpx.request(
            method,
            f"{self.url('devdock')}api/{path}",
            json=content,
            timeout=30,
            trust_env=False,
            verify=NO_TLS,
        )
        answer.raise_for_status()
        return answer

    def insert(self, station: str, persona: str, pull_after_apdu: int | None = None) -> None:
        content: dict[str, Any] = {"persona": persona}
        if pull_after_apdu is not None:
            content["pull_after_apdu"] = pull_after_apdu
        self.hardware("PUT", f"stations/{station}/card", content)

    def remove(self, station: str) -> None:
        self.hardware("DELETE", f"stations/{station}/card")

    def printer(self, station: str, state: str) -> None:
        self.hardware("PUT", f"stations/{station}/printer", {"state": state})

    def core_mode(self, mode: str) -> None:
        self.hardware("PUT", "core", {"mode": mode})

    def prints(self, station: str, kind: str | None = None) -> list[dict[str, Any]]:
        """What came out at a station, newest first."""
        found: list[dict[str, Any]] = self.hardware("GET", f"stations/{station}/prints").json()
        return [one for one in found if kind in (None, one["kind"])]

    def print_bytes(self, station: str, print_id: str, form: str) -> bytes:
        return self.hardware("GET", f"stations/{station}/prints/{print_id}.{form}").content

    def core_notifications(self) -> list[dict[str, Any]]:
        """The core's own table of notifications."""
        found = self._asked("core", "dev/notifications").json()
        rows: list[dict[str, Any]] = found if isinstance(found, list) else found["notifications"]
        return rows

    def kill(self, name: str) -> None:
        """kill -9 one part of the demo; the supervisor starts it again."""
        pid = self.run["pids"][name]
        os.kill(pid, signal.SIGKILL)
        wait_for(f"{name} to come back", lambda: self._is_back(name, pid), 60)

    def _is_back(self, name: str, old: int) -> bool:
        try:
            return bool(self.run["pids"].get(name) not in (None, old)) and self.healthy()
        except (json.JSONDecodeError, FileNotFoundError):
            return False

    def healthy(self) -> bool:
        try:
            return self._asked("server", "healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def _asked(self, part: str, path: str, **params: str) -> httpx.Response:
        answer = httpx.get(
            f"{self.url(part)}{path}", params=params, timeout=10, trust_env=False, verify=NO_TLS
        )
        return answer.raise_for_status()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One `kakanai` command against this demo's data."""
        return subprocess.run(
            [sys.executable, "-m", "server.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the demo's own database, whichever it is."""
        url = self.environment.get("KAKANAI_DATABASE_URL", "")
        if url.startswith("postgres"):
            import psycopg
            from psycopg.rows import dict_row

            with psycopg.connect(url, row_factory=dict_row) as connection:
                return list(connection.execute(query).fetchall())
        database = sqlite3.connect(f"file:{self.folder / 'kakanai.db'}?mode=ro", uri=True)
        database.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in database.execute(query).fetchall()]
        finally:
            database.close()

    def logs(self) -> str:
        """Everything that any part of the demo wrote."""
        return "\n".join(
            path.read_text(encoding="utf-8", errors="replace") for path in (self.folder / "logs").glob("*")
        )


@contextmanager
def running(
    folder: Path, *, reader: str = "simulated", database_url: str = "", env: dict[str, str] | None = None
) -> Iterator[Demo]:
    """A demo in `folder` on free ports; everything of it is gone afterwards."""
    run_json = folder.parent / f"{folder.name}-run.json"
    environment = {
        **os.environ,
        "KAKANAI_STATE_DIR": str(folder),
        **({"KAKANAI_DATABASE_URL": database_url} if database_url else {}),
        **(env or {}),
    }
    command = [sys.executable, "-m", "server.cli", "run", "--state-dir", str(folder)]
    command += ["--port-offset", str(_free_offset()), "--reader", reader, "--run-json", str(run_json)]
    # Stories kill parts of it again and again.
    command += ["--restarts-per-minute", "1000"]
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=environment, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    try:
        wait_for(
            f"the demo to start ({log.read_text(encoding='utf-8', errors='replace')[-500:]})",
            lambda: READY in log.read_text(encoding="utf-8", errors="replace") or process.poll() is not None,
            START_SECONDS,
        )
        if process.poll() is not None:
            raise RuntimeError(
                f"the demo did not start:\n{log.read_text(encoding='utf-8', errors='replace')}"
            )
        yield Demo(folder, run_json, process, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _free_offset() -> int:
    """An offset at which all of the demo's ports are free, below the range of outgoing connections.

    Drawn at random, so that runs which start at the same moment do not pick the same.
    """
    for offset in random.SystemRandom().sample(range(1000, 20_000, 13), 200):
        if all(_is_free(port + offset) for port in (8000, 8101, 8111, 8112, 8200)):
            return offset
    raise RuntimeError("no free ports for a demo")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
