"""The life of a submission.

due → sending → provisional (仮登録) → registered (本登録). A failed try goes back to due (連携待ち); what the
core refuses is rejected; what cannot be decided is unreconciled (要照合) and waits for a person. The feed may
report the outcome of a submission whose acknowledgement was lost.
"""

from server.kit.machine import Machine
from server.submissions.models import Submission

MACHINE: Machine[str] = Machine(
    "submission",
    {
        ("due", "send"): "sending",
        ("sending", "send"): "sending",
        ("sending", "fail"): "due",
        ("sending", "acknowledge"): "provisional",
        ("sending", "reject"): "rejected",
        ("sending", "doubt"): "unreconciled",
        ("sending", "register"): "registered",
        ("due", "register"): "registered",
        ("due", "reject"): "rejected",
        ("provisional", "register"): "registered",
        ("provisional", "reject"): "rejected",
        ("unreconciled", "acknowledge"): "provisional",
        ("unreconciled", "register"): "registered",
        ("unreconciled", "reject"): "rejected",
        ("unreconciled", "retry"): "due",
    },
)
WAITING = ("due", "sending")
# The core has neither registered nor refused it.
UNSETTLED = (*WAITING, "provisional", "unreconciled")
# What a failure begins with when the core may have applied what it did not acknowledge.
UNKNOWN = "unknown:"


def move(submission: Submission, action: str) -> Submission:
    """Carry out `action`. Raises NotNowError."""
    submission.state = MACHINE.next(submission.state, action)
    return submission


def available_actions(state: str) -> frozenset[str]:
    """What can become of a submission in this state."""
    return MACHINE.actions(state)


def may_have_arrived(failure: str | None) -> bool:
    """Whether the core may have taken the notification in some earlier try."""
    return failure is not None and failure.startswith(UNKNOWN)
