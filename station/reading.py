"""One card reading for a page: read, tell the server, and say to the person what happened and what happens
next.

The page never gets the card's attributes, the server never gets the PIN or 照合番号B. Which ways of reading
there are, and what is looked at beside, is the municipality's choice, as the server tells it.
"""

import asyncio
import logging
import uuid
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from card_reader.messages import NOT_ON_CARD, CardReadMessage, TriesMessage
from card_reader.mynumber import NO_EXTRAS, Extras
from card_reader.outcomes import Mode
from station.board import Board
from station.cards import CardDesk
from station.link import ServerAway, ServerLink
from station.masking import masked_birth, masked_name
from station.secret import BadSecret
from station.words import OTHER_CARD, Audience, Words, has_message, message, other_card, unreadable

# Readings of which the server must know: it is to have the attributes, or the holder has one try less.
_TOLD = frozenset({"read", "wrong_secret", "blocked"})
_RETRIES_AFTER_S = (0.2, 1.0)
_TELL_LIMIT_S = 3.0

ServerHeard = Literal["ok", "down", "refused"]

_log = logging.getLogger(__name__)


class CardReadRequest(BaseModel):
    """What a page asks for, its secret apart (station.secret). `reference` is the server's opaque id of what
    the card is read for."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    mode: Mode = "pin"
    purpose: Literal["ticket", "reception"]
    reference: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")] | None = None
    allow_last_try: bool = False


class Preview(BaseModel):
    """What the screen may show of the card."""

    name_masked: str
    birth_masked: str


class CardReadAnswer(BaseModel):
    """What the page gets. `outcome` is that of CardReadMessage, busy, or bad_secret (nothing was sent to the
    card: `field` is where to look); `server`: whether the server took the reading (where there was nothing
    to tell it: whether it answers at all). `procedure` and `instead` as in CardReadMessage, the latter
    without the ways that this municipality does not offer."""

    mode: Mode
    outcome: str
    tries_left: int | None = None
    card_read_id: str | None = None
    preview: Preview | None = None
    field: str | None = None
    procedure: str | None = None
    instead: tuple[str, ...] = ()
    server: ServerHeard
    message: Words


class TriesAnswer(BaseModel):
    """What the page gets that asks for tries. `outcome` is that of TriesMessage, or busy."""

    mode: Mode
    outcome: str
    tries_left: int | None = None
    procedure: str | None = None
    instead: tuple[str, ...] = ()
    message: Words


class CardReading:
    """Reads cards for the pages of one station."""

    def __init__(self, audience: Audience, board: Board, cards: CardDesk, link: ServerLink) -> None:
        self._audience = audience
        self._board = board
        self._cards = cards
        self._link = link

    def offers(self, mode: Mode) -> bool:
        """Whether cards are read this way here: the municipality's choice, and at a kiosk no faces, for there
        nobody looks whose face it is."""
        return mode in self._board.policy.modes and (mode != "face" or self._audience == "counter")

    def bad_secret(self, mode: Mode, bad: BadSecret) -> CardReadAnswer:
        """The answer for what cannot open a card."""
        key = f"bad_secret_{bad.reason if bad.reason == 'individual_number' else bad.field}"
        return CardReadAnswer(
            mode=mode,
            outcome="bad_secret",
            field=bad.field,
            server=self._server_now(),
            message=message(key, self._audience),
        )

    async def run(self, request: CardReadRequest, secret: bytearray) -> CardReadAnswer:
        """One reading; `secret` (ASCII digits) holds zeros afterwards."""
        # Nobody of the staff stands behind what the page of a kiosk sends.
        by_staff = request.allow_last_try and self._audience == "counter"
        found = await self._cards.read(
            secret,
            request.mode,
            allow_last_try=self._board.policy.may_use_last_try(by_staff),
            extras=self._extras(request.mode),
        )
        if found is None:
            return CardReadAnswer(
                mode=request.mode,
                outcome="busy",
                server=self._server_now(),
                message=message("busy", self._audience),
            )
        answer = CardReadAnswer(
            mode=request.mode,
            outcome=found.outcome,
            tries_left=found.tries_left,
            procedure=found.procedure,
            instead=self._offered(found),
            server=self._server_now(),
            message=self._words(found),
        )
        if found.outcome not in _TOLD:
            return answer
        server, read_id = await self._tell(found, request)
        answer = answer.model_copy(update={"server": server, "card_read_id": read_id})
        if found.outcome != "read":
            return answer
        key = "read" if server == "ok" else f"read_server_{server}"
        words = message(key, self._audience, of=found.mode)
        return answer.model_copy(update={"preview": _preview(found), "message": words})

    async def tries(self, mode: Mode) -> TriesAnswer:
        """How often the secret of `mode` can still be entered, for the page to say before the first digit."""
        found = await self._cards.tries(mode)
        if found is None:
            return TriesAnswer(mode=mode, outcome="busy", message=message("busy", self._audience))
        return TriesAnswer(
            mode=mode,
            outcome=found.outcome,
            tries_left=found.tries_left,
            procedure=found.procedure,
            instead=self._offered(found),
            message=self._words(found),
        )

    def _extras(self, mode: Mode) -> Extras:
        # Who only taps at the kiosk to say that there is a card has nothing read, not even a day.
        return NO_EXTRAS if mode == "none" and self._audience == "kiosk" else self._board.policy.extras

    def _offered(self, found: CardReadMessage | TriesMessage) -> tuple[str, ...]:
        return tuple(way for way in found.instead if way == "manual" or way in self._board.policy.modes)

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

    def _words(self, found: CardReadMessage | TriesMessage) -> Words:
        if found.outcome == OTHER_CARD:
            return other_card(found.other_kind, self._audience)
        return message(
            _key(found, self._audience, self._board.policy.last_try),
            self._audience,
            found.tries_left,
            of="" if found.mode in ("pin", "none") else "b",
            procedure=found.procedure,
        )


def _key(found: CardReadMessage | TriesMessage, audience: Audience, last_try: str) -> str:
    """The key of the words for how a reading, or the question for tries, ended."""
    unsent = "last_try_never" if audience == "counter" and last_try == "never" else "last_try_refused"
    match found.outcome:
        case "asked" if found.tries_left == 1:
            # The same words as for a secret that was held back: nothing was sent to the card.
            return unsent
        case "asked":
            return "tries" if found.tries_left is not None else "tries_uncounted"
        case "last_try_refused":
            return unsent
        case "wrong_secret" if found.tries_left == 1:
            return "wrong_secret_last"
        case "wrong_secret" if found.tries_left is None:
            return "wrong_secret_uncounted"
        case "blocked" if found.detail == NOT_ON_CARD and has_message(NOT_ON_CARD):
            return NOT_ON_CARD
        case "unreadable":
            return unreadable(found.detail)
        case _:
            return found.outcome


def _preview(found: CardReadMessage) -> Preview | None:
    if found.attributes is None:
        return None
    return Preview(
        name_masked=masked_name(found.attributes.name), birth_masked=masked_birth(found.attributes.birth)
    )
