"""Verbs of the waiting line: open the day, issue, call, serve, finish."""

from datetime import date, timedelta

from sqlmodel import col, func, select

from printing.ticket import TicketContent
from server.db.context import Context
from server.db.uow import NotThereError, Unit, one_of
from server.journal.service import record
from server.kit.clock import now
from server.kit.ids import new_token
from server.print_jobs import service as print_jobs
from server.queue import card_reads
from server.queue.models import Board, BusinessDay, Desk, ServiceClass, Site, Ticket, TicketCounter
from server.queue.states import move

BOARD = "board"
CALLS_BEFORE_NO_SHOW = 3


class NoBusinessDayError(RuntimeError):
    """Nobody has opened the day yet, or it was closed."""


class UnknownServiceError(LookupError):
    """No such service class at this site."""


class NobodyWaitsError(LookupError):
    """No ticket waits in the classes of this desk."""


class AlreadyCalled(Exception):
    """Another desk was first: `desk`, None when nobody calls this number any more."""

    def __init__(self, label: str, desk: str | None) -> None:
        super().__init__(label, desk)
        self.label = label
        self.desk = desk


def open_day(unit: Unit, ctx: Context, day: date) -> BusinessDay:
    """Open `day` at this site; the open one stays, unless it is an earlier day's, which nobody closed: that
    ends now. A closed day opens as a further round, whose numbers start anew."""
    unit.hold(f"day:{ctx.tenant_id}:{ctx.site_id}")
    running = current_day(unit, ctx)
    if running is not None and running.date >= day:
        return running
    if running is not None:
        close_day(unit, ctx)
    rounds = unit.session.exec(
        select(func.count())
        .select_from(BusinessDay)
        .where(
            BusinessDay.tenant_id == ctx.tenant_id,
            BusinessDay.site_id == ctx.site_id,
            BusinessDay.date == day,
        )
    ).one()
    opened = BusinessDay(tenant_id="", site_id="", date=day, round=rounds + 1, opened_at=now())
    unit.add(ctx.stamp(opened))
    record(unit, ctx, "day.opened", opened.id, date=day.isoformat())
    _board_moved(unit, ctx)
    return opened


def close_day(unit: Unit, ctx: Context) -> BusinessDay:
    """End the running business day; papers that still wait for a printer come out no more.

    Raises NoBusinessDayError.
    """
    day = _day(unit, ctx)
    day.closed_at = now()
    unit.add(day)
    for ticket in unit.all(
        select(Ticket).where(Ticket.business_day_id == day.id, col(Ticket.state) == "waiting")
    ):
        print_jobs.cancel(unit, ctx, ticket.id, "day_closed")
    record(unit, ctx, "day.closed", day.id, date=day.date.isoformat())
    return day


def current_day(unit: Unit, ctx: Context) -> BusinessDay | None:
    """The open business day of this site, if any."""
    return unit.first(
        select(BusinessDay).where(
            BusinessDay.tenant_id == ctx.tenant_id,
            BusinessDay.site_id == ctx.site_id,
            col(BusinessDay.closed_at).is_(None),
        )
    )


def issue(
    unit: Unit,
    ctx: Context,
    service_class: str,
    *,
    language: str = "ja",
    station: str | None = None,
    card_read_id: str | None = None,
    address: str = "",
) -> Ticket:
    """Give the next number of a class, and ask `station` for its paper.

    `address` is where the QR code's page is served. A card read at the kiosk belongs to the ticket from now
    on, and one that was not wanted is forgotten. Raises NoBusinessDayError, UnknownServiceError.
    """
    day = _day(unit, ctx)
    service = service_of(unit, ctx, service_class)
    if station:
        card_reads.erase_loose(unit, ctx, station, "not used", but=card_read_id)
    number = _next_number(unit, ctx, day, service)
    at = now()
    ticket = Ticket(
        tenant_id="",
        site_id="",
        business_day_id=day.id,
        service_class=service.code,
        number=number,
        label=f"{service.letter}{number:03d}",
        language=language,
        station=station,
        ahead=_waiting(unit, ctx, day, service.code),
        public_token=new_token(),
        issued_at=at,
    )
    unit.add(ctx.stamp(ticket))
    record(
        unit,
        ctx,
        "ticket.issued",
        ticket.id,
        label=ticket.label,
        service_class=service.code,
        language=language,
        ahead=ticket.ahead,
    )
    if card_read_id:
        card_reads.belong_to_ticket(unit, ctx, card_read_id, ticket.id, station)
    if station:
        print_jobs.queue_ticket(unit, ctx, station, ticket.id, paper(unit, ctx, ticket, service, address))
    _board_moved(unit, ctx)
    return ticket


