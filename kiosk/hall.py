"""/display/{hall} and /t/{token}: numbers only, for everybody."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, StreamingResponse

from server.queue import queries as queue
from server.queue.service import BOARD
from server.web.guards import GuardedRouter, Public, ctx_of
from server.web.services import services
from server.web.streams import sse
from server.web.templating import page

router = GuardedRouter(guard=Public())


@router.page("/display/{hall}")
def display(request: Request, hall: str) -> HTMLResponse:
    """The call display of a hall."""
    return page(request, "display/board.html", hall=hall, board=_board(request))


@router.page("/display/{hall}/events")
async def display_events(request: Request, hall: str) -> StreamingResponse:
    """The whole board at once and after each change: who reconnects has missed nothing."""
    held = services(request)

    async def boards() -> AsyncIterator[tuple[str, object] | None]:
        async for version in held.hub.listen([BOARD]):
            yield None if version is None else ("board", await run_in_threadpool(_board, request))

    return sse(boards())


@router.page("/t/{token}")
def phone(request: Request, token: str) -> HTMLResponse:
    """One's own place in the line, behind a token that cannot be guessed."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        view = queue.by_token(unit, ctx, token)
        ahead = queue.ahead_of(unit, ctx, view)
        line = next(line for line in queue.classes(unit, ctx) if line.code == view.service_class)
    low = ahead * line.minutes
    return page(
        request,
        "phone/status.html",
        ticket=view,
        ahead=ahead,
        estimate=(low, max(5, round(low * 1.5))),
        token=token,
    )


def _board(request: Request) -> dict[str, Any]:
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        board = queue.board(unit, ctx)
    waiting = [
        {"name": line.name, "name_en": line.name_en, "count": line.count, "estimate": list(line.estimate)}
        for line in board.waiting
    ]
    return {**asdict(board), "waiting": waiting}
