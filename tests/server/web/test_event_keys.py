"""Saying what happened by keyboard alone: a real browser in front of the application's own answers."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import expect

from server.web.services import Services
from tests.browser.stage import Sent, Stage, axe
from tests.factories.visits import Visit
from tests.server.web.conftest import Opener
from tests.support_asgi import Browser
from tests.support_chromium import chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A stage whose page must neither fail nor meet its own policy."""
    with chromium() as browser:
        found = Stage(browser)
        yield found
        for context in browser.contexts:
            for page in context.pages:
                page.unroute_all(behavior="ignoreErrors")
            context.close()
        assert found.complaints == []


def played(clerk: Browser) -> Callable[[Sent], dict[str, Any]]:
    """What the application answers to what the page sent. Playwright holds this thread's event loop."""

    def answer(sent: Sent) -> dict[str, Any]:
        with ThreadPoolExecutor(1) as pool:
            given = pool.submit(clerk.post, sent.path, sent.fields, headers={"hx-request": "true"}).result()
        return {"status": given.status, "content_type": "text/html", "body": given.text}

    return answer


def test_events_are_chosen_and_dated_without_a_mouse(
    services: Services, signed_in: Opener, stage: Stage
) -> None:
    visit = Visit.opened(services, None, purpose="other")
    visit.identify("self", "photo_document")
    visit.enter(name="例示　次郎", birth="1990-01-02")
    clerk, base = signed_in("clerk1", "counter-1"), f"/counter/receptions/{visit.reception_id}"
    with ThreadPoolExecutor(1) as pool:
        html = pool.submit(clerk.get, base).result().text
    stage.silent |= {f"{base}/events"}
    stage.answers |= {f"{base}/{path}": played(clerk) for path in ("life-events", "moved-on")}
    page = stage.open(html, (1440, 900), base)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#event-MOVE")).to_be_focused()
    # Twice within half a second would be one press.
    page.wait_for_timeout(600)
    for key in ("6", "8"):
        page.keyboard.press(key)
    expect(page.locator("#event-MARRY")).to_be_checked()
    page.keyboard.press("9")
    page.keyboard.press("9")
    page.keyboard.press("Control+Enter")
    expect(page.locator("details#events summary")).to_contain_text("婚姻 ＋ 氏名・旧氏・通称の変更")
    (sent,) = stage.posts(f"{base}/life-events")
    assert sent.fields["event"] == ["MARRY", "NAME"]
    expect(page.locator("#household-head")).to_be_visible()
    assert axe(page) == []
    page.locator("#moved-on-date").focus()
    page.keyboard.type("11.20")
    page.keyboard.press("Enter")
    expect(page.locator("details#moved-on")).to_be_visible()
    assert [event.code for event in visit.workspace().events if event.day] == ["MARRY"]


def test_an_answer_is_changed_in_place_by_keys_alone(
    services: Services, signed_in: Opener, stage: Stage
) -> None:
    visit = Visit.at(services, "settled")
    clerk, base = signed_in("clerk1", "counter-1"), f"/counter/receptions/{visit.reception_id}"
    with ThreadPoolExecutor(1) as pool:
        html, again = (pool.submit(clerk.get, path).result().text for path in (base, f"{base}/ask/dog"))
    stage.silent |= {f"{base}/events"}
    stage.answers |= {
        f"{base}/ask/dog": lambda sent: {"status": 200, "content_type": "text/html", "body": again},
        f"{base}/answers": played(clerk),
    }
    page = stage.open(html, (1440, 900), base)
    page.keyboard.press("e")
    expect(page.locator("#answers > summary")).to_be_focused()
    page.locator("#again-dog > summary").press("Enter")
    expect(page.locator("#again-dog .ask-content button[value=true]")).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("[data-question=dog_chip]")).to_be_visible()
    assert visit.state().facts.value("", "dog") is True
