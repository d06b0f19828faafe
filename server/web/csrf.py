"""Refusing writes that another site's page sent with our cookie.

A write is ours when the browser says it comes from our own pages (Sec-Fetch-Site, Origin) and, for signed-in
staff, when it carries the session's token. A client without a browser sends neither header; it must then
show an Idempotency-Key, a header that no foreign form can set.
"""

import secrets
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from server.auth import queries as auth
from server.web.problems import Problem
from server.web.services import services
from server.web.signatures import signed_station

TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 - the name of a header
TOKEN_FIELD = "csrf_token"  # noqa: S105 - the name of a field


class EarlierSession(Problem):
    """The page was given to the same person in a session before this one."""

    def __init__(self) -> None:
        super().__init__(409, "earlier_session")


def check_origin(request: Request) -> None:
    """Raise Problem(403) unless the write comes from a page of ours or from no browser at all."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise Problem(403, "cross_site")
    origin = request.headers.get("origin")
    if origin is None:
        return
    allowed = {services(request).settings.address, str(request.base_url).rstrip("/")}
    # Only a station knows its own gateway's address; anybody could write this header.
    gateway = request.headers.get("kakanai-origin") if signed_station(request) else None
    if gateway:
        allowed.add(gateway)
    parsed = urlsplit(origin)
    on_this_machine = services(request).settings.env != "production" and parsed.hostname in (
        "127.0.0.1",
        "localhost",
    )
    if origin not in allowed and not (on_this_machine and parsed.port and gateway is None):
        raise Problem(403, "cross_site")


async def check_token(request: Request) -> None:
    """Raise Problem(403) unless a staff write shows the session's token, as header or as form field.

    Raise EarlierSession when it shows one that the same person had before.
    """
    staff = getattr(request.state, "staff", None)
    if staff is None or request.method in ("GET", "HEAD"):
        return
    given = request.headers.get(TOKEN_HEADER)
    if given is None and "form" in request.headers.get("content-type", ""):
        given = str((await request.form()).get(TOKEN_FIELD, ""))
    if given is None and request.headers.get("Idempotency-Key") and "origin" not in request.headers:
        return
    if given and secrets.compare_digest(given, staff.csrf):
        return
    had: bool = await run_in_threadpool(_had_session, request, staff.staff_id, given or "")
    if had:
        raise EarlierSession
    raise Problem(403, "cross_site")


def _had_session(request: Request, staff_id: str, given: str) -> bool:
    held = services(request)
    with held.db.read() as unit:
        return auth.had_session(unit, held.settings.tenant, staff_id, given)
