"""Destroying the keys of receptions whose time has run out.

A notification is kept one year from its acceptance (住民基本台帳法施行令34条4項); what was left open and
never accepted, for the days that the municipality allows. Whatever was sealed under the reception's key, in
its tables, its journal entries and its papers, is unreadable from then on.
"""

from datetime import timedelta

from sqlmodel import col, select

from server.db.context import Context
from server.db.uow import Database, Unit
from server.db.vault import DataKeyRow, Vault
from server.journal.service import record
from server.kit.clock import now
from server.print_jobs import service as print_jobs
from server.queue import card_reads
from server.reception import left
from server.reception.models import Reception

KEEP = timedelta(days=366)


def purge(unit: Unit, ctx: Context, vault: Vault, keep: timedelta = KEEP) -> int:
    """Forget every reception that was accepted more than `keep` ago, visit ended or not; returns how many.

    A card that was read for it and is not erased yet goes with it.
    """
    query = (
        select(Reception)
        .join(DataKeyRow, col(DataKeyRow.id) == col(Reception.key_id))
        .where(
            Reception.tenant_id == ctx.tenant_id,
            col(Reception.state).in_(["accepted", "guided", "closed"]),
            col(Reception.accepted_at) < now() - keep,
            col(DataKeyRow.destroyed_at).is_(None),
        )
    )
    due = unit.all(query)
    cards = [
        read
        for reception in due
        for read in card_reads.waiting_for(unit, ctx, reception.ticket_id, reception.id, lock=True)
    ]
    for read in cards:
        card_reads.erase(unit, ctx, read, "kept for its time")
    for reception in due:
        print_jobs.cancel(unit, ctx, reception.id, "kept for its time")
        vault.destroy(unit, ctx, reception.key_id)
        record(unit, ctx, "data.forgotten", reception.id, reason="kept for its time")
    return len(due)


def give_up_left(db: Database, ctx: Context, vault: Vault, days: int) -> int:
    """End what was left open and is due (server.reception.left); returns how many.

    Each in a transaction of its own: whoever works on one meanwhile is waited for, and no other is held.
    """
    with db.read() as unit:
        due = left.overdue(unit, ctx, days)
    ended = 0
    for reception_id in due:
        with db.write() as unit:
            ended += left.give_up(unit, ctx, vault, reception_id, days)
    return ended
