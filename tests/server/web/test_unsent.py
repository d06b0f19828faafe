"""A form that is sent after its session has ended: nothing typed is lost, and nobody else gets it."""

import html
import re
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI

from server.kit import clock
from server.web.services import COOKIE, Services
from tests.server.rulebook.conftest import with_fee
from tests.server.web.conftest import Opener, session
from tests.server.web.test_rules_pages import draft
from tests.server.web.test_rules_pages import services as services  # the small catalogue
from tests.support_asgi import Answer, Browser

PASSWORD = "kakanai-demo"
TEXT = with_fee(400) + "# 長い覚え書き\n" * 2_000


def fields(page: Answer) -> dict[str, str]:
    """What the form to be sent again holds."""
    found = re.findall(r'<textarea hidden name="([^"]*)"[^>]*>\n(.*?)</textarea>', page.text, re.S)
    return {name: html.unescape(value) for name, value in found}


def hidden(page: Answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


def later(**step: int) -> None:
    clock.start_at(clock.now() + timedelta(**step))


def signs_in(browser: Browser, page: Answer, login: str, password: str = PASSWORD) -> Answer:
    sent = {"login": login, "password": password, "unsent": hidden(page, "unsent"), "back": "/admin/rules"}
    return browser.post("/counter/login", sent)


@pytest.fixture
def refused(signed_in: Opener) -> tuple[Browser, str, Answer]:
    """A clerk whose session ended over a long text: their browser, the draft, what came instead of it."""
    clerk = signed_in("clerk1")
    at = draft(clerk)
    later(minutes=31)
    answer = clerk.post(
        f"{at}/text", {"content": TEXT, "version": "0"}, key="k1", headers={"referer": f"http://x{at}/text"}
    )
    return clerk, at, answer


def test_what_was_typed_is_there_after_signing_in_again(refused: tuple[Browser, str, Answer]) -> None:
    clerk, at, page = refused
    assert page.status == 401
    assert "入力した内容は、この画面に残っています" in page.text
    assert hidden(page, "back") == f"{at}/text"
    assert "yen: 400" not in page.text, "whoever walks past does not read it"
    mistyped = signs_in(clerk, page, "clerk1", "wrong")
    again = signs_in(clerk, mistyped, "clerk1")
    assert "まだ保存されていません" in again.text
    kept = fields(again)
    assert kept == {"content": TEXT, "version": "0", "idempotency_key": "k1"}
    clerk.csrf = hidden(again, "csrf_token")
    assert clerk.post(f"{at}/text", kept).status == 303
    assert clerk.get(f"{at}/overlay.yaml").body.decode() == TEXT


def test_nobody_else_gets_it(refused: tuple[Browser, str, Answer], app: FastAPI) -> None:
    clerk, _, page = refused
    other = signs_in(Browser(app), page, "clerk2")
    assert (other.status, "yen: 400" in other.text) == (303, False)
    later(hours=12, seconds=1)
    assert signs_in(clerk, page, "clerk1").status == 303, "not for ever"


def test_a_sealed_form_of_nobodys_making_is_passed_over(refused: tuple[Browser, str, Answer]) -> None:
    clerk, _, page = refused
    good = hidden(page, "unsent")
    for bad in ("", "x", "====", good[:-8], good[:-8] + "AAAAAAA="):
        answer = clerk.post("/counter/login", {"login": "clerk1", "password": PASSWORD, "unsent": bad})
        assert answer.status == 303


def test_a_foreign_form_is_not_kept(signed_in: Opener) -> None:
    """Whoever does not know the session's token cannot have us offer anything to its owner."""
    clerk = signed_in("clerk1")
    at = draft(clerk)
    later(minutes=31)
    clerk.csrf = "guessed"
    told = clerk.post(f"{at}/text", {"content": "x"}, key="k1")
    assert (told.status, 'name="unsent"' in told.text) == (401, False)
    clerk.cookies[COOKIE] = "no session"
    assert 'name="unsent"' not in clerk.post(f"{at}/text", {"content": "x"}, key="k2").text


def test_a_page_from_before_the_sign_in_needs_one_more_press(signed_in: Opener, services: Services) -> None:
    """The session ended, and somebody signed in again in another window of the same browser."""
    clerk = signed_in("clerk1")
    at = draft(clerk)
    old = clerk.csrf
    new = session(services, "clerk1")
    clerk.cookies[COOKIE] = new.token
    again = clerk.post(f"{at}/text", {"content": TEXT, "version": "0"}, key="k1")
    assert again.status == 409
    clerk.csrf = hidden(again, "csrf_token")
    assert clerk.csrf == new.csrf
    assert clerk.post(f"{at}/text", fields(again)).status == 303
    other = signed_in("clerk2")
    other.csrf = old
    assert other.post(f"{at}/text", {"content": "x"}, key="k3").status == 403, "another person's page"


def test_a_part_of_a_page_gives_way_to_the_whole_sign_in_page(signed_in: Opener) -> None:
    clerk = signed_in("clerk1")
    later(minutes=31)
    page = "/counter/receptions/0192f1b0"
    told = clerk.post(
        f"{page}/address?x=1",
        {"address.town": "見本"},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://127.0.0.1:8111{page}"},
        key="k1",
    )
    assert (told.status, told.header("hx-retarget"), hidden(told, "back")) == (200, "body", page)
    again = signs_in(clerk, told, "clerk1")
    assert f'action="{page}/address?x=1"' in again.text
    assert fields(again)["address.town"] == "見本"


def test_nothing_typed_means_nothing_kept(signed_in: Opener) -> None:
    clerk = signed_in("clerk1")
    later(minutes=31)
    assert 'name="unsent"' not in clerk.post("/counter/logout").text


@pytest.fixture(autouse=True)
def _morning() -> None:
    clock.start_at(datetime(2026, 11, 24, 9, tzinfo=clock.JST))
