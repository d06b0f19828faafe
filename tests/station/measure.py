"""What a station costs: `python -m tests.station.measure [ROUNDS]` prints JSON; `figures(rounds)` is for the
bench.

Besides this process, which is the browser: a bare server, a plain asyncio proxy in front of it (the floor:
bytes copied, nothing looked at), and a station in front of it, each a process. The same request goes
directly, through the proxy and through the station by turns, so that all see the same machine.
Memory and CPU are those of a station with a real PC/SC service and nothing to do, its children included.
"""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.counters import TryCounters
from card_reader.simulated.personas import load_personas
from card_reader.simulated.vpcd import VpcdCard
from station.signing import create_key
from tests.bench.figures import Figure, percentiles
from tests.station.conftest import SIMULATED, free_port, settings
from tests.station.own_pcscd import own_pcscd, reader_port

PAGE = "見本市の窓口です。" * 300
UPLOAD = b"x" * 900_000
FORM = b"x" * 2_000
READER = "Fictional Reader"
GOAL_ADDED_MS, GOAL_MB, GOAL_CPU, GOAL_SEEN_MS = 5.0, 80.0, 1.0, 500.0
Call = Callable[..., bytes]


async def _page(request: Request) -> Response:
    await request.body()
    return PlainTextResponse(PAGE)


async def _ticks(request: Request) -> Response:
    async def ticks() -> AsyncIterator[str]:
        while not await request.is_disconnected():
            yield f"data: {time.monotonic_ns()}\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(ticks(), media_type="text/event-stream")


async def _quiet(request: Request) -> Response:
    async def comments() -> AsyncIterator[str]:
        while not await request.is_disconnected():
            yield ": still here\n\n"
            await asyncio.sleep(15)

    return StreamingResponse(comments(), media_type="text/event-stream")


async def _nothing(request: Request) -> Response:
    return Response(status_code=204)


async def _card(request: Request) -> Response:
    return JSONResponse({"id": "x"}, 201)


def bare_server(port: int) -> None:
    """The server side: a page, events, and what a station needs to be content."""
    routes = [
        Route("/events", _ticks),
        Route("/api/v1/stations/card-reads", _card, methods=["POST"]),
        Route("/api/v1/stations/events", _quiet),
        Route("/api/v1/stations/{what:path}", _nothing, methods=["GET", "POST"]),
        Route("/{path:path}", _page, methods=["GET", "POST"]),
    ]
    uvicorn.run(Starlette(routes=routes), port=port, log_level="error", access_log=False, lifespan="off")


def client(port: int) -> Call:
    """Requests over one kept connection; RuntimeError for a refusal."""
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


def _await(call: Call, path: str, ready: Callable[[bytes], bool] = bool) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if ready(call("GET", path)):
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"{path} was never ready")


def _asked(rounds: int) -> int:
    """How often each call is made for `rounds` samples."""
    return rounds + rounds // 10


