"""From the settled intake to the closed visit: answers, paper, signature, acceptance, hand-over."""

from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from counter.writing import revised, shown, write
from server.auth.queries import names
from server.kit import failpoints
from server.kit.text import UnsafeTextError
from server.queue import queries as queue
from server.reception import confirmation, ending, guidance, intake, moving, service
from server.reception.confirmation import NotReadyError, Paper
from server.reception.missing import gaps
from server.submissions import service as submissions
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.idempotency import once
from server.web.services import Services, services
from server.worklists import service as worklists

router = GuardedRouter(prefix="/counter/receptions/{reception_id}", guard=Staff("clerk", "supervisor"))


@router.action("/address")
def address(request: Request, reception_id: str, sent: SentForm) -> Response:
    """The new address, from the core's master of towns."""
    town = services(request).towns.find(sent.text("town_code", limit=11))
    number, building = sent.text("number", limit=40), sent.text("building", limit=80) or None
    if town is None or not number:
        raise UnsafeTextError("address")
    text = f"{town.municipality}{town.town}{number}" + (f"　{building}" if building else "")
    value = {
        "postal_code": town.postal_code,
        "town_code": town.town_code,
        "municipality": town.municipality,
        "town": town.town,
        "number": number,
        "building": building,
        "text": text,
    }

    return write(
        request,
        reception_id,
        sent,
        "address",
        lambda unit, ctx, reception, key: moving.set_address(
            unit, ctx, reception, key, value, services(request).towns
        ),
    )


@router.action("/answers")
def answers(request: Request, reception_id: str, sent: SentForm) -> Response:
    """One question, answered for everybody it was asked of; わからない is an answer."""
    fact, catalogue = sent.text("fact", limit=40), services(request).catalogue
    # `asked` names those for whom nothing was ticked: that is an answer too.
    given: dict[str, list[str]] = {person_id: [] for person_id in sent.texts("asked")}
    read = {
        person_id: None if "unknown" in said else guidance.read_answer(catalogue, fact, said)
        for person_id, said in (given | sent.prefixed("answer:")).items()
    }

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        for person_id, value in read.items():
            service.set_fact(
                unit,
                ctx,
                reception,
                key,
                fact,
                value,
                person_id=person_id,
                unknown=value is None,
                source="resident",
            )

    return write(request, reception_id, sent, "answers", revised(request, verb, fact))


@router.action("/prepare")
def prepare(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Make the form and show it to the resident. It is rendered outside the transaction that freezes it."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        reception, key = service.opened(unit, ctx, held.vault, reception_id)
        state = intake.load(unit, ctx, key, reception)
        paper = _paper(held, unit, ctx, reception)
    guided = guidance.guide(state, held.catalogue, held.settings.municipality)
    missing = gaps(state, guided)
    if missing or guided is None:
        raise NotReadyError(missing)
    pdf = confirmation.render(state, paper)
    version = reception.version
    with held.db.write() as unit:
        attempt = once(unit, ctx, sent.key, f"prepare:{reception_id}", sent.content())
        if attempt.earlier is None:
            if sent.number("version") not in (None, version):
                raise service.StaleScreenError(reception_id)
            held_now, key = service.locked(unit, ctx, held.vault, reception_id, version)
            confirmation.prepare(unit, ctx, held_now, key, state, guided, pdf, paper)
            attempt.save(unit, ctx, {})
    return shown(request, reception_id)


@router.action("/confirm")
def confirm(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Read aloud and agreed to, where the second screen cannot be used; the form is printed."""

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        confirmation.confirm(unit, ctx, reception, sent.text("how", "aloud", 10))
        if ctx.station:
            confirmation.print_form(unit, ctx, reception, ctx.station)

    return write(request, reception_id, sent, "confirm", verb)


@router.action("/print")
def print_form(request: Request, reception_id: str, sent: SentForm) -> Response:
    """The same file on paper again."""

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        confirmation.print_form(unit, ctx, reception, ctx.station or sent.text("station", limit=40))

    return write(request, reception_id, sent, "print", verb)


@router.action("/reopen")
def reopen(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Back to the intake, before acceptance."""
    return write(
        request,
        reception_id,
        sent,
        "reopen",
        lambda unit, ctx, reception, key: confirmation.reopen(unit, ctx, reception, key, sent.text("reason")),
    )


@router.action("/accept")
def accept(request: Request, reception_id: str, sent: SentForm) -> Response:
    """受理."""
    held = services(request)

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        worklists.take_in(unit, ctx, held.vault, reception, key, signed=sent.text("signed") == "1")
        failpoints.reached("acceptance.before_commit")

    answer = write(request, reception_id, sent, "accept", verb)
    failpoints.reached("acceptance.after_commit")
    return answer


@router.action("/items")
def hold_item(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Take something in."""
    kind, person = sent.text("kind", limit=20), sent.text("person_id", limit=36) or None
    return write(
        request,
        reception_id,
        sent,
        "items",
        lambda unit, ctx, reception, key: ending.hold_item(unit, ctx, reception, kind, person),
    )


@router.action("/items/{item_id}/return")
def return_item(request: Request, reception_id: str, item_id: str, sent: SentForm) -> Response:
    """Give it back."""
    return write(
        request,
        reception_id,
        sent,
        f"return:{item_id}",
        lambda unit, ctx, reception, key: ending.return_item(unit, ctx, reception, item_id),
    )


@router.action("/submissions/{submission_id}/retry")
def retry(request: Request, reception_id: str, submission_id: str, sent: SentForm) -> Response:
    """A person has reconciled it: send it again with the same key."""
    return write(
        request,
        reception_id,
        sent,
        f"retry:{submission_id}",
        lambda unit, ctx, reception, key: submissions.retry(unit, ctx, reception_id, submission_id),
    )


@router.action("/close")
def close(request: Request, reception_id: str, sent: SentForm) -> Response:
    """End the visit and go back to the line."""
    write(
        request,
        reception_id,
        sent,
        "close",
        lambda unit, ctx, reception, key: ending.close(unit, ctx, services(request).vault, reception),
    )
    return _to_line(request)


@router.action("/abandon")
def abandon(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Stop before acceptance; what was taken in is forgotten."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        attempt = once(unit, ctx, sent.key, f"abandon:{reception_id}", sent.content())
        if attempt.earlier is None:
            reception, _ = service.locked(unit, ctx, held.vault, reception_id)
            ending.abandon(unit, ctx, held.vault, reception, sent.text("reason"))
            attempt.save(unit, ctx, {})
    return _to_line(request)


def _to_line(request: Request) -> Response:
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": "/counter/"})
    return RedirectResponse("/counter/", 303)


def _paper(held: Services, unit: Any, ctx: Any, reception: Any) -> Paper:
    ticket = queue.ticket(unit, ctx, reception.ticket_id) if reception.ticket_id else None
    return Paper(
        municipality=held.site.municipality_ja,
        municipality_code=held.site.municipality_code,
        desk=reception.desk,
        staff_name=names(unit, ctx.tenant_id).get(ctx.actor, ""),
        ticket_label=ticket.label if ticket else None,
    )
