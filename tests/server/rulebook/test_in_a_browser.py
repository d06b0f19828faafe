"""From a mistyped line to what the counter says, in a real browser and by the keyboard."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from server.app import mount
from server.db import engine as engines
from server.kit import clock
from server.web.services import COOKIE, Services
from tests.browser.stage import axe
from tests.factories.visits import Visit
from tests.server.web.conftest import session
from tests.station.conftest import free_port
from tests.support_chromium import chromium

LEFT_OUT = "  R160:\n    legal_basis: [見本市廃棄物の処理及び清掃に関する条例（架空）]\n"
TAKEN = "  R160: {disabled: true, why: {ja: 環境課で案内します, en: The Environment Division tells}}\n"


@pytest.fixture
def address(services: Services) -> Iterator[str]:
    """The application on a port."""
    clock.start_at(datetime(2026, 11, 24, 9, tzinfo=clock.JST))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(mount(services), port=port, log_level="critical"))
    server.config.timeout_graceful_shutdown = 1
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 10
    while not server.started and time.monotonic() < end:
        thread.join(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def page_of(browser: Browser, services: Services, address: str, login: str) -> Page:
    context = browser.new_context(locale="ja-JP", reduced_motion="reduce")
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": COOKIE, "value": session(services, login).token, "url": address}])
    return context.new_page()


@pytest.mark.browser
@pytest.mark.long
def test_a_clerk_changes_a_rule_and_the_counter_follows(services: Services, address: str) -> None:
    visit = Visit.at(services, "intake")
    reception = f"{address}/counter/receptions/{visit.reception_id}"
    with chromium() as browser:
        clerk = page_of(browser, services, address, "clerk1")
        clerk.goto(reception)
        expect(clerk.locator("#nav-rules")).to_be_visible()
        expect(clerk.get_by_text("ごみの収集日").first).to_be_attached()
        clerk.locator("#nav-rules").press("Enter")
        clerk.locator("#f-title").press_sequentially("ごみの案内をやめる")
        clerk.keyboard.press("Enter")
        clerk.get_by_role("link", name="ファイルの本文").press("Enter")
        text = clerk.locator("#f-content")
        whole = text.input_value()
        assert LEFT_OUT in whole
        text.fill(whole.replace(LEFT_OUT, TAKEN.replace("why", "wyh")))
        clerk.keyboard.press("Control+Enter")
        fault = clerk.locator("[data-fault=needs_why]")
        expect(fault).to_contain_text("理由（why）が要ります")
        fault.locator("[data-line]").press("Enter")
        chosen = "e => e.value.slice(e.selectionStart, e.selectionEnd)"
        assert "R160" in clerk.locator("#f-content").evaluate(chosen)
        clerk.locator("#f-content").fill(whole.replace(LEFT_OUT, TAKEN))
        clerk.keyboard.press("Control+Enter")
        expect(clerk.get_by_text("誤りはありません。").first).to_be_visible()
        clerk.get_by_role("link", name="変わること", exact=True).press("Enter")
        expect(clerk.locator("[data-rule=R160][data-kind=disappeared]")).to_contain_text("環境課で案内します")
        assert axe(clerk) == []
        clerk.locator("#f-effective_from").press("Control+Enter")
        expect(clerk.get_by_text("書いた人・承認を求めた人は承認できません")).to_be_visible()
        chief = page_of(browser, services, address, "supervisor1")
        chief.goto(clerk.url)
        chief.locator("[data-act=approve]").press("Enter")
        expect(chief.get_by_text("いま、すべての窓口がこの版で案内しています。")).to_be_visible()
        clerk.goto(reception)
        expect(clerk.locator("#workspace")).to_be_visible()
        expect(clerk.get_by_text("ごみの収集日")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.long
def test_a_session_that_ends_over_a_form_loses_nothing(services: Services, address: str) -> None:
    """A page that htmx renews in parts, and a plain one; by the keyboard."""
    visit = Visit.opened(services, None, purpose="other")
    with chromium() as browser:
        clerk = page_of(browser, services, address, "clerk1")
        clerk.goto(f"{address}/counter/receptions/{visit.reception_id}")
        clerk.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        clerk.locator("[name=event][value=NAME]").check()
        clock.start_at(clock.now() + timedelta(minutes=31))
        clerk.locator("#f-events [type=submit]").first.press("Enter")
        signs_in_again(clerk)
        expect(clerk.get_by_role("heading", level=1)).to_contain_text("番号札なし")
        expect(clerk.locator("header.bar")).to_contain_text("氏名・旧氏・通称の変更")
        clerk.goto(f"{address}/admin/rules")
        clerk.locator("#f-title").press_sequentially("ごみの案内をやめる")
        clock.start_at(clock.now() + timedelta(minutes=31))
        clerk.keyboard.press("Enter")
        signs_in_again(clerk)
        expect(clerk.get_by_role("heading", name="ごみの案内をやめる")).to_be_visible()


def signs_in_again(clerk: Page) -> None:
    expect(clerk.get_by_text("入力した内容は、この画面に残っています")).to_be_visible()
    clerk.locator("#f-login").press_sequentially("clerk1")
    clerk.keyboard.press("Tab")
    clerk.keyboard.type("kakanai-demo")
    clerk.keyboard.press("Enter")
    expect(clerk.locator("[data-act=send-again]")).to_be_focused()
    assert axe(clerk) == []
    clerk.keyboard.press("Enter")


def test_the_engine_has_room_for_the_rules_beside_every_thread() -> None:
    """A request that reads may look up the rules over a connection of its own (server.rulebook.current)."""
    engine = engines.create("postgresql://nobody@127.0.0.1:9/none")
    assert engine.pool.size() + engine.pool._max_overflow > 40  # type: ignore[attr-defined]
