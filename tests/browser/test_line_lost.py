"""Staff's pages while the gateway says that the server is away, or that it does not know this station."""

import json

import pytest
from playwright.sync_api import expect

from station.words import notice
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser
PAGE = """<!doctype html><html lang="ja"><head><title>x</title>
<meta name="htmx-config" content='{"includeIndicatorStyles": false, "allowEval": false}'></head><body><main>
<div hx-ext="sse" sse-connect="/counter/events">
<span hidden hx-get="/counter/list" hx-trigger="sse:changed" hx-swap="none" data-refresh></span></div></main>
<div id="page-message" role="alert"></div><template id="words-request-failed">x</template>
<script src="/static/vendor/htmx/htmx.min.js" defer></script>
<script src="/static/vendor/htmx-ext-sse/sse.min.js" defer></script>
<script type="module" src="/page.js"></script></body></html>"""
SCRIPT = 'import { keepAcrossSwaps } from "/static/js/counter_keep.js"; keepAcrossSwaps({ after() {} });'


def test_a_page_of_a_station_that_was_revoked_says_so_until_its_line_brings_news(stage: Stage) -> None:
    unknown = notice("server_not_registered").model_dump()
    away = f"event: server-away\ndata: {json.dumps({'code': 'server_not_registered', **unknown})}\n\n"
    said = [f"retry: 50\n{away}"]
    stage.answers["/page.js"] = lambda sent: {"content_type": "text/javascript", "body": SCRIPT}
    stage.answers["/counter/list"] = lambda sent: {"body": ""}
    stage.answers["/counter/events"] = lambda sent: {"content_type": "text/event-stream", "body": said[0]}
    page = stage.open(PAGE, (700, 500), "/counter/queue")
    expect(page.locator("#page-message")).to_have_text(unknown["ja"])
    said[0] = "retry: 50\nevent: changed\ndata: 1\n\n"
    expect(page.locator("#page-message")).to_have_text("")
