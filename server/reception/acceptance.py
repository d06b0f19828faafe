"""受理: with the signed sheet in hand, staff take the notification in. Only this sends anything anywhere."""

from dataclasses import dataclass, field
from typing import Any

from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.kit.clock import now
from server.reception.confirmation import frozen_of
from server.reception.models import Reception
from server.reception.service import current_intake
from server.reception.states import move
from server.submissions import service as submissions


class NotSignedError(RuntimeError):
    """The signed sheet is not in hand."""


@dataclass(frozen=True)
class Accepted:
    """What an acceptance set in motion."""

    submission_id: str
    frozen: dict[str, Any] = field(repr=False)


def accept(
    unit: Unit, ctx: Context, vault: Vault, reception: Reception, key: DataKey, *, signed: bool
) -> Accepted:
    """Accept the frozen intake and queue its notification to the core, in this one transaction.

    Raises NotSignedError, NotNowError (not confirmed yet, or accepted before).
    """
    if not signed:
        raise NotSignedError
    move(reception, "accept")
    intake = current_intake(unit, reception.id)
    if intake is None:
        raise NotThereError("PreparedIntake")
    frozen = frozen_of(key, intake)
    submission = submissions.queue(unit, ctx, vault, reception.key_id, reception.id, "転居", frozen["draft"])
    reception.signed, reception.accepted_at = True, now()
    unit.add(reception)
    record(
        unit,
        ctx,
        "reception.accepted",
        reception.id,
        digest=intake.digest,
        signed=True,
        work_items=len(frozen["draft"]["follow_ups"]),
        submissions=1,
    )
    unit.announce(f"subject:{reception.id}")
    unit.announce(f"desk:{reception.desk}")
    return Accepted(submission.id, frozen)
