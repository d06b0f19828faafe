"""Signing in by the page, sessions that end, and cookies that only this server gets."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from server.app import mount
from server.auth import service as auth
from server.auth.models import Staff, StaffSession
from server.journal.models import JournalEntry
from server.kit import clock
from server.web.services import Services
from tests.factories.people import SYSTEM
from tests.server.web.conftest import Opener
from tests.support_asgi import Answer, Browser

PASSWORD = "kakanai-demo"


def sign_in(browser: Browser, login: str = "clerk1", password: str = PASSWORD) -> Answer:
    return browser.post("/counter/login", {"login": login, "password": password})


def later(**passed: float) -> None:
    clock.start_at(clock.now() + timedelta(**passed))


def events(services: Services, event: str) -> list[JournalEntry]:
    with services.db.read() as unit:
        query = select(JournalEntry).where(JournalEntry.event == event)
        return unit.all(query.order_by(col(JournalEntry.seq)))


def test_the_right_password_opens_a_session(browser: Browser, services: Services) -> None:
    answer = sign_in(browser)
    assert (answer.status, answer.header("location")) == (303, "/counter/")
    assert browser.get("/counter/").status == 200
    with services.db.read() as unit:
        stored = unit.session.exec(select(StaffSession)).one()
    assert browser.cookies["kakanai_session"] not in (stored.token_hash, stored.csrf)
    assert len(events(services, "staff.signed_in")) == 1


def test_the_cookie_is_for_this_server_alone(browser: Browser) -> None:
    cookie = sign_in(browser).headers("set-cookie")
    assert len(cookie) == 1
    attributes = {part.strip().lower() for part in cookie[0].split(";")[1:]}
    assert attributes == {"httponly", "path=/", "samesite=strict"}


def test_over_tls_the_cookie_is_bound_to_the_host(services: Services, tmp_path: Path) -> None:
    over_tls = services.settings.model_copy(update={"tls_certificate": tmp_path / "cert.pem"})
    browser = Browser(mount(Services(**{**vars(services), "settings": over_tls})))
    cookie = sign_in(browser).headers("set-cookie")[0]
    name = cookie.partition("=")[0]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert name == "__Host-kakanai_session"
    assert attributes == {"httponly", "path=/", "samesite=strict", "secure"}
    assert browser.get("/counter/").status == 200
    token = browser.cookies.pop("__Host-kakanai_session")
    browser.cookies["kakanai_session"] = token
    assert browser.get("/counter/").status == 303, "a cookie that another host could set is not read"


def test_a_department_starts_at_its_work(browser: Browser) -> None:
    assert sign_in(browser, "kokuho1").header("location") == "/backoffice/"
    assert browser.get("/counter/").header("location") == "/backoffice/"


@pytest.mark.parametrize(("login", "password"), [("clerk1", "wrong"), ("nobody", PASSWORD), ("clerk1", "")])
def test_both_refusals_look_the_same(browser: Browser, login: str, password: str) -> None:
    """Whether the account exists is nobody's business."""
    answer = sign_in(browser, login, password)
    assert answer.status == 401
    assert answer.headers("set-cookie") == []
    reference = sign_in(Browser(browser.app), "someone-else", "other").text
    assert answer.text.replace(f'value="{login}"', "") == reference.replace('value="someone-else"', "")


