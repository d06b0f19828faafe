"""The code that a resident brings: scanned into a field or pasted, and who of it is who of the household."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from counter.writing import write
from server.preentry import service as preentry
from server.preentry.codes import LONGEST_TEXT
from server.preentry.service import CodeRefusedError
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Staff
from server.web.problems import Problem
from server.web.services import services

router = GuardedRouter(
    prefix="/counter/receptions/{reception_id}/preentry", guard=Staff("clerk", "supervisor")
)


@router.action("")
def take(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Take the code in, before the household or after it."""
    held, text = services(request), sent.text("code", limit=LONGEST_TEXT)

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        preentry.take(unit, ctx, held.vault, held.catalogue, reception, key, text)

    return _said(lambda: write(request, reception_id, sent, "preentry", verb))


@router.action("/people")
def people(request: Request, reception_id: str, sent: SentForm) -> Response:
    """Who of the code is who of the household; `nobody` is nobody of it."""
    said = {person: values[0] if values else "" for person, values in sent.prefixed("is:").items()}
    if not all(said.values()):
        raise Problem(422, "preentry_not_chosen")
    chosen = {person: "" if member == "nobody" else member for person, member in said.items()}

    def verb(unit: Any, ctx: Any, reception: Any, key: Any) -> None:
        preentry.settle(unit, ctx, reception, key, chosen)

    return _said(lambda: write(request, reception_id, sent, "preentry-people", verb))


def _said(act: Any) -> Response:
    """What `act` answers; a code that cannot be used is said with its own sentence."""
    try:
        answer: Response = act()
    except CodeRefusedError as refused:
        raise Problem(422, f"preentry_{refused.reason}", reception=refused.reception) from refused
    return answer
