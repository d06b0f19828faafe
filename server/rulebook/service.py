"""Writing the municipality's rules: drafts, proposals, approvals by another person, and the way back.

Whether a text is good is asked before, outside the transaction (server.rulebook.reading); what is proposed
or approved is refused here unless the caller hands in that it was read without faults.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import func, select

from server.db.context import Context
from server.db.uow import Unit, one_of
from server.journal.service import record
from server.kit.clock import now, today
from server.kit.machine import NotNowError
from server.rulebook import queries
from server.rulebook.models import OverlayVersion
from server.rulebook.reading import Reading, digest_of
from server.rulebook.states import available_actions, move


class OwnWorkError(RuntimeError):
    """Who wrote in a version cannot approve it."""


class DraftMovedError(RuntimeError):
    """Somebody else wrote in the draft since it was shown; nothing was written."""


class FaultyRulesError(RuntimeError):
    """The text has faults, or was not read as it stands now."""


class NeedsReasonError(ValueError):
    """Sending back and taking out of force need a reason."""


class PastDayError(ValueError):
    """Rules cannot begin to count on a day that is over."""


@dataclass(frozen=True)
class Checked:
    """A text that was read: only a good one is proposed or approved."""

    digest: str
    good: bool


def checked(text: str, outcome: Reading) -> Checked:
    """What `reading` said of `text`, for propose() and approve()."""
    return Checked(digest_of(text), outcome.catalogue is not None)


def start(unit: Unit, ctx: Context, *, title: str, content: str, based_on: int | None) -> OverlayVersion:
    """A draft that begins as a copy of version `based_on` (None: of the shipped file, or of an import)."""
    unit.hold(f"rulebook:{ctx.tenant_id}")
    at = now()
    row = ctx.stamp(
        OverlayVersion(
            tenant_id="",
            site_id="",
            number=_highest(unit, ctx, OverlayVersion.number) + 1,
            state="draft",
            title=title,
            content=content,
            digest=digest_of(content),
            based_on=based_on,
            author=ctx.actor,
            editors=ctx.actor,
            created_at=at,
            changed_at=at,
        )
    )
    unit.add(row)
    record(unit, ctx, "rules.drafted", row.id, number=row.number, based_on=based_on, digest=row.digest)
    unit.announce("rules")
    return row


def edit(unit: Unit, ctx: Context, version_id: str, content: str, seen: int | None) -> OverlayVersion:
    """Write the draft's text anew. `seen` is the revision that the writer's page showed.

    Raises NotNowError, DraftMovedError.
    """
    row = _held(unit, ctx, version_id, "edit")
    if seen != row.revision:
        raise DraftMovedError(version_id)
    if content == row.content:
        return row
    row.content, row.digest = content, digest_of(content)
    row.revision, row.changed_at = row.revision + 1, now()
    row.editors = _with(row.editors, ctx.actor)
    return _moved(unit, ctx, row, "edit", "rules.edited", digest=row.digest)


def take_in(
    unit: Unit, ctx: Context, version_id: str, content: str, seen: int | None, taken: int | None
) -> OverlayVersion:
    """Write the draft's text with what version `taken` (None: the shipped file) changed; the draft is based
    on that one from here on.

    Raises NotNowError, DraftMovedError.
    """
    row = edit(unit, ctx, version_id, content, seen)
    row.based_on = taken
    unit.add(row)
    return row


def propose(
    unit: Unit, ctx: Context, version_id: str, *, effective_from: date, seen: int | None, good: Checked
) -> OverlayVersion:
    """Ask for approval. Who proposes answers for it like who wrote it.

    Raises NotNowError, DraftMovedError, FaultyRulesError, PastDayError.
    """
    row = _held(unit, ctx, version_id, "propose")
    if seen != row.revision:
        raise DraftMovedError(version_id)
    _must_be_good(row, good)
    if effective_from < today():
        raise PastDayError(effective_from.isoformat())
    row.effective_from, row.proposed_by, row.reason = effective_from, ctx.actor, ""
    row.editors = _with(row.editors, ctx.actor)
    return _moved(
        unit, ctx, row, "propose", "rules.proposed", digest=row.digest, effective_from=effective_from
    )


def take_back(unit: Unit, ctx: Context, version_id: str) -> OverlayVersion:
    """A proposal becomes a draft again. Raises NotNowError."""
    return _moved(unit, ctx, _held(unit, ctx, version_id, "take_back"), "take_back", "rules.taken_back")


def reject(unit: Unit, ctx: Context, version_id: str, reason: str) -> OverlayVersion:
    """Send a proposal back to who wrote it. Raises NotNowError, NeedsReasonError."""
    row = _held(unit, ctx, version_id, "reject")
    row.reason, row.decided_by, row.decided_at = _said(reason), ctx.actor, now()
    return _moved(unit, ctx, row, "reject", "rules.rejected")


def approve(
    unit: Unit, ctx: Context, version_id: str, *, good: Checked, instead_of: int | None
) -> OverlayVersion:
    """It counts from its day on, at the earliest from today. `instead_of` is the number of the version that
    the approver's page compared it with.

    Raises NotNowError, OwnWorkError, FaultyRulesError, and DraftMovedError when another version was approved
    since the page was shown.
    """
    unit.hold(f"rulebook:{ctx.tenant_id}")
    row = one_of(unit, OverlayVersion, ctx.tenant_id, version_id, lock=True)
    if ctx.actor in row.editors.split():
        raise OwnWorkError(version_id)
    _may(row, ctx, "approve")
    _must_be_good(row, good)
    if instead_of != queries.last_approved(unit, ctx):
        raise DraftMovedError(version_id)
    row.effective_from = max(row.effective_from or today(), today())
    row.approval = _highest(unit, ctx, OverlayVersion.approval) + 1
    row.decided_by, row.decided_at = ctx.actor, now()
    return _moved(
        unit, ctx, row, "approve", "rules.approved", digest=row.digest, effective_from=row.effective_from
    )


def withdraw(unit: Unit, ctx: Context, version_id: str, reason: str) -> OverlayVersion:
    """Take an approved version out of force, at once: what was approved before it counts again.

    Raises NotNowError, NeedsReasonError.
    """
    row = _held(unit, ctx, version_id, "withdraw")
    row.reason = _said(reason)
    return _moved(unit, ctx, row, "withdraw", "rules.withdrawn")


def discard(unit: Unit, ctx: Context, version_id: str) -> OverlayVersion:
    """Put a draft away. It stays in the list. Raises NotNowError."""
    return _moved(unit, ctx, _held(unit, ctx, version_id, "discard"), "discard", "rules.discarded")


def _held(unit: Unit, ctx: Context, version_id: str, action: str) -> OverlayVersion:
    row = one_of(unit, OverlayVersion, ctx.tenant_id, version_id, lock=True)
    _may(row, ctx, action)
    return row


def _may(row: OverlayVersion, ctx: Context, action: str) -> None:
    if action not in available_actions(row.state, row.editors, ctx.actor, ctx.role):
        raise NotNowError("overlay_version", action, row.state)


def _must_be_good(row: OverlayVersion, good: Checked) -> None:
    if not good.good or good.digest != row.digest:
        raise FaultyRulesError(row.id)


def _moved(
    unit: Unit, ctx: Context, row: OverlayVersion, action: str, event: str, **fields: Any
) -> OverlayVersion:
    move(row, action)
    unit.add(row)
    record(unit, ctx, event, row.id, number=row.number, **fields)
    unit.announce("rules")
    return row


def _highest(unit: Unit, ctx: Context, column: Any) -> int:
    found = unit.session.exec(select(func.max(column)).where(OverlayVersion.tenant_id == ctx.tenant_id)).one()
    return int(found or 0)


def _with(editors: str, actor: str) -> str:
    return " ".join(dict.fromkeys([*editors.split(), actor]))


def _said(reason: str) -> str:
    if not reason.strip():
        raise NeedsReasonError
    return reason.strip()
