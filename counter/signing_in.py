"""Signing in and out."""

import re

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from server.auth import service as auth
from server.auth.service import Refused
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Public, Staff, ctx_of
from server.web.services import cookie_name, services
from server.web.templating import page

router = GuardedRouter(prefix="/counter", guard=Public())
HOME = {"department": "/backoffice/", "administrator": "/admin/stations"}


# Pages of this house alone, with nothing in them that could lead elsewhere.
_PAGE = re.compile(r"(/[A-Za-z0-9_-]+)+/?")


def _inside(back: str | None) -> str:
    """The page to come back to, or "" for what is none of ours."""
    return back if back and _PAGE.fullmatch(back) else ""


@router.page("/login")
def form(request: Request) -> HTMLResponse:
    """The sign-in page; `back` is where somebody was when the session ended."""
    back = request.query_params.get("back")
    ended = None if back is None else "sign_in"
    return page(request, "counter/login.html", problem_key=ended, kind="info", login="", back=_inside(back))


@router.action("/login")
def sign_in(request: Request, sent: SentForm) -> Response:
    """Open a session, or say why not without telling which of the two was wrong."""
    held, ctx = services(request), ctx_of(request)
    login, back = sent.text("login", limit=40), _inside(sent.text("back", limit=200))
    with held.db.read() as unit:
        fits = auth.password_fits(unit, ctx, login, str(sent.data.get("password", "")))
    with held.db.write() as unit:
        outcome = auth.sign_in(unit, ctx, login, fits)
    if isinstance(outcome, Refused):
        key = "paused" if outcome.reason == "paused" else "wrong_password"
        return page(
            request, "counter/login.html", status=401, problem_key=key, kind="error", login=login, back=back
        )
    home = HOME.get(outcome.role, "/counter/")
    answer = RedirectResponse(back if back.startswith(home) else home, 303)
    answer.set_cookie(
        cookie_name(request),
        outcome.token,
        httponly=True,
        secure=held.settings.secure_cookies,
        samesite="strict",
        path="/",
    )
    return answer


@router.action("/logout", guard=Staff())
def sign_out(request: Request) -> Response:
    """End the session; the browser forgets what it has."""
    held, ctx = services(request), ctx_of(request)
    with held.db.write() as unit:
        auth.sign_out(unit, ctx, request.cookies.get(cookie_name(request), ""))
    answer = RedirectResponse("/counter/login", 303, headers={"Clear-Site-Data": '"cache", "storage"'})
    answer.delete_cookie(cookie_name(request), path="/")
    return answer
