"""Every error is a sentence in the reader's language that says what to do next, and shows nobody's data.

API answers are problem+json (RFC 9457): code, title {ja, en}, action {ja, en}. Pages get the same words. The
words of problem `code` are the keys problem.<code>.title and problem.<code>.action of the catalogues.
"""

import logging
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from server.db.uow import NotThereError
from server.db.vault import KeyDestroyedError
from server.kit.machine import NotNowError
from server.kit.text import UnsafeTextError
from server.queue.service import AlreadyCalled, NobodyWaitsError, NoBusinessDayError, UnknownServiceError
from server.reception.acceptance import NotSignedError
from server.reception.confirmation import NotReadyError, WithheldError
from server.reception.ending import ItemsHeldError
from server.reception.guidance import UnknownAnswerError
from server.reception.life_events import UnfitEventsError
from server.reception.moving import SameAddressError
from server.reception.service import ProtectedError, StaleScreenError
from server.rulebook.service import (
    DraftMovedError,
    FaultyRulesError,
    NeedsReasonError,
    OwnWorkError,
    PastDayError,
)
from server.web.services import cookie_name, services
from server.web.templating import language, render
from server.worklists.service import OtherDepartmentError

log = logging.getLogger("kakanai")
SIGN_IN = "/counter/login"


class Problem(Exception):
    """Ends a request with `status` and the words of `code`; `params` fill them and are never personal."""

    def __init__(self, status: int, code: str, **params: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers: dict[str, str] = {}
        self.params = params

    def telling(self, headers: dict[str, str]) -> "Problem":
        """The same problem, with headers for programs that can act upon them."""
        self.headers = headers
        return self


def install(app: FastAPI) -> None:
    """Answer every failure of `app` in this form."""
    for kind in (Problem, HTTPException, RequestValidationError, *_DATABASE, AlreadyCalled, *_SIMPLE):
        app.add_exception_handler(kind, _any)


def as_problem(error: Exception) -> Problem:
    """The problem that `error` is for the person who meets it."""
    for kind, (status, code) in _SIMPLE.items():
        if isinstance(error, kind):
            return Problem(status, code)
    match error:
        case Problem():
            return error
        case AlreadyCalled():
            return Problem(409, "already_called", label=error.label, desk=error.desk or "－")
        case RequestValidationError():
            return Problem(422, "invalid_input")
        case OperationalError():
            return Problem(503, "storage_busy")
        case DataError():
            # A character or a number that the database cannot hold, in an address that somebody made up.
            return Problem(422, "invalid_input")
        case HTTPException():
            return Problem(error.status_code, _HTTP_CODES.get(error.status_code, "refused"))
        case _:
            return Problem(500, "unexpected")


RESIDENT_ROOMS = ("/kiosk", "/second", "/t/")
# The page's htmx swaps 409 and 422 as they are; any other failure comes as a notice with status 200.
_HTMX_STATUS = {409: 409, 422: 422}
_MORE_HEADERS = {503: {"Retry-After": "1"}}
_DATABASE = (OperationalError, DataError)
# Failures whose words need nothing filled in.
_SIMPLE: dict[type[Exception], tuple[int, str]] = {
    NotThereError: (404, "not_found"),
    UnknownServiceError: (404, "not_found"),
    NotNowError: (409, "not_now"),
    NobodyWaitsError: (409, "nobody_waits"),
    NoBusinessDayError: (409, "no_business_day"),
    UnsafeTextError: (422, "invalid_input"),
    StaleScreenError: (409, "stale_screen"),
    ProtectedError: (403, "protected"),
    ItemsHeldError: (409, "items_held"),
    NotReadyError: (409, "not_ready"),
    UnfitEventsError: (422, "unfit_events"),
    SameAddressError: (422, "same_address"),
    WithheldError: (409, "withheld"),
    UnknownAnswerError: (422, "invalid_input"),
    NotSignedError: (409, "not_signed"),
    OtherDepartmentError: (403, "other_department"),
    KeyDestroyedError: (410, "forgotten"),
    OwnWorkError: (403, "own_work"),
    DraftMovedError: (409, "draft_moved"),
    FaultyRulesError: (422, "faulty_rules"),
    NeedsReasonError: (422, "needs_reason"),
    PastDayError: (422, "past_day"),
}
_HTTP_CODES = {
    400: "invalid_input",
    401: "sign_in",
    403: "forbidden",
    404: "not_found",
    405: "not_found",
    413: "too_large",
}


def answer(request: Request, problem: Problem) -> Response:
    """The response for `problem`: JSON for the API, a notice for htmx, a page for a browser."""
    words = services(request).words
    headers = {"X-Problem": problem.code} | _MORE_HEADERS.get(problem.status, {}) | problem.headers
    if request.url.path.startswith(("/api/", "/devdock/api/")):
        body = {
            "type": f"about:kakanai/{problem.code}",
            "status": problem.status,
            "code": problem.code,
            "title": {
                lang: words.say(lang, f"problem.{problem.code}.title", **problem.params)
                for lang in ("ja", "en")
            },
            "action": {
                lang: words.say(lang, f"problem.{problem.code}.action", **problem.params)
                for lang in ("ja", "en")
            },
        }
        return JSONResponse(body, problem.status, headers, media_type="application/problem+json")
    if problem.status == 401 and (leading := _to_sign_in(request)) is not None:
        return leading
    lang, key = language(request), f"problem.{problem.code}"
    # What staff can do about it is no help to a visitor.
    if request.url.path.startswith(RESIDENT_ROOMS) and words.has(f"{key}.resident.title"):
        key = f"{key}.resident"
    title = words.say(lang, f"{key}.title", **problem.params)
    action = words.say(lang, f"{key}.action", **problem.params)
    if request.headers.get("HX-Request"):
        text = render(request, "problem_notice.html", title=title, action=action)
        headers |= {"HX-Retarget": "#page-message", "HX-Reswap": "innerHTML"}
        return HTMLResponse(text, _HTMX_STATUS.get(problem.status, 200), headers=headers)
    text = render(request, "problem.html", title=title, action=action, status=problem.status)
    return HTMLResponse(text, problem.status, headers=headers)


def _to_sign_in(request: Request) -> Response | None:
    """The way to the sign-in page, for a browser that asked for a page or a part of one.

    A form that was sent says what happened instead: what was typed is gone, and nobody should wonder why.
    """
    if request.headers.get("HX-Request"):
        page = urlsplit(request.headers.get("HX-Current-URL", "")).path
        return Response(
            status_code=401, headers={"HX-Redirect": _sign_in_from(request, page), "X-Problem": "sign_in"}
        )
    wanted = request.headers.get("accept", "*/*")
    if request.method == "GET" and "text/event-stream" not in wanted and wanted != "text/event-stream":
        page = request.url.path
        return RedirectResponse(_sign_in_from(request, page), 303, {"X-Problem": "sign_in"})
    return None


def _sign_in_from(request: Request, page: str) -> str:
    """The sign-in page; for whose session ended, with the way back to `page`."""
    ended = cookie_name(request) in request.cookies
    return f"{SIGN_IN}?{urlencode({'back': page})}" if ended else SIGN_IN


async def _any(request: Request, error: Exception) -> Response:
    return failed(request, error)


def failed(request: Request, error: Exception) -> Response:
    """The response for `error`. What nobody foresaw is logged by its kind and place, never by its text."""
    problem = as_problem(error)
    if problem.status >= 500:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
        log.error("request failed: %s at %s", type(error).__name__, where)
    return answer(request, problem)
