"""/devdock: lay cards on readers, end the paper, make the core slow; see what was printed."""

from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from card_reader.simulated.personas import load_personas
from server.auth import queries as auth
from server.auth.queries import StationView
from server.devdock import remote
from server.devdock.faults import EFFECTS, PLACES, WantedFault
from server.kit import failpoints
from server.web.guards import GuardedRouter, Public, ctx_of
from server.web.problems import Problem
from server.web.services import services
from server.web.templating import page

router = GuardedRouter(prefix="/devdock", guard=Public())
CORE_MODES = ("up", "slow", "down", "reject", "lose_ack")
PRINTER_STATES = ("ok", "paper_low", "paper_out", "cover_open", "offline", "silent")
SHOWN = 6


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Card(_Wire):
    """Which persona's card; pulled out again after so many commands, or with a fault, if given."""

    persona: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
    pull_after_apdu: Annotated[int, Field(ge=0, le=100)] | None = None
    fault: WantedFault | None = None

    def for_station(self) -> dict[str, Any]:
        """What the station takes. Raises Problem."""
        try:
            faults = [self.fault.text()] if self.fault else []
        except ValueError as error:
            raise Problem(422, "card_fault") from error
        return {**self.model_dump(exclude_none=True, exclude={"fault"}), "faults": faults}


class Printer(_Wire):
    """How a station's printers are to behave."""

    state: Annotated[str, Field(pattern=f"^({'|'.join(PRINTER_STATES)})$")]
    printer: Annotated[str, Field(pattern="^(ticket|page|all)$")] = "all"


class Reader(_Wire):
    """Whether the reader's cable is in."""

    state: Annotated[str, Field(pattern="^(ok|unplugged)$")]


class Server(_Wire):
    """The failpoint at which the server is to die; none when empty."""

    failpoint: Annotated[str, Field(pattern=f"^({'|'.join(sorted(failpoints.NAMES))}|)$")]


class Core(_Wire):
    """How the core is to behave."""

    mode: Annotated[str, Field(pattern=f"^({'|'.join(CORE_MODES)})$")]


@router.page("/")
def desk(request: Request) -> HTMLResponse:
    """The hardware desk."""
    return page(request, "devdock/index.html", **_state(request))


@router.page("/panel")
def panel(request: Request) -> HTMLResponse:
    """The part of the page that changes."""
    return page(request, "devdock/_panel.html", **_state(request))


@router.guarded("GET", "/api/state", response_model=None)
def state(request: Request) -> JSONResponse:
    """The stations, the personas and the core's mode."""
    return JSONResponse(_state(request))


@router.guarded("PUT", "/api/stations/{name}/card", response_model=None)
def insert(request: Request, name: str, card: Card) -> Response:
    """Lay a persona's card on the reader, in place of the one there."""
    remote.station_call(_station(request, name), "PUT", "/card", card.for_station())
    return JSONResponse({"station": name, "persona": card.persona})


@router.guarded("DELETE", "/api/stations/{name}/card", response_model=None)
def remove(request: Request, name: str) -> Response:
    """Take the card off."""
    remote.station_call(_station(request, name), "DELETE", "/card")
    return JSONResponse({"station": name, "persona": None})


@router.guarded("PUT", "/api/stations/{name}/printer", response_model=None)
def printer(request: Request, name: str, wanted: Printer) -> Response:
    """How the station's printers are from now on."""
    remote.station_call(_station(request, name), "PUT", "/printer", wanted.model_dump())
    return JSONResponse({"station": name, **wanted.model_dump()})


@router.guarded("PUT", "/api/stations/{name}/reader", response_model=None)
def reader(request: Request, name: str, wanted: Reader) -> Response:
    """Pull the reader's cable, or put it back."""
    remote.station_call(_station(request, name), "PUT", "/reader", wanted.model_dump())
    return JSONResponse({"station": name, **wanted.model_dump()})


@router.guarded("GET", "/api/stations/{name}/prints", response_model=None)
def prints(request: Request, name: str) -> Response:
    """What came out of the station's printers, newest first."""
    found = remote.station_call(_station(request, name), "GET", "/prints").json()
    return JSONResponse([{**one, "url": f"/devdock/api/stations/{name}/prints/{one['id']}"} for one in found])


@router.guarded("GET", "/api/stations/{name}/prints/{print_id}.{form}", response_model=None)
def one_print(request: Request, name: str, print_id: str, form: str) -> Response:
    """One paper as a picture (png), a PDF (pdf) or the bytes that went to the printer (bin)."""
    if form not in ("png", "pdf", "bin") or not print_id.replace("-", "").replace("_", "").isalnum():
        raise Problem(404, "not_found")
    found = remote.station_call(_station(request, name), "GET", f"/prints/{print_id}.{form}")
    return Response(found.content, media_type=found.headers.get("content-type", "application/octet-stream"))


@router.guarded("PUT", "/api/server", response_model=None)
def server(request: Request, wanted: Server) -> Response:
    """Let the server die, as if the power had gone, when it next reaches this place; once."""
    failpoints.arm(wanted.failpoint)
    return JSONResponse(wanted.model_dump())


@router.guarded("PUT", "/api/core", response_model=None)
def core(request: Request, wanted: Core) -> Response:
    """How the core behaves from now on."""
    remote.core_call(services(request).settings.core_url, "PUT", wanted.model_dump())
    return JSONResponse(wanted.model_dump())


def _station(request: Request, name: str) -> StationView:
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        found = auth.station(unit, ctx.tenant_id, name)
    if found is None:
        raise Problem(404, "not_found")
    return found


def _state(request: Request) -> dict[str, Any]:
    held, ctx = services(request), ctx_of(request)
    with held.db.read() as unit:
        stations = auth.stations(unit, ctx.tenant_id)
    try:
        mode = remote.core_call(held.settings.core_url, "GET").json()["mode"]
    except Problem:
        mode = "unreachable"
    return {
        "stations": [_one(station) for station in stations],
        "personas": [
            {"id": name, "label": persona.label.ja, "label_en": persona.label.en, "kind": persona.kind}
            for name, persona in load_personas().items()
        ],
        "core_mode": mode,
        "core_modes": list(CORE_MODES),
        "printer_states": list(PRINTER_STATES),
        "fault_effects": list(EFFECTS),
        "fault_places": list(PLACES),
    }


def _one(station: StationView) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": station.name,
        "kind": station.kind,
        "desk": station.desk,
        "state": {},
        "prints": [],
    }
    try:
        shown["state"] = remote.station_call(station, "GET", "/state").json()
        shown["prints"] = remote.station_call(station, "GET", "/prints").json()[:SHOWN]
    except Problem:
        shown["state"] = {"reader": "away", "ticket_printer": "away", "page_printer": "away", "persona": None}
    return shown
