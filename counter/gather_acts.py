"""Finding who it is: the card that is attached, the search, and the household that is taken in from the core.

Such a press writes in several steps, and asks the core between them. Each step is carried out once for the
key of the press, so that one that comes again goes on where the first one ended.
"""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from counter.reception import render
from counter.writing import shown
from server.db.context import Context
from server.db.uow import NotThereError, Unit
from server.db.vault import DataKey
from server.journal.service import record
from server.kit.dates import read_date
from server.preentry import service as preentry
from server.queue.card_reads import CardText
from server.reception import facts, gathering, prefill, service
from server.reception.prefill import CoreAway, Found
from server.web.forms import Sent, SentForm
from server.web.guards import GuardedRouter, Staff, ctx_of
from server.web.idempotency import Once, once
from server.web.problems import Problem
from server.web.services import services

router = GuardedRouter(prefix="/counter/receptions/{reception_id}", guard=Staff("clerk", "supervisor"))


@router.action("/card/attach")
def attach(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Staff have matched the person: open the card, and bring it together with the core."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        attempt = _step(unit, ctx, sent, reception_id, "attach")
        reception, key = service.locked(unit, ctx, held.vault, reception_id)
        if attempt.earlier is None:
            read = gathering.card_of(unit, ctx, reception, sent.text("read_id", limit=36))
            if read is None:
                raise Problem(409, "stale_screen")
            text = gathering.attach_card(unit, ctx, held.vault, reception, key, read, "staff")
            attempt.save(unit, ctx, {"has_text": text is not None})
        elif attempt.earlier["has_text"]:
            text = _card_text(unit, key, reception_id)
        else:
            text = None
    if text is None:
        return shown(request, reception_id)
    return _after_match(request, reception_id, sent, text)


@router.action("/search")
def search(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Look residents up by what was said; only from an open reception, and journalled."""
    held, ctx = services(request), ctx_of(request)
    words = _words(sent)
    with held.db.read() as unit:
        reception, _ = service.opened(unit, ctx, held.vault, reception_id)
        gathering.check_searchable(reception)
    found = prefill.search(held.core, words)
    with held.db.write() as unit:
        _, key = service.locked(unit, ctx, held.vault, reception_id)
        asked = {name: value for name, value in words.items() if value}
        _searched(unit, ctx, key, reception_id, sent, found, asked)
    if isinstance(found, CoreAway):
        return render(request, reception_id, away=found)
    return render(request, reception_id, found=found)


@router.action("/choose")
def choose(request: Request, reception_id: str, sent: SentForm) -> Response:
    """A person chose this resident; their household is taken in."""
    household_id, resident_id = sent.text("household_id", limit=15), sent.text("resident_id", limit=15)
    return _take_in(request, reception_id, sent, household_id, resident_id)


@router.action("/gather")
def gather(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Take the household in again: after a supervisor allowed it, or to see the core's newest state."""
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        _, key = service.opened(unit, ctx, held.vault, reception_id)
        chosen = facts.read(unit, key, reception_id).value("", "chosen_resident")
        card = _card_text(unit, key, reception_id)
    if chosen:
        household_id, resident_id = chosen
        return _take_in(request, reception_id, sent, household_id, resident_id)
    if card:
        return _after_match(request, reception_id, sent, card)
    raise NotThereError("chosen_resident")


def _after_match(request: Request, reception_id: str, sent: Sent, card: CardText) -> Response:
    """One resident beyond doubt is taken in; otherwise a person chooses.

    A proxy's card names the proxy, whose own household nobody asked for.
    """
    held, ctx = services(request), ctx_of(request)
    found = prefill.match_card(held.core, card)
    with held.db.write() as unit:
        reception, key = service.locked(unit, ctx, held.vault, reception_id)
        mine = reception.relation not in service.PROXIES
        _searched(unit, ctx, key, reception_id, sent, found, {"by": "card"})
    if isinstance(found, CoreAway):
        return render(request, reception_id, away=found)
    if found.only is None or not mine:
        return render(request, reception_id, found=found)
    return _take_in(request, reception_id, sent, found.only.household_id, found.only.resident_id)


def _take_in(
    request: Request, reception_id: str, sent: Sent, household_id: str, resident_id: str
) -> Response:
    held, ctx = services(request), ctx_of(request)
    taken = prefill.household(held.core, household_id)
    if isinstance(taken, CoreAway):
        return render(request, reception_id, away=taken)
    if taken is None or resident_id not in {member.resident_id for member in taken.members}:
        raise NotThereError("Household")
    with held.db.write() as unit:
        attempt = _step(unit, ctx, sent, reception_id, "take-in")
        if attempt.earlier is None:
            reception, key = service.locked(unit, ctx, held.vault, reception_id)
            if gathering.is_allowed(unit, reception, key, taken):
                gathering.take_household(unit, ctx, reception, key, taken, resident_id)
                gathering.note_unsettled(unit, ctx, held.vault, reception, key, taken)
                service.derive_school_district(unit, ctx, reception, key, held.towns)
                preentry.match(unit, ctx, reception, key)
            else:
                gathering.refer_to_supervisor(unit, ctx, reception, key, household_id, resident_id)
            attempt.save(unit, ctx, {})
    return shown(request, reception_id)


def _searched(
    unit: Unit,
    ctx: Context,
    key: DataKey,
    reception_id: str,
    sent: Sent,
    found: Found | CoreAway,
    query: dict[str, Any],
) -> None:
    """Write down that the core was asked. A press that comes again is the same look, unless it shows more."""
    outcome = {"found": None if isinstance(found, CoreAway) else len(found.candidates)}
    attempt = _step(unit, ctx, sent, reception_id, "search")
    if attempt.earlier == outcome:
        return
    reason = query.pop("by", "asked")
    core = "up" if isinstance(found, Found) else "away"
    record(
        unit,
        ctx,
        "reception.searched",
        reception_id,
        key=key,
        core=core,
        reason=reason,
        query=query or None,
        **outcome,
    )
    if attempt.earlier is None:
        attempt.save(unit, ctx, outcome)


def _step(unit: Unit, ctx: Context, sent: Sent, reception_id: str, name: str) -> Once:
    """This step of the press, under a key of its own."""
    key = f"{sent.key}/{name}" if sent.key else None
    return once(unit, ctx, key, f"{name}:{reception_id}", sent.content())


def _card_text(unit: Unit, key: DataKey, reception_id: str) -> CardText | None:
    card = facts.read(unit, key, reception_id).value("", "card")
    return CardText(**card) if card else None


def _words(sent: Sent) -> dict[str, str | None]:
    """The search words of the form, by the names that a query has for them."""
    return {
        "name": sent.text("name") or None,
        "kana": sent.text("kana") or None,
        "birth": read_date(sent.text("birth", limit=20)),
        "sex": sent.text("sex", limit=1) or None,
        "address": sent.text("address") or None,
    }
