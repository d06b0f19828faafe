"""The list of procedures at the counter: documents shown, who signs, and the resident's checklist."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from counter.writing import revised, write
from counter.writing import shown as answer
from server.db.uow import NotThereError
from server.journal.service import record
from server.reception import desk_list, handout, intake, service, signing
from server.reception import shown as documents
from server.reception.guidance import guide
from server.web.forms import LONGEST, SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.idempotency import once
from server.web.services import Services, services

router = GuardedRouter(prefix="/counter/receptions/{reception_id}", guard=Staff("clerk", "supervisor"))


@router.action("/documents")
def show(request: Request, reception_id: str, sent: SentForm) -> Response:
    """提示済み (`show`), or not after all (`withdraw`): documents and whose they are, with a colon
    between.
    """
    seen = bool(sent.text("show", limit=LONGEST))
    said = sent.text("show" if seen else "withdraw", limit=LONGEST).split()
    pieces = {(name, person) for name, _, person in (one.partition(":") for one in said)}

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        guidance = _guided(services(request), unit, ctx, reception, key)
        documents.show(unit, ctx, reception, pieces, documents.pieces_of(guidance), seen=seen)

    return write(request, reception_id, sent, "documents", verb)


@router.action("/signing")
def sign(request: Request, reception_id: str, sent: SentForm) -> Response:
    """The person present signs, a 委任状 is in hand, or it comes later."""
    procedure, kind = sent.text("procedure", limit=60), sent.text("kind", limit=10)

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        guidance = _guided(services(request), unit, ctx, reception, key)
        items = (*guidance.applies, *guidance.needs_confirmation, *guidance.may_apply)
        offered = {
            item.procedure_id for item in items if signing.signing_of(item, {}) and not item.confidential
        }
        signing.choose(unit, ctx, reception, procedure, kind, offered)

    return write(request, reception_id, sent, "signing", verb)


@router.action("/no-measure")
def no_measure(request: Request, reception_id: str, sent: SentForm) -> Response:
    """The record of the move-out carries no special handling; with `stands` that is taken back."""
    stands = sent.text("stands", limit=1) == "1"

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        service.say_no_measure(unit, ctx, reception, key, stands=stands)

    return write(
        request, reception_id, sent, "no-measure", revised(request, verb, "counter.list.measure.changed")
    )


@router.page("/checklist.pdf")
def preview(request: Request, reception_id: str) -> Response:
    """The checklist as it would be printed now, in the language asked for."""
    held, ctx = services(request), ctx_of(request)
    wanted = handout.language_of(request.query_params.get("language", ""))
    with held.db.write() as unit:
        record(unit, ctx, "reception.viewed", reception_id, screen="checklist")
        content = _content(held, unit, ctx, reception_id, wanted)
    pdf = handout.render(content)
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": "inline"})


@router.action("/checklist")
def hand_out(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Print it at this counter. It is drawn outside the transaction that keeps it."""
    held, ctx = services(request), ctx_of(request)
    wanted = handout.language_of(sent.text("language", limit=5))
    with held.db.read() as unit:
        content = _content(held, unit, ctx, reception_id, wanted)
        version = service.opened(unit, ctx, held.vault, reception_id)[0].version
    pdf = handout.render(content)
    with held.db.write() as unit:
        attempt = once(unit, ctx, sent.key, f"checklist:{reception_id}", sent.content())
        if attempt.earlier is None:
            reception, key = service.locked(unit, ctx, held.vault, reception_id, version)
            station = ctx.station or sent.text("station", limit=40)
            handout.hand_out(unit, ctx.at_desk(reception.desk), reception, key, wanted, pdf, station)
            attempt.save(unit, ctx, {})
    return answer(request, reception_id)


def _guided(held: Services, unit: Any, ctx: Any, reception: Any, key: Any) -> Any:
    found = guide(intake.load(unit, ctx, key, reception), held.catalogue, held.settings.municipality)
    if found is None:
        raise NotThereError("Guidance")
    return found


def _content(held: Services, unit: Any, ctx: Any, reception_id: str, wanted: str) -> Any:
    reception, key = service.opened(unit, ctx, held.vault, reception_id)
    state = intake.load(unit, ctx, key, reception)
    guidance = guide(state, held.catalogue, held.settings.municipality)
    if guidance is None:
        raise NotThereError("Guidance")
    rows = desk_list.read(unit, ctx, state, guidance, held.catalogue)
    office = held.municipality("en" if wanted == "en" else "ja")
    return handout.fill(
        state,
        rows,
        wanted,
        office=office.office,
        hours=handout.hours_text(held.catalogue.at(state.filed_on), ctx.site_id, wanted),
        finished=reception.accepted_at is not None,
    )
