"""The reception workspace: one page that shows everything about an intake."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from server.auth.queries import names
from server.journal.queries import noted_since
from server.journal.service import record
from server.kit.clock import now, today
from server.preentry import queries as preentry
from server.reception import changing, confirmation, desk_list, documents, facts, intake, service
from server.reception import queries as receptions
from server.reception.card_views import picture_of
from server.reception.guidance import event_names, procedure_names
from server.reception.life_events import EVENTS, GROUPS
from server.reception.prefill import CoreAway, Found
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.problems import Problem
from server.web.services import services
from server.web.streams import sse
from server.web.templating import language, page
from server.worklists import queries as worklists

# A page that stays open reads its parts anew at each change: that is one look.
ONE_LOOK = timedelta(minutes=10)
GROUPING_COOKIE = "kakanai_list"
GROUPINGS = ("place", "department")
router = GuardedRouter(prefix="/counter/receptions/{reception_id}", guard=Staff("clerk", "supervisor"))


@router.page("")
def workspace(request: Request, reception_id: str) -> HTMLResponse:
    """The whole page. That it was shown is journalled with it: no entry, no page."""
    held, ctx = services(request), ctx_of(request)
    seen = held.hub.instant()
    with held.db.write() as unit:
        record(unit, ctx, "reception.viewed", reception_id, screen="workspace")
        context = context_of(request, unit, reception_id)
    answer = page(request, "counter/reception.html", towns=held.towns.all(), seen=seen, **context)
    return _keeping(request, answer)


@router.page("/workspace")
def fragment(request: Request, reception_id: str) -> HTMLResponse:
    """The part of the page that changes, as often as it does."""
    return _keeping(request, render(request, reception_id))


@router.page("/events")
async def events(request: Request, reception_id: str) -> StreamingResponse:
    """`changed` when the intake, its papers, its submissions or the stations moved."""
    held = services(request)

    async def changes() -> AsyncIterator[tuple[str, object] | None]:
        async for version in held.hub.listen([f"subject:{reception_id}", "core", "stations"]):
            yield None if version is None else ("changed", version)

    return sse(changes())


@router.page("/form.pdf")
def form(request: Request, reception_id: str) -> Response:
    """The frozen form: the same bytes that are printed."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        reception, key = service.locked(unit, ctx, held.vault, reception_id)
        pdf = confirmation.pdf_of(unit, ctx, key, reception)
        record(unit, ctx, "reception.viewed", reception.id, screen="form")
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": "inline"})


@router.page("/card/{read_id}/{name}.png")
def card_picture(request: Request, reception_id: str, read_id: str, name: str) -> Response:
    """A picture of the card's face (photo, name, address), once staff have matched its holder."""
    noted(request, reception_id)
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        reception, _ = service.opened(unit, ctx, held.vault, reception_id)
        picture = picture_of(unit, ctx, held.vault, reception, read_id, name)
    if picture is None:
        raise Problem(404, "not_found")
    return Response(picture, media_type="image/png")


@router.page("/history")
def history(request: Request, reception_id: str) -> HTMLResponse:
    """Every journalled step."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        context = context_of(request, unit, reception_id)
        reception, _ = service.opened(unit, ctx, held.vault, reception_id)
        steps = receptions.history(unit, ctx, reception, language(request))
        staff = names(unit, ctx.tenant_id)
        record(unit, ctx, "reception.viewed", reception_id, screen="history")
    return page(request, "counter/history.html", w=context["w"], steps=steps, staff_names=staff)


@router.page("/why/{procedure_id}")
def why(request: Request, reception_id: str, procedure_id: str) -> HTMLResponse:
    """The rule's own conditions, with the facts found, where they came from and as of when.

    Each time when the procedure stands in the list for several people, or for the person asked `for`.
    """
    noted(request, reception_id)
    held = services(request)
    with held.db.read() as unit:
        context = context_of(request, unit, reception_id)
        _, key = service.opened(unit, ctx_of(request), held.vault, reception_id)
        told = facts.read(unit, key, reception_id)
    guidance = context["w"].guidance
    items = [*guidance.applies, *guidance.needs_confirmation, *guidance.may_apply] if guidance else []
    # A confidential one says what it is for nowhere on a screen at which a resident may look.
    found = [item for item in items if item.procedure_id == procedure_id and not item.confidential]
    if not found:
        raise Problem(404, "not_found")
    person = request.query_params.get("for")
    asked = [item for item in found if person in item.person_ids]
    return page(request, "counter/why.html", items=asked or found, w=context["w"], told=told)


def noted(request: Request, reception_id: str) -> None:
    """Write down that somebody looks, unless that stands in the journal since a few minutes ago."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        if noted_since(unit, ctx, "reception.viewed", reception_id, now() - ONE_LOOK):
            return
    with held.db.write() as unit:
        service.opened(unit, ctx, held.vault, reception_id)
        record(unit, ctx, "reception.viewed", reception_id, screen="workspace")


def grouping(request: Request) -> str:
    """How this reader's list is grouped: by where people go (place), or by department."""
    asked = request.query_params.get("by") or request.cookies.get(GROUPING_COOKIE)
    return asked if asked in GROUPINGS else GROUPINGS[0]


def _keeping(request: Request, answer: HTMLResponse) -> HTMLResponse:
    """Whoever has chosen a grouping keeps it on this machine; it says nothing about anybody."""
    if "by" in request.query_params:
        secure = services(request).settings.secure_cookies
        answer.set_cookie(
            GROUPING_COOKIE, grouping(request), path="/counter", httponly=True, secure=secure, samesite="lax"
        )
    return answer


def context_of(
    request: Request, unit: Any, reception_id: str, found: Found | None = None, away: CoreAway | None = None
) -> dict[str, Any]:
    """What the workspace templates need."""
    held, ctx = services(request), ctx_of(request)
    reception, key = service.opened(unit, ctx, held.vault, reception_id)
    catalogue = held.catalogue
    view = receptions.workspace(unit, ctx, held.vault, catalogue, held.settings.municipality, reception, key)
    return {
        "w": view,
        "work": worklists.of_reception(unit, ctx, reception_id),
        "found": found,
        "documents": documents.kept(unit, key, reception),
        "away": away,
        "today": today(),
        "fact_book": catalogue.facts,
        "procedure_names": procedure_names(catalogue),
        "cards": held.cards,
        "event_names": event_names(catalogue),
        "event_groups": {
            group: [event for event in EVENTS.values() if event.group == group] for group in GROUPS
        },
        "listed": desk_list.read(unit, ctx, intake.load(unit, ctx, key, reception), view.guidance, catalogue),
        "by": grouping(request),
        "changes": changing.last_change(key, reception),
        "staff_names": names(unit, ctx.tenant_id),
        "is_supervisor": ctx.role == "supervisor",
        "preentry": preentry.view(unit, catalogue, reception, key),
    }


def render(
    request: Request, reception_id: str, found: Found | None = None, away: CoreAway | None = None
) -> HTMLResponse:
    """The workspace fragment as it is now; seen for the first time, it is a view, whatever was asked for."""
    noted(request, reception_id)
    held = services(request)
    seen = held.hub.instant()
    with held.db.read() as unit:
        context = context_of(request, unit, reception_id, found, away)
    return page(request, "counter/_workspace.html", towns=held.towns.all(), seen=seen, **context)
