"""The station's own routes: page token, device state, and card reading. docs/stations.md describes each."""

import json
from collections.abc import AsyncIterator

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from card_reader.outcomes import Mode
from station.answers import OWN_HEADERS, answer
from station.board import Board, StationState
from station.forget import overwrite_freed
from station.guard import Guard, PageTokens
from station.notices import as_json
from station.reading import CardReading, CardReadRequest
from station.screen import screen, screen_script
from station.secret import BadSecret, secret_in

_LARGEST_REQUEST = 4096
_PING_S = 15.0
_MODE: TypeAdapter[Mode] = TypeAdapter(Mode)


class StationRoutes:
    """The routes under /station/ that every station has."""

    def __init__(self, name: str, guard: Guard, board: Board, reading: CardReading) -> None:
        self._name = name
        self._guard = guard
        self._board = board
        self._reading = reading
        self._tokens = PageTokens()

    def routes(self) -> list[Route]:
        """For Starlette."""
        return [
            Route("/station/", self.screen, methods=["GET"]),
            Route("/station/screen.js", self.screen_script, methods=["GET"]),
            Route("/station/page-token", self.page_token, methods=["GET"]),
            Route("/station/state", self.state, methods=["GET"]),
            Route("/station/events", self.events, methods=["GET"]),
            Route("/station/card/read", self.read_card, methods=["POST"]),
            Route("/station/card/tell", self.tell_again, methods=["POST"]),
            Route("/station/card/tries", self.tries, methods=["GET"]),
        ]

    async def screen(self, request: Request) -> Response:
        """What stands in the way at this station, as a page."""
        return screen(self._name, self._board.state)

    async def screen_script(self, request: Request) -> Response:
        """The script of that page."""
        return screen_script()

    async def page_token(self, request: Request) -> Response:
        """{token}: for this gateway's own pages, as the browser vouches."""
        if not self._guard.is_own_page(request.scope["headers"]):
            return answer(403, "foreign_origin")
        return json_answer({"token": self._tokens.issue()})

    async def state(self, request: Request) -> Response:
        """The station's devices and whether the server answers."""
        return json_answer(as_json(self._board.state))

    async def events(self, request: Request) -> Response:
        """The same as server-sent events named `state`: now, and at each change."""
        return StreamingResponse(
            _state_events(self._board), media_type="text/event-stream", headers=OWN_HEADERS
        )

    async def read_card(self, request: Request) -> Response:
        """Reads the card on the reader once: CardReadRequest and its secret in, CardReadAnswer out."""
        page = request.headers.get("x-page-token", "")
        if not self._tokens.accepts(page):
            return answer(403, "page_token")
        found = await small_json(request)
        if found is None:
            return answer(415, "bad_request")
        try:
            mode = _MODE.validate_python(found.get("mode", "pin"))
            if not self._reading.offers(mode):
                return answer(409, "not_possible")
            secret = secret_in(found, mode)
            overwrite_freed()
            wanted = CardReadRequest.model_validate(found)
        except ValidationError:
            return answer(422, "bad_request")
        if isinstance(secret, BadSecret):
            return json_answer(self._reading.bad_secret(mode, secret).model_dump(mode="json"))
        # The bytearray is zeroed after the reading; of the strings and bytes before it nothing is held.
        return json_answer((await self._reading.run(wanted, secret, page)).model_dump(mode="json"))

    async def tell_again(self, request: Request) -> Response:
        """Sends a reading that the server did not answer once more: CardReadAnswer; nothing is asked of the
        card."""
        page = request.headers.get("x-page-token", "")
        if not self._tokens.accepts(page):
            return answer(403, "page_token")
        return json_answer((await self._reading.tell_again(page)).model_dump(mode="json"))

    async def tries(self, request: Request) -> Response:
        """TriesAnswer for ?mode=: how often its secret can still be entered; asks the card and sends none."""
        if not self._tokens.accepts(request.headers.get("x-page-token", "")):
            return answer(403, "page_token")
        try:
            mode = _MODE.validate_python(request.query_params.get("mode", "pin"))
        except ValidationError:
            return answer(422, "bad_request")
        if not self._reading.offers(mode):
            return answer(409, "not_possible")
        return json_answer((await self._reading.tries(mode)).model_dump(mode="json"))


def json_answer(content: object, status: int = 200) -> JSONResponse:
    """An answer that no browser keeps."""
    return JSONResponse(content, status, OWN_HEADERS)


async def small_json(request: Request) -> dict[str, object] | None:
    """The JSON object of a request of at most 4 KiB; None for anything else, other content types included.

    A page elsewhere cannot send this content type without asking first (CORS), and is never answered.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return None
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_REQUEST:
            return None
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


async def _state_events(board: Board) -> AsyncIterator[str]:
    known: StationState | None = None
    while not board.closed:
        state = await board.after(known, _PING_S)
        if state == known:
            yield ": still here\n\n"
        else:
            known = state
            yield f"event: state\ndata: {json.dumps(as_json(state), ensure_ascii=False)}\n\n"
