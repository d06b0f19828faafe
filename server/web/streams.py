"""Server-sent events on the wire."""

import json
from collections.abc import AsyncIterator

from fastapi.responses import StreamingResponse


def sse(events: AsyncIterator[tuple[str, object] | None]) -> StreamingResponse:
    """A stream of (event, data) as text/event-stream; None becomes a comment that keeps the line open."""

    async def lines() -> AsyncIterator[str]:
        async for event in events:
            if event is None:
                yield ": still here\n\n"
            else:
                name, data = event
                yield f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
