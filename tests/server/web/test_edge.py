"""What every answer carries, and what no answer and no log ever says."""

import json
import logging
import re
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import text as sql

from server.app import mount
from server.web import middleware, problems
from server.web.guards import REGISTER, GuardedRouter, Public
from server.web.services import Services
from server.web.words import Words
from tests.server.web.conftest import Opener
from tests.server.web.routes import walk
from tests.support_asgi import FORM, Answer, Browser

CANARY = "見本　カナリア太郎"
SECURITY = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=()",
}


@pytest.fixture
def app(request: pytest.FixtureRequest, app: FastAPI, services: Services) -> FastAPI:
    """One of its own for tests that break it."""
    return mount(services) if "breaking" in request.fixturenames else app


@pytest.fixture
def breaking(app: FastAPI) -> Iterator[FastAPI]:
    """The application with a few routes that go wrong while they hold somebody's data."""
    known = len(REGISTER)
    router = GuardedRouter(prefix="/breaks", guard=Public())

    @router.page("/error")
    def error() -> None:
        raise RuntimeError(f"no such resident: {CANARY}")

    @router.page("/cause")
    def cause() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError as inner:
            raise ValueError(CANARY) from inner

    @router.page("/database")
    def database() -> None:
        held: Services = app.state.services
        with held.db.write() as unit:
            unit.session.execute(
                sql("INSERT INTO desk (id, number) VALUES (:id, :name)"), {"id": "1", "name": CANARY}
            )

    @router.page("/response")
    def response() -> object:
        return object()

    app.include_router(router)
    yield app
    # The register is the whole process's; other tests compare it with an application without these routes.
    del REGISTER[known:]


def checked(answer: Answer, cached: bool = False) -> None:
    for name, start in SECURITY.items():
        assert (answer.header(name) or "").startswith(start), name
    policy = answer.header("content-security-policy") or ""
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert (answer.header("cache-control") == "no-store") is not cached
    assert answer.header("server") is None


def test_every_answer_carries_the_headers(
    app: FastAPI, browser: Browser, signed_in: Opener, at_station: Callable[[str], Browser]
) -> None:
    staff, station = signed_in("supervisor1"), at_station("counter-1")
    for route in walk(app):
        if route.method == "GET":
            for who in (browser, staff, station):
                checked(who.get(route.target()))


def test_failures_carry_them_too(breaking: FastAPI) -> None:
    browser = Browser(breaking)
    assert browser.get("/breaks/error").status == 500
    checked(browser.get("/breaks/error"))
    checked(browser.get("/nowhere"))
    checked(browser.send("PATCH", "/kiosk/"))
    checked(browser.send("POST", "/kiosk/help", b"x" * (middleware.LARGEST_BODY + 1), {"content-type": FORM}))
    checked(browser.send("GET", "/healthz", b"", {"kakanai-station": "nobody"}))
    checked(browser.send("POST", "/kiosk/help", b"", {"origin": "https://evil.example"}))


def test_files_asked_for_by_version_may_be_kept_and_others_are_asked_for_anew(browser: Browser) -> None:
    answer = browser.get("/static/css/base.css?v=1")
    assert answer.status == 200
    checked(answer, cached=True)
    assert "immutable" in (answer.header("cache-control") or "")
    # A script that another one imports has no version in its address.
    assert browser.get("/static/js/page.js").header("cache-control") == "no-cache"


def test_no_page_brings_its_own_script_or_style(
    app: FastAPI, browser: Browser, signed_in: Opener, at_station: Callable[[str], Browser]
) -> None:
    """The policy would stop them; the page would be broken without anybody noticing in a test."""
    found = []
    for who in (browser, signed_in("clerk1"), signed_in("kokuho1"), at_station("counter-1")):
        for route in walk(app):
            if route.method != "GET":
                continue
            page = who.get(route.target())
            if not (page.header("content-type") or "").startswith("text/html"):
                continue
            inline = re.findall(
                r"<script(?![^>]*\bsrc=)[^>]*>|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=.js", page.text
            )
            foreign = re.findall(r"(?:src|href|action)=\"(?:https?:)?//[^\"]*", page.text)
            found += [(route.path, one) for one in inline + foreign]
    assert found == []


