"""The sandbox core as a real process, for tests: starts, is killed, starts again on the same state."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class CoreProcess:
    """`python -m core_adapter.sandbox` on a port of its own."""

    def __init__(self, state_dir: Path, register_after: float = -1) -> None:
        self.state_dir = state_dir
        self.register_after = register_after
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = state_dir / "stderr.log"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=5)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the core answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "core_adapter.sandbox", "--port", str(self.port)),
                    *("--state-dir", str(self.state_dir), "--register-after", str(self.register_after)),
                ],
                stdout=log,
                stderr=log,
            )
        for _ in range(200):
            try:
                if self.client.get("/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                assert self._process.poll() is None, self.log.read_text()
                time.sleep(0.05)
        raise AssertionError("the core did not start")

    def kill(self) -> None:
        """SIGKILL: no good-bye."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=9)

    def mode(self, mode: str) -> None:
        self.client.put("/dev/mode", json={"mode": mode}).raise_for_status()

    def settle(self, key: str, outcome: str) -> None:
        verb = {"registered": "register", "rejected": "reject"}[outcome]
        self.client.post(f"/dev/{verb}/{key}").raise_for_status()

    def close(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self.client.close()
