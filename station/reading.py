"""One card reading for a page: read, tell the server, and say to the person what happened and what happens
next.

The page never gets the card's attributes, the server never gets the PIN or 照合番号B. Which ways of reading
there are, and what is looked at beside, is the municipality's choice, as the server tells it.
"""

import asyncio
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from card_reader.messages import NOT_ON_CARD, CardReadMessage, TriesMessage
from card_reader.mynumber import NO_EXTRAS, Extras
from card_reader.outcomes import Mode
from station.board import Board
from station.cards import CardDesk
from station.link import ServerLink
from station.masking import masked_birth, masked_name
from station.secret import BadSecret
from station.telling import ANSWER_LIMIT_S, Report, ServerHeard, Telling
from station.words import OTHER_CARD, Audience, Words, has_message, message, other_card, unreadable

# Readings of which the server must know: it is to have the attributes, or the holder has one try less.
_TOLD = frozenset({"read", "wrong_secret", "blocked"})


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
    without the ways that this municipality does not offer. `again`: the server did not answer, and
    /station/card/tell sends the same reading once more."""

    mode: Mode
    outcome: str
    tries_left: int | None = None
    card_read_id: str | None = None
    preview: Preview | None = None
    field: str | None = None
    procedure: str | None = None
    instead: tuple[str, ...] = ()
    server: ServerHeard
    again: bool = False
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
        self._telling = Telling(link, board, cards)

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

    async def run(self, request: CardReadRequest, secret: bytearray, page: str = "") -> CardReadAnswer:
        """One reading for the page with the token `page`; `secret` (ASCII digits) holds zeros afterwards."""
        until = _answer_by()
        self._telling.forget()
        times_gone = self._cards.times_gone
        # Nobody of the staff stands behind what the page of a kiosk sends.
        by_staff = request.allow_last_try and self._audience == "counter"
        found = await self._cards.read(
            secret,
            request.mode,
            allow_last_try=self._board.policy.may_use_last_try(by_staff),
            extras=self._extras(request.mode),
        )
        if found is None:
            return self._answer("busy", request.mode)
        if found.outcome not in _TOLD:
            return self._of(found)
        report = Report(found, request.purpose, request.reference)
        server, read_id = await self._telling.tell(report, until)
        again = server == "down" and found.outcome == "read" and self._telling.keep(report, page, times_gone)
        return self._told(found, server, read_id, again)

    async def tell_again(self, page: str) -> CardReadAnswer:
        """Sends what the server did not take once more, without the card or its secret; `page` as before."""
        until = _answer_by()
        report = self._telling.take(page)
        if report is None:
            return self._answer("removed", "none", words="no_longer_kept")
        return self._told(report.found, *await self._telling.tell(report, until))

    def _answer(self, outcome: str, mode: Mode, words: str | None = None) -> CardReadAnswer:
        return CardReadAnswer(
            mode=mode,
            outcome=outcome,
            server=self._server_now(),
            message=message(words or outcome, self._audience),
        )

    def _of(self, found: CardReadMessage) -> CardReadAnswer:
        return CardReadAnswer(
            mode=found.mode,
            outcome=found.outcome,
            tries_left=found.tries_left,
            procedure=found.procedure,
            instead=self._offered(found),
            server=self._server_now(),
            message=self._words(found),
        )

    def _told(
        self, found: CardReadMessage, server: ServerHeard, read_id: str | None, again: bool = False
    ) -> CardReadAnswer:
        told: dict[str, Any] = {"server": server, "card_read_id": read_id, "again": again}
        if found.outcome == "read":
            key = "read" if server == "ok" else f"read_server_{'silent' if again else server}"
            told |= {"preview": _preview(found), "message": message(key, self._audience, of=found.mode)}
        return self._of(found).model_copy(update=told)

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


def _answer_by() -> float:
    return asyncio.get_running_loop().time() + ANSWER_LIMIT_S


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
