"""Queueing papers, leasing them to a station, and taking down what became of them."""

from collections.abc import Collection
from datetime import timedelta

from sqlmodel import col, func, or_, select

from server.db.context import Context
from server.db.uow import Unit, one_of
from server.journal.service import record
from server.kit.clock import now
from server.print_jobs.models import PrintJob
from server.print_jobs.states import move

LEASE = timedelta(seconds=20)
# What a station's page printer takes besides the form: any page of ours.
PRINTED_AS = {"form": ("form", "checklist"), "ticket": ("ticket", "slip")}
# Whoever asked for a slip stands before the printer: later it would come out for somebody else.
SLIP_LIFE = timedelta(seconds=20)
TROUBLES = frozenset({"paper_out", "cover_open", "offline", "silent", "failed"})


def topic(station: str) -> str:
    """What a station's spooler listens to."""
    return f"print:{station}"


def queue_ticket(unit: Unit, ctx: Context, station: str, ticket_id: str, content: str) -> PrintJob:
    """Ask `station` for a paper ticket; `content` is the printing package's wire message as JSON."""
    return _queue_roll(unit, ctx, station, "ticket", ticket_id, content)


def queue_slip(unit: Unit, ctx: Context, station: str, slip_id: str, content: str) -> PrintJob:
    """Ask `station` for the short form of a list, at once or never (SLIP_LIFE); `content` as for a ticket."""
    return _queue_roll(unit, ctx, station, "slip", slip_id, content)


def _queue_roll(unit: Unit, ctx: Context, station: str, kind: str, subject: str, content: str) -> PrintJob:
    job = PrintJob(
        tenant_id="",
        site_id="",
        station=station,
        kind=kind,
        subject=subject,
        content=content,
        created_at=now(),
    )
    return _queue(unit, ctx, job)


def queue_form(
    unit: Unit, ctx: Context, station: str, subject: str, document: str, key_id: str, kind: str = "form"
) -> PrintJob:
    """Ask `station` for the form (or another page of this `kind`) that lies sealed as `document`."""
    job = PrintJob(
        tenant_id="",
        site_id="",
        station=station,
        kind=kind,
        subject=subject,
        document=document,
        key_id=key_id,
        created_at=now(),
    )
    return _queue(unit, ctx, job)


def lease(
    unit: Unit, ctx: Context, station: str, kinds: list[str], without: Collection[str] = ()
) -> PrintJob | None:
    """The oldest waiting job of these kinds at this station, for twenty seconds.

    A lease that ran out is given again, but for a slip, which is old by then. The form of a subject of
    `without` waits on.
    """
    at = now()
    query = (
        select(PrintJob)
        .where(
            PrintJob.tenant_id == ctx.tenant_id,
            PrintJob.station == station,
            col(PrintJob.kind).in_([kind for wanted in kinds for kind in PRINTED_AS.get(wanted, (wanted,))]),
            ~(col(PrintJob.subject).in_(without) & (col(PrintJob.kind) == "form")),
            or_(col(PrintJob.kind) != "slip", col(PrintJob.created_at) > at - SLIP_LIFE),
            or_(
                col(PrintJob.state) == "queued",
                (col(PrintJob.state) == "leased") & (col(PrintJob.leased_until) < at),
            ),
        )
        .order_by(col(PrintJob.created_at), col(PrintJob.id))
        .with_for_update(skip_locked=True)
    )
    job = unit.first(query)
    if job is None:
        return None
    move(job, "lease")
    job.leased_until = at + LEASE
    job.attempts += 1
    return unit.add(job)


def take_back(unit: Unit, ctx: Context, station: str) -> None:
    """What this station was given and holds no more waits again, without the twenty seconds of its lease."""
    query = select(PrintJob).where(
        PrintJob.tenant_id == ctx.tenant_id, PrintJob.station == station, PrintJob.state == "leased"
    )
    for job in unit.all(query.order_by(col(PrintJob.id)).with_for_update()):
        move(job, "fail")
        unit.add(job)


