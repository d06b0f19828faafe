"""/kiosk/: choose a purpose, tap a card if you like, take a number."""

import io
from typing import Any

import qrcode
import qrcode.image.svg
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from server.db.uow import Unit
from server.journal.service import record
from server.kit import failpoints
from server.print_jobs import queries as print_jobs
from server.queue import card_reads
from server.queue import queries as queue
from server.queue import service as tickets
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Kiosk, ctx_of
from server.web.idempotency import once
from server.web.services import services
from server.web.templating import language, page

router = GuardedRouter(prefix="/kiosk", guard=Kiosk())


@router.page("/")
def start(request: Request) -> HTMLResponse:
    """What brings you here?"""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        lines = queue.classes(unit, ctx)
        is_open = queue.business_day(unit, ctx) is not None
    navigator = held.settings.navigator_shows != "off"
    answer = page(
        request, "kiosk/start.html", classes=lines, open=is_open, navigator=navigator, **_frame(request)
    )
    if "fresh" in request.query_params:
        # A wiped kiosk keeps nothing of whoever stood there before.
        answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


@router.page("/card")
def card(request: Request, service: str) -> HTMLResponse:
    """Have you a My Number card?"""
    certificate = services(request).cards.certificate_expiry
    return page(
        request,
        "kiosk/card.html",
        looks_at_certificate=certificate,
        **_service(request, service),
        **_frame(request),
    )


@router.page("/pin")
def pin(request: Request, service: str) -> HTMLResponse:
    """Card, PIN or the numbers on it, what was read. Neither PIN nor numbers ever come here."""
    # A face is for staff to look at.
    modes = [mode for mode in services(request).cards.modes if mode != "face"]
    return page(request, "kiosk/pin.html", modes=modes, **_service(request, service), **_frame(request))


@router.action("/tickets")
def issue(request: Request, sent: SentForm) -> Response:
    """Give the number and have it printed."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        write = once(unit, ctx, sent.key, "ticket", sent.content())
        if write.earlier is None:
            ticket = tickets.issue(
                unit,
                ctx,
                sent.text("service_class", limit=20),
                language=language_of(request, sent.text("lang", "ja", 5)),
                station=ctx.station,
                card_read_id=sent.text("card_read_id", limit=36) or None,
                address=held.settings.address,
            )
            answer = write.save(unit, ctx, {"id": ticket.id})
        else:
            answer = write.earlier
        failpoints.reached("queue.before_commit")
    failpoints.reached("queue.after_commit")
    return RedirectResponse(
        f"/kiosk/tickets/{answer['id']}?lang={language_of(request, sent.text('lang', 'ja', 5))}", 303
    )


@router.action("/card/forget")
def forget_card(request: Request, sent: SentForm) -> Response:
    """使わない, or nobody stands there any more: what was read here and has no ticket goes at once."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        write = once(unit, ctx, sent.key, "card.forget", sent.content())
        if write.earlier is None:
            if ctx.station:
                card_reads.erase_loose(unit, ctx, ctx.station, "not used")
            write.save(unit, ctx, {})
    return Response(status_code=204)


@router.page("/tickets/{ticket_id}")
def ticket(request: Request, ticket_id: str) -> HTMLResponse:
    """The number, while the paper comes out."""
    return page(request, "kiosk/ticket.html", **_ticket(request, ticket_id), **_frame(request))


@router.page("/tickets/{ticket_id}/print-state")
def print_state(request: Request, ticket_id: str) -> HTMLResponse:
    """The part of that page which follows the printer."""
    return page(request, "kiosk/_print_state.html", **_ticket(request, ticket_id))


@router.page("/tickets/{ticket_id}/qr.svg")
def qr(request: Request, ticket_id: str) -> Response:
    """The way to the phone page, for a ticket that could not be printed."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        view = queue.ticket(unit, ctx, ticket_id)
    picture = qrcode.make(
        f"{held.settings.address}/t/{view.public_token}",
        image_factory=qrcode.image.svg.SvgPathImage,
        border=2,
    )
    out = io.BytesIO()
    picture.save(out)
    return Response(out.getvalue(), media_type="image/svg+xml")


@router.action("/help")
def call_for_help(request: Request, sent: SentForm) -> Response:
    """係員を呼ぶ: the staff's screens say which kiosk."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        record(unit, ctx, "help.called", ctx.station or "kiosk", station=ctx.station)
        unit.announce("board")
    return Response(status_code=204)


def language_of(request: Request, asked: str) -> str:
    """The language asked for on the page when we speak it, else the reader's."""
    return asked if asked in services(request).words.languages else language(request)


def _frame(request: Request) -> dict[str, Any]:
    return {"path": request.url.path}


def _service(request: Request, code: str) -> dict[str, Any]:
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        found = tickets.service_of(unit, ctx, code)
    return {"service": found.code, "service_name": _name(request, found.name_ja, found.name_en)}


def _ticket(request: Request, ticket_id: str) -> dict[str, Any]:
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        view = queue.ticket(unit, ctx, ticket_id)
        state = _state(unit, ctx.tenant_id, view.ticket_id, view.station)
        line = next(line for line in queue.classes(unit, ctx) if line.code == view.service_class)
    low = view.ahead * line.minutes
    return {
        "ticket": {"id": view.ticket_id, "label": view.label, "ahead": view.ahead},
        "service_name": _name(request, view.class_ja, view.class_en),
        "estimate": (low, max(5, round(low * 1.5))) if view.ahead else None,
        "print_state": state,
        "status_qr": f"/kiosk/tickets/{view.ticket_id}/qr.svg",
    }


def _state(unit: Unit, tenant_id: str, ticket_id: str, station: str | None) -> str:
    """In the words of kiosk/_print_state.html; a ticket without a printer is read off the screen."""
    if station is None:
        return "failed"
    papers = print_jobs.papers(unit, tenant_id, ticket_id)
    if not papers:
        return "failed"
    newest = papers[0]
    if newest.state in ("queued", "leased"):
        return newest.problem or ("printing" if newest.state == "leased" else "queued")
    return "printed" if newest.state == "printed" else "failed"


def _name(request: Request, ja: str, en: str) -> str:
    return ja if language(request) == "ja" else en
