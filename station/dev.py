"""Routes for the hardware desk: lay a card on the reader, end the paper, look at what was printed. dev =
true only."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from card_reader.simulated.faults import Fault, FaultText
from printing.simulated import SimulatedJob, SimulatedPagePrinter, SimulatedTicketPrinter
from printing.transports import PrinterStatus
from station.answers import OWN_HEADERS, answer
from station.board import Board
from station.notices import as_json
from station.printers import Kind, StationPrinter
from station.routes import json_answer, small_json
from station.worker import DeviceThread, Stuck

# The first card of a process makes its certificates, which takes a second or two.
_SLOT_LIMIT_S = 20.0
# The PC/SC service looks every 0.4 s and would not see a card leave that is swapped faster.
_NOTICED_S = 2.0
_HAND_S = 0.2
_WITH_CARD = frozenset({"present", "mute", "busy"})


class CardSlot(Protocol):
    """Where a persona's card can be laid (devices.py: the simulated reader, or vpcd's slot)."""

    def insert(self, persona: str, pull_after_apdu: int | None = None, faults: Sequence[Fault] = ()) -> None:
        """Lay the card on, with these faults beside its own; KeyError when there is no such persona, OSError
        when there is nothing to lay it on."""
        ...

    def remove(self) -> None:
        """Take the card off; nothing happens when there is none."""
        ...

    def set_plugged(self, plugged: bool) -> bool:
        """Pull or put back the reader's cable; False when this reader has none to pull."""
        ...

    @property
    def persona(self) -> str | None:
        """Whose card lies there."""
        ...


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Card(_Body):
    persona: str = Field(min_length=1, max_length=64)
    pull_after_apdu: int | None = Field(default=None, ge=0, le=1000)
    faults: list[FaultText] = Field(default=[], max_length=8)


class _PrinterState(_Body):
    printer: Literal["ticket", "page", "all"] = "all"
    state: PrinterStatus


class _ReaderState(_Body):
    state: Literal["ok", "unplugged"]


SimulatedPrinter = SimulatedTicketPrinter | SimulatedPagePrinter