def forms_waiting(unit: Unit, ctx: Context, station: str) -> list[str]:
    """The subjects whose form is queued or leased at this station."""
    query = select(PrintJob).where(
        PrintJob.tenant_id == ctx.tenant_id,
        PrintJob.station == station,
        PrintJob.kind == "form",
        col(PrintJob.state).in_(["queued", "leased"]),
    )
    return sorted({job.subject for job in unit.all(query)})


def anything_for(unit: Unit, ctx: Context, station: str) -> bool:
    """Whether a job of this station is queued or leased: a look that takes no writer's turn."""
    query = select(PrintJob.id).where(
        PrintJob.tenant_id == ctx.tenant_id,
        PrintJob.station == station,
        col(PrintJob.state).in_(["queued", "leased"]),
    )
    return unit.session.exec(query.limit(1)).first() is not None


def finish(unit: Unit, ctx: Context, job_id: str, outcome: str) -> PrintJob:
    """Record what the printer said: printed, or one of TROUBLES (the job waits again).

    A job that was cancelled meanwhile, or already reported, stays as it is.
    """
    job = one_of(unit, PrintJob, ctx.tenant_id, job_id, lock=True)
    if job.state != "leased":
        return job
    if outcome == "printed":
        move(job, "print")
        job.finished_at, job.problem = now(), None
        _forget(job)
        record(unit, ctx, "print.finished", job.subject, kind=job.kind, station=job.station, outcome=outcome)
    else:
        trouble = outcome if outcome in TROUBLES else "failed"
        move(job, "fail")
        if job.problem != trouble:
            record(
                unit, ctx, "print.failed", job.subject, kind=job.kind, station=job.station, outcome=trouble
            )
        job.problem = trouble
        if job.kind == "slip":
            _forget(move(job, "cancel"))
    unit.announce(f"subject:{job.subject}")
    unit.announce("stations")
    return unit.add(job)


def drop_slips(unit: Unit, ctx: Context) -> None:
    """Take back slips that nobody waits for any more; nothing of what stood on them stays."""
    query = select(PrintJob).where(
        PrintJob.tenant_id == ctx.tenant_id,
        PrintJob.kind == "slip",
        col(PrintJob.state).in_(["queued", "leased"]),
        col(PrintJob.created_at) < now() - SLIP_LIFE - LEASE,
    )
    for job in unit.all(query.order_by(col(PrintJob.id)).with_for_update()):
        unit.add(_forget(move(job, "cancel")))


def cancel(unit: Unit, ctx: Context, subject: str, reason: str, kinds: Collection[str] | None = None) -> int:
    """Take back every paper of `subject` (of these kinds) that is not printed yet; returns how many."""
    query = select(PrintJob).where(
        PrintJob.tenant_id == ctx.tenant_id,
        PrintJob.subject == subject,
        col(PrintJob.state).in_(["queued", "leased"]),
    )
    if kinds is not None:
        query = query.where(col(PrintJob.kind).in_(kinds))
    jobs = unit.all(query.order_by(col(PrintJob.id)).with_for_update())
    for job in jobs:
        unit.add(_forget(move(job, "cancel")))
        record(unit, ctx, "print.cancelled", subject, kind=job.kind, station=job.station, reason=reason)
    return len(jobs)


def _queue(unit: Unit, ctx: Context, job: PrintJob) -> PrintJob:
    job.copy_no = _asked_for(unit, ctx, job) + 1
    unit.add(ctx.stamp(job))
    record(unit, ctx, "print.queued", job.subject, kind=job.kind, station=job.station, copy=job.copy_no)
    unit.announce(topic(job.station))
    return job


def _forget(job: PrintJob) -> PrintJob:
    """What stood on a slip is the reader's alone."""
    if job.kind == "slip":
        job.content = ""
    return job


def _asked_for(unit: Unit, ctx: Context, job: PrintJob) -> int:
    """How often this very paper was asked for before, whatever became of it."""
    query = select(func.count()).where(
        PrintJob.tenant_id == ctx.tenant_id,
        PrintJob.subject == job.subject,
        PrintJob.kind == job.kind,
        col(PrintJob.document).is_(None) if job.document is None else PrintJob.document == job.document,
    )
    return unit.session.exec(query.select_from(PrintJob)).one()
