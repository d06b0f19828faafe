"""The life of a print job.

A printer in trouble puts the job back into the queue: the paper is still wanted. `printed` means that the
printer said so, which is as near to paper as a machine can tell.
"""

from server.kit.machine import Machine
from server.print_jobs.models import PrintJob

MACHINE: Machine[str] = Machine(
    "print_job",
    {
        ("queued", "lease"): "leased",
        ("leased", "lease"): "leased",
        ("leased", "print"): "printed",
        ("leased", "fail"): "queued",
        ("queued", "cancel"): "cancelled",
        ("leased", "cancel"): "cancelled",
    },
)


def move(job: PrintJob, action: str) -> PrintJob:
    """Carry out `action`. Raises NotNowError."""
    job.state = MACHINE.next(job.state, action)
    return job


def available_actions(job: PrintJob) -> frozenset[str]:
    """What can become of this job now."""
    return MACHINE.actions(job.state)
