"""Signing in and out; and what becomes of a form that was sent when its session had ended."""

import re
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from server.auth import queries
from server.auth import service as auth
from server.auth.service import Refused, SignedIn
from server.web import unsent
from server.web.csrf import EarlierSession
from server.web.forms import SentForm
from server.web.guards import GuardedRouter, Public, SignInNeeded, Staff, ctx_of
from server.web.problems import SIGN_IN, failed
from server.web.services import cookie_name, services
from server.web.templating import page
from server.web.unsent import Unsent

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
    return _login(request, problem_key=ended, back=_inside(back))


@router.action("/login")
def sign_in(request: Request, sent: SentForm) -> Response:
    """Open a session, or say why not without telling which of the two was wrong."""
    held, ctx = services(request), ctx_of(request)
    login, back = sent.text("login", limit=40), _inside(sent.text("back", limit=200))
    kept = str(sent.data.get("unsent", ""))
    with held.db.read() as unit:
        fits = auth.password_fits(unit, ctx, login, str(sent.data.get("password", "")))
    with held.db.write() as unit:
        outcome = auth.sign_in(unit, ctx, login, fits)
    if isinstance(outcome, Refused):
        key = "paused" if outcome.reason == "paused" else "wrong_password"
        return _login(request, status=401, problem_key=key, kind="error", login=login, back=back, unsent=kept)
    form = unsent.opened(held, outcome.staff_id, kept)
    if form is not None:
        answer: Response = _to_send_again(request, form, outcome)
    else:
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


def install(app: FastAPI) -> None:
    """Nothing that staff typed is lost with a session."""
    app.add_exception_handler(SignInNeeded, _ended)
    app.add_exception_handler(EarlierSession, _earlier)


async def _ended(request: Request, error: Exception) -> Response:
    """The sign-in page with the form in it that could not be written."""
    kept = await unsent.sealed(request)
    if not kept:
        return failed(request, error)
    back = _inside(urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("referer", "")).path)
    return _instead(request, _login(request, status=401, problem_key="sign_in_kept", back=back, unsent=kept))


async def _earlier(request: Request, error: Exception) -> Response:
    """Signed in again elsewhere, and this page is from before: it needs one more press."""
    form = await unsent.of(request)
    if form is None:
        return failed(request, error)
    return _instead(request, page(request, "counter/unsent.html", status=409, form=form))


def _login(
    request: Request,
    *,
    status: int = 200,
    problem_key: str | None,
    kind: str = "info",
    login: str = "",
    back: str = "",
    unsent: str = "",
) -> HTMLResponse:
    return page(
        request,
        "counter/login.html",
        status=status,
        problem_key=problem_key,
        kind=kind,
        login=login,
        back=back,
        unsent=unsent,
    )


def _to_send_again(request: Request, form: Unsent, session: SignedIn) -> HTMLResponse:
    held = services(request)
    with held.db.read() as unit:
        request.state.staff = queries.member(unit, held.settings.tenant, session.token)
    return page(request, "counter/unsent.html", form=form)


def _instead(request: Request, answer: HTMLResponse) -> HTMLResponse:
    """The whole page also where htmx asked for a part of one."""
    if request.headers.get("HX-Request"):
        answer.status_code = 200
        answer.headers.update({"HX-Retarget": "body", "HX-Reswap": "innerHTML", "HX-Push-Url": SIGN_IN})
    return answer
