"""What happened: the life events of a visit, their days, and whom they concern."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from counter.writing import write
from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.reception import guidance, intake, life_events, service
from server.reception.confirmation import NotReadyError
from server.reception.missing import gaps
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Staff
from server.web.services import services
from server.worklists import service as worklists

router = GuardedRouter(prefix="/counter/receptions/{reception_id}", guard=Staff("clerk", "supervisor"))


@router.action("/events")
def events(request: Request, reception_id: str, sent: SentForm) -> Response:
    """One life event, or several that are told together."""
    chosen = sent.texts("event")
    return write(
        request,
        reception_id,
        sent,
        "events",
        lambda unit, ctx, reception, key: service.choose_events(unit, ctx, reception, key, chosen),
    )


@router.action("/hand-over")
def hand_over(request: Request, reception_id: str, sent: SentForm) -> Response:
    """The end of a visit without a form of its own: with `filed`, the departments get their parts."""
    held, filed = services(request), sent.text("filed", limit=1) == "1"

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        state = intake.load(unit, ctx, key, reception)
        told = guidance.guide(state, held.catalogue, held.settings.municipality)
        if told is None:
            raise NotReadyError(gaps(state, told))
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
        lambda unit, ctx, reception, key: service.set_concerned(unit, ctx, reception, key, chosen),
    )