def _timed(rounds: int, calls: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Milliseconds per call, the calls taking turns; the first tenth warms up and is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(_asked(rounds)):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if number >= rounds // 10:
                taken[name].append((time.perf_counter() - began) * 1000)
    return taken


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


def _events(ways: Mapping[str, int], count: int) -> dict[str, list[float]]:
    """From the server's sending to the browser's having it, on all ways at the same time."""
    with ThreadPoolExecutor(len(ways)) as pool:
        asked = {way: pool.submit(_event_delays, port, count) for way, port in ways.items()}
        return {way: future.result() for way, future in asked.items()}


def _added(id: str, taken: Mapping[str, Sequence[float]]) -> Figure:
    """What the station adds to the direct way at the median and at the 99th percentile (the value).

    The floor is what the plain proxy adds at the same percentile. Where even that misses the goal the machine
    was too busy to tell, and nothing is said of the goal.
    """
    direct, proxy, station = (percentiles(taken[way]) for way in ("direct", "proxy", "station"))
    p50, p99, floor = station[0] - direct[0], station[1] - direct[1], proxy[1] - direct[1]
    return Figure(
        id,
        "ms",
        round(p99, 3),
        round(p50, 3),
        round(p99, 3),
        len(taken["station"]),
        "lower",
        round(floor, 3),
        round(p99 / floor, 2) if floor > 0 else None,
        GOAL_ADDED_MS,
        p99 <= GOAL_ADDED_MS if floor <= GOAL_ADDED_MS else None,
    )


def _beyond_proxy(id: str, taken: Mapping[str, Sequence[float]]) -> Figure:
    """How much longer a request takes through the station than through the plain proxy right before it: the
    median of the pairs, which one slow moment does not move; the floor is what the proxy adds."""
    pairs = [one - other for one, other in zip(taken["station"], taken["proxy"], strict=True)]
    p50, p99 = percentiles(pairs)
    proxy = percentiles([one - other for one, other in zip(taken["proxy"], taken["direct"], strict=True)])[0]
    return _figure(id, "ms", p50, p50, p99, len(pairs), proxy)


def _gateway(rounds: int, ways: Mapping[str, int], pids: Mapping[str, int]) -> list[Figure]:
    """For each shape of request: the time that the gateway adds, and its CPU time beside the plain proxy's,
    which a busy machine lengthens less."""
    lines = {way: client(port) for way, port in ways.items()}
    for line in lines.values():
        _await(line, "/")
    shapes: list[tuple[str, int, tuple[str, str, bytes | None]]] = [
        ("page", rounds, ("GET", "/", None)),
        ("form", rounds, ("POST", "/", FORM)),
        ("upload", max(rounds // 2, 20), ("POST", "/", UPLOAD)),
    ]
    found = []
    for shape, count, asked in shapes:
        calls = {way: lambda line=line, asked=asked: line(*asked) for way, line in lines.items()}
        before = {way: _cpu_s(pid) for way, pid in pids.items()}
        taken = _timed(count, calls)
        cpu = {way: (_cpu_s(pid) - before[way]) * 1000 / _asked(count) for way, pid in pids.items()}
        found.append(_added(f"station.gateway_{shape}_added", taken))
        found.append(_beyond_proxy(f"station.gateway_{shape}_beyond_proxy", taken))
        name = f"station.gateway_{shape}_cpu"
        found.append(_figure(name, "ms", cpu["station"], None, None, count, cpu["proxy"] or None))
    return [*found, _added("station.gateway_event_added", _events(ways, max(rounds, 20)))]


def _card_reading(rounds: int, port: int) -> Figure:
    """From the page's request to the page's answer, with a simulated card and the server told."""
    through = client(port)
    json_type = {"Content-Type": "application/json"}
    through("PUT", "/station/dev/card", b'{"persona": "mihon_taro"}', **json_type)
    origin = {"Origin": f"http://127.0.0.1:{port}"}
    token = json.loads(through("GET", "/station/page-token", **origin))["token"]
    said = json_type | origin | {"X-Page-Token": token}
    body = b'{"pin": "1234", "purpose": "ticket"}'
    taken = _timed(rounds, {"read": lambda: through("POST", "/station/card/read", body, **said)})["read"]
    p50, p99 = percentiles(taken)
    return _figure("station.card_read_page_to_page", "ms", p50, p50, p99, rounds)


def _figure(
    id: str,
    unit: str,
    value: float,
    p50: float | None,
    p99: float | None,
    n: int,
    floor: float | None = None,
    goal: float | None = None,
) -> Figure:
    rounded = [None if x is None else round(x, 3) for x in (value, p50, p99, floor)]
    ratio = round(value / floor, 2) if floor else None
    met = None if goal is None else value <= goal
    return Figure(id, unit, rounded[0], rounded[1], rounded[2], n, "lower", rounded[3], ratio, goal, met)


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended (asking a printer can start one)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> float:
    """Resident memory with its whole share of libraries (RSS): the most that can be said against it."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _idle(seconds: float, station: int, proxy: int) -> list[Figure]:
    before = {pid: _cpu_s(pid) for pid in (station, proxy)}
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    cpu = {pid: (_cpu_s(pid) - before[pid]) / took * 100 for pid in (station, proxy)}
    memory, floor = _memory_mb(station), _memory_mb(proxy)
    return [
        _figure("station.idle_memory", "MB", memory, None, None, 1, floor, GOAL_MB),
        _figure("station.idle_cpu", "% core", cpu[station], None, None, 1, cpu[proxy] or None, GOAL_CPU),
    ]


def _card_seen(rounds: int, port: int, slot: int) -> Figure:
    """From a card's lying on the (virtual) reader to its being told to the page, the service's polling
    included."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", "/station/events")
    answer = line.getresponse()

    def await_state(reader: str) -> float:
        while True:
            text = answer.readline()
            if text.startswith(b"data: ") and json.loads(text[6:])["reader"] == reader:
                return time.perf_counter()

    persona = load_personas()["mihon_taro"]
    card = VpcdCard(SimulatedCard(persona, TryCounters(persona)), slot)
    taken = []
    await_state("empty")
    for number in range(rounds):
        # Never in step with the service's own looks.
        time.sleep(0.37 * (number % 7) / 7)
        card.start()
        began = time.perf_counter()
        taken.append((await_state("present") - began) * 1000)
        card.stop()
        await_state("empty")
    line.close()
    p50, p99 = percentiles(taken)
    return _figure("station.card_seen", "ms", max(taken), p50, p99, rounds, None, GOAL_SEEN_MS)


@contextmanager
def _process(*command: str, env: dict[str, str] | None = None) -> Iterator[int]:
    child = subprocess.Popen([sys.executable, "-m", *command], stderr=subprocess.DEVNULL, env=env)
    try:
        yield child.pid
    finally:
        child.terminate()
        child.wait(10)


def figures(rounds: int = 1000, idle_s: float = 30.0) -> list[Figure]:
    """Starts everything, measures, stops it: about `rounds` x 30 ms, and `idle_s` seconds doing nothing."""
    server, proxy, port, idle = (free_port() for _ in range(4))
    own = "tests.station.measure"
    with tempfile.TemporaryDirectory() as name, own_pcscd(Path(name)) as pcscd:
        folder = Path(name)
        create_key(folder / "station.key")
        simulated, real = folder / "simulated.toml", folder / "real.toml"
        simulated.write_text(settings("kiosk", port, server, SIMULATED), encoding="utf-8")
        devices = (
            f'[reader]\nbackend = "pcsc"\nname = "{READER}"\n[page_printer]\nbackend = "cups"\nqueue = "x"\n'
        )
        text = settings("counter", idle, server, devices).replace('"state"', '"real"')
        real.write_text(text.replace("dev = true\n", ""), encoding="utf-8")
        slot = reader_port()
        pcscd.start((READER, slot))
        with (
            _process(own, "--serve", str(server)),
            _process("tests.station.plain_proxy", str(proxy), str(server)) as proxy_pid,
        ):
            with _process("station", "--config", str(simulated)) as pid:
                ways = {"direct": server, "proxy": proxy, "station": port}
                found = _gateway(rounds, ways, {"proxy": proxy_pid, "station": pid})
                found.append(_card_reading(max(rounds // 4, 20), port))
            with _process("station", "--config", str(real), env=pcscd.env) as station_pid:
                _await(client(idle), "/station/state", lambda said: json.loads(said)["server"] == "up")
                _await(client(idle), "/station/state", lambda said: json.loads(said)["reader"] == "empty")
                time.sleep(2)
                found += _idle(idle_s, station_pid, proxy_pid)
                found.append(_card_seen(max(min(rounds // 40, 25), 10), idle, slot))
    return found


def main(arguments: list[str]) -> int:
    """The command: print every figure as JSON, 1 when a goal was missed."""
    if arguments[:1] == ["--serve"]:
        bare_server(int(arguments[1]))
        return 0
    found = figures(int(arguments[0]) if arguments else 1000)
    print(json.dumps([asdict(figure) for figure in found], indent=1))  # noqa: T201
    return 1 if any(figure.met is False for figure in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
