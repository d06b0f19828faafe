"""/api/v1/stations: every request is signed by the station it speaks of."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from server.db.uow import Unit, one_of
from server.print_jobs import service as print_jobs
from server.print_jobs.models import PrintJob
from server.queue import card_reads
from server.reception import confirmation, handout
from server.reception.models import PreparedIntake, Reception
from server.stations import service
from server.stations.card_reports import CardReadReport, content_of
from server.web.guards import GuardedRouter, Station, ctx_of
from server.web.idempotency import once
from server.web.problems import Problem
from server.web.services import Services, services
from server.web.streams import sse

router = GuardedRouter(prefix="/api/v1/stations", guard=Station(itself=True))
State = Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class LeaseRequest(_Wire):
    """`fresh`: the station has just started, and holds nothing of what it was given before."""

    fresh: bool = False
    kinds: list[Annotated[str, Field(pattern="^(ticket|form)$")]]


class JobResult(_Wire):
    """What a printer said: printed, or what is wrong with it."""

    outcome: State


class Heartbeat(_Wire):
    """How a station's devices are now. `trouble`: one word for what hinders the reader beyond its state."""

    reader: State
    ticket_printer: State
    page_printer: State
    trouble: State | None = None


@router.action("/card-reads", status_code=201)
def card_read(
    request: Request, report: CardReadReport, idempotency_key: Annotated[str | None, Header()] = None
) -> JSONResponse:
    """Keep what a card said until staff have matched its bearer."""
    held, ctx = services(request), ctx_of(request)
    content = content_of(report)
    with held.db.write() as unit:
        write = once(
            unit, ctx, idempotency_key, "card_read", [report.purpose, report.reference, report.outcome]
        )
        if write.earlier is not None:
            return JSONResponse(write.earlier, 201)
        reception_id = None
        if report.purpose == "reception" and report.reference:
            reception = one_of(unit, Reception, ctx.tenant_id, report.reference)
            if reception.desk != ctx.desk:
                raise Problem(403, "forbidden")
            reception_id = reception.id
        row = card_reads.keep(
            unit,
            ctx,
            held.vault,
            write.key[:36],
            station=ctx.station or "",
            mode=report.mode,
            outcome=report.outcome,
            tries_left=report.tries_left,
            apdus=report.apdus,
            purpose=report.purpose,
            content=content,
            reception_id=reception_id,
        )
        return JSONResponse(write.save(unit, ctx, {"id": row.id}), 201)


@router.action("/print-jobs/lease")
def lease(request: Request, wanted: LeaseRequest) -> Response:
    """The next paper for this station, or 204."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        if not print_jobs.anything_for(unit, ctx, ctx.station or ""):
            return Response(status_code=204)
    with held.db.write() as unit:
        if wanted.fresh:
            print_jobs.take_back(unit, ctx, ctx.station or "")
        # Asked again at the printer: what could be shown when the form was made may be hidden by now.
        withheld = confirmation.withheld_papers(unit, ctx, held.vault, ctx.station or "")
        job = print_jobs.lease(unit, ctx, ctx.station or "", wanted.kinds, withheld)
        if job is None:
            return Response(status_code=204)
        return JSONResponse(
            {
                "id": job.id,
                "kind": "form" if job.document else "ticket",
                "attempt": job.attempts,
                "title": job.id,
                "ticket": None if job.document else json.loads(job.content),
                "pdf_base64": base64.b64encode(_pdf(held, request, unit, job)).decode()
                if job.document
                else None,
            }
        )


@router.action("/print-jobs/{job_id}/result", status_code=204)
def result(request: Request, job_id: str, report: JobResult) -> Response:
    """What the printer said."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        if one_of(unit, PrintJob, ctx.tenant_id, job_id).station != ctx.station:
            raise Problem(404, "not_found")
        print_jobs.finish(unit, ctx, job_id, report.outcome)
    return Response(status_code=204)


@router.action("/heartbeat")
def heartbeat(request: Request, beat: Heartbeat) -> dict[str, object]:
    """The station is alive. It is told how cards are read here: no station has a choice of its own."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        service.heartbeat(
            unit,
            ctx,
            reader=beat.reader,
            ticket_printer=beat.ticket_printer,
            page_printer=beat.page_printer,
            trouble=beat.trouble,
        )
    return {"cards": held.cards.model_dump(mode="json")}


@router.page("/events")
async def events(request: Request) -> StreamingResponse:
    """`jobs` whenever there may be a paper to print here."""
    held, ctx = services(request), ctx_of(request)

    async def lines() -> AsyncIterator[tuple[str, object] | None]:
        async for version in held.hub.listen([print_jobs.topic(ctx.station or "")]):
            yield None if version is None else ("jobs", version)

    return sse(lines())


def _pdf(held: Services, request: Request, unit: Unit, job: PrintJob) -> bytes:
    ctx = ctx_of(request)
    if job.kind == handout.KIND:
        return handout.pdf_of(unit, ctx, held.vault, job.document or "", job.key_id or "")
    intake = one_of(unit, PreparedIntake, ctx.tenant_id, job.document or "")
    key = held.vault.key(unit, ctx, job.key_id or "")
    return key.open_bytes(intake.pdf, f"pdf:{intake.id}")
