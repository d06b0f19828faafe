"""The administrator's page of the stations: how each is, codes for new keys, keys taken back."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from server.auth import enrolment, queries
from server.auth.enrolment import BadStationError, FreshCode
from server.queue import queries as tickets
from server.web.forms import Sent, SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.idempotency import once
from server.web.services import services
from server.web.streams import sse
from server.web.templating import page

router = GuardedRouter(prefix="/admin/stations", guard=Staff("administrator"))


@router.page("")
def stations(request: Request) -> HTMLResponse:
    """Every station, and a form for another one."""
    return _page(request)


@router.page("/list")
def fragment(request: Request) -> HTMLResponse:
    """The part of the page that changes."""
    return page(request, "counter/_stations.html", **_list(request))


@router.page("/events")
async def events(request: Request) -> StreamingResponse:
    """`changed` when a station's devices or keys changed."""
    held = services(request)

    async def changes() -> AsyncIterator[tuple[str, object] | None]:
        async for version in held.hub.listen(["stations"]):
            yield None if version is None else ("changed", version)

    return sse(changes())


@router.action("/codes")
def issue(request: Request, sent: SentForm) -> Response:
    """A code for a station, shown in this answer and never again: sent twice, the second page has none."""
    held, ctx = services(request), ctx_of(request)
    name = sent.text("name", limit=40)
    try:
        with held.db.write() as unit:
            write = once(unit, ctx, sent.key, "station.code", sent.content())
            if write.earlier is not None:
                return _page(request, told="shown_before", station=name)
            code = enrolment.issue_code(
                unit,
                ctx,
                name=name,
                kind=sent.text("kind", limit=10),
                desk=sent.text("desk", limit=20) or None,
            )
            write.save(unit, ctx, {})
    except BadStationError as bad:
        return _page(request, status=422, wrong=bad.field, sent=sent)
    return _page(request, code=code)


@router.action("/revoke")
def revoke(request: Request, sent: SentForm) -> Response:
    """Take a station's key back."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        write = once(unit, ctx, sent.key, "station.revoke", sent.content())
        if write.earlier is None:
            enrolment.revoke(unit, ctx, sent.text("name", limit=40))
            write.save(unit, ctx, {})
    return RedirectResponse("/admin/stations", 303)


def _page(
    request: Request,
    *,
    status: int = 200,
    code: FreshCode | None = None,
    told: str | None = None,
    station: str = "",
    wrong: str | None = None,
    sent: Sent | None = None,
) -> HTMLResponse:
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        desks = tickets.desks(unit, ctx)
    typed = {name: sent.text(name, limit=40) if sent else "" for name in ("name", "kind", "desk")}
    return page(
        request,
        "counter/stations.html",
        files=held.rulebook.standing,
        status=status,
        code=code,
        told=told,
        told_of=station,
        wrong=wrong,
        typed=typed,
        desks=desks,
        server_address=held.settings.address,
        minutes=round(enrolment.LIFETIME.total_seconds() / 60),
        **_list(request),
    )


def _list(request: Request) -> dict[str, Any]:
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        known, awaited = queries.registered(unit, ctx.tenant_id)
    return {"stations": known, "awaited": awaited}
