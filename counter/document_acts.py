"""A foreign resident's passport or residence card, scanned or typed into one field."""

from fastapi import Request
from fastapi.responses import Response

from counter.reception import context_of, noted
from counter.writing import shown
from server.kit.clock import today
from server.reception import documents, gathering, service
from server.reception.documents import RESIDENCE_CARD, NotRead
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.idempotency import once
from server.web.problems import Problem
from server.web.services import services
from server.web.templating import page

router = GuardedRouter(prefix="/counter/receptions/{reception_id}", guard=Staff("clerk", "supervisor"))


@router.action("/document")
def read(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Take in what the lines say, for the search; what does not fit is said with its line and position."""
    lines = sent.data.get("lines", "")
    found = documents.read_document(lines if isinstance(lines, str) else "", today())
    if isinstance(found, NotRead):
        return _refused(request, reception_id, found)
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        # What was scanned is in no digest of requests either.
        attempt = once(unit, ctx, sent.key, f"document:{reception_id}", [found.kind])
        if attempt.earlier is None:
            reception, key = service.locked(unit, ctx, held.vault, reception_id, sent.number("version"))
            documents.keep(unit, ctx.at_desk(reception.desk), reception, key, found)
            attempt.save(unit, ctx, {})
    return shown(request, reception_id)


@router.action("/document/holder")
def holder(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Whose residence card it is, for the form; an empty number takes the person's back."""
    typed, person_id = sent.text("number", limit=documents.LONGEST), sent.text("person_id", limit=36)
    number = None
    if typed:
        found = documents.read_document(typed, today())
        if isinstance(found, NotRead):
            return _refused(request, reception_id, found)
        if found.kind != RESIDENCE_CARD:
            raise Problem(422, "document_no_card_number")
        number = found.number
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        attempt = once(unit, ctx, sent.key, f"document-holder:{reception_id}", [person_id, bool(number)])
        if attempt.earlier is None:
            reception, key = service.locked(unit, ctx, held.vault, reception_id, sent.number("version"))
            documents.give(unit, ctx.at_desk(reception.desk), reception, key, person_id, number)
            attempt.save(unit, ctx, {})
    return shown(request, reception_id)


def _refused(request: Request, reception_id: str, found: NotRead) -> Response:
    """The sentence for `found`. The field keeps what was typed, so that it can be mended; the number that
    nobody may take is cleared from it."""
    problem = Problem(
        422, f"document_{found.reason}", line=str(found.line), first=str(found.first), last=str(found.last)
    )
    if found.reason != "individual_number" or not request.headers.get("HX-Request"):
        raise problem
    noted(request, reception_id)
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        reception, _ = service.opened(unit, ctx, held.vault, reception_id)
        gathering.check_searchable(reception)
        context = context_of(request, unit, reception_id)
    return page(
        request,
        "counter/_workspace.html",
        towns=held.towns.all(),
        document_refused=problem.code,
        **context,
    )
