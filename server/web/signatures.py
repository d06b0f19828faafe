"""Knowing a station by its signature, and refusing what it has said before.

The gateway signs each request it passes on (Ed25519 over method, path, time, nonce, number and the body's
digest). A request without these headers is no station's; one with wrong ones is refused. What a station says
for itself (a write under /api/v1/stations) carries a number that must rise; for pages the nonce counts once
(docs/decisions/0016).
"""

import base64
import binascii
import hashlib
import re
import threading
from collections import OrderedDict

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import Request

from server.auth import messages
from server.auth import queries as auth
from server.auth.queries import StationView
from server.kit.clock import now
from server.web.problems import Problem
from server.web.services import Services, services

WINDOW_MS = 30_000
SCHEME = "kakanai-2"
UNNUMBERED = "-"
OWN_VOICE = "/api/v1/stations/"
_READING = ("GET", "HEAD", "OPTIONS")
_KEEP = 200_000
_TIME = re.compile(r"[0-9]{1,15}")
_NONCE = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_LANE = re.compile(r"[a-z-]{1,20}")


class Nonces:
    """Nonces seen within the window; each may be used once."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, nonce: str, at: int) -> bool:
        """False when the nonce was used before."""
        with self._lock:
            while self._seen and (
                next(iter(self._seen.values())) < at - 2 * WINDOW_MS or len(self._seen) > _KEEP
            ):
                self._seen.popitem(last=False)
            if nonce in self._seen:
                return False
            self._seen[nonce] = at
            return True


_nonces = Nonces()


def signed_station(request: Request) -> StationView | None:
    """The station that the middleware recognised for this request."""
    found: StationView | None = getattr(request.state, "station", None)
    return found


def recognise(request: Request, body: bytes) -> StationView | None:
    """The station that signed this request, None when nobody did.

    Raises Problem(403) for a bad signature (station_unknown), a clock that is off (station_clock) and a
    message that was heard before (station_repeated); their headers tell the station what the server has.
    """
    name = request.headers.get("kakanai-station")
    if name is None:
        return None
    held = services(request)
    time_ms, nonce = request.headers.get("kakanai-time", ""), request.headers.get("kakanai-nonce", "")
    number = request.headers.get("kakanai-number", UNNUMBERED)
    lane = _lane(request)
    with held.db.read() as unit:
        station = auth.station(unit, held.settings.tenant, name)
    at = int(now().timestamp() * 1000)
    if station is None or not _TIME.fullmatch(time_ms) or not _NONCE.fullmatch(nonce):
        raise Problem(403, "station_unknown")
    if (lane is None) != (number == UNNUMBERED) or not (lane is None or _NUMBER.fullmatch(number)):
        raise Problem(403, "station_unknown")
    if not _fits(request, body, station, [time_ms, nonce, number]):
        raise Problem(403, "station_unknown")
    ahead = int(time_ms) - at
    if abs(ahead) > WINDOW_MS and held.settings.now is None:
        raise Problem(403, "station_clock", seconds=_said(ahead)).telling({"Kakanai-Clock": str(at)})
    if lane is not None:
        _take_number(held, station, lane, int(number))
    elif not _nonces.use(nonce, at) or (_shared(held, request) and not _take_nonce(held, nonce)):
        raise Problem(403, "station_repeated")
    return station


def _lane(request: Request) -> str | None:
    """The lane of a message that a station says for itself; None for pages and for whatever only asks."""
    # As the router reads it: decoded.
    path: str = request.scope["path"]
    if request.method in _READING or not path.startswith(OWN_VOICE):
        return None
    lane = path.removeprefix(OWN_VOICE).partition("/")[0]
    return lane if _LANE.fullmatch(lane) else "other"


def _fits(request: Request, body: bytes, station: StationView, said: list[str]) -> bool:
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    query = request.scope.get("query_string", b"").decode("latin-1")
    path = f"{path}?{query}" if query else path
    lines = [SCHEME, station.name, request.method, path, *said, hashlib.sha256(body).hexdigest()]
    try:
        key = load_pem_public_key(station.public_key.encode())
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(base64.b64decode(request.headers.get("kakanai-signature", "")), "\n".join(lines).encode())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _take_number(held: Services, station: StationView, lane: str, number: int) -> None:
    with held.db.write() as unit:
        highest = messages.take_number(unit, held.system, station.id, lane, number)
    if highest is not None:
        raise Problem(403, "station_repeated").telling({"Kakanai-Number": str(highest)})


def _shared(held: Services, request: Request) -> bool:
    """Whether another process could hear this write too; SQLite has one server process alone."""
    return request.method not in _READING and not held.settings.on_sqlite


def _take_nonce(held: Services, nonce: str) -> bool:
    with held.db.write() as unit:
        return messages.take_nonce(unit, held.system, nonce)


def _said(ahead_ms: int) -> str:
    """`+95` when the station's clock is 95 seconds ahead of the server's."""
    return f"{round(ahead_ms / 1000):+d}"
