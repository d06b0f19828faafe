"""A server process for measuring, and clients that load it."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: list[str], port: int, env: dict[str, str] | None = None) -> Iterator[str]:
    """A process that answers on `port`; gives its address."""
    process = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 30
        while True:
            try:
                if httpx.get(f"{address}/healthz", trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                if time.monotonic() > end or process.poll() is not None:
                    raise
                time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def kakanai(folder: Path) -> Iterator[str]:
    """The server alone on SQLite, filled with the demo's office."""
    port = free_port()
    env = {
        "KAKANAI_STATE_DIR": str(folder),
        "KAKANAI_PORT": str(port),
        "KAKANAI_CORE_URL": "http://127.0.0.1:9",
    }
    subprocess.run([sys.executable, "-m", "server.seed"], env={**os.environ, **env}, check=True)
    with serving([sys.executable, "-m", "server.cli", "serve"], port, env) as address:
        yield address


def load(clients: int, seconds: float, act: Callable[[httpx.Client], None]) -> tuple[list[float], float]:
    """Milliseconds of every `act`, made by `clients` at once for `seconds`; and how many a second."""
    samples: list[list[float]] = [[] for _ in range(clients)]
    start = threading.Barrier(clients + 1)

    def run(own: list[float]) -> None:
        with httpx.Client(trust_env=False, timeout=30) as client:
            act(client)
            start.wait()
            end = time.perf_counter() + seconds
            while (began := time.perf_counter()) < end:
                act(client)
                own.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=run, args=(own,)) for own in samples]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    every = [sample for own in samples for sample in own]
    return every, len(every) / (time.perf_counter() - began)
