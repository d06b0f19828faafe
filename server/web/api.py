"""/api/v1: the waiting line for other systems and for scripts."""

from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from server.kit import failpoints
from server.kit.clock import jst
from server.queue import service as queue
from server.queue.models import BusinessDay, Ticket
from server.web.guards import GuardedRouter, Kiosk, Staff, ctx_of
from server.web.idempotency import once
from server.web.services import services

router = GuardedRouter(prefix="/api/v1")
Key = Annotated[str | None, Header()]


class TicketRequest(BaseModel):
    """Which class a ticket is wanted for."""

    model_config = ConfigDict(extra="forbid")

    service_class: Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "ja"


@router.action("/tickets", guard=Kiosk(), status_code=201)
def issue(request: Request, wanted: TicketRequest, idempotency_key: Key = None) -> JSONResponse:
    """Give a number. 201 {id, number, business_day, issued_at, ahead}; the same key gives the same answer."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        write = once(unit, ctx, idempotency_key, "ticket", wanted.model_dump())
        if write.earlier is not None:
            return JSONResponse(write.earlier, 201)
        ticket = queue.issue(
            unit,
            ctx,
            wanted.service_class,
            language=wanted.language,
            station=ctx.station,
            address=held.settings.address,
        )
        day = unit.get(BusinessDay, ticket.business_day_id)
        answer = write.save(
            unit,
            ctx,
            {
                "id": ticket.id,
                "number": ticket.label,
                "business_day": day.date.isoformat(),
                "issued_at": jst(ticket.issued_at).isoformat(timespec="milliseconds"),
                "ahead": ticket.ahead,
            },
        )
        failpoints.reached("queue.before_commit")
    failpoints.reached("queue.after_commit")
    return JSONResponse(answer, 201)


@router.action("/desks/{desk}/call-next", guard=Staff("clerk", "supervisor"))
def call_next(request: Request, desk: str, idempotency_key: Key = None) -> JSONResponse:
    """Call whoever waits longest. 200 {id, number, desk, called_at}; 409 nobody_waits."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        write = once(unit, ctx, idempotency_key, "call_next", desk)
        if write.earlier is not None:
            return JSONResponse(write.earlier)
        return JSONResponse(write.save(unit, ctx, _called(queue.call_next(unit, ctx.at_desk(desk), desk))))


def _called(ticket: Ticket) -> dict[str, object]:
    return {
        "id": ticket.id,
        "number": ticket.label,
        "desk": ticket.desk,
        "called_at": jst(ticket.called_at).isoformat(timespec="milliseconds") if ticket.called_at else None,
    }
