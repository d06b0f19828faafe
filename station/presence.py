"""Keeps the station and the server aware of each other: heartbeats out, wake-up events in."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

from station.board import Board, StationState
from station.link import ServerAway, ServerLink

_BEAT_S = 10.0
_RETRY_S = 1.0
_LONGEST_PAUSE_S = 10.0
_FIRST_LOOK_S = 1.0
_TAKEN = "the server is up"

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
        if said != heard:
            _log.log(logging.INFO if said == _TAKEN else logging.WARNING, "heartbeat: %s", said)
        heard = said
        if said == _TAKEN and board.state.server == "down":
            back.set()
        board.set_server("up" if said == _TAKEN else "down")
        # What changed while the beat was on its way is news; what the beat found out about the server is not.
        await board.after(replace(state, server=board.state.server), _BEAT_S if heard == _TAKEN else _RETRY_S)


async def _first_look(board: Board) -> None:
    """Until every printer has been asked once, for a second at most: a state that holds for a moment is no
    news."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_FIRST_LOOK_S):
            while "unknown" in board.state.as_dict().values() and not board.closed:
                await board.after(board.state, _FIRST_LOOK_S)


async def _beat(link: ServerLink, state: StationState) -> str:
    # A printer that has not answered yet is silent, as far as anybody can tell.
    report = {k: "silent" if v == "unknown" else v for k, v in state.as_dict().items() if k != "server"}
    try:
        answer = await link.post("/heartbeat", report, limit_s=5.0)
    except ServerAway:
        return "the server is away"
    if answer.accepted:
        return _TAKEN
    return f"refused with {answer.status}; check this station's registration, key and clock"


async def listen(link: ServerLink, board: Board, wake: asyncio.Event) -> None:
    """Sets `wake` whenever the server says that there are jobs, and each time the line is open again."""
    pause = _RETRY_S
    while not board.closed:
        try:
            async for name in link.events():
                pause = _RETRY_S
                if name in ("", "jobs"):
                    wake.set()
        except ServerAway:
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        await asyncio.sleep(pause if board.state.server == "up" else _RETRY_S)
        while board.state.server == "down" and not board.closed:
            # The heartbeat finds out when it is back.
            await board.after(board.state, _BEAT_S)
