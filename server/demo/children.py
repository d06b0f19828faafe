"""One child process of the demo: started on a leash, in a process group of its own, with a log file."""

import contextlib
import http.client
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from server.demo.programs import Process, Program

RESTARTS_PER_MINUTE = 5
LOG_LIMIT = 5_000_000
PROBE_SECONDS = 1.0


@dataclass
class Child:
    """What to run, and how it is going.

    `is_ready`: asked until it says yes once; without it a process is ready when it runs.
    """

    name: str
    ja: str
    en: str
    program: Program
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[[], bool] | None = None
    restarts_per_minute: int = RESTARTS_PER_MINUTE
    healthy: bool = False
    _process: Process | None = None
    _restarts: deque[float] = field(default_factory=deque)

    @property
    def pid(self) -> int | None:
        """Of the present process."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it; not yet healthy."""
        self.healthy = False
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._process = self.program.start(self.environment, self.log)

    def ended(self) -> int | None:
        """The exit code when it has ended (negative: the signal), else None."""
        return self._process.ended() if self._process else None

    def may_restart(self) -> bool:
        """Count one restart; False when there were too many within a minute."""
        at = monotonic()
        while self._restarts and at - self._restarts[0] > 60:
            self._restarts.popleft()
        if len(self._restarts) >= self.restarts_per_minute:
            return False
        self._restarts.append(at)
        return True

    def probe(self) -> bool:
        """Is it ready now? Remembered once it is."""
        if not self.healthy and self.ended() is None:
            self.healthy = self.is_ready is None or self.is_ready()
        return self.healthy

    def signal(self, number: signal.Signals) -> None:
        """To the whole group, so that nothing a child started stays behind."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def wait(self, until: float) -> bool:
        """Has it ended by the monotonic instant `until`?"""
        if self._process is None:
            return True
        self._process.wait(max(0.0, until - monotonic()))
        return self.ended() is not None

    def wait_for_end(self) -> int:
        """Its exit code, once it has ended by itself."""
        if self._process is None:
            return 0
        self._process.wait()
        return self._process.ended() or 0

    def log_tail(self, lines: int = 12) -> str:
        """The end of its log, for a person who wants to know why."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def answers(port: int) -> bool:
    """Does GET /healthz on this port of the own machine answer 200?"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def stop_all(children: list[Child], seconds: float) -> None:
    """End every child within `seconds`: asked first, then told. Nothing of their groups stays."""
    for child in children:
        child.signal(signal.SIGTERM)
    until = monotonic() + seconds
    for child in children:
        child.wait(until)
    for child in children:
        child.signal(signal.SIGKILL)
    for child in children:
        child.wait(monotonic() + 1)
