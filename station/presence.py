"""Keeps the station and the server aware of each other: heartbeats out, wake-up events in."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace

from pydantic import ValidationError

from card_reader.policy import ReadingPolicy
from station.board import Board, ServerTrouble, StationState
from station.link import ServerAway, ServerLink, Unknown
from station.words import notice

_BEAT_S = 10.0
_RETRY_S = 1.0
_LONGEST_PAUSE_S = 10.0
_FIRST_LOOK_S = 1.0

_log = logging.getLogger(__name__)


async def heartbeat(link: ServerLink, board: Board, back: asyncio.Event) -> None:
    """Tells the server how the devices are: at once, at each change, and every ten seconds.

    Until cancelled, or the board is closed. Sets `back` each time the server answers again after it did not.
    """
    await _first_look(board)
    heard = ""
    while not board.closed:
        state = board.state
        said = await _beat(link, state)
        board.policy = said.policy or board.policy
        if said.text != heard:
            _log.log(logging.INFO if said.taken else logging.WARNING, "heartbeat: %s", said.text)
        heard = said.text
        if said.taken and board.state.server == "down":
            back.set()
        board.set_server("up" if said.taken else "down", said.trouble, said.clock_ahead_s)
        # What changed while the beat was on its way is news; what the beat found out about the server is not.
        known = replace(
            state, server=board.state.server, server_trouble=said.trouble, clock_ahead_s=said.clock_ahead_s
        )
        await board.after(known, _BEAT_S if said.taken else _RETRY_S)


async def _first_look(board: Board) -> None:
    """Until every printer has been asked once, for a second at most: a state that holds for a moment is no
    news."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_FIRST_LOOK_S):
            while "unknown" in _printers(board.state) and not board.closed:
                await board.after(board.state, _FIRST_LOOK_S)


@dataclass(frozen=True)
class _Said:
    """What came of one beat."""

    taken: bool
    text: str
    trouble: ServerTrouble = ""
    clock_ahead_s: int = 0
    policy: ReadingPolicy | None = None


_TROUBLES: dict[str, ServerTrouble] = {"station_clock": "clock", "station_unknown": "not_registered"}


async def _beat(link: ServerLink, state: StationState) -> _Said:
    # A printer that has not answered yet is silent, as far as anybody can tell.
    ticket, page = ("silent" if word == "unknown" else word for word in _printers(state))
    report: dict[str, str] = {"reader": state.reader, "ticket_printer": ticket, "page_printer": page}
    if state.reader_trouble:
        report["trouble"] = state.reader_trouble
    try:
        answer = await link.post("/heartbeat", report, limit_s=5.0)
    except ServerAway:
        return _Said(False, "the server is away")
    if answer.accepted:
        policy = _policy_in(answer.json())
        return _Said(True, "the server is up" + ("" if policy else ", without a card policy"), policy=policy)
    # A server that is out of order is away; one that does not want this station says why.
    trouble = _TROUBLES.get(answer.problem, "refused") if 400 <= answer.status < 500 else ""
    text = f"refused with {answer.status} {answer.problem or '-'}"
    if trouble:
        text += f": {notice(f'server_{trouble}', answer.clock_ahead_s).en}"
    return _Said(False, text, trouble, answer.clock_ahead_s if trouble == "clock" else 0)


def _policy_in(said: object) -> ReadingPolicy | None:
    """What the municipality chose about reading cards, as the server puts it into its answer."""
    try:
        return ReadingPolicy.model_validate(said["cards"]) if isinstance(said, dict) else None
    except (KeyError, ValidationError):
        return None


def _printers(state: StationState) -> tuple[str, str]:
    return state.ticket_printer, state.page_printer


async def listen(link: ServerLink, board: Board, wake: asyncio.Event) -> None:
    """Sets `wake` whenever the server says that there are jobs, and each time the line is open again."""
    pause = _RETRY_S
    while not board.closed:
        try:
            async for name in link.events():
                pause, board.line_open = _RETRY_S, True
                if name in ("", "jobs"):
                    wake.set()
        except Unknown:
            # The heartbeat, which wakes at this, has the last word.
            if board.state.server == "up":
                board.set_server("down", "not_registered")
        except ServerAway:
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        board.line_open = False
        await asyncio.sleep(pause if board.state.server == "up" else _RETRY_S)
        while board.state.server == "down" and not board.closed:
            # The heartbeat finds out when it is back.
            await board.after(board.state, _BEAT_S)
