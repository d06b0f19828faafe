"""One card reading for a page: read, tell the server, and say to the person what happened and what happens
next.

The page never gets the card's attributes, the server never gets the PIN.
"""

import asyncio
import logging
import uuid
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from card_reader.messages import CardReadMessage
from station.board import Board
from station.cards import CardDesk
from station.link import ServerAway, ServerLink
from station.masking import masked_birth, masked_name
from station.tries import TriesAsked
from station.words import Audience, Words, message, other_card

# Readings of which the server must know: it is to have the attributes, or the holder has one try less.
_TOLD = frozenset({"read", "wrong_secret", "blocked"})
_RETRIES_AFTER_S = (0.2, 1.0)
_TELL_LIMIT_S = 3.0

ServerHeard = Literal["ok", "down", "refused"]

_log = logging.getLogger(__name__)


class CardReadRequest(BaseModel):
    """What a page asks for. `reference` is the server's opaque id of what the card is read for."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    purpose: Literal["ticket", "reception"]
    reference: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")] | None = None
    allow_last_try: bool = False


class Preview(BaseModel):
    """What the screen may show of the card."""

    name_masked: str
    birth_masked: str


class CardReadAnswer(BaseModel):
    """What the page gets. `outcome` is that of CardReadMessage, or busy; `server`: whether the server took
    the reading (where there was nothing to tell it: whether it answers at all)."""

    outcome: str
    tries_left: int | None = None
    card_read_id: str | None = None
    preview: Preview | None = None
    server: ServerHeard
    message: Words


class TriesAnswer(BaseModel):
    """What the page gets that asks for tries. `outcome`: see station.tries."""

    outcome: str
    tries_left: int | None = None
    message: Words


class CardReading:
    """Reads cards for the pages of one station."""

    def __init__(self, audience: Audience, board: Board, cards: CardDesk, link: ServerLink) -> None:
        self._audience = audience
        self._board = board
        self._cards = cards
        self._link = link

    async def run(self, request: CardReadRequest, pin: bytearray) -> CardReadAnswer:
        """One reading; `pin` (ASCII digits) holds zeros afterwards."""
        # Nobody of the staff stands behind what the page of a kiosk sends.
        allowed = request.allow_last_try and self._audience == "counter"
        found = await self._cards.read(pin, allow_last_try=allowed)
        if found is None:
            return CardReadAnswer(
                outcome="busy", server=self._server_now(), message=message("busy", self._audience)
            )
        if found.outcome not in _TOLD:
            return CardReadAnswer(
                outcome=found.outcome,
                tries_left=found.tries_left,
                server=self._server_now(),
                message=self._words(found),
            )
        server, read_id = await self._tell(found, request)
        answer = CardReadAnswer(
            outcome=found.outcome,
            tries_left=found.tries_left,
            card_read_id=read_id,
            server=server,
            message=self._words(found),
        )
        if found.attributes is None:
            return answer
        preview = Preview(
            name_masked=masked_name(found.attributes.name), birth_masked=masked_birth(found.attributes.birth)
        )
        key = "read" if server == "ok" else f"read_server_{server}"
        return answer.model_copy(update={"preview": preview, "message": message(key, self._audience)})

    async def tries(self) -> TriesAnswer:
        """How often a PIN can still be entered, for the page to say before the first one."""
        found = await self._cards.tries()
        return TriesAnswer(outcome=found.outcome, tries_left=found.left, message=self._tries_words(found))

    def _tries_words(self, found: TriesAsked) -> Words:
        match found.outcome:
            case "tries" if found.left is None:
                return message("tries_uncounted", self._audience)
            case "tries" if found.left == 1:
                # The same words as for a PIN that was held back: nothing was sent to the card.
                return message("last_try_refused", self._audience)
            case "other_card":
                return other_card(None, self._audience)
            case _:
                return message(found.outcome, self._audience, found.left)

    async def _tell(self, found: CardReadMessage, request: CardReadRequest) -> tuple[ServerHeard, str | None]:
        """Whether the server took the reading, and its id there; the same key on each try, so it is taken
        once."""
        key = str(uuid.uuid4())
        payload = {
            **found.model_dump(mode="json"),
            "purpose": request.purpose,
            "reference": request.reference,
        }
        for pause in (*_RETRIES_AFTER_S, None):
            try:
                answer = await self._link.post("/card-reads", payload, limit_s=_TELL_LIMIT_S, key=key)
            except ServerAway:
                if pause is None:
                    break
                await asyncio.sleep(pause)
                continue
            if not answer.accepted:
                _log.error("the server did not take a card reading: %d", answer.status)
                return "refused", None
            said = answer.json()
            read_id = said.get("id") if isinstance(said, dict) else None
            return "ok", read_id if isinstance(read_id, str) else key
        _log.warning("the server could not be told of a card reading")
        self._board.set_server("down")
        return "down", None

    def _server_now(self) -> ServerHeard:
        return "ok" if self._board.state.server == "up" else "down"

    def _words(self, found: CardReadMessage) -> Words:
        match found.outcome:
            case "other_card":
                return other_card(found.other_kind, self._audience)
            case "wrong_secret" if found.tries_left == 1:
                return message("wrong_secret_last", self._audience)
            case "wrong_secret" if found.tries_left is None:
                return message("wrong_secret_uncounted", self._audience)
            case "unreadable" if found.detail is not None and found.detail.endswith(":mute"):
                return message("mute", self._audience)
            case _:
                return message(found.outcome, self._audience, found.tries_left)
