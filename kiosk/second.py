"""/second/: the resident's own screen at a desk. Only what concerns them; masked until touched."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from server.db.context import Context
from server.db.uow import Unit
from server.reception import confirmation, presenting, service
from server.reception.queries import presented_at
from server.web.forms import Sent, SentForm
from server.web.guards import GuardedRouter, Station, ctx_of
from server.web.idempotency import once
from server.web.problems import Problem
from server.web.services import Services, services
from server.web.streams import sse
from server.web.templating import page

router = GuardedRouter(prefix="/second", guard=Station("counter"))


@router.page("/")
def screen(request: Request) -> HTMLResponse:
    """The whole page; its middle is the panel."""
    context = _panel(services(request), ctx_of(request))
    return page(request, "second/screen.html", lang=context["lang_asked"], **context)


@router.page("/panel")
def panel(request: Request) -> HTMLResponse:
    """What the resident is to see now."""
    context = _panel(services(request), ctx_of(request))
    return page(request, "second/_panel.html", lang=context["lang_asked"], **context)


@router.page("/events")
async def events(request: Request) -> StreamingResponse:
    """`changed` whenever the panel may show something else."""
    held, ctx = services(request), ctx_of(request)

    async def changes() -> AsyncIterator[tuple[str, object] | None]:
        async for version in held.hub.listen([f"desk:{ctx.desk}"]):
            yield None if version is None else ("changed", version)

    return sse(changes())


@router.action("/confirm")
def confirm(request: Request, sent: SentForm) -> Response:
    """このとおりです: the form is printed at once for the signature."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        shown = _shown(unit, ctx, sent)
        write = once(unit, ctx, sent.key, "second.confirm", shown)
        if write.earlier is None:
            reception, _ = service.locked(unit, ctx, held.vault, shown)
            confirmation.confirm(unit, ctx, reception, "screen")
            if ctx.station:
                confirmation.print_form(unit, ctx, reception, ctx.station)
            write.save(unit, ctx, {})
    return panel(request)


@router.action("/dispute")
def dispute(request: Request, sent: SentForm) -> Response:
    """ちがうところがあります: staff see which places."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        shown = _shown(unit, ctx, sent)
        write = once(unit, ctx, sent.key, "second.dispute", [shown, sent.texts("fields")])
        if write.earlier is None:
            reception, _ = service.locked(unit, ctx, held.vault, shown)
            known = {row.key for row in presenting.rows_of(unit, ctx, held.vault, reception)}
            confirmation.dispute(
                unit, ctx, reception, [name for name in sent.texts("fields") if name in known]
            )
            write.save(unit, ctx, {})
    return panel(request)


def _shown(unit: Unit, ctx: Context, sent: Sent) -> str:
    """The reception that this desk presents; the page must speak of the same one, and of the same paper.

    Otherwise the resident would say yes to what was made anew while they were reading.
    """
    reception = presented_at(unit, ctx, ctx.desk or "")
    if reception is None or reception.id != sent.text("reception_id", limit=36):
        raise Problem(409, "stale_screen")
    intake = service.current_intake(unit, reception.id)
    if intake is None or sent.text("intake_id", limit=36) != intake.id:
        raise Problem(409, "stale_screen")
    return reception.id


def _panel(held: Services, ctx: Context) -> dict[str, Any]:
    seen = held.hub.instant()
    with held.db.read() as unit:
        reception = presented_at(unit, ctx, ctx.desk or "")
        if reception is None:
            return {
                "seen": seen,
                "state": "idle",
                "rows": [],
                "reception_id": "",
                "intake_id": "",
                "desk": ctx.desk,
                "lang_asked": "ja",
                "papers": [],
            }
        intake = service.current_intake(unit, reception.id)
        return {
            "seen": seen,
            "state": presenting.state_of(reception),
            "rows": presenting.rows_of(unit, ctx, held.vault, reception),
            "reception_id": reception.id,
            "intake_id": intake.id if intake else "",
            "desk": ctx.desk,
            "lang_asked": reception.language,
            "papers": ["residence_change"],
        }
