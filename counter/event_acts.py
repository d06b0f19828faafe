"""What happened: the life events of a visit, their days, and whom they concern."""

from fastapi import Request
from fastapi.responses import Response

from counter.writing import write
from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.reception import life_events, service
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Staff

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
