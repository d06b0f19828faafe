"""After a page has sent a secret: overwrites the copies of it that nobody holds any more and nobody cleared.

Found by searching a station's memory (tests/station/pin_search.py): uvloop receives everything into one
buffer and never clears it, so the end of a request with a PIN would lie there until a longer one came; and
what Python gave back (the request's bytes, the text that was parsed, the parts of 照合番号B) lies where it
was until something of its size is wanted, which may be never.
"""

import asyncio
import socket

# Longer than any request that carries a secret (its body has 4 KiB at most, its headers 64 KiB).
_LENGTH = 96 * 1024

# Python's own allocator hands out pieces of up to 512 bytes, the C library's the longer ones; both hand out
# first what was given back last. So many of each size reach far beyond what one request leaves; it takes a
# millisecond.
_STEP = 16
_SHORT, _OF_EACH_SHORT = range(1, 480, _STEP), 200
_LONG, _OF_EACH_LONG = range(2000, 480, -_STEP), 8


async def forget_request() -> None:
    """Overwrite what the last request left in this process. OSError when no line to ourselves can be had."""
    try:
        await _forget_received()
    finally:
        overwrite_freed()


async def _forget_received() -> None:
    """Receives zeros over a line to ourselves, which takes a fraction of a millisecond."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.setblocking(False)
        reader, writer = await _opened(ours)
        try:
            sent = theirs.send(bytes(_LENGTH))
            await reader.readexactly(sent)
        finally:
            writer.close()


def overwrite_freed(*, short_alone: bool = False) -> None:
    """Take up the pieces of memory that were given back last, write zeros into them and give them back.

    To be called at once: what is given out meanwhile may cover a piece in part, and the rest is out of reach.
    `short_alone`: for commands to a card, which are never long.
    """
    taken = [bytes(size) for size in (() if short_alone else _LONG) for _ in range(_OF_EACH_LONG)]
    taken += [bytes(size) for size in _SHORT for _ in range(_OF_EACH_SHORT)]
    taken.clear()


async def _opened(line: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    line.setblocking(False)
    if hasattr(socket, "AF_UNIX") and line.family == socket.AF_UNIX:
        return await asyncio.open_unix_connection(sock=line, limit=_LENGTH)
    return await asyncio.open_connection(sock=line, limit=_LENGTH)
