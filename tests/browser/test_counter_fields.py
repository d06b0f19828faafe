"""Days in short, a tick while the page around it is fetched anew, and two presses at once."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.stage import Stage

pytestmark = pytest.mark.browser
SIZE = (1440, 900)
DAYS = """import { readDay } from "/static/js/counter_fields.js";
document.title = JSON.stringify(%s.map(([text, ahead]) => readDay(text, "2026-11-24", ahead)));"""
KEEP = """import { keepAcrossSwaps } from "/static/js/counter_keep.js"; keepAcrossSwaps({ after() {} });
document.title = "ready";"""
WORKSPACE = """<div id="workspace" data-version="1">
<form id="f-movers" hx-post="/movers" hx-trigger="change delay:300ms" hx-swap="none" data-once>
<input type="checkbox" id="mover-1" name="person_id" value="1"></form>
<div data-refresh hx-get="/again" hx-trigger="sse:changed" hx-target="#workspace" hx-swap="outerHTML">
</div></div>"""

INTO = 'hx-target="#workspace" hx-swap="outerHTML"'
TWO_FORMS = f"""<div id="workspace" data-version="1"><p>%s</p>
<form id="f-first" hx-post="/first" {INTO} data-once><button>1</button></form>
<form id="f-second" hx-post="/second" {INTO} data-once><button>2</button></form></div>"""
REFRESH = f'<span data-refresh hx-get="/again" hx-trigger="sse:changed" {INTO}></span>'


def _served(kind: str, body: str) -> dict[str, Any]:
    return {"status": 200, "content_type": kind, "body": body}


def _page(stage: Stage, script: str, body: str = "") -> Page:
    stage.answers["/page.js"] = lambda sent: _served("text/javascript", script)
    return stage.open(
        f"""<!doctype html><html lang="ja"><head><title>x</title>
        <meta name="htmx-config" content='{{"includeIndicatorStyles": false, "allowEval": false}}'>
        <script src="/static/vendor/htmx/htmx.min.js"></script></head>
        <body><main>{body}</main><script type="module" src="/page.js"></script></body></html>""",
        SIZE,
    )


def test_a_short_day_is_the_last_one_or_where_it_may_lie_ahead_the_nearest(stage: Stage) -> None:
    asked = [
        ("11.20", False, "2026-11-20"),
        ("12.1", False, "2025-12-01"),
        ("12.1", True, "2026-12-01"),
        ("11.20", True, "2026-11-20"),
        ("1.5", True, "2027-01-05"),
        ("R8.12.1", False, "2026-12-01"),
        ("2.29", True, None),
        ("2.30", True, None),
    ]
    page = _page(stage, DAYS % json.dumps([[text, ahead] for text, ahead, _ in asked]))
    page.wait_for_function("document.title.startsWith('[')")
    assert json.loads(page.title()) == [day for *_, day in asked]


def test_a_tick_is_saved_though_the_page_is_fetched_anew_meanwhile(stage: Stage) -> None:
    stage.answers["/again"] = lambda sent: _served("text/html", WORKSPACE)
    stage.answers["/movers"] = lambda sent: {"status": 204, "body": ""}
    page = _page(stage, KEEP, WORKSPACE)
    page.wait_for_function("document.title === 'ready'")
    with page.expect_request("**/movers", timeout=5_000) as saved:
        page.locator("#mover-1").check()
        page.evaluate("htmx.trigger('[data-refresh]', 'sse:changed')")
    assert "person_id=1" in (saved.value.post_data or "")
    expect(page.locator("#mover-1")).to_be_checked()


def test_of_two_presses_at_once_each_is_answered_on_the_page(stage: Stage) -> None:
    """The first answer takes the second one's form off the page; the second shows all the same."""
    stage.answers["/again"] = lambda sent: _served("text/html", TWO_FORMS % "renewed")
    page = _page(stage, KEEP, REFRESH + TWO_FORMS % "begun")
    page.wait_for_function("document.title === 'ready'")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/first", hold)
    page.route("**/second", hold)
    for form in ("#f-first", "#f-second"):
        with page.expect_request(f"**/{form[3:]}"):
            page.locator(f"{form} button").click()
    for route, words in zip(held, ("one is saved", "two is found"), strict=True):
        route.fulfill(status=200, content_type="text/html", body=TWO_FORMS % words)
        expect(page.locator("#workspace p")).to_have_text(words)
    # And nothing waits for ever: what changes elsewhere is fetched again.
    page.evaluate("htmx.trigger('[data-refresh]', 'sse:changed')")
    expect(page.locator("#workspace p")).to_have_text("renewed")
