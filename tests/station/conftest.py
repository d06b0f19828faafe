"""A pretended server that checks signatures, real HTTP between it and a real station, and fictional cards."""

import asyncio
import base64
import hashlib
import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from station.config import load_config
from station.devices import Devices, open_devices
from station.job_log import JobLog
from station.process import StationServer, listen_on
from station.signing import Signer, create_key
from station.station import Station

TICKET = {
    "municipality": "見本市",
    "site": "市民課",
    "class_name": "引っこしの届出",
    "label": "B012",
    "issued_at": "2026-11-23T09:00:00+09:00",
    "ahead": 3,
    "qr_url": "http://127.0.0.1/t/x",
}


# Everything here is plain HTTP; loading the system's certificates for each client would be most of the time.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# A connection of its own for each request: a kept one may be closed by the station while it is taken up
# again.
http = httpx.Client(
    verify=NO_TLS, trust_env=False, timeout=20, limits=httpx.Limits(max_keepalive_connections=0)
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Live:
    """One uvicorn server in a thread, on a port of its own that it can leave and come back to."""

    def __init__(
        self, make: Callable[[], uvicorn.Server], port: int, before_stop: Callable[[], None] | None = None
    ) -> None:
        self._make = make
        self.port = port
        self._before_stop = before_stop
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        server = self._make()
        listening = listen_on(self.port)
        self.server = server

        def serve() -> None:
            with listening:
                server.run([listening])

        self._thread = threading.Thread(target=serve, daemon=True)
        self._thread.start()
        eventually(lambda: server.started)

    def stop(self) -> float:
        """Stops and returns how many seconds that took."""
        if self._thread is None:
            return 0.0
        if self._before_stop is not None:
            self._before_stop()
        began = time.monotonic()
        self.server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._thread = None
        return time.monotonic() - began


def eventually(check: Callable[[], Any], seconds: float = 5.0) -> Any:
    """What `check` gives once it is true; fails when it is not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := check():
            return found
        threading.Event().wait(0.01)
    raise AssertionError("it never became true")


@dataclass
class Seen:
    """One request as the server got it, its signature already verified."""

    method: str
    path: str
    query: str
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class FakeServer:
    """The server's side: verifies every signature, keeps what it got, hands out print jobs."""

    key: Ed25519PublicKey
    seen: list[Seen] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    results: list[tuple[str, str]] = field(default_factory=list)
    open_streams: int = 0
    # A heartbeat's answer instead of the usual one; numbers up to which messages are refused as heard before.
    answer_beat: Callable[[Request], Awaitable[Response]] | None = None
    refuse_up_to: int = 0
    closing: bool = False
    # What the municipality chose about reading cards, told with each heartbeat; None tells nothing.
    cards: dict[str, Any] | None = None
    # What to answer before anything else: path prefix → status.
    broken: dict[str, int] = field(default_factory=dict)
    # Whether the station's key was taken back: its streams end, and nothing it says is believed.
    revoked: bool = False
    # Paths that are heard and never answered, as long as they stand here.
    silent: set[str] = field(default_factory=set)

    def app(self) -> Starlette:
        everything = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"]
        return Starlette(
            routes=[
                Route("/api/v1/stations/print-jobs/lease", self.lease, methods=["POST"]),
                Route("/api/v1/stations/print-jobs/{id}/result", self.result, methods=["POST"]),
                Route("/api/v1/stations/heartbeat", self.heartbeat, methods=["POST"]),
                Route("/api/v1/stations/card-reads", self.card_read, methods=["POST"]),
                Route("/api/v1/stations/events", self.events),
                Route("/stream", self.events),
                Route("/moved", self.moved),
                Route("/{path:path}", self.plain, methods=everything),
            ]
        )

    def end_streams(self) -> None:
        self.closing = True

    def of(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    async def take(self, request: Request) -> Response | None:
        body = await request.body()
        headers = httpx.Headers(request.headers.raw)
        query = request.scope["query_string"].decode()
        seen = Seen(request.method, request.scope["raw_path"].decode(), query, headers, body)
        self.seen.append(seen)
        self.verify(seen)
        if self.revoked:
            return Response("unknown", 403, {"x-problem": "station_unknown"})
        while seen.path in self.silent and not self.closing:
            await asyncio.sleep(0.02)
        for prefix, status in self.broken.items():
            if seen.path.startswith(prefix):
                return Response(status_code=status)
        return None

    def verify(self, seen: Seen) -> None:
        names = ("kakanai-station", "kakanai-time", "kakanai-nonce", "kakanai-signature")
        values = [seen.headers.get_list(name) for name in names]
        if any(len(value) != 1 for value in values):
            self.faults.append(f"headers {values}")
            return
        station, time_ms, nonce, signature = (value[0] for value in values)
        number = seen.headers.get("kakanai-number", "-")
        own = seen.method == "POST" and seen.path.startswith("/api/v1/stations/")
        if own != (number != "-"):
            self.faults.append(f"number {number} of {seen.method} {seen.path}")
        if own:
            lane = seen.path.split("/")[4]
            if int(number) <= self.numbers.get(lane, 0):
                self.faults.append(f"number {number} does not rise")
            self.numbers[lane] = int(number)
        target = seen.path + ("?" + seen.query if seen.query else "")
        digest = hashlib.sha256(seen.body).hexdigest()
        text = "\n".join(["kakanai-2", station, seen.method, target, time_ms, nonce, number, digest])
        try:
            self.key.verify(base64.b64decode(signature), text.encode())
        except InvalidSignature:
            self.faults.append(f"signature of {seen.method} {seen.path}")
        if nonce in self.nonces or len(nonce) != 32 or abs(int(time_ms) - time.time() * 1000) > 30_000:
            self.faults.append("nonce or time")
        self.nonces.add(nonce)

    async def lease(self, request: Request) -> Response:
        if refused := await self.take(request):
            return refused
        kinds = json.loads(await request.body())["kinds"]
        job = next((job for job in self.jobs if job["kind"] in kinds), None)
        return JSONResponse(job) if job else Response(status_code=204)

    async def result(self, request: Request) -> Response:
        if refused := await self.take(request):
            return refused
        job_id, outcome = request.path_params["id"], (await request.json())["outcome"]
        self.results.append((job_id, outcome))
        if outcome == "printed":
            self.jobs = [job for job in self.jobs if job["id"] != job_id]
        return Response(status_code=204)

    async def card_read(self, request: Request) -> Response:
        refused = await self.take(request)
        return refused or JSONResponse({"id": "card-read-1"}, 201)

    async def heartbeat(self, request: Request) -> Response:
        if self.answer_beat is not None:
            return await self.answer_beat(request)
        refused = await self.take(request)
        number = int(request.headers["kakanai-number"])
        if number <= self.refuse_up_to:
            said = {"x-problem": "station_repeated", "kakanai-number": str(self.refuse_up_to)}
            return Response(status_code=403, headers=said)
        return refused or JSONResponse({"cards": self.cards} if self.cards else {})

    async def plain(self, request: Request) -> Response:
        if refused := await self.take(request):
            return refused
        answer = JSONResponse({"path": request.url.path, "length": len(await request.body())})
        answer.headers["connection"] = "x-private"
        answer.headers["x-private"] = "for one hop only"
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    async def moved(self, request: Request) -> Response:
        await self.take(request)
        return RedirectResponse(str(request.url_for("plain", path="elsewhere")))

    async def events(self, request: Request) -> Response:
        if refused := await self.take(request):
            return refused

        async def ticks() -> AsyncIterator[str]:
            self.open_streams += 1
            try:
                yield "event: hello\ndata: {}\n\n"
                while not (await request.is_disconnected() or self.closing or self.revoked):
                    yield "event: jobs\ndata: {}\n\n" if self.jobs else ": still here\n\n"
                    await asyncio.sleep(0.05)
            finally:
                self.open_streams -= 1

        return StreamingResponse(ticks(), media_type="text/event-stream")


@dataclass
class Rig:
    """One station with its fake server; what the tests hold in their hands."""

    server: FakeServer
    server_live: Live
    live: Live
    devices: Devices
    url: str
    folder: Path
    token: str = ""

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=headers, timeout=10, verify=NO_TLS, trust_env=False)

    def page(self) -> httpx.Client:
        """A client that says what a browser says for one of the gateway's own pages."""
        said = {"origin": self.url, "sec-fetch-site": "same-origin"}
        token = http.get(f"{self.url}/station/page-token", headers=said).json()["token"]
        return self.client(**said, **{"x-page-token": token})

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = http.get(f"{self.url}/station/state").json()
        return found

    def insert(self, persona: str, **more: Any) -> None:
        answer = http.put(f"{self.url}/station/dev/card", json={"persona": persona, **more})
        assert answer.status_code == 200, answer.text
        eventually(lambda: self.state()["reader"] in ("present", "mute"))

    def read(self, pin: str = "1234", **more: Any) -> dict[str, Any]:
        secret = {"pin": pin} if more.get("mode", "pin") == "pin" else {}
        with self.page() as page:
            answer = page.post("/station/card/read", json={**secret, "purpose": "ticket", **more})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


RigMaker = Callable[..., Rig]


def settings(kind: str, port: int, server_port: int, extra: str) -> str:
    desk = 'desk = "1"\n' if kind == "counter" else ""
    return (
        f'name = "{kind}-1"\nkind = "{kind}"\n{desk}port = {port}\n'
        f'server_url = "http://127.0.0.1:{server_port}"\nkey_file = "station.key"\nstate_dir = "state"\n'
        f"dev = true\n{extra}"
    )


SIMULATED = (
    '[reader]\nbackend = "simulated"\n[ticket_printer]\nbackend = "simulated"\n'
    '[page_printer]\nbackend = "simulated"\n'
)


@contextmanager
def rig_maker(folder: Path) -> Iterator[RigMaker]:
    """Makes running stations with a fake server each and stops them; every signature must have been good."""
    rigs: list[Rig] = []

    def make(
        kind: str = "kiosk",
        extra: str = SIMULATED,
        server_up: bool = True,
        hook: Callable[[Devices], Devices] = lambda devices: devices,
        read_limit_s: float = 10.0,
    ) -> Rig:
        port, server_port = free_port(), free_port()
        key = create_key(folder / "station.key")
        file = folder / "station.toml"
        file.write_text(settings(kind, port, server_port, extra), encoding="utf-8")
        config = load_config(file)
        devices = hook(open_devices(config))
        fake = FakeServer(key.public_key())

        def new_server() -> uvicorn.Server:
            fake.closing = False
            options = uvicorn.Config(
                fake.app(), log_config=None, log_level="critical", timeout_graceful_shutdown=1, lifespan="off"
            )
            return uvicorn.Server(options)

        def new_station() -> uvicorn.Server:
            signer = Signer(config.name, key, lambda: time.time_ns() // 1_000_000)
            log = JobLog(config.state_dir / "print-jobs.db")
            return StationServer(Station(config, signer, devices, log, read_limit_s))

        server_live, live = Live(new_server, server_port, fake.end_streams), Live(new_station, port)
        rigs.append(Rig(fake, server_live, live, devices, f"http://127.0.0.1:{port}", folder))
        if server_up:
            server_live.start()
        live.start()
        return rigs[-1]

    try:
        yield make
    finally:
        for one in rigs:
            one.live.stop()
            one.server_live.stop()
    assert [one.server.faults for one in rigs] == [[] for _ in rigs]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[RigMaker]:
    """See rig_maker; for one test."""
    with rig_maker(tmp_path) as make:
        yield make


@pytest.fixture(autouse=True)
def no_secrets_in_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does: no PIN, no name and no address in any log line, at any level."""
    caplog.set_level(logging.DEBUG)
    yield
    for phrase in ("1234", "9999", "見本", "花見台", "19730412", "480412", "48041220275678"):
        assert phrase not in caplog.text
