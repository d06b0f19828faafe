"""After a page has sent a secret: overwrites what the event loop keeps of the bytes that it received last.

uvloop receives everything into one buffer and never clears it, so the end of a request with a PIN would lie
there until a longer one came: found by searching a station's memory (tests/station/pin_search.py). Python's
own copies are given back at once and used again by whatever comes next.
"""

import asyncio
import socket

# Longer than any request that carries a secret (its body has 4 KiB at most, its headers 64 KiB).
_LENGTH = 96 * 1024


async def forget_received() -> None:
    """Receive zeros over a line to ourselves, which takes a fraction of a millisecond. OSError when there is
    none."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.setblocking(False)
        reader, writer = await _opened(ours)
        try:
            sent = theirs.send(bytes(_LENGTH))
            await reader.readexactly(sent)
        finally:
            writer.close()


async def _opened(line: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    line.setblocking(False)
    if hasattr(socket, "AF_UNIX") and line.family == socket.AF_UNIX:
        return await asyncio.open_unix_connection(sock=line, limit=_LENGTH)
    return await asyncio.open_connection(sock=line, limit=_LENGTH)
