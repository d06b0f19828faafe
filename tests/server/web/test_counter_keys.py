"""The counter's list by keys alone: walk, explain, tick, sign, group; behind it is the real server."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from server.kit import clock
from server.web.services import Services
from tests.browser.stage import Sent, Stage, axe
from tests.factories.visits import FOUR, Visit
from tests.server.web.conftest import Opener
from tests.support_asgi import FORM, Answer, Browser
from tests.support_chromium import chromium


def forwarded(clerk: Browser) -> Callable[[Sent], dict[str, Any]]:
    """Answers a request of the page with the application's own answer."""
    pool = ThreadPoolExecutor(1)

    def call(sent: Sent) -> Answer:
        headers = {"hx-request": "true", "sec-fetch-site": "same-origin", "content-type": FORM}
        return clerk.send(sent.method, sent.path, sent.body.encode(), headers)

    def answer(sent: Sent) -> dict[str, Any]:
        # The page's loop runs in this thread; the application wants one of its own.
        got = pool.submit(call, sent).result()
        return {"status": got.status, "body": got.body, "content_type": "text/html; charset=utf-8"}

    return answer


@pytest.fixture
def stage() -> Iterator[Stage]:
    """One page in a browser whose requests are answered here."""
    with chromium() as browser:
        found = Stage(browser)
        yield found
        assert found.complaints == []


@pytest.mark.long
def test_the_list_is_worked_by_keys_alone(services: Services, signed_in: Opener, stage: Stage) -> None:
    clock.start_at(datetime.fromisoformat("2026-11-24T10:00:00+09:00"))
    visit = Visit.at(services, "settled", FOUR)
    clerk = signed_in("clerk1", "counter-1")
    base = f"/counter/receptions/{visit.reception_id}"
    through = forwarded(clerk)
    why = [f"{base}/why/{item.procedure_id}" for item in visit.guided(visit.state()).applies]
    for path in (f"{base}/documents", f"{base}/signing", f"{base}/workspace", *why):
        stage.answers[path] = through
    stage.silent.add(f"{base}/events")
    with ThreadPoolExecutor(1) as pool:
        html = pool.submit(clerk.get, base).result().text
    page = stage.open(html, (1440, 900), base)
    assert axe(page) == []
    row = page.locator('[data-procedure="R031"]')
    walk_to(page, "R031")
    page.keyboard.press("?")
    expect(row.locator(".why-content")).to_contain_text("根拠")
    assert stage.sent[-1].path == f"{base}/why/R031"
    for group in ("today", "here", "advice"):
        first = page.locator(f'[data-group="{group}"] [data-explain]:has(.why-body)').first
        first.locator("> summary").focus()
        page.keyboard.press("?")
        expect(first).to_have_attribute("open", "")
        expect(first.locator(".why-content")).to_be_visible()
    row.locator("summary").focus()
    page.keyboard.press("d")
    expect(row.locator("[data-papers]")).to_have_attribute("data-papers", "2/2")
    expect(row.locator("details")).to_have_attribute("open", "")
    settled(page)
    page.keyboard.press("1")
    expect(row.locator("[data-papers]")).to_have_attribute("data-papers", "1/2")
    settled(page)
    page.keyboard.press("l")
    expect(row.locator(".procedure-marks")).to_contain_text("後日提出")
    settled(page)
    page.keyboard.press("s")
    expect(row.locator(".procedure-marks")).not_to_contain_text("後日提出")
    stage.answers[f"{base}/workspace"] = lambda sent: through(
        Sent(sent.method, f"{base}/workspace?by=department", {}, "")
    )
    settled(page)
    page.keyboard.press("g")
    expect(page.locator('[data-group="dept-kokuho"]')).to_be_visible()
    expect(page.locator('[data-group="today"]')).to_be_visible()
    stage.close(page)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_keys_lead_to_the_list_of_keys_the_answers_and_the_sheet(
    services: Services, signed_in: Opener, stage: Stage
) -> None:
    visit = Visit.at(services, "settled")
    clerk = signed_in("clerk1", "counter-1")
    base = f"/counter/receptions/{visit.reception_id}"
    stage.answers[f"{base}/checklist"] = forwarded(clerk)
    stage.silent.add(f"{base}/events")
    with ThreadPoolExecutor(1) as pool:
        html = pool.submit(clerk.get, base).result().text
    page = stage.open(html, (1440, 900), base)
    page.keyboard.press("?")
    expect(page.locator("[data-key-list]")).to_contain_text("お答えの一覧へ")
    page.keyboard.press("c")
    page.keyboard.press("Escape")
    expect(page.locator("[data-key-list]")).to_be_hidden()
    page.keyboard.press("e")
    expect(page.locator("#answers")).to_have_attribute("open", "")
    expect(page.locator("#answers > summary")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator("#sheet-print-ja")).to_be_focused()
    page.keyboard.press("3")
    expect(page.locator("#checklist")).not_to_have_attribute("data-sheet", "none")
    settled(page)
    expect(page.locator("#sheet-print-ja")).to_be_focused()
    assert [sent.fields["language"] for sent in stage.posts(f"{base}/checklist")] == [["en"]]
    stage.close(page)


def settled(page: Page) -> None:
    """Wait until what was just put into the page has come alive: no hand is as quick as this test."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


def walk_to(page: Page, procedure: str) -> None:
    """J until the row is in hand."""
    page.locator("body").press("j")
    for _ in range(60):
        here = page.evaluate("document.activeElement.closest('[data-procedure]')?.dataset.procedure")
        if here == procedure:
            return
        page.keyboard.press("j")
    raise AssertionError(f"J does not come to {procedure}")
