"""The waiting line at a desk: call, call again, nobody came, open a reception."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from server.auth import queries as auth
from server.db.context import Context
from server.db.uow import Unit
from server.kit.clock import today
from server.queue import queries as queue
from server.queue import service as tickets
from server.queue.queries import TicketView
from server.reception import left
from server.reception import queries as receptions
from server.reception import service as reception_service
from server.submissions.queries import core_standing
from server.web.forms import Sent, SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.idempotency import once
from server.web.services import services
from server.web.streams import sse
from server.web.templating import page

router = GuardedRouter(prefix="/counter", guard=Staff("clerk", "supervisor"))


@router.page("/", guard=Staff())
def home(request: Request) -> Response:
    """The line; a department's people belong to their work list."""
    if ctx_of(request).role == "department":
        return RedirectResponse("/backoffice/", 303)
    return page(request, "counter/queue.html", **_queue(request))


@router.page("/queue")
def fragment(request: Request) -> HTMLResponse:
    """The part of the page that changes."""
    return page(request, "counter/_queue.html", **_queue(request))


@router.page("/events")
async def events(request: Request) -> StreamingResponse:
    """`changed` when the line, the stations or the core's state moved."""
    held = services(request)

    async def changes() -> AsyncIterator[tuple[str, object] | None]:
        async for version in held.hub.listen([tickets.BOARD, "stations", "core"]):
            yield None if version is None else ("changed", version)

    return sse(changes())


@router.page("/help")
def help_page(request: Request) -> HTMLResponse:
    """Keys and words."""
    return page(request, "counter/help.html")


@router.action("/call-next")
def call_next(request: Request, sent: SentForm) -> Response:
    """Call whoever waits longest."""
    return _act(request, sent, "call_next", lambda unit, ctx: tickets.call_next(unit, ctx, _desk(ctx, sent)))


@router.action("/tickets/{ticket_id}/call")
def call(request: Request, ticket_id: str, sent: SentForm) -> Response:
    """Call this number."""
    return _act(
        request,
        sent,
        f"call:{ticket_id}",
        lambda unit, ctx: tickets.call(unit, ctx, ticket_id, _desk(ctx, sent)),
    )


@router.action("/tickets/{ticket_id}/recall")
def recall(request: Request, ticket_id: str, sent: SentForm) -> Response:
    """Call it again."""
    return _act(request, sent, f"recall:{ticket_id}", lambda unit, ctx: tickets.recall(unit, ctx, ticket_id))


@router.action("/tickets/{ticket_id}/absent")
def absent(request: Request, ticket_id: str, sent: SentForm) -> Response:
    """Nobody came."""
    return _act(request, sent, f"absent:{ticket_id}", lambda unit, ctx: tickets.absent(unit, ctx, ticket_id))


@router.action("/tickets/{ticket_id}/cancel")
def cancel(request: Request, ticket_id: str, sent: SentForm) -> Response:
    """Take it out of the line."""
    return _act(
        request, sent, f"cancel:{ticket_id}", lambda unit, ctx: tickets.cancel(unit, ctx, ticket_id, "staff")
    )


@router.action("/tickets/{ticket_id}/finish")
def finish(request: Request, ticket_id: str, sent: SentForm) -> Response:
    """The visit needed no reception."""
    return _act(request, sent, f"finish:{ticket_id}", lambda unit, ctx: tickets.finish(unit, ctx, ticket_id))


@router.action("/tickets/{ticket_id}/open")
def open_ticket(request: Request, ticket_id: str, sent: SentForm) -> Response:
    """The person has sat down: open their intake."""
    return _open(request, sent, ticket_id)


@router.action("/receptions")
def walk_in(request: Request, sent: SentForm) -> Response:
    """An intake without a ticket."""
    return _open(request, sent, None)


@router.action("/receptions/{reception_id}/keep")
def keep_on(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Somebody will go on with what was left open: it is not given up yet."""
    vault = services(request).vault

    def verb(unit: Unit, ctx: Context) -> None:
        left.keep_on(unit, ctx, reception_service.locked(unit, ctx, vault, reception_id)[0])

    return _act(request, sent, f"keep:{reception_id}", verb)


@router.action("/day/open")
def open_day(request: Request, sent: SentForm) -> Response:
    """Open the business day. The page's head names it too, so the whole page comes anew."""
    answer = _act(request, sent, "day.open", lambda unit, ctx: tickets.open_day(unit, ctx, today()))
    answer.headers["HX-Refresh"] = "true"
    return answer


def _act(request: Request, sent: Sent, what: str, verb: Callable[[Unit, Context], object]) -> Response:
    """Carry out one verb once, and show the line as it then is."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        write = once(unit, ctx, sent.key, what, sent.content())
        if write.earlier is None:
            verb(unit, ctx)
            write.save(unit, ctx, {})
    if request.headers.get("HX-Request"):
        return fragment(request)
    return RedirectResponse("/counter/", 303)


def _open(request: Request, sent: Sent, ticket_id: str | None) -> Response:
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        write = once(unit, ctx, sent.key, f"open:{ticket_id}", sent.content())
        if write.earlier is None:
            purpose = queue.ticket(unit, ctx, ticket_id).service_class if ticket_id else ""
            opened = reception_service.open_reception(
                unit, ctx, held.vault, ticket_id, purpose, _desk(ctx, sent), sent.text("language", "ja", 5)
            )
            answer = write.save(unit, ctx, {"id": opened.id})
        else:
            answer = write.earlier
    target = f"/counter/receptions/{answer['id']}"
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def _desk(ctx: Context, sent: Sent) -> str:
    """The station's desk; the one chosen on the page where there is no station."""
    return ctx.desk or sent.text("desk", "1", 10)


def _queue(request: Request) -> dict[str, Any]:
    held, ctx = services(request), ctx_of(request)
    desk = ctx.desk or request.query_params.get("desk")
    seen = held.hub.instant()
    with held.db.read() as unit:
        line, day = queue.line(unit, ctx), queue.business_day(unit, ctx)
        return {
            "seen": seen,
            "desk": desk,
            "waiting": _in(line, "waiting"),
            "called": _in(line, "called"),
            "serving": _in(line, "serving"),
            "classes": queue.classes(unit, ctx),
            "receptions": receptions.open_receptions(unit, ctx),
            "leaving": left.leaving(unit, ctx, held.settings.open_days),
            "open_days": held.settings.open_days,
            "stations": auth.stations(unit, ctx.tenant_id),
            "core": core_standing(unit, ctx),
            "day": day,
            "left_open": bool(day and day < today().isoformat()),
            "other_desks": [number for number in queue.desks(unit, ctx) if number != desk],
        }


def _in(line: list[TicketView], state: str) -> list[TicketView]:
    return [ticket for ticket in line if ticket.state == state]