def test_an_unknown_account_is_checked_as_long_as_a_known_one(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def fits(stored: str, password: str) -> bool:
        checked.append(stored)
        return False

    monkeypatch.setattr(auth, "_fits", fits)
    with services.db.read() as unit:
        auth.password_fits(unit, SYSTEM, "clerk1", "x")
        auth.password_fits(unit, SYSTEM, "nobody", "x")
    assert len(checked) == 2
    assert all(stored.startswith("$argon2id$") for stored in checked)


def test_five_wrong_passwords_pause_the_account(browser: Browser, services: Services) -> None:
    for _ in range(4):
        assert sign_in(browser, password="wrong").status == 401
    assert sign_in(browser).status == 303, "four are forgiven"
    browser.cookies.clear()
    for _ in range(5):
        assert sign_in(browser, password="wrong").status == 401
    assert sign_in(browser).status == 401, "not even the right one helps now"
    assert [entry.payload for entry in events(services, "staff.refused")][-1] == '{"reason": "paused"}'
    assert sign_in(Browser(browser.app), "clerk2").status == 303, "nobody else is kept out"
    later(minutes=4, seconds=50)
    assert sign_in(browser).status == 401
    later(seconds=15)
    assert sign_in(browser).status == 303


def test_a_disabled_account_is_out_at_once(browser: Browser, services: Services) -> None:
    sign_in(browser)
    with services.db.write() as unit:
        row = unit.session.exec(select(Staff).where(Staff.login == "clerk1")).one()
        row.disabled = True
        unit.add(row)
    assert browser.get("/counter/").status == 303
    assert sign_in(Browser(browser.app)).status == 401


def test_a_changed_role_counts_from_the_next_request(browser: Browser, services: Services) -> None:
    sign_in(browser)
    assert browser.get("/counter/queue").status == 200
    with services.db.write() as unit:
        row = unit.session.exec(select(Staff).where(Staff.login == "clerk1")).one()
        row.role = "administrator"
        unit.add(row)
    assert browser.get("/counter/queue").status == 403


def test_half_an_hour_without_a_touch_ends_a_session(signed_in: Opener) -> None:
    browser = signed_in("clerk1")
    for _ in range(3):
        later(minutes=29)
        assert browser.get("/counter/").status == 200, "each request counts as a touch"
    later(minutes=30, seconds=1)
    assert browser.get("/counter/").status == 303


def test_twelve_hours_end_it_whatever_happened(signed_in: Opener) -> None:
    browser = signed_in("clerk1")
    for _ in range(28):
        later(minutes=25)
        assert browser.get("/counter/").status == 200
    later(minutes=25)
    assert browser.get("/counter/").status == 303


def test_a_session_that_ended_says_so_and_leads_back(signed_in: Opener) -> None:
    browser = signed_in("clerk1")
    later(minutes=31)
    page = "/counter/receptions/0192f1b0"
    sent = browser.post(
        f"{page}/address", headers={"HX-Request": "true", "HX-Current-URL": f"http://127.0.0.1:8111{page}"}
    )
    asked = browser.get(page)
    way = f"/counter/login?back={page.replace('/', '%2F')}"
    assert (sent.header("hx-redirect"), asked.header("location")) == (way, way)
    assert "時間がたったため、ログインが終わりました" in browser.get(way).text
    answer = browser.post("/counter/login", {"login": "clerk1", "password": PASSWORD, "back": page})
    assert answer.header("location") == page


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/backoffice/", "/counter/?x=//y", ""]
)
def test_signing_in_leads_nowhere_else(browser: Browser, back: str) -> None:
    answer = browser.post("/counter/login", {"login": "clerk1", "password": PASSWORD, "back": back})
    assert answer.header("location") == "/counter/"


def test_signing_out_ends_the_session_for_everybody_who_has_the_cookie(
    app: FastAPI, signed_in: Opener, services: Services
) -> None:
    browser = signed_in("clerk1")
    copied = Browser(app)
    copied.cookies = dict(browser.cookies)
    answer = browser.post("/counter/logout")
    assert (answer.status, answer.header("location")) == (303, "/counter/login")
    assert answer.header("clear-site-data") == '"cache", "storage"'
    assert browser.cookies == {}
    assert copied.get("/counter/").status == 303
    assert len(events(services, "staff.signed_out")) == 1


def test_each_sign_in_makes_a_session_of_its_own(signed_in: Opener) -> None:
    """A cookie that was planted before is worth nothing after."""
    first, second = signed_in("clerk1"), signed_in("clerk1")
    assert first.cookies != second.cookies
    assert first.csrf != second.csrf
    first.post("/counter/logout")
    assert second.get("/counter/").status == 200


def test_checking_a_password_keeps_no_writer_waiting(
    browser: Browser, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a tenth of a second; with the writer's turn in hand every kiosk would wait for it."""
    seen: list[bool] = []

    def fits(stored: str, password: str) -> bool:
        with services.db.write():
            seen.append(True)
        return True

    monkeypatch.setattr(auth, "_fits", fits)
    assert sign_in(browser).status == 303
    assert seen == [True]


def test_passwords_are_hashed_at_a_price() -> None:
    """OWASP's least for argon2id: 19 MiB and two passes, or more of one for less of the other."""
    stored = auth.hash_password("a password")
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$", stored)
    assert found is not None
    assert int(found[1]) >= 19 * 1024
    assert int(found[2]) >= 2
    assert auth.hash_password("a password") != stored, "salted"


def test_an_account_has_one_of_the_roles(services: Services) -> None:
    with services.db.read() as unit, pytest.raises(ValueError, match="unknown role"):
        auth.add_staff(unit, SYSTEM, "x", "x", "king", "x")
