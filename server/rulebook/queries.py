"""Reading the versions: which one counts on a day, and how each of them stands."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import col, select

from server.db.context import Context
from server.db.uow import Unit, one_of
from server.kit.clock import today
from server.rulebook.models import GoodFiles, OverlayVersion
from server.rulebook.states import available_actions


@dataclass(frozen=True)
class Counting:
    """An approved version whose day has come."""

    id: str
    number: int
    digest: str


@dataclass(frozen=True)
class VersionView:
    """A version as a screen shows it. `standing`: draft, proposed, withdrawn, and of the approved ones
    counts, waits, superseded. `until`: the first day on which it no longer counts, if that is settled.
    """

    id: str
    number: int
    standing: str
    title: str
    digest: str
    revision: int
    based_on: int | None
    author: str
    editors: frozenset[str]
    created_at: datetime
    changed_at: datetime
    effective_from: date | None
    until: date | None
    proposed_by: str | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    actions: frozenset[str]
    content: str = field(repr=False)


def counting(unit: Unit, tenant_id: str, day: date) -> list[Counting]:
    """The approved versions whose day has come, the one that counts first."""
    rows = unit.session.exec(
        select(OverlayVersion.id, OverlayVersion.number, OverlayVersion.digest)
        .where(
            OverlayVersion.tenant_id == tenant_id,
            OverlayVersion.state == "approved",
            col(OverlayVersion.effective_from) <= day,
        )
        .order_by(col(OverlayVersion.approval).desc())
    )
    return [Counting(key, number, digest) for key, number, digest in rows]


def content_of(unit: Unit, tenant_id: str, version_id: str) -> str:
    """The text of a version. Raises NotThereError."""
    return one_of(unit, OverlayVersion, tenant_id, version_id).content


def last_approved(unit: Unit, ctx: Context) -> int | None:
    """The number of the version that was approved last, whether its day has come or not."""
    row = unit.first(
        select(OverlayVersion)
        .where(OverlayVersion.tenant_id == ctx.tenant_id, OverlayVersion.state == "approved")
        .order_by(col(OverlayVersion.approval).desc())
    )
    return row.number if row else None


def numbered(unit: Unit, tenant_id: str, number: int) -> OverlayVersion | None:
    """The version of this number."""
    return unit.first(
        select(OverlayVersion).where(OverlayVersion.tenant_id == tenant_id, OverlayVersion.number == number)
    )


def withdrawn_base(unit: Unit, ctx: Context, version: VersionView) -> OverlayVersion | None:
    """The version that this one was begun from, when it was taken out of force after its approval: what it
    changed stands in this one all the same.
    """
    base = numbered(unit, ctx.tenant_id, version.based_on) if version.based_on else None
    out = base is not None and base.state == "withdrawn" and base.approval is not None
    return base if out else None


def good_files(unit: Unit, tenant_id: str, municipality: str) -> GoodFiles | None:
    """The program's files that were last read without a fault."""
    return unit.first(
        select(GoodFiles).where(GoodFiles.tenant_id == tenant_id, GoodFiles.municipality == municipality)
    )


def version(unit: Unit, ctx: Context, version_id: str) -> VersionView:
    """One version. Raises NotThereError."""
    one_of(unit, OverlayVersion, ctx.tenant_id, version_id)
    return next(view for view in versions(unit, ctx) if view.id == version_id)


def versions(unit: Unit, ctx: Context) -> list[VersionView]:
    """Every version, the newest first."""
    rows = unit.all(
        select(OverlayVersion)
        .where(OverlayVersion.tenant_id == ctx.tenant_id)
        .order_by(col(OverlayVersion.number).desc())
    )
    approved = [row for row in rows if row.state == "approved"]
    return [_view(row, approved, ctx) for row in rows]


def _view(row: OverlayVersion, approved: list[OverlayVersion], ctx: Context) -> VersionView:
    until = _until(row, approved) if row.state == "approved" else None
    return VersionView(
        id=row.id,
        number=row.number,
        standing=_standing(row, until),
        title=row.title,
        digest=row.digest,
        revision=row.revision,
        based_on=row.based_on,
        author=row.author,
        editors=frozenset(row.editors.split()),
        created_at=row.created_at,
        changed_at=row.changed_at,
        effective_from=row.effective_from,
        until=until,
        proposed_by=row.proposed_by,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
        actions=available_actions(row.state, row.editors, ctx.actor, ctx.role),
        content=row.content,
    )


def _until(row: OverlayVersion, approved: list[OverlayVersion]) -> date | None:
    """The first day of a version that was approved later."""
    days = [
        other.effective_from
        for other in approved
        if (other.approval or 0) > (row.approval or 0) and other.effective_from is not None
    ]
    return min(days, default=None)


def _standing(row: OverlayVersion, until: date | None) -> str:
    if row.state != "approved" or row.effective_from is None:
        return row.state
    if until is not None and until <= max(row.effective_from, today()):
        return "superseded"
    return "counts" if row.effective_from <= today() else "waits"
