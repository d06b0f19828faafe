"""The outbox: queue a notification, send what is due, take down what the core says.

Sending happens outside any transaction: the row is leased, the core is asked, the outcome is written.
Whatever is interrupted in between is sent again with the same key, and the core answers as it did before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlmodel import col, select

from core_adapter.models import FeedEvent, Notification, Receipt
from core_adapter.ports import (
    CoreAdapter,
    CoreError,
    CoreMalformed,
    CoreOutcomeUnknown,
    CoreRefused,
    CoreUnavailable,
)
from server.db.context import Context
from server.db.uow import Database, NotThereError, Unit, one_of
from server.db.vault import KeyDestroyedError, Vault, VaultDamagedError
from server.journal.service import record
from server.kit import failpoints
from server.kit.clock import now
from server.kit.ids import new_id
from server.submissions.completing import AmbiguousPersonError, complete
from server.submissions.models import FeedPosition, Submission
from server.submissions.states import MACHINE, UNKNOWN, may_have_arrived, move

LEASE = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
FEED = "events"
# The core has something else under our key: neither applied nor refused, so a person decides.
KEY_CONFLICT = "key_conflict"

Listener = Callable[[Unit, Context, Submission], None]


@dataclass(frozen=True)
class Sent:
    """What became of one try: acknowledged, failed, rejected, unreconciled."""

    submission_id: str
    outcome: str


def queue(
    unit: Unit, ctx: Context, vault: Vault, key_id: str, reception_id: str, kind: str, draft: dict[str, Any]
) -> Submission:
    """Write a notification into the outbox.

    `draft` is a core notification without its key; its residents may still lack their number in the core's
    register. The key is the submission's own id, so that a retry can never be a second notification.
    """
    submission_id = new_id()
    key = vault.key(unit, ctx, key_id)
    at = now()
    row = Submission(
        id=submission_id,
        tenant_id="",
        site_id="",
        key=submission_id,
        kind=kind,
        reception_id=reception_id,
        key_id=key_id,
        draft=key.seal({**draft, "key": submission_id}, f"submission:{submission_id}"),
        not_before=at,
        queued_at=at,
    )
    unit.add(ctx.stamp(row))
    record(unit, ctx, "submission.queued", reception_id, kind=kind, submission=row.id)
    unit.announce("outbox")
    return row


def send_due(db: Database, ctx: Context, vault: Vault, core: CoreAdapter, on_change: Listener) -> list[Sent]:
    """Try every submission that is due, oldest first; stops at the first sign that the core is away."""
    sent: list[Sent] = []
    while (leased := _lease(db, ctx, vault)) is not None:
        submission_id, draft = leased
        # What cannot be opened is put before a person: it must not hold up what was queued after it.
        outcome = (
            CoreMalformed("unreadable") if draft is None else _try(db, ctx, vault, core, submission_id, draft)
        )
        with db.write() as unit:
            failpoints.reached("submission.before_mark")
            row = one_of(unit, Submission, ctx.tenant_id, submission_id, lock=True)
            _settle(unit, ctx, vault, row, outcome)
            on_change(unit, ctx, row)
            sent.append(Sent(submission_id, row.state))
        if isinstance(outcome, CoreUnavailable):
            break
    return sent


def record_acks(db: Database, ctx: Context, vault: Vault, core: CoreAdapter, on_change: Listener) -> int:
    """Read the core's feed from where it was left; returns how many events were new.

    A core that is away is noted (`core_up`), which hides addresses until it is back.
    """
    with db.read() as unit:
        position = _position(unit, ctx)
        after = position.after if position else 0
    try:
        page = core.events(after)
    except CoreError:
        _note(db, ctx, up=False, after=after)
        return 0
    for event in page.events:
        # One transaction each: none waits with a locked row for the next one's.
        with db.write() as unit:
            _take_down(unit, ctx, vault, event, on_change)
    _note(db, ctx, up=True, after=page.next_after)
    return len(page.events)


def retry(unit: Unit, ctx: Context, reception_id: str, submission_id: str) -> Submission:
    """A person has looked and wants it sent again, with the same key.

    Raises NotThereError, also for another reception's; NotNowError.
    """
    row = one_of(unit, Submission, ctx.tenant_id, submission_id, lock=True)
    if row.reception_id != reception_id:
        raise NotThereError("Submission")
    move(row, "retry")
    row.not_before, row.failure = now(), None
    record(unit, ctx, "submission.retried", row.reception_id)
    unit.announce("outbox")
    return unit.add(row)


def _lease(db: Database, ctx: Context, vault: Vault) -> tuple[str, dict[str, Any] | None] | None:
    """The next submission that is due, and its draft: None when its key or its bytes are no longer right."""
    with db.write() as unit:
        at = now()
        row = unit.first(
            select(Submission)
            .where(
                Submission.tenant_id == ctx.tenant_id,
                (
                    (col(Submission.state) == "due") & (col(Submission.not_before) <= at)
                    | (col(Submission.state) == "sending") & (col(Submission.leased_until) < at)
                ),
            )
            .order_by(col(Submission.queued_at))
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        move(row, "send")
        row.leased_until = at + LEASE
        row.attempts += 1
        unit.add(row)
        try:
            return row.id, vault.key(unit, ctx, row.key_id).open(row.draft, f"submission:{row.id}")
        except (KeyDestroyedError, VaultDamagedError):
            return row.id, None


def _try(
    db: Database, ctx: Context, vault: Vault, core: CoreAdapter, submission_id: str, draft: dict[str, Any]
) -> Receipt | CoreError | AmbiguousPersonError:
    failpoints.reached("submission.before_send")
    try:
        whole = complete(draft, core)
        if whole != draft:
            _keep(db, ctx, vault, submission_id, whole)
        return core.submit(Notification.model_validate(whole))
    except (CoreError, AmbiguousPersonError) as error:
        return error
    except ValidationError:
        # Its text would quote the people.
        return CoreMalformed("unfit_draft")


def _keep(db: Database, ctx: Context, vault: Vault, submission_id: str, whole: dict[str, Any]) -> None:
    """Keep what is about to be sent: once the core has applied it, completing anew would find the people at
    their new address, and the same key with another content is refused."""
    with db.write() as unit:
        row = one_of(unit, Submission, ctx.tenant_id, submission_id, lock=True)
        row.draft = vault.key(unit, ctx, row.key_id).seal(whole, f"submission:{row.id}")
        unit.add(row)


def _settle(
    unit: Unit,
    ctx: Context,
    vault: Vault,
    row: Submission,
    outcome: Receipt | CoreError | AmbiguousPersonError,
) -> None:
    if row.state != "sending":
        # The feed was quicker than the answer.
        return
    if isinstance(outcome, Receipt):
        move(row, "acknowledge")
        row.provisional_no, row.answered_at, row.failure = outcome.provisional_no, now(), None
        record(
            unit,
            ctx,
            "submission.provisional",
            row.reception_id,
            provisional_no=outcome.provisional_no,
            duplicate=outcome.duplicate,
        )
    elif isinstance(outcome, CoreRefused) and outcome.code != KEY_CONFLICT:
        _reject(unit, ctx, vault, row, outcome.code, outcome.reason, None)
    elif isinstance(outcome, CoreUnavailable | CoreOutcomeUnknown):
        move(row, "fail")
        # Once it may have arrived, a later try that reached nobody does not take that back.
        unknown = isinstance(outcome, CoreOutcomeUnknown) or may_have_arrived(row.failure)
        row.failure = f"{UNKNOWN if unknown else ''}{outcome.code}"[:40]
        row.not_before = now() + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.attempts - 1, 10))
        record(unit, ctx, "submission.failed", row.reception_id, failure=row.failure, attempt=row.attempts)
    else:
        move(row, "doubt")
        row.failure = outcome.code[:40] if isinstance(outcome, CoreError) else "ambiguous_person"
        record(unit, ctx, "submission.unreconciled", row.reception_id, failure=row.failure)
    _saved(unit, row)


def _take_down(unit: Unit, ctx: Context, vault: Vault, event: FeedEvent, on_change: Listener) -> None:
    row = unit.first(
        select(Submission)
        .where(Submission.tenant_id == ctx.tenant_id, Submission.key == event.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        return
    actions = MACHINE.actions(row.state)
    # While a submission is still being sent, its own answer or the next try with the same key settles 仮登録.
    if event.kind == "provisional" and row.state == "unreconciled":
        move(row, "acknowledge")
        row.answered_at, row.failure = now(), None
        record(
            unit,
            ctx,
            "submission.provisional",
            row.reception_id,
            provisional_no=row.provisional_no,
            duplicate=True,
        )
    elif event.kind == "registered" and "register" in actions:
        move(row, "register")
        row.settled_at, row.failure = now(), None
        record(unit, ctx, "submission.registered", row.reception_id, seq=event.seq)
    elif event.kind == "rejected" and "reject" in actions:
        _reject(unit, ctx, vault, row, event.reason_code or "rejected", event.reason or "", event.seq)
    else:
        return
    _saved(unit, row)
    on_change(unit, ctx, row)


def _reject(
    unit: Unit, ctx: Context, vault: Vault, row: Submission, code: str, reason: str, seq: int | None
) -> None:
    move(row, "reject")
    row.settled_at, row.reason_code = now(), code[:40]
    try:
        key = vault.key(unit, ctx, row.key_id)
    except KeyDestroyedError:
        # The reception was forgotten meanwhile; the feed goes on without the sentence about it.
        record(unit, ctx, "submission.rejected", row.reception_id, code=row.reason_code, seq=seq)
        return
    row.reason = key.seal(reason, f"submission-reason:{row.id}")
    record(
        unit,
        ctx,
        "submission.rejected",
        row.reception_id,
        key=key,
        code=row.reason_code,
        seq=seq,
        reason=reason,
    )


def _saved(unit: Unit, row: Submission) -> None:
    row.leased_until = None
    unit.add(row)
    unit.announce(f"subject:{row.reception_id}")
    unit.announce("work")


def _position(unit: Unit, ctx: Context) -> FeedPosition | None:
    return unit.first(
        select(FeedPosition).where(FeedPosition.tenant_id == ctx.tenant_id, FeedPosition.feed == FEED)
    )


def _note(db: Database, ctx: Context, *, up: bool, after: int) -> None:
    """Write only what changed: the feed is read every second."""
    with db.read() as unit:
        known = _position(unit, ctx)
        fresh = (
            known is not None
            and known.checked_at is not None
            and now() - known.checked_at < timedelta(seconds=10)
        )
        if known is not None and known.core_up == up and known.after == after and fresh:
            return
    with db.write() as unit:
        position = _position(unit, ctx)
        if position is None:
            position = ctx.stamp(FeedPosition(tenant_id="", site_id="", feed=FEED))
        if position.core_up != up:
            unit.announce("core")
            if up:
                _hurry(unit, ctx)
        position.core_up, position.after, position.checked_at = up, after, now()
        unit.add(position)


def _hurry(unit: Unit, ctx: Context) -> None:
    """The core is back: what waits for it need not wait out its pause."""
    at = now()
    query = select(Submission).where(
        Submission.tenant_id == ctx.tenant_id,
        Submission.state == "due",
        col(Submission.not_before) > at,
    )
    for row in unit.all(query.with_for_update()):
        row.not_before = at
        unit.add(row)
