"""What has been printed of a thing, and what is in the way."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from server.db.uow import Unit
from server.print_jobs.models import PrintJob


@dataclass(frozen=True)
class PaperView:
    """One print job as a screen shows it. `problem` is paper_out, cover_open, offline, silent or failed."""

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
            problem=job.problem,
            copy_no=job.copy_no,
            created_at=job.created_at,
            finished_at=job.finished_at,
        )
        for job in unit.all(query)
    ]
