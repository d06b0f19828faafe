"""One station put together: gateway, own routes, card reader, spooler, and the tasks that keep them going."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from printing.ticket import PrinterProfile
from station.answers import answer
from station.board import Board, ServerTrouble, StationState
from station.cards import READ_LIMIT_S, CardDesk
from station.config import StationConfig
from station.dev import DevRoutes
from station.devices import Devices
from station.forget import forget_request
from station.gateway import Gateway
from station.guard import Guard, is_own_route
from station.job_log import JobLog
from station.link import ServerLink
from station.presence import heartbeat, listen
from station.printers import StationPrinter
from station.reading import CardReading
from station.routes import StationRoutes
from station.signing import Signer
from station.spooler import Spooler
from station.upstream import Upstream

# The routes to which pages send a secret.
_SECRET_ROUTES = ("/station/card/read",)
_PAGE_CONNECTIONS = 64
_OWN_CONNECTIONS = 8
_RESTART_AFTER_S = 2.0
# Together with uvicorn's 1.1 s these stay within 2 s.
_TASK_GRACE_S = 0.2
_DEVICE_GRACE_S = 0.6

_log = logging.getLogger(__name__)


class Station:
    """The ASGI application of one station. start() and stop() belong to the event loop that serves it."""

    def __init__(
        self,
        config: StationConfig,
        signer: Signer,
        devices: Devices,
        log: JobLog,
        read_limit_s: float = READ_LIMIT_S,
    ) -> None:
        self._log = log
        self.board = Board(
            StationState(
                ticket_printer="unknown" if "ticket" in devices.printers else "none",
                page_printer="unknown" if "page" in devices.printers else "none",
            )
        )
        self._guard = Guard(config.port)
        self._upstreams = [Upstream(config, signer, size) for size in (_PAGE_CONNECTIONS, _OWN_CONNECTIONS)]
        self._link = ServerLink(self._upstreams[1])
        self._gateway = Gateway(self._upstreams[0], f"http://127.0.0.1:{config.port}", self._server_away)
        self._cards = CardDesk(devices.reader, self.board, read_limit_s)
        profile = PrinterProfile(width_dots=config.ticket_printer.width_dots, cut=config.ticket_printer.cut)
        self._printers = {
            kind: StationPrinter(kind, device, self.board, log, profile)
            for kind, device in devices.printers.items()
        }
        self._spooler = Spooler(self._link, self.board, self._printers, log)
        reading = CardReading(config.kind, self.board, self._cards, self._link)
        routes = StationRoutes(config.name, self._guard, self.board, reading).routes()
        self._dev: DevRoutes | None = None
        if config.dev:
            self._dev = DevRoutes(self.board, devices.slot, devices.simulated, self._printers)
            routes += self._dev.routes()
        handlers = {HTTPException: _refused, Exception: _fault}
        self._own = Starlette(routes=routes, exception_handlers=handlers)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins to watch the devices and to talk to the server. Returns at once, whether the server is
        there or not."""
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "card-watch": self._cards.watch,
            "spooler": self._spooler.run,
            "heartbeat": lambda: heartbeat(self._link, self.board, self._spooler.wake),
            "events": lambda: listen(self._link, self.board, self._spooler.wake),
        }
        for kind, printer in self._printers.items():
            work[f"{kind}-watch"] = partial(printer.watch, self._spooler.wake)
        self._tasks = [asyncio.create_task(_kept_going(name, job), name=name) for name, job in work.items()]

    def close_streams(self) -> None:
        """Ends every answer that would otherwise stay open, so that the connections can close."""
        self.board.close()
        self._gateway.close()

    async def stop(self) -> None:
        """Stops everything, but lets a paper on its way come out if it can in a moment."""
        self.close_streams()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_TASK_GRACE_S)
        await asyncio.gather(
            *(printer.close(_DEVICE_GRACE_S) for printer in self._printers.values()),
            self._cards.close(),
            *([self._dev.close(_DEVICE_GRACE_S)] if self._dev is not None else []),
            return_exceptions=True,
        )
        for upstream in self._upstreams:
            await upstream.aclose()
        self._log.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request: refuses foreign ones, serves /station/, and hands on the rest."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            # Nothing of ours uses WebSockets; before they are accepted, closing answers 403.
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            await self._answer(scope, receive, send)
        except Exception as error:
            _log.error("a request failed: %s", _place_of(error))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        code = self._guard.refuses(scope["path"], scope["headers"])
        if code is not None:
            accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
            _log.warning("refused a request: %s", code)
            await answer(403, code, accept.decode("latin-1"))(scope, receive, send)
        elif is_own_route(scope["path"]):
            try:
                await self._own(scope, receive, send)
            finally:
                if scope["path"] in _SECRET_ROUTES:
                    await forget_request()
        else:
            await self._gateway(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _server_away(self, trouble: ServerTrouble) -> None:
        # Only a heartbeat that was accepted says "up": a page answered by somebody else's server proves
        # little.
        state = self.board.state
        if state.server == "up" or (trouble and trouble != state.server_trouble):
            _log.warning("a page could not reach the server %s", trouble)
            self.board.set_server("down", trouble)


async def _kept_going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Runs `work` until it ends by itself; after a fault of the program it is begun anew."""
    while True:
        try:
            await work()
            return
        except Exception as error:
            _log.error("%s failed and is begun anew: %s", name, _place_of(error))
            await asyncio.sleep(_RESTART_AFTER_S)


def _place_of(error: Exception) -> str:
    # For the log: the text of an error may hold what was being worked on; its place does not.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return type(error).__name__ + where


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return answer(404 if status == 405 else status, "not_found", request.headers.get("accept", ""))


async def _fault(request: Request, error: Exception) -> Response:
    return answer(500, "unexpected", request.headers.get("accept", ""))
