"""What a card said, from the tap until it is attached to a reception or erased."""

import base64
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

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


@dataclass(frozen=True)
class CardFace:
    """What is printed on the card, as its chip shows it: PNG pictures, None for one that cannot be shown;
    `birth` and `expiry` are YYYY-MM-DD, None for what is no day. The card does not sign the expiry."""

    photo: bytes | None = field(repr=False)
    name: bytes | None = field(repr=False)
    address: bytes | None = field(repr=False)
    birth: str | None = field(repr=False)
    expiry: str | None = field(repr=False)

    @property
    def pictures(self) -> dict[str, bytes]:
        """Those that can be shown, by name: photo, name, address."""
        return {name: picture for name in _PICTURES if (picture := getattr(self, name)) is not None}


@dataclass(frozen=True)
class CardContent:
    """All that one reading gave: the four attributes, or the card's face, or nothing but that it is a card.

    `certificate_expires` is the last day of the user authentication certificate (YYYY-MM-DD), or
    `certificate_unknown` says why nobody knows it; both None when nobody looked. `authenticity` is verified,
    not_verified or forged with its reason, None when it was not looked at (card_reader.outcomes).
    """

    text: CardText | None = None
    face: CardFace | None = None
    certificate_expires: str | None = field(default=None, repr=False)
    certificate_unknown: str | None = None
    authenticity: str | None = None
    authenticity_reason: str | None = None

    @property
    def holds_anything(self) -> bool:
        """Whether there is something to seal."""
        return self != CardContent()


_PICTURES = ("photo", "name", "address")
_BESIDE = ("certificate_expires", "certificate_unknown", "authenticity", "authenticity_reason")


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
    content: CardContent,
    reception_id: str | None = None,
) -> CardRead:
    """Store one read under `read_id` (made by the station); the same id again changes nothing.

    One for a ticket takes the place of whatever was read at this station before and got none.
    """
    known = unit.session.get(CardRead, read_id)
    if known is not None:
        return known
    if reception_id is None:
        erase_loose(unit, ctx, station, "another card")
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
    if content.holds_anything:
        key = vault.new_key(unit, ctx, "card_read")
        row.key_id = key.id
        row.sealed = key.seal(_as_json(content), f"card_read:{read_id}")
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
        **({} if content.authenticity is None else {"authenticity": content.authenticity}),
        # Pictures stay out of the journal, which outlives the visit.
        **({} if content.text is None else vars(content.text)),
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


def content_of(unit: Unit, ctx: Context, vault: Vault, row: CardRead) -> CardContent:
    """What the card said. Raises NotThereError when it was erased."""
    if row.erased_at is not None:
        raise NotThereError("CardRead")
    if row.sealed is None or row.key_id is None:
        return CardContent()
    return _from_json(vault.key(unit, ctx, row.key_id).open(row.sealed, f"card_read:{row.id}"))


def text_of(unit: Unit, ctx: Context, vault: Vault, row: CardRead) -> CardText:
    """The four attributes. Raises NotThereError when there are none, or it was erased."""
    text = content_of(unit, ctx, vault, row).text
    if text is None:
        raise NotThereError("CardRead")
    return text


def _as_json(content: CardContent) -> dict[str, Any]:
    said = {name: value for name in _BESIDE if (value := getattr(content, name)) is not None}
    if content.text is not None:
        said |= vars(content.text)
    if content.face is not None:
        coded = {
            name: base64.b64encode(value).decode("ascii") for name, value in content.face.pictures.items()
        }
        said["face"] = {"birth": content.face.birth, "expiry": content.face.expiry} | coded
    return said


def _from_json(said: dict[str, Any]) -> CardContent:
    content = CardContent(**{name: said[name] for name in _BESIDE if name in said})
    if "name" in said:
        text = CardText(said["name"], said["address"], said["birth"], said["sex"])
        content = replace(content, text=text)
    if face := said.get("face"):
        pictures = {name: base64.b64decode(face[name]) if name in face else None for name in _PICTURES}
        content = replace(content, face=CardFace(birth=face["birth"], expiry=face["expiry"], **pictures))
    return content


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


def erase_loose(unit: Unit, ctx: Context, station: str, reason: str, but: str | None = None) -> int:
    """Erase every read of this station that belongs to no ticket and no reception, except `but`.

    A kiosk serves one person after the other: what got no ticket is nobody's any more. Returns how many.
    """
    query = select(CardRead).where(
        CardRead.tenant_id == ctx.tenant_id,
        CardRead.station == station,
        col(CardRead.ticket_id).is_(None),
        col(CardRead.reception_id).is_(None),
        col(CardRead.erased_at).is_(None),
        CardRead.id != (but or ""),
    )
    reads = unit.all(_held(query.order_by(col(CardRead.read_at).desc(), col(CardRead.id).desc())))
    for read in reads:
        erase(unit, ctx, read, reason)
    return len(reads)


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
