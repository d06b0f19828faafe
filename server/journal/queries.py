"""Reading the journal, and proving that nobody changed it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from server.db.context import Context
from server.db.uow import Unit
from server.journal.catalogue import event_kinds
from server.journal.models import JournalEntry, JournalHead
from server.journal.service import GENESIS, digest_of


@dataclass(frozen=True)
class Step:
    """One entry as a screen shows it."""

    seq: int
    at: datetime
    event: str
    meaning: str
    actor: str
    station: str | None
    desk: str | None
    payload: str


@dataclass(frozen=True)
class ChainProof:
    """The outcome of walking a chain. `broken_at` is the first sequence number that does not fit."""

    tenant_id: str
    entries: int
    head: str
    broken_at: int | None = None
    reason: str | None = None

    @property
    def whole(self) -> bool:
        return self.broken_at is None


def steps(unit: Unit, tenant_id: str, subjects: list[str], lang: str = "ja") -> list[Step]:
    """Everything recorded about these subjects, oldest first, without personal fields."""
    query = (
        select(JournalEntry)
        .where(JournalEntry.tenant_id == tenant_id, col(JournalEntry.subject).in_(subjects))
        .order_by(col(JournalEntry.seq))
    )
    kinds = event_kinds()
    return [
        Step(
            seq=entry.seq,
            at=entry.at,
            event=entry.event,
            meaning=kinds[entry.event].meaning_ja if lang == "ja" else kinds[entry.event].meaning_en,
            actor=entry.actor,
            station=entry.station,
            desk=entry.desk,
            payload=entry.payload,
        )
        for entry in unit.all(query)
    ]


def noted_since(unit: Unit, ctx: Context, event: str, subject: str, since: datetime) -> bool:
    """Whether this event about this subject, by the one who acts, was recorded after `since`."""
    query = select(JournalEntry.id).where(
        JournalEntry.tenant_id == ctx.tenant_id,
        JournalEntry.subject == subject,
        JournalEntry.event == event,
        JournalEntry.actor == ctx.actor,
        col(JournalEntry.at) > since,
    )
    return unit.session.exec(query.limit(1)).first() is not None


def last_noted(unit: Unit, subjects: Collection[str], *, without: Collection[str]) -> dict[str, datetime]:
    """When people last did something with each of these subjects, but for the events `without`."""
    query = (
        select(JournalEntry.subject, func.max(JournalEntry.at))
        .where(
            col(JournalEntry.subject).in_(subjects),
            col(JournalEntry.event).not_in(without),
            JournalEntry.actor != "system",
        )
        .group_by(col(JournalEntry.subject))
    )
    return dict(unit.session.exec(query).all())


def verify(unit: Unit, tenant_id: str) -> ChainProof:
    """Walk the tenant's chain from its first entry to its head."""
    previous, expected = GENESIS, 1
    query = select(JournalEntry).where(JournalEntry.tenant_id == tenant_id).order_by(col(JournalEntry.seq))
    for entry in unit.session.exec(query.execution_options(yield_per=500)):
        reason = _fault(entry, previous, expected)
        if reason:
            return ChainProof(tenant_id, expected - 1, previous, broken_at=expected, reason=reason)
        previous, expected = entry.digest, expected + 1
    head = unit.first(select(JournalHead).where(JournalHead.tenant_id == tenant_id))
    if (head.seq if head else 0) != expected - 1 or (head.digest if head else GENESIS) != previous:
        return ChainProof(
            tenant_id, expected - 1, previous, broken_at=expected, reason="entries are missing at the end"
        )
    return ChainProof(tenant_id, expected - 1, previous)


def tenants(unit: Unit) -> list[str]:
    """Every tenant that has a chain."""
    return [head.tenant_id for head in unit.all(select(JournalHead).order_by(col(JournalHead.tenant_id)))]


def _fault(entry: JournalEntry, previous: str, expected: int) -> str | None:
    if entry.seq != expected:
        return "an entry is missing"
    if entry.previous != previous:
        return "an entry does not follow the one before it"
    return None if digest_of(entry) == entry.digest else "an entry was altered"
