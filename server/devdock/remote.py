"""Speaking to the simulated hardware: each station's dev routes, and the sandbox core's."""

import ssl
from functools import cache
from typing import Any

import httpx

from server.auth.queries import StationView
from server.web.problems import Problem

_TIMEOUT = httpx.Timeout(25.0, connect=2.0)


def station_call(
    station: StationView, method: str, path: str, content: dict[str, Any] | None = None
) -> httpx.Response:
    """One call of a station's dev route. Raises Problem when the station is away or refuses."""
    if station.base_url is None:
        raise Problem(409, "station_unreachable", station=station.name)
    return _call(
        method, f"{station.base_url}/station/dev{path}", content, "station_unreachable", station=station.name
    )


def core_call(core_url: str, method: str, content: dict[str, Any] | None = None) -> httpx.Response:
    """One call of the sandbox core's mode switch, which answers in every mode."""
    return _call(method, f"{core_url}/dev/mode", content, "core_unreachable")


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates of the world takes longer than a call."""
    return httpx.create_ssl_context()


def _call(method: str, url: str, content: dict[str, Any] | None, code: str, **params: str) -> httpx.Response:
    try:
        answer = httpx.request(method, url, json=content, timeout=_TIMEOUT, trust_env=False, verify=_tls())
    except httpx.HTTPError as error:
        raise Problem(502, code, **params) from error
    if answer.status_code == 404:
        raise Problem(404, "not_found")
    if answer.status_code >= 400:
        raise Problem(409 if answer.status_code == 409 else 422, "hardware_refused")
    return answer
