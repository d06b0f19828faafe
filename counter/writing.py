"""One way to write to a reception from a page: once per key, against the version that the page shows."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from counter.reception import render
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.reception import changing, service
from server.web.forms import Sent
from server.web.guards import ctx_of
from server.web.idempotency import once
from server.web.services import services

# (unit, who acts, the reception held for writing, its key)
Verb = Callable[[Unit, Context, Any, DataKey], object]


def write(request: Request, reception_id: str, sent: Sent, what: str, verb: Verb) -> Response:
    """Carry out `verb` in one transaction and show the workspace as it then is."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        attempt = once(unit, ctx, sent.key, f"{what}:{reception_id}", sent.content())
        if attempt.earlier is None:
            reception, key = service.locked(unit, ctx, held.vault, reception_id, sent.number("version"))
            verb(unit, ctx.at_desk(reception.desk), reception, key)
            attempt.save(unit, ctx, {})
    return shown(request, reception_id)


def revised(request: Request, verb: Verb, cause: str) -> Verb:
    """The same verb, which then also keeps what it changed in the list of procedures.

    `cause` is a fact of the rules, or the key of the sentence above the changes.
    """
    held = services(request)
    catalogue, municipality = held.catalogue, held.settings.municipality

    def noted(unit: Unit, ctx: Context, reception: Any, key: DataKey) -> None:
        changing.noting(
            unit,
            ctx,
            reception,
            key,
            catalogue,
            municipality,
            cause,
            lambda: verb(unit, ctx, reception, key),
        )

    return noted


def shown(request: Request, reception_id: str) -> Response:
    """The workspace: the fragment for htmx, the page for a form without it."""
    if request.headers.get("HX-Request"):
        answer: HTMLResponse = render(request, reception_id)
        return answer
    return RedirectResponse(f"/counter/receptions/{reception_id}", 303)
