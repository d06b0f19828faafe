"""What cards said for an intake, as the counter's card panel shows it: masked until staff have matched the
person, and the newest reading of each kind alone.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from procedures.terms.dates import months_later
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import Vault
from server.kit.clock import today
from server.kit.text import masked_name
from server.queue import card_reads
from server.queue.card_reads import CardContent
from server.queue.models import CardRead
from server.reception.intake import standing_of
from server.reception.models import Reception

# Municipalities renew a certificate from the day after this many months before its last day.
RENEWAL_MONTHS = 3


@dataclass(frozen=True)
class Looked:
    """What was looked at beside a reading's purpose.

    `certificate`: valid, soon (it can be renewed now), over, or unknown with `certificate_unknown`; empty
    when nobody looked. `authenticity`: verified, not_verified or forged with `reason`; empty when nobody did.
    """

    certificate: str = ""
    certificate_expires: str | None = field(default=None, repr=False)
    certificate_unknown: str | None = None
    authenticity: str = ""
    reason: str | None = None


@dataclass(frozen=True)
class CardView:
    """A reading of the four attributes that waits to be matched with the person, or was. `masked_name` and
    the year are all that staff see before."""

    read_id: str
    mode: str
    station: str
    read_at: datetime
    attached: bool
    masked_name: str = field(repr=False)
    birth_year: str
    looked: Looked


@dataclass(frozen=True)
class FaceView:
    """A reading of the card's face. Before the match only that there is one; then `pictures` names those that
    can be shown, `birth` and `expires` are YYYY-MM-DD, `over` whether the card itself has expired."""

    read_id: str
    station: str
    read_at: datetime
    attached: bool
    looked: Looked
    pictures: tuple[str, ...] = ()
    birth: str | None = field(default=None, repr=False)
    expires: str | None = field(default=None, repr=False)
    over: bool = False


@dataclass(frozen=True)
class TapView:
    """A card that was laid on and not read: that there is one, and what is free to read of it."""

    station: str
    read_at: datetime
    looked: Looked


@dataclass(frozen=True)
class CardViews:
    """The newest reading of each kind."""

    card: CardView | None = None
    face: FaceView | None = None
    tap: TapView | None = None


def card_views(unit: Unit, ctx: Context, vault: Vault, reception: Reception) -> CardViews:
    """What cards said for this intake; nothing once it has ended."""
    if reception.state in ("closed", "abandoned"):
        return CardViews()
    newest: dict[str, CardRead] = {}
    for read in card_reads.waiting_for(unit, ctx, reception.ticket_id, reception.id):
        if read.outcome == "read":
            newest.setdefault(read.mode if read.mode in ("face", "none") else "text", read)
    said = {kind: card_reads.content_of(unit, ctx, vault, read) for kind, read in newest.items()}
    return CardViews(
        card=_card(newest["text"], said["text"]) if "text" in newest else None,
        face=_face(newest["face"], said["face"], _shown(unit, ctx, reception)) if "face" in newest else None,
        tap=_tap(newest["none"], said["none"]) if "none" in newest else None,
    )


def picture_of(
    unit: Unit, ctx: Context, vault: Vault, reception: Reception, read_id: str, name: str
) -> bytes | None:
    """One picture of a card's face that was matched with the person, as PNG; None for any other."""
    for read in card_reads.waiting_for(unit, ctx, reception.ticket_id, reception.id):
        if read.id == read_id and read.attached_at is not None and name in _shown(unit, ctx, reception):
            face = card_reads.content_of(unit, ctx, vault, read).face
            return None if face is None else face.pictures.get(name)
    return None


def _shown(unit: Unit, ctx: Context, reception: Reception) -> tuple[str, ...]:
    """The pictures that may be seen: an address goes by the household's protection, drawn or written."""
    address = ("address",) if standing_of(unit, ctx, reception).may_show_any_address else ()
    return ("photo", "name", *address)


def _card(read: CardRead, content: CardContent) -> CardView | None:
    if content.text is None:
        return None
    attached = read.attached_at is not None
    return CardView(
        read_id=read.id,
        mode=read.mode,
        station=read.station,
        read_at=read.read_at,
        attached=attached,
        masked_name=masked_name(content.text.name),
        birth_year=(content.text.born or "")[:4],
        looked=_looked(content, attached),
    )


def _face(read: CardRead, content: CardContent, shown: tuple[str, ...]) -> FaceView | None:
    if content.face is None:
        return None
    if read.attached_at is None:
        return FaceView(read.id, read.station, read.read_at, False, _looked(content, False))
    face = content.face
    return FaceView(
        read_id=read.id,
        station=read.station,
        read_at=read.read_at,
        attached=True,
        looked=_looked(content, True),
        pictures=tuple(name for name in shown if name in face.pictures),
        birth=face.birth,
        expires=face.expiry,
        over=face.expiry is not None and date.fromisoformat(face.expiry) < today(),
    )


def _tap(read: CardRead, content: CardContent) -> TapView:
    # Nobody is named by it, so there is nobody to be matched first.
    return TapView(read.station, read.read_at, _looked(content, True))


def _looked(content: CardContent, matched: bool) -> Looked:
    """Whether the card is genuine is said at once; the last day, a birthday, after the match."""
    expires = content.certificate_expires if matched else None
    return Looked(
        certificate=_certificate(expires) if expires else "unknown" if content.certificate_unknown else "",
        certificate_expires=expires,
        certificate_unknown=content.certificate_unknown,
        authenticity=content.authenticity or "",
        reason=content.authenticity_reason,
    )


def _certificate(expires: str) -> str:
    last = date.fromisoformat(expires)
    if last < today():
        return "over"
    return "soon" if months_later(last, -RENEWAL_MONTHS) < today() else "valid"
