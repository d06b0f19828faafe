"""The departments' work lists: the case as data, the evidence beside it."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from server.db.context import Context
from server.db.uow import Unit
from server.kit.text import UnsafeTextError
from server.reception import confirmation
from server.reception import service as receptions
from server.reception.guidance import event_names, procedure_names
from server.web.forms import Sent, SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.idempotency import once
from server.web.services import services
from server.web.streams import sse
from server.web.templating import language, page
from server.worklists import queries, service

router = GuardedRouter(prefix="/backoffice", guard=Staff("department", "supervisor", "clerk"))


@router.page("/")
def work_list(request: Request) -> HTMLResponse:
    """The work of one's department."""
    return page(request, "backoffice/list.html", **_list(request))


@router.page("/list")
def fragment(request: Request) -> HTMLResponse:
    """The part of the page that changes."""
    return page(request, "backoffice/_list.html", **_list(request))


@router.page("/events")
async def events(request: Request) -> StreamingResponse:
    """`changed` when work came or moved."""
    held = services(request)

    async def changes() -> AsyncIterator[tuple[str, object] | None]:
        async for version in held.hub.listen(["work"]):
            yield None if version is None else ("changed", version)

    return sse(changes())


@router.page("/items/{item_id}")
def item(request: Request, item_id: str) -> HTMLResponse:
    """One item. That it was looked at is journalled in the same transaction."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        service.view(unit, ctx, item_id)
        view = queries.item(unit, ctx, held.vault, item_id)
    rules = held.catalogue
    return page(
        request,
        "backoffice/item.html",
        v=view,
        procedure_names=procedure_names(rules),
        fact_book=rules.facts,
        event_names=event_names(rules),
    )


@router.page("/items/{item_id}/form.pdf")
def form(request: Request, item_id: str) -> Response:
    """The signed form's file, as evidence; a protected household's is kept at the counter."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        service.view(unit, ctx, item_id)
        view = queries.item(unit, ctx, held.vault, item_id)
        reception, key = receptions.opened(unit, ctx, held.vault, view.reception_id)
        if view.line.protected and ctx.role == "department":
            raise receptions.ProtectedError
        pdf = confirmation.pdf_of(unit, ctx, key, reception)
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": "inline"})


@router.action("/items/{item_id}/start")
def start(request: Request, item_id: str, sent: SentForm) -> Response:
    """Take it up."""
    return _act(request, item_id, sent, "start", lambda unit, ctx: service.start(unit, ctx, item_id))


@router.action("/items/{item_id}/finish")
def finish(request: Request, item_id: str, sent: SentForm) -> Response:
    """Done."""
    return _act(request, item_id, sent, "finish", lambda unit, ctx: service.finish(unit, ctx, item_id))


@router.action("/items/{item_id}/return")
def give_back(request: Request, item_id: str, sent: SentForm) -> Response:
    """Back to the counter, with a reason."""
    reason = sent.text("reason")
    if not reason:
        raise UnsafeTextError("reason")
    vault = services(request).vault
    return _act(
        request,
        item_id,
        sent,
        "return",
        lambda unit, ctx: service.give_back(unit, ctx, vault, item_id, reason),
    )


def _act(
    request: Request, item_id: str, sent: Sent, what: str, verb: Callable[[Unit, Context], object]
) -> Response:
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        write = once(unit, ctx, sent.key, f"work.{what}:{item_id}", sent.content())
        if write.earlier is None:
            verb(unit, ctx)
            write.save(unit, ctx, {})
    target = f"/backoffice/items/{item_id}"
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def _list(request: Request) -> dict[str, Any]:
    held, ctx = services(request), ctx_of(request)
    seen = held.hub.instant()
    asked = request.query_params.get("department")
    # An account without a department sees no work, rather than everybody's.
    department = (ctx.department or "") if ctx.role == "department" else asked
    with held.db.read() as unit:
        lines = queries.lines(unit, ctx, department)
    rules = held.catalogue
    names = {
        key: found.name.ja if language(request) == "ja" else found.name.en
        for key, found in rules.departments.items()
    }
    return {
        "seen": seen,
        "lines": lines,
        "counts": Counter(line.standing for line in lines),
        "department": department,
        "department_name": names.get(department, "") if department else "",
        "department_names": names,
        "procedure_names": procedure_names(rules),
    }
