"""The slip: a list's short form with its code, out of the ticket printer of the kiosk where it was asked for.

It comes out at once or never, and what stood on it is kept nowhere: whoever asked for it stands there.
"""

from collections.abc import Callable
from uuid import uuid4

from printing.slip import SlipContent
from server.auth import queries as stations
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.kit.clock import now
from server.preentry.showing import Listing
from server.print_jobs import queries, service
from server.reception.handout import named

MOST_TO_BRING = 24


def content(
    listing: Listing, language: str, code: str, until: str, office: str, say: Callable[..., str]
) -> SlipContent:
    """What the slip says in `language`; `say` gives the words navigator.slip.<key>."""
    names = [named(one.name, language) for one in listing.bring]
    shown = names[:MOST_TO_BRING]
    if len(names) > len(shown):
        shown.append(say("more", n=len(names) - len(shown)))
    return SlipContent(
        office=office,
        title=say("title"),
        not_filed=say("not_filed"),
        code=code,
        show=say("show"),
        until=say("until", day=until),
        bring_title=say("bring"),
        bring=shown,
        foot=say("foot"),
    )


def ask_for(unit: Unit, ctx: Context, slip: SlipContent) -> str:
    """Have this station print the slip; the id by which to ask what became of it."""
    slip_id = str(uuid4())
    service.queue_slip(unit, ctx, ctx.station or "", slip_id, slip.model_dump_json())
    return slip_id


def trouble(unit: Unit, ctx: Context) -> str | None:
    """What keeps this station's printer from printing (a state of it, or failed), None when nothing does."""
    station = stations.station(unit, ctx.tenant_id, ctx.station or "")
    if station is None:
        return "failed"
    return station.ticket_printer if station.ticket_printer in queries.CANNOT_PRINT else None


def state_of(unit: Unit, ctx: Context, slip_id: str) -> str:
    """queued, printed, or what is in the way. Raises NotThereError for another station's paper."""
    found = queries.papers(unit, ctx.tenant_id, slip_id)
    if not found or found[0].station != ctx.station or found[0].kind != "slip":
        raise NotThereError("PrintJob")
    paper = found[0]
    if paper.state == "printed":
        return "printed"
    waits = paper.state in ("queued", "leased") and paper.created_at > now() - service.SLIP_LIFE
    return paper.problem or ("queued" if waits else "failed")
