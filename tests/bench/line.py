"""The waiting line: tickets a second, and how long a call takes to reach the display."""

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from tests.bench.figures import Figure, percentiles, timed
from tests.bench.servers import free_port, kakanai, load, serving


def tickets(folder: Path, seconds: float) -> list[Figure]:
    """Tickets issued over HTTP at 1 and 8 clients, beside a bare endpoint with one durable insert."""
    found = []
    for clients in (1, 8):
        port = free_port()
        bare = [sys.executable, "-m", "tests.bench.floors", str(folder / f"bare{clients}.db"), str(port)]
        with serving(bare, port) as address:
            _, floor = load(clients, seconds, _poster(f"{address}/", {}))
        with kakanai(folder / f"tickets{clients}") as address:
            samples, rate = load(
                clients, seconds, _poster(f"{address}/api/v1/tickets", {"service_class": "move"})
            )
        p50, p99 = percentiles(samples)
        found.append(
            Figure(
                f"tickets_per_second_{clients}",
                "1/s",
                round(rate, 1),
                round(p50, 3),
                round(p99, 3),
                len(samples),
                "higher",
                round(floor, 1),
                round(rate / floor, 2),
            )
        )
    return found


def call_to_display(folder: Path, calls: int) -> list[Figure]:
    """From the clerk's press to the number on the display's stream; the floor is the press itself."""
    with kakanai(folder / "display") as address, httpx.Client(trust_env=False, timeout=30) as clerk:
        clerk.post(f"{address}/counter/login", data={"login": "clerk1", "password": "kakanai-demo"})
        for _ in range(calls):
            _post(clerk, f"{address}/api/v1/tickets", {"service_class": "move"})
        shown: dict[str, float] = {}
        ready, end = threading.Event(), threading.Event()

        def watch() -> None:
            # The stream ends when the measured server does.
            with (
                suppress(httpx.HTTPError),
                httpx.stream("GET", f"{address}/display/main/events", trust_env=False, timeout=60) as stream,
            ):
                for text in stream.iter_lines():
                    if text.startswith("data:"):
                        at = time.perf_counter()
                        for one in json.loads(text[5:])["current"]:
                            shown.setdefault(one["label"], at)
                        ready.set()
                    if end.is_set():
                        return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        ready.wait(10)
        samples, presses = [], []
        for _ in range(calls):
            began = time.perf_counter()
            answer = _post(clerk, f"{address}/api/v1/desks/1/call-next", None)
            presses.append((time.perf_counter() - began) * 1000)
            number = answer.json()["number"]
            while number not in shown:
                if time.perf_counter() - began > 5:
                    raise RuntimeError(f"{number} was not shown within 5 s")
                time.sleep(0.0005)
            samples.append((shown[number] - began) * 1000)
            clerk.post(
                f"{address}/counter/tickets/{answer.json()['id']}/absent",
                data={"idempotency_key": str(uuid.uuid4())},
                headers={"Idempotency-Key": "bench"},
            )
        end.set()
    return [timed("call_to_display", "ms", samples, presses)]


def _poster(url: str, content: object) -> Callable[[httpx.Client], None]:
    def post(client: httpx.Client) -> None:
        _post(client, url, content)

    return post


def _post(client: httpx.Client, url: str, content: object) -> httpx.Response:
    answer = client.post(url, json=content, headers={"Idempotency-Key": str(uuid.uuid4())})
    answer.raise_for_status()
    return answer