@pytest.mark.parametrize("path", ["error", "cause", "database", "response"])
@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}, {"accept": "application/json"}])
def test_a_failure_shows_and_logs_nobodys_data(
    breaking: FastAPI,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    path: str,
    headers: dict[str, str],
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = Browser(breaking).send("GET", f"/breaks/{path}", b"", headers)
    assert answer.status == (200 if "hx-request" in headers else 500)
    assert answer.header("x-problem") == "unexpected"
    printed = "".join(capfd.readouterr())
    for said in (answer.text, caplog.text, printed):
        assert CANARY not in said
        assert json.dumps(CANARY)[1:-1] not in said
        assert "Traceback" not in said
    assert "request failed" in caplog.text, "somebody has to hear that there is a fault"
    assert "Error" in caplog.text


def test_a_failure_of_the_api_is_a_problem_in_both_languages(browser: Browser) -> None:
    answer = browser.send(
        "POST",
        "/api/v1/tickets",
        b'{"service_class": "nothing"}',
        {"content-type": "application/json", "idempotency-key": "k"},
    )
    assert answer.header("content-type") == "application/problem+json"
    body = answer.json()
    assert (answer.status, body["status"], body["code"]) == (404, 404, "not_found")
    assert body["type"] == "about:kakanai/not_found"
    for part in ("title", "action"):
        assert set(body[part]) == {"ja", "en"}
        assert all(body[part].values())
        assert body[part]["ja"] != body[part]["en"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 10_000,
        b'{"service_class": "\\ud800"}',
        b'{"service_class": "move", "language": "\\u0000a"}',
        b'{"service_class": "move", "more": 1}',
        b'{"service_class": 1}',
        b"\xff\xfe{}",
        b"null",
    ],
)
def test_a_body_that_makes_no_sense_is_the_senders_fault(browser: Browser, body: bytes) -> None:
    answer = browser.send(
        "POST", "/api/v1/tickets", body, {"content-type": "application/json", "idempotency-key": "k"}
    )
    assert answer.status in (400, 422), answer.text
    assert answer.json()["code"] == "invalid_input"


@pytest.mark.parametrize(
    "target",
    [
        "/t/%00",
        "/t/%ED%A0%80",
        "/t/" + "x" * 5000,
        "/kiosk/card?service=%00",
        "/kiosk/card?service=%FF",
        "/kiosk/tickets/%00",
        "/kiosk/tickets/..%2F..%2Fetc",
        "/display/%00",
        "/kiosk/card",
        "/kiosk/?lang=%00",
    ],
)
def test_a_made_up_address_is_no_fault_of_ours(browser: Browser, target: str) -> None:
    assert browser.get(target).status in (200, 404, 422)


def test_forms_of_staff_survive_every_odd_character(app: FastAPI, signed_in: Opener) -> None:
    browser = signed_in("supervisor1")
    odd = ["\x00", "\x1b@", "a\u202eb", "\u2028", "x" * 5000, "＝cmd", "'; DROP TABLE staff;--"]
    writes = [r for r in walk(app) if r.method == "POST" and (r.guard or "").startswith("staff")]
    for number, value in enumerate(odd):
        fields = dict.fromkeys(
            ("name", "reason", "kind", "fact", "number", "relation", "method", "documents", "desk", "date"),
            value,
        )
        for route in writes:
            if route.path != "/counter/logout":
                answer = browser.post(
                    route.target(), fields | {"town_code": value}, key=f"{number}-{route.path}"
                )
                assert answer.status < 500, (route, value, answer.text)


def test_the_largest_body_is_taken_and_one_byte_more_is_not(browser: Browser) -> None:
    fits = b"note=" + b"x" * (middleware.LARGEST_BODY - 5)
    headers = {"content-type": FORM, "sec-fetch-site": "same-origin"}
    assert browser.send("POST", "/kiosk/help", fits, headers).status == 204
    refused = browser.send("POST", "/kiosk/help", fits + b"x", headers)
    assert (refused.status, refused.header("x-problem")) == (413, "too_large")


def test_a_form_that_was_cut_off_is_not_carried_out(services: Services, browser: Browser) -> None:
    """The first half of a form is a form as well, with other values."""
    body = b"idempotency_key=k1&service_class=move&card_read_id=abc"
    headers = {"content-type": FORM, "sec-fetch-site": "same-origin"}
    answer = browser.send("POST", "/kiosk/tickets", body, headers, leave_after=37)
    assert answer.status == 0, "nobody is there to be answered"
    with services.db.read() as unit:
        assert unit.session.execute(sql("SELECT count(*) FROM ticket")).scalar_one() == 0


def test_a_busy_database_says_when_to_come_back(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, services: Services
) -> None:
    from sqlalchemy.exc import OperationalError

    def locked(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception(f"database is locked {CANARY}"))

    monkeypatch.setattr("server.web.health.core_standing", locked)
    answer = browser.get("/healthz")
    assert (answer.status, answer.header("retry-after"), answer.header("x-problem")) == (
        503,
        "1",
        "storage_busy",
    )
    assert CANARY not in answer.text


def test_every_problem_has_its_words(words: Words) -> None:
    """A code without words would be shown as its key."""
    import ast
    from pathlib import Path

    codes = {code for _, code in problems._SIMPLE.values()} | set(problems._HTTP_CODES.values())
    codes |= {"unexpected", "storage_busy", "invalid_input", "already_called", "refused"}
    root = Path(problems.__file__).parents[2]
    for folder in ("server", "kiosk", "counter"):
        for path in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", "") == "Problem"
                    and len(node.args) > 1
                ):
                    second = node.args[1]
                    if isinstance(second, ast.Constant):
                        codes.add(str(second.value))
    assert len(codes) > 25
    for lang in ("ja", "en"):
        missing = [
            code
            for code in sorted(codes)
            for part in ("title", "action")
            if f"problem.{code}.{part}" not in words.catalogues[lang]
        ]
        assert missing == [], lang