def reissue(unit: Unit, ctx: Context, ticket_id: str, station: str, address: str) -> Ticket:
    """Another paper with the same number, marked as such; one that is not printed yet is taken back."""
    ticket = one_of(unit, Ticket, ctx.tenant_id, ticket_id)
    service = service_of(unit, ctx, ticket.service_class)
    print_jobs.cancel(unit, ctx, ticket.id, "reissued")
    content = paper(unit, ctx, ticket, service, address, reissued=True)
    print_jobs.queue_ticket(unit, ctx, station, ticket.id, content)
    return ticket


def call_next(unit: Unit, ctx: Context, desk_number: str) -> Ticket:
    """Call whoever waits longest in this desk's classes. Raises NobodyWaitsError, NoBusinessDayError."""
    day = _day(unit, ctx)
    desk = desk_of(unit, ctx, desk_number)
    query = (
        select(Ticket)
        .where(
            Ticket.tenant_id == ctx.tenant_id,
            Ticket.business_day_id == day.id,
            Ticket.state == "waiting",
            col(Ticket.service_class).in_(desk.classes.split(",")),
        )
        .order_by(col(Ticket.issued_at), col(Ticket.id))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    ticket = unit.first(query)
    if ticket is None:
        raise NobodyWaitsError(desk_number)
    return _call(unit, ctx, ticket, desk.number)


def call(unit: Unit, ctx: Context, ticket_id: str, desk_number: str) -> Ticket:
    """Call one certain number. Raises AlreadyCalled when another desk was first, NotThereError."""
    ticket = one_of(unit, Ticket, ctx.tenant_id, ticket_id, lock=True)
    if ticket.state != "waiting" and ticket.desk:
        raise AlreadyCalled(ticket.label, ticket.desk)
    return _call(unit, ctx, ticket, desk_of(unit, ctx, desk_number).number)


def recall(unit: Unit, ctx: Context, ticket_id: str) -> Ticket:
    """Call the same number again at the same desk."""
    ticket = _mine(unit, ctx, ticket_id)
    move(ticket, "recall")
    return _announce_call(unit, ctx, ticket)


def absent(unit: Unit, ctx: Context, ticket_id: str) -> Ticket:
    """Nobody came: back into the line, or after the third call out of it (its card read is erased)."""
    ticket = _mine(unit, ctx, ticket_id)
    if ticket.calls >= CALLS_BEFORE_NO_SHOW:
        move(ticket, "no_show")
        ticket.finished_at = now()
        reads = card_reads.of_ticket(unit, ctx, ticket.id)
        print_jobs.cancel(unit, ctx, ticket.id, "no_show")
        for read in reads:
            card_reads.erase(unit, ctx, read, "no_show")
    else:
        move(ticket, "absent")
    record(unit, ctx, "ticket.absent", ticket.id, label=ticket.label)
    ticket.desk = None
    unit.add(ticket)
    _board_moved(unit, ctx)
    return ticket


def serve(unit: Unit, ctx: Context, ticket_id: str) -> Ticket:
    """The person has sat down. A paper that never came out would only mislead whoever finds it."""
    ticket = _mine(unit, ctx, ticket_id)
    move(ticket, "serve")
    ticket.served_at = now()
    print_jobs.cancel(unit, ctx, ticket.id, "served")
    record(unit, ctx, "ticket.served", ticket.id, label=ticket.label)
    _board_moved(unit, ctx)
    return unit.add(ticket)


def finish(unit: Unit, ctx: Context, ticket_id: str) -> Ticket:
    """The visit is over."""
    ticket = one_of(unit, Ticket, ctx.tenant_id, ticket_id, lock=True)
    move(ticket, "finish")
    ticket.finished_at = now()
    record(unit, ctx, "ticket.finished", ticket.id, label=ticket.label)
    _board_moved(unit, ctx)
    return unit.add(ticket)


def cancel(unit: Unit, ctx: Context, ticket_id: str, reason: str) -> Ticket:
    """Take a number out of the line."""
    ticket = one_of(unit, Ticket, ctx.tenant_id, ticket_id, lock=True)
    move(ticket, "cancel")
    ticket.finished_at = now()
    reads = card_reads.of_ticket(unit, ctx, ticket.id)
    print_jobs.cancel(unit, ctx, ticket.id, "cancelled")
    for read in reads:
        card_reads.erase(unit, ctx, read, "cancelled")
    record(unit, ctx, "ticket.cancelled", ticket.id, label=ticket.label, reason=reason)
    _board_moved(unit, ctx)
    return unit.add(ticket)


def service_of(unit: Unit, ctx: Context, code: str) -> ServiceClass:
    """The service class of this code. Raises UnknownServiceError."""
    found = unit.first(
        select(ServiceClass).where(
            ServiceClass.tenant_id == ctx.tenant_id,
            ServiceClass.site_id == ctx.site_id,
            ServiceClass.code == code,
        )
    )
    if found is None:
        raise UnknownServiceError(code)
    return found


def desk_of(unit: Unit, ctx: Context, number: str) -> Desk:
    """The desk of this number. Raises NotThereError."""
    desk = unit.first(
        select(Desk).where(
            Desk.tenant_id == ctx.tenant_id, Desk.site_id == ctx.site_id, Desk.number == number
        )
    )
    if desk is None:
        raise NotThereError("Desk")
    return desk


def site_of(unit: Unit, ctx: Context, *, lock: bool = False) -> Site:
    """This office; `lock` makes it the lock under which something is numbered."""
    query = select(Site).where(Site.tenant_id == ctx.tenant_id, Site.site_id == ctx.site_id)
    return unit.session.exec(query.with_for_update() if lock else query).one()


def paper(
    unit: Unit, ctx: Context, ticket: Ticket, service: ServiceClass, address: str, *, reissued: bool = False
) -> str:
    """The ticket's paper as the printing package's wire message (JSON). Nothing in it is personal."""
    site = site_of(unit, ctx)
    japanese = ticket.language == "ja"
    prepare = service.prepare_ja if japanese else service.prepare_en
    low = ticket.ahead * service.minutes
    content = TicketContent(
        municipality=site.municipality_ja,
        site=site.name_ja,
        class_name=service.name_ja,
        class_name_second=None if japanese else service.name_en,
        label=ticket.label,
        issued_at=ticket.issued_at,
        ahead=ticket.ahead,
        estimate=(low, max(5, round(low * 1.5))),
        qr_url=f"{address}/t/{ticket.public_token}",
        prepare=[line for line in prepare.split("\n") if line],
        language="ja" if japanese else "en",
        second_line=None if japanese else "Please wait until your number is shown.",
        reissued=reissued,
    )
    return content.model_dump_json()


def _day(unit: Unit, ctx: Context) -> BusinessDay:
    day = current_day(unit, ctx)
    if day is None:
        raise NoBusinessDayError
    return day


def _next_number(unit: Unit, ctx: Context, day: BusinessDay, service: ServiceClass) -> int:
    query = select(TicketCounter).where(
        TicketCounter.tenant_id == ctx.tenant_id,
        TicketCounter.business_day_id == day.id,
        TicketCounter.service_class == service.code,
    )
    # The class row is the lock under which a day's first counter is made.
    one_of(unit, ServiceClass, ctx.tenant_id, service.id, lock=True)
    counter = unit.first(query.with_for_update().execution_options(populate_existing=True))
    if counter is None:
        counter = ctx.stamp(
            TicketCounter(tenant_id="", site_id="", business_day_id=day.id, service_class=service.code)
        )
    counter.last += 1
    unit.add(counter)
    return counter.last


def _waiting(unit: Unit, ctx: Context, day: BusinessDay, code: str) -> int:
    return unit.session.exec(
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.tenant_id == ctx.tenant_id,
            Ticket.business_day_id == day.id,
            Ticket.service_class == code,
            Ticket.state == "waiting",
        )
    ).one()


