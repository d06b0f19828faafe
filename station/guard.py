"""Who may speak to the gateway: this station's own pages, and nobody who merely found the port.

Pure checks over one request's headers. A page from elsewhere can make a browser call 127.0.0.1 (DNS
rebinding, a form, an image, fetch); it cannot choose the Host, Origin and Sec-Fetch-* headers that the
browser sends with it.
"""

import posixpath
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from typing import Literal

RawHeaders = Iterable[tuple[bytes, bytes]]
Refusal = Literal["foreign_host", "foreign_origin", "station_only"]

# The station's own voice towards the server. A page that could speak it through the gateway, signed as
# this station, could make up card reads; nor is a key asked for by a page.
_STATION_API = ("/api/v1/stations", "/api/v1/station-keys")


class Guard:
    """The checks for a gateway on 127.0.0.1:`port`."""

    def __init__(self, port: int) -> None:
        self._hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}

    def refuses(self, path: str, headers: RawHeaders) -> Refusal | None:
        """Why a request for `path` (decoded) must not be served, or None when it may be."""
        hosts = _values(headers, b"host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "foreign_host"
        if any(origin != b"http://" + hosts[0] for origin in _values(headers, b"origin")):
            return "foreign_origin"
        site, mode = _values(headers, b"sec-fetch-site"), _values(headers, b"sec-fetch-mode")
        embedded = any(value in (b"cross-site", b"same-site") for value in site) and mode != [b"navigate"]
        own_route = is_own_route(path)
        if embedded or (own_route and any(value not in (b"same-origin", b"none") for value in site)):
            return "foreign_origin"
        plain = posixpath.normpath("/" + path.lstrip("/")).lower()
        if not own_route and any(plain == api or plain.startswith(api + "/") for api in _STATION_API):
            return "station_only"
        return None

    def is_own_page(self, headers: RawHeaders) -> bool:
        """Whether a browser vouches that the caller is a page of this gateway; without any word of it: no."""
        hosts = _values(headers, b"host")
        said = _values(headers, b"sec-fetch-site") == [b"same-origin"]
        return said or (len(hosts) == 1 and _values(headers, b"origin") == [b"http://" + hosts[0]])


def is_own_route(path: str) -> bool:
    """Whether the station answers `path` (decoded) itself."""
    return path == "/station" or path.startswith("/station/")


class PageTokens:
    """Tokens for pages that may ask for a card read. Each page fetches its own; the latest 64 are good."""

    def __init__(self, keep: int = 64) -> None:
        self._keep = keep
        self._issued: OrderedDict[str, None] = OrderedDict()

    def issue(self) -> str:
        """A fresh token of 256 bits, forgotten when the station stops or `keep` newer ones were issued."""
        token = secrets.token_urlsafe(32)
        self._issued[token] = None
        while len(self._issued) > self._keep:
            self._issued.popitem(last=False)
        return token

    def accepts(self, token: str) -> bool:
        """Whether `token` is one that was issued and is not yet forgotten."""
        return any(secrets.compare_digest(token.encode(), known.encode()) for known in self._issued)


def _values(headers: RawHeaders, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]
