"""The waiting line as screens show it: frozen views, numbers only."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import col, func, select

from server.db.context import Context
from server.db.uow import NotThereError, Unit, one_of
from server.kit.clock import jst, now
from server.queue.models import Board, BusinessDay, CardRead, Desk, ServiceClass, Site, Ticket
from server.queue.service import current_day

RECENT = 5


@dataclass(frozen=True)
class TicketView:
    """One ticket; `waited` in whole minutes until it was called (or until now)."""

    ticket_id: str
    label: str
    service_class: str
    class_ja: str
    class_en: str
    state: str
    language: str
    desk: str | None
    calls: int
    ahead: int
    issued_at: datetime
    called_at: datetime | None
    station: str | None
    has_card: bool
    public_token: str


@dataclass(frozen=True)
class ClassLine:
    """One class on the kiosk and the display; `estimate` in minutes as (shorter, longer)."""

    code: str
    letter: str
    name: str
    name_en: str
    count: int
    minutes: int
    estimate: tuple[int, int]


@dataclass(frozen=True)
class BoardView:
    """What everybody may see."""

    version: int
    current: list[dict[str, str | int]]
    recent: list[dict[str, str | int]]
    waiting: list[ClassLine]


@dataclass(frozen=True)
class SiteView:
    """An office of the municipality."""

    municipality_code: str
    municipality_ja: str
    municipality_en: str
    name_ja: str
    name_en: str


def site(unit: Unit, ctx: Context) -> SiteView | None:
    """This office, as papers and screens call it; None where the database does not hold it."""
    row = unit.session.exec(
        select(Site).where(Site.tenant_id == ctx.tenant_id, Site.site_id == ctx.site_id)
    ).one_or_none()
    if row is None:
        return None
    return SiteView(row.municipality_code, row.municipality_ja, row.municipality_en, row.name_ja, row.name_en)


def classes(unit: Unit, ctx: Context) -> list[ClassLine]:
    """All classes in the kiosk's order, with who waits."""
    day = current_day(unit, ctx)
    counts = _counts(unit, ctx, day) if day else {}
    rows = unit.all(
        select(ServiceClass)
        .where(ServiceClass.tenant_id == ctx.tenant_id, ServiceClass.site_id == ctx.site_id)
        .order_by(col(ServiceClass.position))
    )
    return [
        ClassLine(
            row.code,
            row.letter,
            row.name_ja,
            row.name_en,
            counts.get(row.code, 0),
            row.minutes,
            _estimate(row, counts),
        )
        for row in rows
    ]


def board(unit: Unit, ctx: Context) -> BoardView:
    """The call display: who is called now (newest first), the last five before, and the waiting line."""
    version = unit.session.exec(
        select(Board.version).where(Board.tenant_id == ctx.tenant_id, Board.site_id == ctx.site_id)
    ).first()
    day = current_day(unit, ctx)
    called: list[Ticket] = []
    if day is not None:
        query = (
            select(Ticket)
            .where(
                Ticket.business_day_id == day.id,
                col(Ticket.called_at).is_not(None),
                Ticket.state != "waiting",
            )
            .order_by(col(Ticket.called_at).desc())
        )
        called = list(unit.session.exec(query.limit(RECENT + 5)).all())
    current = [ticket for ticket in called if ticket.state == "called"][:3] or called[:1]
    recent = [ticket for ticket in called if ticket not in current][:RECENT]
    return BoardView(
        version or 0, [_line(t) for t in current], [_line(t) for t in recent], classes(unit, ctx)
    )


def line(
    unit: Unit, ctx: Context, states: tuple[str, ...] = ("waiting", "called", "serving")
) -> list[TicketView]:
    """The running day's tickets in these states, longest waiting first."""
    day = current_day(unit, ctx)
    if day is None:
        return []
    rows = unit.all(
        select(Ticket)
        .where(
            Ticket.tenant_id == ctx.tenant_id, Ticket.business_day_id == day.id, col(Ticket.state).in_(states)
        )
        .order_by(col(Ticket.issued_at), col(Ticket.id))
    )
    return [_view(unit, ctx, row) for row in rows]


