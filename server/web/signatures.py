"""Knowing a station by its signature.

The gateway signs each request it passes on (Ed25519 over method, path, time, nonce and the body's digest). A
request without these headers is no station's; one with wrong ones is refused.
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

from server.auth import queries as auth
from server.auth.queries import StationView
from server.kit.clock import now
from server.web.problems import Problem
from server.web.services import services

WINDOW_MS = 30_000
SCHEME = "kakanai-1"
_KEEP = 200_000
_TIME = re.compile(r"[0-9]{1,15}")
_NONCE = re.compile(r"[0-9a-f]{32}")


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
    """The station that signed this request, None when nobody did. Raises Problem(403) for a bad signature."""
    name = request.headers.get("kakanai-station")
    if name is None:
        return None
    held = services(request)
    time_ms, nonce = request.headers.get("kakanai-time", ""), request.headers.get("kakanai-nonce", "")
    with held.db.read() as unit:
        station = auth.station(unit, held.settings.tenant, name)
    at = int(now().timestamp() * 1000)
    if station is None or not _TIME.fullmatch(time_ms) or not _NONCE.fullmatch(nonce):
        raise Problem(403, "station_unknown")
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    query = request.scope.get("query_string", b"").decode("latin-1")
    path = f"{path}?{query}" if query else path
    message = "\n".join(
        [SCHEME, name, request.method, path, time_ms, nonce, hashlib.sha256(body).hexdigest()]
    )
    try:
        key = load_pem_public_key(station.public_key.encode())
        if not isinstance(key, Ed25519PublicKey):
            raise InvalidSignature
        key.verify(base64.b64decode(request.headers.get("kakanai-signature", "")), message.encode())
    except (InvalidSignature, ValueError, binascii.Error) as error:
        raise Problem(403, "station_unknown") from error
    if abs(at - int(time_ms)) > WINDOW_MS and held.settings.now is None:
        raise Problem(403, "station_clock")
    if not _nonces.use(nonce, at):
        raise Problem(403, "station_unknown")
    return station
