"""Taking down what stations report."""

from sqlmodel import select

from server.auth.models import Station
from server.auth.queries import ALIVE
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.journal.service import record
from server.kit.clock import now

_AWAY = ("no_reader", "no_service")


def enrol(
    unit: Unit, ctx: Context, *, name: str, kind: str, desk: str | None, public_key: str, base_url: str | None
) -> Station:
    """Make a station known by its key, or bring what is known up to date."""
    row = unit.first(select(Station).where(Station.tenant_id == ctx.tenant_id, Station.name == name))
    if row is None:
        row = ctx.stamp(
            Station(tenant_id="", site_id="", name=name, kind=kind, desk=desk, public_key=public_key)
        )
    row.kind, row.desk, row.public_key, row.base_url = kind, desk, public_key, base_url
    return unit.add(row)


def heartbeat(
    unit: Unit,
    ctx: Context,
    *,
    reader: str,
    ticket_printer: str,
    page_printer: str,
    trouble: str | None = None,
) -> None:
    """The station is alive, and this is how its devices are. Changes are journalled, beats are not.

    `trouble` is one word for what hinders the reader beyond its state (a service that hangs), or None.
    """
    row = unit.first(
        select(Station)
        .where(Station.tenant_id == ctx.tenant_id, Station.name == ctx.station)
        .with_for_update()
    )
    if row is None:
        raise NotThereError("Station")
    before = (row.reader in _AWAY, row.ticket_printer, row.page_printer, row.trouble)
    after = (reader in _AWAY, ticket_printer, page_printer, trouble)
    was_alive = row.seen_at is not None and now() - row.seen_at < ALIVE
    row.seen_at = now()
    changed = before != after or row.reader != reader or not was_alive
    row.reader, row.ticket_printer, row.page_printer = reader, ticket_printer, page_printer
    if trouble != row.trouble:
        row.trouble, row.trouble_since = trouble, now() if trouble else None
    unit.add(row)
    if before != after:
        # A card laid on and taken off is nobody's business; a device in trouble is.
        record(
            unit,
            ctx,
            "station.state",
            row.name,
            reader=reader,
            ticket_printer=ticket_printer,
            page_printer=page_printer,
            trouble=trouble or "",
        )
    if changed:
        unit.announce("stations")
