"""The departments' work as their screens show it."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from server.auth.queries import names
from server.db.context import Context
from server.db.uow import Unit, one_of
from server.db.vault import Vault
from server.reception.models import Reception
from server.reception.shown import Piece, ShownView, shown
from server.reception.signing import ChoiceView, choices
from server.submissions.models import Submission
from server.worklists.models import WorkItem
from server.worklists.service import OtherDepartmentError, is_ready
from server.worklists.states import available_actions


@dataclass(frozen=True)
class WorkLine:
    """One row of a work list. registration: waiting (登録待ち), provisional, registered, rejected, none.

    standing is what the table groups by: waiting while the core has not registered, else the item's state.
    """

    item_id: str
    department: str
    procedure_id: str
    klass: str
    state: str
    standing: str
    registration: str
    reception_no: str
    protected: bool
    due_on: dt.date | None
    opened_at: dt.datetime


@dataclass(frozen=True)
class WorkView:
    """One item opened: the department's part as data, and the evidence.

    `shown` and `signing` are what was seen and settled at the counter, as it stands now: what a resident
    brings later is ticked there and seen here.
    """

    line: WorkLine
    part: dict[str, Any] = field(repr=False)
    reason: str | None = field(repr=False)
    core_reason: str | None = field(repr=False)
    actions: frozenset[str]
    reception_id: str
    accepted_at: dt.datetime | None
    accepted_by: str
    signed: bool
    confirmed_how: str | None
    names: dict[str, str] = field(repr=False)
    shown: dict[Piece, ShownView] = field(default_factory=dict)
    signing: ChoiceView | None = None


def lines(unit: Unit, ctx: Context, department: str | None = None) -> list[WorkLine]:
    """The work of a department (of all when None), nearest deadline first, then oldest."""
    query = (
        select(WorkItem, Submission, Reception)
        .join(Reception, col(Reception.id) == col(WorkItem.reception_id))
        .outerjoin(Submission, col(Submission.id) == col(WorkItem.submission_id))
        .where(WorkItem.tenant_id == ctx.tenant_id)
    )
    if department is not None:
        query = query.where(WorkItem.department == department)
    found = [
        _line(item, submission, reception) for item, submission, reception in unit.session.exec(query).all()
    ]
    return sorted(found, key=lambda line: (line.state == "done", line.due_on or dt.date.max, line.opened_at))


def item(unit: Unit, ctx: Context, vault: Vault, item_id: str) -> WorkView:
    """One item. Raises NotThereError, OtherDepartmentError, KeyDestroyedError."""
    row = one_of(unit, WorkItem, ctx.tenant_id, item_id)
    if ctx.role == "department" and row.department != ctx.department:
        raise OtherDepartmentError
    reception = one_of(unit, Reception, ctx.tenant_id, row.reception_id)
    submission = unit.session.get(Submission, row.submission_id) if row.submission_id else None
    key = vault.key(unit, ctx, row.key_id)
    core_reason = None
    if submission is not None and submission.reason is not None:
        core_reason = key.open(submission.reason, f"submission-reason:{submission.id}")
    staff = names(unit, ctx.tenant_id)
    return WorkView(
        line=_line(row, submission, reception),
        part=key.open(row.part, f"work:{row.id}") if row.part else {},
        reason=key.open(row.reason, f"work-reason:{row.id}") if row.reason else None,
        core_reason=core_reason,
        actions=available_actions(row.state, is_ready(unit, row)),
        reception_id=reception.id,
        accepted_at=reception.accepted_at,
        accepted_by=staff.get(reception.staff_id, ""),
        signed=reception.signed,
        confirmed_how=reception.confirmed_how,
        names=staff,
        shown=shown(unit, reception.id),
        signing=choices(unit, reception.id).get(row.procedure_id),
    )


def of_reception(unit: Unit, ctx: Context, reception_id: str) -> list[WorkLine]:
    """All work that a reception gave."""
    query = (
        select(WorkItem, Submission, Reception)
        .join(Reception, col(Reception.id) == col(WorkItem.reception_id))
        .outerjoin(Submission, col(Submission.id) == col(WorkItem.submission_id))
        .where(WorkItem.tenant_id == ctx.tenant_id, WorkItem.reception_id == reception_id)
    )
    return [_line(*row) for row in unit.session.exec(query.order_by(col(WorkItem.opened_at))).all()]


def _line(row: WorkItem, submission: Submission | None, reception: Reception) -> WorkLine:
    registration = {
        None: "none",
        "due": "waiting",
        "sending": "waiting",
        "provisional": "provisional",
        "registered": "registered",
        "rejected": "rejected",
        "unreconciled": "rejected",
    }[submission.state if submission else None]
    about_core = row.procedure_id.startswith("core.")
    # What the core returned waits as well: until people have settled it there is nothing to finish.
    waits = registration not in ("registered", "none") and not about_core and row.state != "returned"
    return WorkLine(
        item_id=row.id,
        department=row.department,
        procedure_id=row.procedure_id,
        klass=row.klass,
        state=row.state,
        standing="waiting" if waits else row.state,
        registration=registration,
        reception_no=reception.number,
        protected=row.protected,
        due_on=row.due_on,
        opened_at=row.opened_at,
    )
