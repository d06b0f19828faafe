"""The sandbox core's bad days: down, slow, lose_ack.

Closing a connection without an answer is beyond ASGI, so the protocol class lends us its transport.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from core_adapter.sandbox.modes import Mode


@dataclass
class Control:
    """The mode of the moment. It does not outlive the process: a restarted core is up."""

    mode: Mode = "up"
    slow_seconds: float = 10.0


class AbortableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which also lets the application cut its own connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Puts `abort` where each request of this connection finds it: scope["state"]."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "abort": transport.abort}


class Faults:
    """ASGI middleware. /dev/* always works; /healthz is slow never and down with the rest."""

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self._app = app
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection's request."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith("/dev/"):
            await self._app(scope, receive, send)
            return
        mode = self._control.mode
        if mode == "down":
            await _cut(scope, receive)
            return
        if mode == "slow" and path.startswith("/v1/"):
            await asyncio.sleep(self._control.slow_seconds)
        if mode == "lose_ack" and scope["method"] == "POST" and path.startswith("/v1/notifications/"):
            await self._app(scope, receive, _swallow)
            await _cut(scope, receive)
            return
        await self._app(scope, receive, send)


async def _swallow(message: Message) -> None:
    """An answer that never leaves."""


async def _cut(scope: Scope, receive: Receive) -> None:
    scope["state"]["abort"]()
    # The server complains of a missing answer unless it has noticed the cut before we return.
    while (await receive())["type"] != "http.disconnect":
        pass
