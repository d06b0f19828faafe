"""What was taken in goes back, and the visit ends: closed after acceptance, or given up before it."""

from sqlmodel import col, select

from server.db.context import Context
from server.db.uow import NotThereError, Unit, one_of
from server.db.vault import Vault
from server.journal.service import record
from server.kit.clock import now
from server.print_jobs import service as print_jobs
from server.queue import card_reads
from server.queue import service as queue
from server.queue.models import Ticket
from server.queue.states import available_actions
from server.reception.models import HeldItem, Reception
from server.reception.service import changed
from server.reception.states import move

ITEM_KINDS = ("my_number_card", "residence_card", "insurance", "certificate", "other")


class ItemsHeldError(RuntimeError):
    """Something of the resident's is still here."""


def hold_item(unit: Unit, ctx: Context, reception: Reception, kind: str, person_id: str | None) -> HeldItem:
    """Take something in (お預かり品). Raises NotThereError for a kind that there is not, NotNowError."""
    if kind not in ITEM_KINDS:
        raise NotThereError("HeldItem")
    move(reception, "hold")
    item = HeldItem(
        tenant_id="", site_id="", reception_id=reception.id, kind=kind, person_id=person_id, taken_at=now()
    )
    unit.add(ctx.stamp(item))
    unit.add(reception)
    record(unit, ctx, "reception.item_held", reception.id, kind=kind, item=item.id)
    return item


def return_item(unit: Unit, ctx: Context, reception: Reception, item_id: str) -> None:
    """Give it back; giving it back twice changes nothing."""
    item = one_of(unit, HeldItem, ctx.tenant_id, item_id, lock=True)
    if item.reception_id != reception.id:
        raise NotThereError("HeldItem")
    if item.returned_at is None:
        item.returned_at = now()
        unit.add(item)
        reception.version += 1
        unit.add(reception)
        record(unit, ctx, "reception.item_returned", reception.id, kind=item.kind, item=item.id)


def held_items(unit: Unit, reception_id: str) -> list[HeldItem]:
    """Everything that was taken in, also what is back, in its order."""
    query = select(HeldItem).where(HeldItem.reception_id == reception_id)
    return unit.all(query.order_by(col(HeldItem.taken_at)))


def close(unit: Unit, ctx: Context, vault: Vault, reception: Reception) -> None:
    """End the visit; of whoever filed nothing, nothing is kept.

    Raises ItemsHeldError while something of the resident's is here.
    """
    if any(item.returned_at is None for item in held_items(unit, reception.id)):
        raise ItemsHeldError
    move(reception, "close")
    reception.closed_at = now()
    unit.add(reception)
    _forget_cards(unit, ctx, reception, "closed")
    _finish_ticket(unit, ctx, reception)
    record(unit, ctx, "reception.closed", reception.id)
    if reception.accepted_at is None:
        # What can no longer be opened would wait at the head of the printer's queue for good.
        print_jobs.cancel(unit, ctx, reception.id, "closed")
        vault.destroy(unit, ctx, reception.key_id)
        record(unit, ctx, "data.forgotten", reception.id, reason="nothing was filed")
    changed(unit, reception)


def abandon(
    unit: Unit,
    ctx: Context,
    vault: Vault,
    reception: Reception,
    reason: str | None,
    forgotten: str = "given up",
) -> None:
    """Stop before acceptance: papers are taken back and the intake's key is destroyed.

    `reason` is what staff typed, `forgotten` the fixed word for the journal. Raises ItemsHeldError,
    NotNowError.
    """
    if any(item.returned_at is None for item in held_items(unit, reception.id)):
        raise ItemsHeldError
    move(reception, "abandon")
    reception.closed_at = now()
    unit.add(reception)
    _forget_cards(unit, ctx, reception, "abandoned")
    print_jobs.cancel(unit, ctx, reception.id, "abandoned")
    _finish_ticket(unit, ctx, reception)
    # To forget, the key need not open.
    key = vault.key(unit, ctx, reception.key_id) if reason else None
    record(unit, ctx, "reception.abandoned", reception.id, key=key, reason=reason or None)
    vault.destroy(unit, ctx, reception.key_id)
    record(unit, ctx, "data.forgotten", reception.id, reason=forgotten)
    changed(unit, reception)


def _forget_cards(unit: Unit, ctx: Context, reception: Reception, reason: str) -> None:
    """What the card said and the intake needs is a fact under the intake's own key."""
    for read in card_reads.waiting_for(unit, ctx, reception.ticket_id, reception.id, lock=True):
        card_reads.erase(unit, ctx, read, reason)


def _finish_ticket(unit: Unit, ctx: Context, reception: Reception) -> None:
    """Its visit is over as well, unless somebody has finished it in the line already."""
    if reception.ticket_id is None:
        return
    ticket = one_of(unit, Ticket, ctx.tenant_id, reception.ticket_id, lock=True)
    if "finish" in available_actions(ticket.state):
        queue.finish(unit, ctx, ticket.id)
