"""Where a reception's notifications stand with the core."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select

from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import Vault
from server.submissions.models import FeedPosition, Submission
from server.submissions.states import UNSETTLED, may_have_arrived


@dataclass(frozen=True)
class SubmissionView:
    """One submission. `state` as in states.py; `failure` is why it is still waiting.

    is_unknown: an earlier try may have arrived, although the core never said so.
    """

    submission_id: str
    kind: str
    state: str
    attempts: int
    failure: str | None
    is_unknown: bool
    provisional_no: str | None
    reason_code: str | None
    reason: str | None = field(repr=False)
    queued_at: datetime
    answered_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True)
class CoreStanding:
    """Whether the core answered when it was last asked."""

    up: bool
    checked_at: datetime | None


def of_reception(unit: Unit, ctx: Context, vault: Vault, reception_id: str) -> list[SubmissionView]:
    """A reception's submissions, oldest first. Raises KeyDestroyedError."""
    query = select(Submission).where(
        Submission.tenant_id == ctx.tenant_id, Submission.reception_id == reception_id
    )
    return [_view(unit, ctx, vault, row) for row in unit.all(query.order_by(col(Submission.queued_at)))]


def unsettled_about(unit: Unit, ctx: Context, vault: Vault, residents: Collection[str]) -> list[str]:
    """The reception numbers of notifications about any of these residents that the core has not settled yet.

    Opens every notification that is under way, oldest first: to be asked once in a visit, not for every page.
    """
    query = select(Submission).where(
        Submission.tenant_id == ctx.tenant_id, col(Submission.state).in_(UNSETTLED)
    )
    found = []
    for row in unit.all(query.order_by(col(Submission.queued_at))):
        draft = vault.key(unit, ctx, row.key_id).open(row.draft, f"submission:{row.id}")
        if any(subject["resident_id"] in residents for subject in draft["subjects"]):
            found.append(str(draft["reception_no"]))
    return found


def core_standing(unit: Unit, ctx: Context) -> CoreStanding:
    """The last word on the core; before the first look it counts as away."""
    row = unit.first(select(FeedPosition).where(FeedPosition.tenant_id == ctx.tenant_id))
    return CoreStanding(False, None) if row is None else CoreStanding(row.core_up, row.checked_at)


def _view(unit: Unit, ctx: Context, vault: Vault, row: Submission) -> SubmissionView:
    reason = None
    if row.reason is not None:
        reason = vault.key(unit, ctx, row.key_id).open(row.reason, f"submission-reason:{row.id}")
    return SubmissionView(
        submission_id=row.id,
        kind=row.kind,
        state=row.state,
        attempts=row.attempts,
        failure=row.failure,
        is_unknown=may_have_arrived(row.failure),
        provisional_no=row.provisional_no,
        reason_code=row.reason_code,
        reason=reason,
        queued_at=row.queued_at,
        answered_at=row.answered_at,
        settled_at=row.settled_at,
    )
