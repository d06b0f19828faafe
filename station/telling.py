"""Telling the server of a card reading while its person waits, and once more by hand where it did not answer.

Nobody waits longer than five seconds from the last digit to an answer. What the server did not take by then
is kept for one more sending: in memory, for the page that asked for it, while the card stays on the reader,
for a minute at most. So the secret need not be entered, nor the card be asked, a second time. That a try was
used up, which is nobody's name or address, is told with the next reading.
"""

import asyncio
import logging
import secrets
import uuid
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from card_reader.messages import CardReadMessage
from station.board import Board
from station.cards import CardDesk
from station.link import ServerAway, ServerLink

ServerHeard = Literal["ok", "down", "refused"]

# From a page's asking to its answer, with a tenth of a second for the way there and back.
ANSWER_LIMIT_S = 4.9
# A server that says nothing for so long is asked anew, over another connection.
_ATTEMPT_S = 3.0
_RETRIES_AFTER_S = (0.2, 1.0)
_KEPT_S = 60.0
_MOST_OWED = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """A reading and what it was made for. Each sending has the same key, so the server takes it once."""

    found: CardReadMessage = field(repr=False)
    purpose: str
    reference: str | None
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def payload(self) -> dict[str, Any]:
        """As it goes to the server."""
        said = self.found.model_dump(mode="json")
        return {**said, "purpose": self.purpose, "reference": self.reference}


@dataclass(frozen=True)
class _Kept:
    report: Report = field(repr=False)
    page: str = field(repr=False)
    times_gone: int


class Telling:
    """The line on which readings go to the server, and the one that waits for another sending."""

    def __init__(self, link: ServerLink, board: Board, cards: CardDesk) -> None:
        self._link = link
        self._board = board
        self._cards = cards
        self._kept: _Kept | None = None
        self._forgetting: asyncio.Task[None] | None = None
        # Used-up tries of which the server does not know yet, oldest first.
        self._owed: deque[Report] = deque(maxlen=_MOST_OWED)
        self._settling: asyncio.Task[None] | None = None

    async def tell(self, report: Report, until: float) -> tuple[ServerHeard, str | None]:
        """Whether the server took the reading by `until` (the loop's time), and its id there."""
        now = asyncio.get_running_loop().time
        for pause in (0.0, *_RETRIES_AFTER_S):
            await asyncio.sleep(min(pause, max(until - now(), 0.0)))
            if (left := until - now()) <= 0:
                break
            try:
                answer = await self._link.post(
                    "/card-reads", report.payload, limit_s=min(left, _ATTEMPT_S), key=report.key
                )
            except ServerAway:
                continue
            if not answer.accepted:
                _log.error("the server did not take a card reading: %d", answer.status)
                return "refused", None
            if self._owed:
                self._settling = asyncio.create_task(self._settle())
            said = answer.json()
            read_id = said.get("id") if isinstance(said, dict) else None
            return "ok", read_id if isinstance(read_id, str) else report.key
        _log.warning("the server could not be told of a card reading")
        self._board.set_server("down")
        if report.found.outcome != "read":
            self._owed.append(report)
        return "down", None

    async def _settle(self) -> None:
        """Tells what is owed; what the server refuses now it would refuse again."""
        owed, self._owed = self._owed, deque(maxlen=_MOST_OWED)
        while owed:
            try:
                await self._link.post("/card-reads", owed[0].payload, limit_s=_ATTEMPT_S, key=owed[0].key)
            except ServerAway:
                self._owed.extend(owed)
                return
            owed.popleft()

    def keep(self, report: Report, page: str, times_gone: int) -> bool:
        """Keep `report` for one more sending by `page` (its token); False when the card has left the reader
        since it had left `times_gone` times."""
        if self._cards.times_gone != times_gone:
            return False
        kept = self._kept = _Kept(report, page, times_gone)
        self._forgetting = asyncio.create_task(self._forget_in_time(kept))
        return True

    def take(self, page: str) -> Report | None:
        """What was kept for `page`, which is then kept no longer; None when its card left meanwhile."""
        kept = self._kept
        self.forget()
        if kept is None or kept.times_gone != self._cards.times_gone:
            return None
        return kept.report if secrets.compare_digest(kept.page.encode(), page.encode()) else None

    def forget(self) -> None:
        """Nothing is kept any more."""
        self._kept = None
        if self._forgetting is not None:
            self._forgetting.cancel()
            self._forgetting = None

    async def _forget_in_time(self, kept: _Kept) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_KEPT_S):
                while self._cards.times_gone == kept.times_gone and not self._board.closed:
                    await self._board.after(self._board.state, _KEPT_S)
        if self._kept is kept:
            self._kept = None
