"""What a card said, from the tap until it is attached to a reception or erased."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from server.db.context import Context
from server.db.uow import NotThereError, Unit, one_of
from server.db.vault import DataKeyRow, Vault
from server.journal.service import record
from server.kit.clock import now
from server.queue.models import CardRead


@dataclass(frozen=True)
class CardText:
    """The four attributes as the card's text holds them. `birth` is YYYYMMDD, `sex` as in ISO 5218."""

    name: str = field(repr=False)
    address: str = field(repr=False)
    birth: str = field(repr=False)
    sex: str = field(repr=False)

    @property
    def born(self) -> str | None:
        """`birth` as YYYY-MM-DD, YYYY-MM or YYYY: zeros on a card stand for what the register does not know.

        None when nothing of it can be used.
        """
        year, month, day = self.birth[:4], self.birth[4:6], self.birth[6:]
        if year == "0000":
            return None
        if month == "00":
            return year
        try:
            date(int(year), int(month), int(day) or 1)
        except ValueError:
            return None
        return f"{year}-{month}" if day == "00" else f"{year}-{month}-{day}"


def keep(
    unit: Unit,
    ctx: Context,
    vault: Vault,
    read_id: str,
    *,
    station: str,
    mode: str,
    outcome: str,
    tries_left: int | None,
    apdus: int,
    purpose: str,
    text: CardText | None,
    reception_id: str | None = None,
) -> CardRead:
    """Store one read under `read_id` (made by the station); the same id again changes nothing."""
    known = unit.session.get(CardRead, read_id)
    if known is not None:
        return known
    row = CardRead(
        id=read_id,
        tenant_id="",
        site_id="",
        station=station,
        mode=mode,
        outcome=outcome,
        tries_left=tries_left,
        reception_id=reception_id,
        read_at=now(),
    )
    key = None
    if text is not None:
        key = vault.new_key(unit, ctx, "card_read")
        row.key_id = key.id
        row.sealed = key.seal(vars(text), f"card_read:{read_id}")
    unit.add(ctx.stamp(row))
    record(
        unit,
        ctx,
        "card.read",
        read_id,
        key=key,
        mode=mode,
        outcome=outcome,
        tries_left=tries_left,
        apdus=apdus,
        purpose=purpose,
        **({} if text is None else vars(text)),
    )
    if reception_id:
        unit.announce(f"subject:{reception_id}")
    return row


def belong_to_ticket(unit: Unit, ctx: Context, read_id: str, ticket_id: str, station: str | None) -> None:
    """Give a read of this station to the ticket it was made for. Raises NotThereError for any other read."""
    row = one_of(unit, CardRead, ctx.tenant_id, read_id, lock=True)
    if row.ticket_id or row.reception_id or row.erased_at or row.station != station:
        raise NotThereError("CardRead")
    row.ticket_id = ticket_id
    unit.add(row)


def text_of(unit: Unit, ctx: Context, vault: Vault, row: CardRead) -> CardText:
    """What the card said. Raises KeyDestroyedError when it was erased, NotThereError when it said nothing."""
    if row.sealed is None or row.key_id is None:
        raise NotThereError("CardRead")
    return CardText(**vault.key(unit, ctx, row.key_id).open(row.sealed, f"card_read:{row.id}"))


def waiting_for(
    unit: Unit, ctx: Context, ticket_id: str | None, reception_id: str, *, lock: bool = False
) -> list[CardRead]:
    """Reads made for this ticket or reception that are not erased, newest first; held when `lock`."""
    query = select(CardRead).where(
        CardRead.tenant_id == ctx.tenant_id,
        col(CardRead.erased_at).is_(None),
        (col(CardRead.reception_id) == reception_id)
        | ((col(CardRead.ticket_id) == ticket_id) & col(CardRead.ticket_id).is_not(None)),
    )
    query = query.order_by(col(CardRead.read_at).desc(), col(CardRead.id).desc())
    return unit.all(_held(query) if lock else query)


def attach(unit: Unit, ctx: Context, read: CardRead, reception_id: str) -> None:
    """The person in front of staff is the one the card names."""
    read.reception_id = reception_id
    read.attached_at = now()
    unit.add(read)


def erase(unit: Unit, ctx: Context, read: CardRead, reason: str) -> None:
    """Destroy the read's key; the row and its journal entry stay as proof that it was."""
    if read.key_id:
        row = one_of(unit, DataKeyRow, ctx.tenant_id, read.key_id, lock=True)
        row.wrapped, row.destroyed_at = None, now()
        unit.add(row)
    read.sealed, read.erased_at = None, now()
    unit.add(read)
    record(unit, ctx, "card.forgotten", read.id, reason=reason)


def of_ticket(unit: Unit, ctx: Context, ticket_id: str) -> list[CardRead]:
    """Reads made for this ticket that nobody attached or erased, held for erasing.

    Take them before anything is recorded: whoever waits for them must not hold the journal meanwhile.
    """
    query = select(CardRead).where(
        CardRead.tenant_id == ctx.tenant_id,
        CardRead.ticket_id == ticket_id,
        col(CardRead.erased_at).is_(None),
        col(CardRead.attached_at).is_(None),
    )
    return unit.all(_held(query.order_by(col(CardRead.read_at).desc(), col(CardRead.id).desc())))


def erase_unattached(unit: Unit, ctx: Context, before: datetime) -> int:
    """Erase every read older than `before` that nobody attached; returns how many."""
    query = select(CardRead).where(
        CardRead.tenant_id == ctx.tenant_id,
        col(CardRead.read_at) < before,
        col(CardRead.attached_at).is_(None),
        col(CardRead.erased_at).is_(None),
    )
    reads = unit.all(_held(query.order_by(col(CardRead.read_at).desc(), col(CardRead.id).desc())))
    for read in reads:
        erase(unit, ctx, read, "an hour passed")
    return len(reads)


def _held(query: SelectOfScalar[CardRead]) -> SelectOfScalar[CardRead]:
    return query.with_for_update().execution_options(populate_existing=True)
