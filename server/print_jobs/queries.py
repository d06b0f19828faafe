"""What has been printed of a thing, and what is in the way."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from server.auth import queries as auth
from server.db.uow import Unit
from server.print_jobs.models import PrintJob

CANNOT_PRINT = frozenset({"paper_out", "cover_open", "offline", "silent"})


@dataclass(frozen=True)
class PaperView:
    """One print job as a screen shows it.

    `problem` is paper_out, cover_open, offline, silent or failed: of this job, or of a printer that keeps its
    station from fetching the job at all.
    """

    job_id: str
    kind: str
    station: str
    state: str
    problem: str | None
    copy_no: int
    created_at: datetime
    finished_at: datetime | None


def papers(unit: Unit, tenant_id: str, subject: str) -> list[PaperView]:
    """All print jobs of a ticket or reception, newest first."""
    query = (
        select(PrintJob)
        .where(PrintJob.tenant_id == tenant_id, PrintJob.subject == subject)
        .order_by(col(PrintJob.created_at).desc(), col(PrintJob.id).desc())
    )
    return [
        PaperView(
            job_id=job.id,
            kind=job.kind,
            station=job.station,
            state=job.state,
            problem=job.problem or _in_the_way(unit, tenant_id, job),
            copy_no=job.copy_no,
            created_at=job.created_at,
            finished_at=job.finished_at,
        )
        for job in unit.all(query)
    ]


def _in_the_way(unit: Unit, tenant_id: str, job: PrintJob) -> str | None:
    if job.state != "queued":
        return None
    found = auth.station(unit, tenant_id, job.station)
    if found is None:
        return None
    said = found.page_printer if job.document else found.ticket_printer
    return said if said in CANNOT_PRINT else None