def ticket(unit: Unit, ctx: Context, ticket_id: str) -> TicketView:
    """One ticket. Raises NotThereError."""
    return _view(unit, ctx, one_of(unit, Ticket, ctx.tenant_id, ticket_id))


def by_token(unit: Unit, ctx: Context, token: str) -> TicketView:
    """The ticket behind a QR code. Raises NotThereError."""
    row = unit.first(select(Ticket).where(Ticket.tenant_id == ctx.tenant_id, Ticket.public_token == token))
    if row is None:
        raise NotThereError("Ticket")
    return _view(unit, ctx, row)


def ahead_of(unit: Unit, ctx: Context, view: TicketView) -> int:
    """How many of its own business day wait in front of this ticket now."""
    ticket = one_of(unit, Ticket, ctx.tenant_id, view.ticket_id)
    return unit.session.exec(
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.tenant_id == ctx.tenant_id,
            Ticket.business_day_id == ticket.business_day_id,
            Ticket.service_class == ticket.service_class,
            Ticket.state == "waiting",
            Ticket.issued_at < ticket.issued_at,
        )
    ).one()


def business_day(unit: Unit, ctx: Context) -> str | None:
    """The running business day as YYYY-MM-DD."""
    day = current_day(unit, ctx)
    return day.date.isoformat() if day else None


def days_worked(unit: Unit, ctx: Context, site_id: str, since: datetime) -> list[tuple[date, date]]:
    """An office's business days that ended after `since` or run on, as their first and last calendar day."""
    query = select(BusinessDay).where(
        BusinessDay.tenant_id == ctx.tenant_id,
        BusinessDay.site_id == site_id,
        col(BusinessDay.closed_at).is_(None) | (col(BusinessDay.closed_at) > since),
    )
    return [(jst(day.opened_at).date(), jst(day.closed_at or now()).date()) for day in unit.all(query)]


def desks(unit: Unit, ctx: Context) -> list[str]:
    """The numbers of this office's desks, in order."""
    query = select(Desk.number).where(Desk.tenant_id == ctx.tenant_id, Desk.site_id == ctx.site_id)
    return list(unit.session.exec(query.order_by(col(Desk.number))).all())


def _counts(unit: Unit, ctx: Context, day: BusinessDay) -> dict[str, int]:
    rows = unit.session.exec(
        select(Ticket.service_class, func.count())
        .where(Ticket.tenant_id == ctx.tenant_id, Ticket.business_day_id == day.id, Ticket.state == "waiting")
        .group_by(Ticket.service_class)
    ).all()
    return dict(rows)


def _estimate(row: ServiceClass, counts: dict[str, int]) -> tuple[int, int]:
    low = counts.get(row.code, 0) * row.minutes
    return low, max(5, round(low * 1.5))


def _line(row: Ticket) -> dict[str, str | int]:
    """A number on the board; a higher count of calls flashes it again."""
    return {"label": row.label, "desk": row.desk or "", "calls": row.calls}


def _view(unit: Unit, ctx: Context, row: Ticket) -> TicketView:
    service = unit.session.exec(
        select(ServiceClass).where(
            ServiceClass.tenant_id == ctx.tenant_id,
            ServiceClass.site_id == row.site_id,
            ServiceClass.code == row.service_class,
        )
    ).one()
    card = unit.session.exec(
        select(CardRead.id).where(
            CardRead.ticket_id == row.id, CardRead.outcome == "read", col(CardRead.erased_at).is_(None)
        )
    ).first()
    return TicketView(
        ticket_id=row.id,
        label=row.label,
        service_class=row.service_class,
        class_ja=service.name_ja,
        class_en=service.name_en,
        state=row.state,
        language=row.language,
        desk=row.desk,
        calls=row.calls,
        ahead=row.ahead,
        issued_at=row.issued_at,
        called_at=row.called_at,
        station=row.station,
        has_card=card is not None,
        public_token=row.public_token,
    )
