"""What happened: the life events of a visit, their days, and whom they concern."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from counter.reception import context_of, noted
from counter.writing import revised, write
from server.db.uow import NotThereError
from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.reception import asking_again, guidance, intake, life_events, missing, service, sweeping
from server.reception.confirmation import NotReadyError
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.services import services
from server.web.templating import page
from server.worklists import service as worklists

router = GuardedRouter(prefix="/counter/receptions/{reception_id}", guard=Staff("clerk", "supervisor"))


@router.action("/life-events")
def events(request: Request, reception_id: str, sent: SentForm) -> Response:
    """One life event, or several that are told together."""
    chosen = sent.texts("event")
    return write(
        request,
        reception_id,
        sent,
        "events",
        revised(
            request,
            lambda unit, ctx, reception, key: service.choose_events(unit, ctx, reception, key, chosen),
            "events.changes.title",
        ),
    )


@router.page("/ask/{fact}")
def ask(request: Request, reception_id: str, fact: str) -> HTMLResponse:
    """A question that was answered, to be answered anew."""
    noted(request, reception_id)
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        reception, key = service.opened(unit, ctx, held.vault, reception_id)
        state = intake.load(unit, ctx, key, reception)
        context = context_of(request, unit, reception_id)
    spec = held.catalogue.facts.get(fact)
    question = asking_again.asked_again(state, spec) if spec else None
    if question is None or state.standing.needs_supervisor:
        raise NotThereError("Question")
    return page(request, "counter/ask.html", question=question, **context)


@router.action("/sweep")
def sweep(request: Request, reception_id: str, sent: SentForm) -> Response:
    """What few people have: everything that was asked and not ticked is a no."""
    held = services(request)
    asked, ticked = set(sent.texts("asked")), set(sent.texts("ticked"))

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        state = intake.load(unit, ctx, key, reception)
        told = guidance.guide(state, held.catalogue, held.settings.municipality)
        open_now = sweeping.sweep(missing.asked(state, told), held.catalogue.facts)
        if not asked or asked - {question.fact for question in open_now}:
            raise guidance.UnknownAnswerError
        sweeping.answer(unit, ctx, reception, key, [one for one in open_now if one.fact in asked], ticked)

    return write(request, reception_id, sent, "sweep", revised(request, verb, "events.changes.title"))


@router.action("/hand-over")
def hand_over(request: Request, reception_id: str, sent: SentForm) -> Response:
    """The end of a visit without a form of its own: with `filed`, the departments get their parts."""
    held, filed = services(request), sent.text("filed", limit=1) == "1"

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        state = intake.load(unit, ctx, key, reception)
        told = guidance.guide(state, held.catalogue, held.settings.municipality)
        if told is None:
            raise NotReadyError(missing.gaps(state, told))
        worklists.guide(unit, ctx, reception, key, state, told, filed=filed)

    return write(request, reception_id, sent, "hand_over", verb)


@router.action("/moved-on")
def moved_on(request: Request, reception_id: str, sent: SentForm) -> Response:
    """The day of an event (異動日); without a code, of the leading one."""
    day = read_date(sent.text("date", limit=20))
    code = sent.text("event", limit=10)
    if day is None or (code and code not in life_events.EVENTS):
        raise UnsafeTextError("date")
    return write(
        request,
        reception_id,
        sent,
        "moved_on",
        lambda unit, ctx, reception, key: service.set_day(unit, ctx, reception, key, code, day),
    )


@router.action("/movers")
def movers(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Whom the leading event concerns: who moves, who was born, who has died, …"""
    chosen = set(sent.texts("person_id"))
    return write(
        request,
        reception_id,
        sent,
        "movers",
        revised(
            request,
            lambda unit, ctx, reception, key: service.set_concerned(unit, ctx, reception, key, chosen),
            "events.changes.title",
        ),
    )
