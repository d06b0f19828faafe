"""The resident's own screen masks, reveals and asks back; the call display calls once and catches up."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.contexts import BOARD, LYING, review
from tests.browser.stage import Sent, Stage, render

pytestmark = pytest.mark.browser
PROTECTED = "見本市みどり台"


def _second(stage: Stage, clock: bool = False, **changes: Any) -> Page:
    """The review of a household; what the server answers is in stage.answers["/second/panel"]."""

    def panel(sent: Sent) -> dict[str, Any]:
        return _panel(**changes)

    stage.answers["/second/panel"] = panel
    html = render("second/screen.html", "ja", "/second/", **{**review(), **changes})
    return stage.open(html, (1280, 800), "/second/", clock=clock)


def _panel(lang: str = "ja", **changes: Any) -> dict[str, Any]:
    body = render("second/_panel.html", lang, "/second/", **{**review(), **changes})
    return {"status": 200, "content_type": "text/html", "body": body}


def test_nothing_is_shown_before_it_is_touched_and_nothing_confirmed_before_it_is_shown(stage: Stage) -> None:
    page = _second(stage)
    assert PROTECTED not in page.locator("main").inner_text()
    assert "見本　太郎" not in page.locator("main").inner_text()
    confirm = page.locator("[data-confirm]")
    expect(confirm).to_be_disabled()
    cell = page.locator('[data-cell="name:1"]')
    cell.click()
    expect(cell).to_contain_text("見本　太郎")
    assert PROTECTED not in page.locator("main").inner_text()
    cell.click()
    assert "見本　太郎" not in cell.inner_text()
    expect(confirm).to_be_disabled()
    page.locator("[data-show-all]").click()
    expect(confirm).to_be_enabled()
    stage.answers["/second/confirm"] = lambda sent: _panel(state="sign")
    confirm.click()
    expect(page.locator('[data-panel="sign"]')).to_be_visible()
    (sent,) = stage.posts("/second/confirm")
    assert sent.fields["reception_id"] == ["r-1"]
    assert sent.fields["idempotency_key"][0]


def test_what_is_wrong_is_pointed_at(stage: Stage) -> None:
    page = _second(stage)
    page.locator("[data-mark]").click()
    send = page.locator("[data-send]")
    expect(send).to_be_disabled()
    for key in ("name:2", "moved_on", "birth:3"):
        page.locator(f'[data-cell="{key}"]').click()
    page.locator('[data-cell="moved_on"]').click()
    expect(page.locator('[data-cell="name:2"]')).to_have_attribute("aria-pressed", "true")
    stage.answers["/second/dispute"] = lambda sent: _panel(state="idle")
    send.click()
    expect(page.locator('[data-panel="idle"]')).to_be_visible()
    (sent,) = stage.posts("/second/dispute")
    assert sorted(sent.fields["fields"]) == ["birth:3", "name:2"]
    assert "見本　太郎" not in page.content()


def test_the_address_of_a_protected_person_is_not_even_in_the_page(stage: Stage) -> None:
    page = _second(stage, rows=review(hidden=True)["rows"])
    assert PROTECTED not in page.content()
    page.locator("[data-show-all]").click()
    expect(page.locator("[data-confirm]")).to_be_enabled()


def test_values_are_covered_again_after_a_minute(stage: Stage) -> None:
    stage.silent.add("/second/events")
    page = _second(stage, clock=True)
    page.locator("[data-show-all]").click()
    page.clock.run_for(55_000)
    assert "見本　太郎" in page.locator("main").inner_text()
    page.clock.run_for(6_000)
    assert "見本　太郎" not in page.locator("main").inner_text()


def test_values_are_covered_while_the_gateway_answers_for_a_server_that_is_away(stage: Stage) -> None:
    away = "retry: 50\nevent: server-away\ndata: {}\n\n"
    stage.answers["/second/events"] = lambda sent: {"content_type": "text/event-stream", "body": away}
    page = _second(stage, clock=True)
    page.locator("[data-show-all]").click()
    for _ in range(3):
        page.clock.run_for(5_000)
        with page.expect_response("**/second/events"):
            pass
    assert "見本　太郎" not in page.locator("main").inner_text()


def test_the_same_panel_again_covers_nothing_but_another_replaces_it(stage: Stage) -> None:
    changed = "1"
    stage.events["/second/events"] = lambda: changed
    page = _second(stage)
    page.locator("[data-show-all]").click()
    with page.expect_response("**/second/panel"):
        pass
    expect(page.locator('[data-cell="name:1"]')).to_contain_text("見本　太郎")
    expect(page.locator("[data-confirm]")).to_be_enabled()
    stage.answers["/second/panel"] = lambda sent: _panel(reception_id="r-2")
    expect(page.locator("[data-confirm]")).to_be_disabled()
    expect(page.locator('[data-cell="name:1"]')).not_to_contain_text("見本　太郎", use_inner_text=True)
    stage.answers["/second/panel"] = lambda sent: _panel("en", state="done")
    expect(page.locator('[data-panel="done"]')).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "見本　太郎" not in page.content()


def test_what_the_page_shows_already_is_not_fetched_again(stage: Stage) -> None:
    told = '"run.7"'
    stage.events["/second/events"] = lambda: told
    stage.answers["/second/panel"] = lambda sent: {
        **_panel(state="done"),
        "headers": {"Kakanai-Seen": "run.9"},
    }
    page = stage.open(
        render("second/screen.html", "ja", "/second/", **review(), seen="run.7"), (1280, 800), "/second/"
    )
    for _ in range(2):
        page.wait_for_event("requestfinished", lambda asked: asked.url.endswith("/second/events"))
    assert stage.sent == []
    told = '"run.8"'
    expect(page.locator('[data-panel="done"]')).to_be_visible()
    for once_more in ('"run.9"', '"run.8"'):
        told = once_more
        page.wait_for_event("requestfinished", lambda asked: asked.url.endswith("/second/events"))
    assert [sent.path for sent in stage.sent] == ["/second/panel"]
    # Another run of the server counts anew.
    told = '"next.1"'
    with page.expect_response("**/second/panel"):
        pass


def _display(stage: Stage, board: dict[str, Any]) -> Page:
    html = render("display/board.html", "ja", hall="main", board=board)
    return stage.open(html, LYING, "/display/main", still=False)


def test_the_display_stands_quietly_and_flashes_a_new_call_three_times(stage: Stage) -> None:
    board = {**BOARD, "current": [{"label": "B012", "desk": "3"}]}
    stage.events["/display/main/events"] = lambda: json.dumps(board)
    page = _display(stage, board)
    call = page.locator("[data-call]")
    expect(call).to_contain_text("B012")
    expect(call).not_to_have_class("call flash")
    board = {**board, "current": [{"label": "C007", "desk": "2"}], "recent": [{"label": "B012", "desk": "3"}]}
    expect(call).to_contain_text("C007")
    expect(call).to_have_class("call flash")
    assert call.evaluate("(call) => getComputedStyle(call).animationIterationCount") == "3"
    expect(page.locator("[data-before] li")).to_have_count(1)
    expect(page.locator("[data-before]")).to_contain_text("B012")


def test_two_calls_at_once_are_both_seen_large(stage: Stage) -> None:
    board: dict[str, Any] = {**BOARD, "current": []}
    stage.events["/display/main/events"] = lambda: json.dumps(board)
    page = _display(stage, board)
    expect(page.locator("[data-call-none]")).to_be_visible()
    first, second = {"label": "B012", "desk": "3"}, {"label": "A034", "desk": "1"}
    board = {**BOARD, "current": [second, first]}
    call = page.locator("[data-call] [data-label]")
    expect(call).to_have_text("B012")
    expect(page.locator("[data-before] li.still")).to_have_text("A034Counter1番窓口")
    expect(call).to_have_text("A034", timeout=12_000)
    expect(page.locator("[data-before] li.still")).to_contain_text("B012")


def test_a_recall_of_the_same_number_flashes_again(stage: Stage) -> None:
    board = {**BOARD, "current": [{"label": "B012", "desk": "3", "calls": 1}]}
    stage.events["/display/main/events"] = lambda: json.dumps(board)
    page = _display(stage, board)
    expect(page.locator("[data-call]")).not_to_have_class("call flash")
    board = {**BOARD, "current": [{"label": "B012", "desk": "3", "calls": 2}]}
    expect(page.locator("[data-call]")).to_have_class("call flash")


def test_a_display_that_lost_its_server_says_so(stage: Stage) -> None:
    html = render("display/board.html", "ja", hall="main", board=BOARD)
    page = stage.open(html, LYING, "/display/main", clock=True)
    expect(page.locator("[data-stale]")).to_be_hidden()
    page.clock.fast_forward(12_000)
    expect(page.locator("[data-stale]")).to_be_visible()
    stage.events["/display/main/events"] = lambda: json.dumps(BOARD)
    page.clock.fast_forward(6_000)
    expect(page.locator("[data-stale]")).to_be_hidden()