class DevRoutes:
    """The hardware desk's side of one station. `slot` and `simulated` hold what can be operated here."""

    def __init__(
        self,
        board: Board,
        slot: CardSlot | None,
        simulated: dict[Kind, SimulatedPrinter],
        printers: dict[Kind, StationPrinter],
    ) -> None:
        self._board = board
        self._slot = slot
        self._simulated = simulated
        self._printers = printers
        # Laying a card on can block; the reader itself has other threads.
        self._hand = DeviceThread("card-slot")

    def routes(self) -> list[Route]:
        """For Starlette."""
        return [
            Route("/station/dev/card", self.card, methods=["PUT", "DELETE"]),
            Route("/station/dev/printer", self.printer, methods=["PUT"]),
            Route("/station/dev/reader", self.reader, methods=["PUT"]),
            Route("/station/dev/state", self.state, methods=["GET"]),
            Route("/station/dev/prints", self.prints, methods=["GET"]),
            Route("/station/dev/prints/{id}.{form:str}", self.one_print, methods=["GET"]),
        ]

    async def close(self, grace_s: float) -> None:
        """Takes the card off, in `grace_s` seconds at most, and lets the thread end."""
        if self._slot is not None:
            with suppress(Stuck):
                await self._hand.call(self._slot.remove, grace_s)
        await self._hand.finish(0)

    async def card(self, request: Request) -> Response:
        """PUT {persona, pull_after_apdu?, faults?} lays that card on the reader; DELETE takes it off."""
        slot = self._slot
        if slot is None:
            return answer(409, "not_possible")
        try:
            if request.method == "DELETE":
                await self._hand.call(slot.remove, _SLOT_LIMIT_S)
            else:
                wanted = _Card.model_validate(await small_json(request))
                faults = [Fault.parse(text) for text in wanted.faults]
                await self._clear(slot)
                await self._hand.call(
                    lambda: slot.insert(wanted.persona, wanted.pull_after_apdu, faults), _SLOT_LIMIT_S
                )
        except ValidationError as error:
            places = {item["loc"][:1] for item in error.errors(include_input=False)}
            return answer(422, "bad_fault" if ("faults",) in places else "bad_request")
        except KeyError:
            return answer(404, "not_found")
        except (OSError, Stuck):
            return answer(409, "not_possible")
        return self._now()

    async def _clear(self, slot: CardSlot) -> None:
        """Take off the card that lies there, and wait until the station has seen it: no hand is faster, and a
        page that never saw it leave would show one card's tries beside another's."""
        if slot.persona is None:
            return
        await self._hand.call(slot.remove, _SLOT_LIMIT_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(_NOTICED_S):
                while (state := self._board.state).reader in _WITH_CARD and not self._board.closed:
                    await self._board.after(state, _NOTICED_S)
                await asyncio.sleep(_HAND_S)

    async def printer(self, request: Request) -> Response:
        """PUT {printer: ticket|page|all, state}: how a simulated printer is from now on."""
        try:
            wanted = _PrinterState.model_validate(await small_json(request))
        except ValidationError:
            return answer(422, "bad_request")
        chosen = [kind for kind in self._simulated if wanted.printer in (kind, "all")]
        if not chosen:
            return answer(409, "not_possible")
        for kind in chosen:
            self._simulated[kind].state = wanted.state
            self._printers[kind].look()
        return self._now()

    async def reader(self, request: Request) -> Response:
        """PUT {state: ok|unplugged}: the cable of a simulated reader."""
        try:
            wanted = _ReaderState.model_validate(await small_json(request))
        except ValidationError:
            return answer(422, "bad_request")
        if self._slot is None or not self._slot.set_plugged(wanted.state == "ok"):
            return answer(409, "not_possible")
        return self._now()

    async def state(self, request: Request) -> Response:
        """GET: the station's state, whose card lies on the reader, and how each simulated printer was set."""
        return self._now()

    async def prints(self, request: Request) -> Response:
        """GET: [{id, kind, at, state}] of everything the simulated printers keep, newest first."""
        rows = [
            {
                "id": job.id,
                "kind": "ticket" if job.kind == "ticket" else "form",
                "at": job.at.isoformat(),
                "state": job.outcome,
            }
            for job in self._jobs()
        ]
        return json_answer(rows)

    async def one_print(self, request: Request) -> Response:
        """GET {id}.png (a ticket's picture), {id}.pdf (a form), {id}.bin (the bytes that the printer got)."""
        job_id, form = request.path_params["id"], request.path_params["form"]
        job = next((job for job in self._jobs() if job.id == job_id), None)
        content, media_type = (None, "") if job is None else self._content(job, form)
        if content is None:
            return answer(404, "not_found")
        return Response(content, media_type=media_type, headers=OWN_HEADERS)

    def _content(self, job: SimulatedJob, form: str) -> tuple[bytes | None, str]:
        kind: Kind = job.kind
        printer = self._simulated[kind]
        if form == "png" and isinstance(printer, SimulatedTicketPrinter):
            return printer.png(job.id), "image/png"
        if form == "pdf" and kind == "page":
            return printer.data(job.id), "application/pdf"
        if form == "bin":
            return printer.data(job.id), "application/octet-stream"
        return None, ""

    def _jobs(self) -> list[SimulatedJob]:
        jobs = [job for printer in self._simulated.values() for job in printer.jobs()]
        return sorted(jobs, key=lambda job: job.at, reverse=True)

    def _now(self) -> Response:
        set_to = {kind: printer.state.value for kind, printer in self._simulated.items()}
        persona = self._slot.persona if self._slot is not None else None
        return json_answer({**as_json(self._board.state), "persona": persona, "simulated": set_to})
