"""/healthz and the start page."""

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from server.submissions.queries import core_standing
from server.web.guards import GuardedRouter, Public
from server.web.services import services

router = GuardedRouter(guard=Public())


@router.page("/healthz")
def healthz(request: Request) -> Response:
    """Whether the server answers, and whether its core did when last asked."""
    held = services(request)
    with held.db.read() as unit:
        core = core_standing(unit, held.system)
    return JSONResponse({"status": "ok", "core": "up" if core.up else "down"})


@router.page("/")
def start(request: Request) -> Response:
    """Staff are the ones who type the bare address."""
    return RedirectResponse("/counter/", 303)