def _mine(unit: Unit, ctx: Context, ticket_id: str) -> Ticket:
    ticket = one_of(unit, Ticket, ctx.tenant_id, ticket_id, lock=True)
    if ctx.desk and ticket.desk and ticket.desk != ctx.desk:
        raise AlreadyCalled(ticket.label, ticket.desk)
    return ticket


def _call(unit: Unit, ctx: Context, ticket: Ticket, desk: str) -> Ticket:
    move(ticket, "call")
    ticket.desk = desk
    return _announce_call(unit, ctx, ticket)


def _announce_call(unit: Unit, ctx: Context, ticket: Ticket) -> Ticket:
    ticket.called_at = now()
    ticket.calls += 1
    unit.add(ticket)
    record(unit, ctx, "ticket.called", ticket.id, label=ticket.label, desk=ticket.desk, call=ticket.calls)
    _board_moved(unit, ctx)
    return ticket


def _board_moved(unit: Unit, ctx: Context) -> None:
    query = select(Board).where(Board.tenant_id == ctx.tenant_id, Board.site_id == ctx.site_id)
    board = unit.first(query.with_for_update().execution_options(populate_existing=True))
    if board is None:
        board = ctx.stamp(Board(tenant_id="", site_id=""))
    board.version += 1
    unit.add(board)
    unit.announce(BOARD)


def expire_card_reads(unit: Unit, ctx: Context, older_than: timedelta) -> int:
    """Erase what cards said and nobody attached in time; returns how many."""
    return card_reads.erase_unattached(unit, ctx, now() - older_than)
