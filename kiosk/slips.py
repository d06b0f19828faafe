"""/kiosk/slips: the short form of a resident's list on the kiosk's ticket printer."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from kiosk.navigator import Turn, answers_of, sealed, turn_of
from kiosk.navigator_words import easily_read
from server.preentry import asking, showing, slips
from server.preentry.answers import AnswersUnreadableError
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Kiosk, ctx_of
from server.web.idempotency import once
from server.web.templating import page

router = GuardedRouter(prefix="/kiosk/slips", guard=Kiosk())


@router.action("/")
def ask_for(request: Request, sent: SentForm) -> HTMLResponse:
    """Have the list's short form printed at this kiosk."""
    turn, ctx = turn_of(request, sent.text("lang", limit=5)), ctx_of(request)
    try:
        turn.answers = answers_of(turn, sent)
    except AnswersUnreadableError:
        return _part(turn, "none")
    code = sealed(turn) if turn.answers.people else None
    if code is None:
        return _part(turn, "none")

    def say(key: str, **params: Any) -> str:
        return turn.held.words.say(turn.lang, f"navigator.slip.{key}", **params)

    listing = showing.listing(asking.guide(turn.answers, turn.rules, turn.on))
    office = turn.held.municipality(turn.lang).office
    slip = slips.content(listing, turn.lang, code.code, code.until, office, say)
    with turn.held.db.write() as unit:
        # The key alone says that it is the same press; what was answered leaves not even a digest.
        write = once(unit, ctx, sent.key, "slip", {})
        if write.earlier is not None:
            slip_id = write.earlier["id"]
            return _part(turn, slips.state_of(unit, ctx, slip_id), slip_id)
        trouble = slips.trouble(unit, ctx)
        if trouble is not None:
            return _part(turn, trouble)
        slip_id = slips.ask_for(unit, ctx, slip)
        write.save(unit, ctx, {"id": slip_id})
    return _part(turn, "queued", slip_id)


@router.page("/{slip_id}")
def state(request: Request, slip_id: str) -> HTMLResponse:
    """What became of it: the part of the page that follows the printer."""
    turn = turn_of(request, request.query_params.get("lang", ""))
    with turn.held.db.read() as unit:
        found = slips.state_of(unit, ctx_of(request), slip_id)
    return _part(turn, found, slip_id)


def _part(turn: Turn, state: str, slip_id: str = "") -> HTMLResponse:
    part = page(turn.request, "kiosk/navigator/_slip.html", lang=turn.lang, slip=state, slip_id=slip_id)
    return easily_read(part, turn.lang)
