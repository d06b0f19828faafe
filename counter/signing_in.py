"""Signing in and out."""

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from server.auth import service as auth
from server.auth.service import Refused
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Public, Staff, cookie_name, ctx_of
from server.web.services import services
from server.web.templating import page

router = GuardedRouter(prefix="/counter", guard=Public())
HOME = {"department": "/backoffice/", "administrator": "/admin/stations"}


@router.page("/login")
def form(request: Request) -> HTMLResponse:
    """The sign-in page."""
    return page(request, "counter/login.html", problem_key=None, login="")


@router.action("/login")
def sign_in(request: Request, sent: SentForm) -> Response:
    """Open a session, or say why not without telling which of the two was wrong."""
    held, ctx = services(request), ctx_of(request)
    login = sent.text("login", limit=40)
    with held.db.read() as unit:
        fits = auth.password_fits(unit, ctx, login, str(sent.data.get("password", "")))
    with held.db.write() as unit:
        outcome = auth.sign_in(unit, ctx, login, fits)
    if isinstance(outcome, Refused):
        key = "paused" if outcome.reason == "paused" else "wrong_password"
        return page(request, "counter/login.html", status=401, problem_key=key, login=login)
    answer = RedirectResponse(HOME.get(outcome.role, "/counter/"), 303)
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
