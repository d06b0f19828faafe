"""Handing each department its part at acceptance, and the department's own verbs."""

import datetime as dt
from typing import Any

from sqlmodel import col, select

from procedures import Guidance
from server.db.context import Context
from server.db.uow import Unit, one_of
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.kit.clock import now
from server.kit.machine import NotNowError
from server.reception.acceptance import Accepted, accept
from server.reception.guiding import hand_over
from server.reception.intake import Intake
from server.reception.models import Reception
from server.submissions.models import Submission
from server.worklists.models import WorkItem
from server.worklists.parts import parts_of
from server.worklists.states import available_actions, move

RECONCILER = "shimin"


class OtherDepartmentError(PermissionError):
    """The item belongs to another department."""


def take_in(
    unit: Unit, ctx: Context, vault: Vault, reception: Reception, key: DataKey, *, signed: bool
) -> Accepted:
    """受理: accept the notification and give each department its part, in this one transaction."""
    accepted = accept(unit, ctx, vault, reception, key, signed=signed)
    for part in parts_of(accepted.frozen):
        _open(unit, ctx, key, reception.id, accepted.submission_id, part)
    unit.announce("work")
    return accepted


def guide(
    unit: Unit,
    ctx: Context,
    reception: Reception,
    key: DataKey,
    intake: Intake,
    guidance: Guidance,
    *,
    filed: bool,
) -> None:
    """A notification on its existing form: each department gets its part, and the core nothing."""
    for part in parts_of(hand_over(unit, ctx, reception, key, intake, guidance, filed=filed)):
        _open(unit, ctx, key, reception.id, None, part)
    unit.announce("work")


def on_submission(unit: Unit, ctx: Context, submission: Submission) -> None:
    """What the core said may be work for people: a rejection, or an outcome nobody can tell."""
    if submission.state not in ("rejected", "unreconciled"):
        unit.announce("work")
        return
    procedure = "core.rejected" if submission.state == "rejected" else "core.unreconciled"
    known = unit.first(
        select(WorkItem).where(
            WorkItem.tenant_id == ctx.tenant_id,
            WorkItem.submission_id == submission.id,
            WorkItem.procedure_id == procedure,
            col(WorkItem.state) != "done",
        )
    )
    if known is None:
        item = WorkItem(
            tenant_id="",
            site_id="",
            department=RECONCILER,
            procedure_id=procedure,
            klass="C",
            reception_id=submission.reception_id,
            submission_id=submission.id,
            key_id=submission.key_id,
            part=b"",
            opened_at=now(),
        )
        unit.add(ctx.stamp(item))
        record(unit, ctx, "work.opened", item.id, department=RECONCILER, procedure=procedure, klass="C")
    unit.announce("work")


def view(unit: Unit, ctx: Context, item_id: str) -> None:
    """Write down that somebody of the department looked; if this fails, nothing is shown."""
    item = _mine(unit, ctx, item_id)
    record(unit, ctx, "work.viewed", item.id, department=item.department)


def start(unit: Unit, ctx: Context, item_id: str) -> WorkItem:
    """The department takes the item up."""
    item = _mine(unit, ctx, item_id, lock=True)
    move(item, "start")
    item.started_at, item.started_by = now(), ctx.actor
    return _saved(unit, ctx, item, "work.started")


def finish(unit: Unit, ctx: Context, item_id: str) -> WorkItem:
    """Done. Raises NotNowError before the core has registered what it waits for."""
    item = _mine(unit, ctx, item_id, lock=True)
    if "finish" not in available_actions(item.state, is_ready(unit, item)):
        raise NotNowError("work_item", "finish", item.state)
    move(item, "finish")
    item.done_at = now()
    return _saved(unit, ctx, item, "work.done")


def give_back(unit: Unit, ctx: Context, vault: Vault, item_id: str, reason: str) -> WorkItem:
    """Return it to the counter with a reason; the past is not edited."""
    item = _mine(unit, ctx, item_id, lock=True)
    move(item, "return")
    key = vault.key(unit, ctx, item.key_id)
    item.reason = key.seal(reason, f"work-reason:{item.id}")
    unit.add(item)
    record(unit, ctx, "work.returned", item.id, key=key, department=item.department, reason=reason)
    unit.announce("work")
    return item


def is_ready(unit: Unit, item: WorkItem) -> bool:
    """Whether what the item needs is registered; items about the submission itself never wait."""
    if item.submission_id is None or item.procedure_id.startswith("core."):
        return True
    submission = unit.session.get(Submission, item.submission_id)
    return submission is not None and submission.state == "registered"


def _open(
    unit: Unit, ctx: Context, key: DataKey, reception_id: str, submission_id: str | None, part: dict[str, Any]
) -> None:
    due = part["due"]
    item = WorkItem(
        tenant_id="",
        site_id="",
        department=part["department"],
        procedure_id=part["procedure_id"],
        klass=part["klass"],
        reception_id=reception_id,
        submission_id=submission_id,
        protected=part["protected"],
        due_on=dt.date.fromisoformat(due) if due else None,
        key_id=key.id,
        part=b"",
        opened_at=now(),
    )
    item.part = key.seal(part, f"work:{item.id}")
    unit.add(ctx.stamp(item))
    record(
        unit,
        ctx,
        "work.opened",
        item.id,
        department=item.department,
        procedure=item.procedure_id,
        klass=item.klass,
    )


def _mine(unit: Unit, ctx: Context, item_id: str, *, lock: bool = False) -> WorkItem:
    item = one_of(unit, WorkItem, ctx.tenant_id, item_id, lock=lock)
    if ctx.role == "department" and item.department != ctx.department:
        raise OtherDepartmentError
    return item


def _saved(unit: Unit, ctx: Context, item: WorkItem, event: str) -> WorkItem:
    unit.add(item)
    record(unit, ctx, event, item.id, department=item.department)
    unit.announce("work")
    return item
