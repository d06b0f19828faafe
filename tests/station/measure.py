"""What the gateway costs: `python -m tests.station.measure [ROUNDS]`.

Four processes: this one as the browser, a bare server, a station in front of it, and nothing else. The
same request goes to the server directly and through the station by turns, so that both see the same
machine. Also: one card reading from the page's request to the page's answer (simulated card in the
station's process, the server told), and one event.
"""

import asyncio
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from station.signing import create_key
from tests.station.conftest import SIMULATED, free_port, settings

PAGE = "見本市の窓口です。" * 300


async def _page(request: Request) -> Response:
    await request.body()
    return PlainTextResponse(PAGE)


async def _events(request: Request) -> Response:
    async def ticks() -> AsyncIterator[str]:
        while not await request.is_disconnected():
            yield f"data: {time.monotonic_ns()}\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(ticks(), media_type="text/event-stream")


async def _nothing(request: Request) -> Response:
    return Response(status_code=204)


async def _card(request: Request) -> Response:
    return JSONResponse({"id": "x"}, 201)


def bare_server(port: int) -> None:
    """The server side: a page, events, and what a station needs to be content."""
    routes = [
        Route("/events", _events),
        Route("/api/v1/stations/card-reads", _card, methods=["POST"]),
        Route("/api/v1/stations/{what:path}", _nothing, methods=["GET", "POST"]),
        Route("/{path:path}", _page, methods=["GET", "POST"]),
    ]
    uvicorn.run(Starlette(routes=routes), port=port, log_level="error", access_log=False, lifespan="off")


def _timed(rounds: int, calls: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Milliseconds per call, the calls taking turns; the first tenth warms up and is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + rounds // 10):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if number >= rounds // 10:
                taken[name].append((time.perf_counter() - began) * 1000)
    return taken


def _row(name: str, values: list[float]) -> None:
    cuts = statistics.quantiles(values, n=100)
    print(f"{name:44} p50 {statistics.median(values):7.2f} ms  p99 {cuts[98]:7.2f} ms  n {len(values)}")  # noqa: T201


def _client(port: int) -> Callable[..., bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def call(method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            found = answer.read()
        except OSError:
            line.close()
            raise
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return found

    return call


def _answers(call: Callable[..., bytes], path: str) -> bool:
    try:
        return bool(call("GET", path))
    except OSError:
        return False


def _event_delays(port: int, count: int) -> list[float]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", "/events")
    answer = line.getresponse()
    found: list[float] = []
    while len(found) < count:
        text = answer.readline()
        if text.startswith(b"data: "):
            found.append((time.monotonic_ns() - int(text[6:])) / 1e6)
    line.close()
    return found


def measure(rounds: int) -> None:
    """Starts everything, measures, prints."""
    port, server_port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        create_key(folder / "station.key")
        config = folder / "station.toml"
        config.write_text(settings("kiosk", port, server_port, SIMULATED), encoding="utf-8")
        python = [sys.executable, "-m"]
        children = [
            subprocess.Popen([*python, "tests.station.measure", "--serve", str(server_port)]),
            subprocess.Popen([*python, "station", "--config", str(config)], stderr=subprocess.DEVNULL),
        ]
        try:
            _measure(rounds, port, server_port)
        finally:
            for child in children:
                child.terminate()
                child.wait(10)


def _measure(rounds: int, port: int, server_port: int) -> None:
    direct, through = _client(server_port), _client(port)
    for ready, path in ((direct, "/"), (through, "/station/state")):
        while not _answers(ready, path):
            time.sleep(0.1)
    form = b"x" * 2000
    for what, taken in (
        ("GET, 8 KB page", {"direct": lambda: direct("GET", "/"), "through": lambda: through("GET", "/")}),
        (
            "POST, 2 KB form",
            {"direct": lambda: direct("POST", "/", form), "through": lambda: through("POST", "/", form)},
        ),
    ):
        times = _timed(rounds, taken)
        _row(f"{what}: direct", times["direct"])
        _row(f"{what}: through the gateway", times["through"])
        added = statistics.median(times["through"]) - statistics.median(times["direct"])
        print(f"{'':44} added {added:5.2f} ms at the median")  # noqa: T201
    _row("event: direct", _event_delays(server_port, min(rounds, 300)))
    _row("event: through the gateway", _event_delays(port, min(rounds, 300)))
    through = _client(port)
    json_type = {"Content-Type": "application/json"}
    through("PUT", "/station/dev/card", b'{"persona": "mihon_taro"}', **json_type)
    origin = {"Origin": f"http://127.0.0.1:{port}"}
    token = json.loads(through("GET", "/station/page-token", **origin))["token"]
    said = json_type | origin | {"X-Page-Token": token}
    body = b'{"pin": "1234", "purpose": "ticket"}'
    reading = {"read": lambda: through("POST", "/station/card/read", body, **said)}
    _row("card reading, page to page, simulated card", _timed(min(rounds, 300), reading)["read"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        bare_server(int(sys.argv[2]))
    else:
        measure(int(sys.argv[1]) if sys.argv[1:] else 1000)
