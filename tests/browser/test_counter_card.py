"""The counter's card panel: ways of reading, tries before the first digit, the last one, by keys alone."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from card_reader.policy import ReadingPolicy
from server.web.templating import environment
from tests.browser.stage import EMPTY, WORDS, Sent, Stage, axe
from tests.support_chance import without_chance

pytestmark = pytest.mark.browser
PRESENT = {**EMPTY, "reader": "present"}
READ = "/station/card/read"
# The panel of counter/_card.html with the words that counter/reception.html has for it.
PAGE = """<!doctype html><html lang="ja"><head><title>x</title>
<link rel="stylesheet" href="/static/css/base.css"><link rel="stylesheet" href="/static/css/components.css">
<link rel="stylesheet" href="/static/css/counter_parts.css">
<link rel="stylesheet" href="/static/css/counter_work.css"></head><body>
{% from "components.html" import button, source_mark, notice, tag with context %}
{% from "counter/_card.html" import reader with context %}
<main><h1>x</h1>{{ reader() }}</main>
{% for state in ("no_service", "no_reader", "empty", "present", "mute", "busy") %}
<template id="words-reader-{{ state }}">{{ _("counter.card.reader." ~ state) }}</template>{% endfor %}
<template id="words-card-failed">{{ _("counter.card.failed") }}</template>
<script type="module" src="/panel.js"></script></body></html>"""
SCRIPT = 'import { startCardPanels } from "/static/js/counter_card.js"; startCardPanels();'


def _json(body: dict[str, Any]) -> dict[str, Any]:
    return {"status": 200, "content_type": "application/json", "body": json.dumps(body)}


def _said(outcome: str, ja: str, left: int | None = None, **more: Any) -> dict[str, Any]:
    return _json(
        {"outcome": outcome, "tries_left": left, "server": "ok", "message": {"ja": ja, "en": "…"}} | more
    )


def _panel(stage: Stage, *answers: dict[str, Any], **policy: Any) -> Page:
    """The panel with a card on the reader, which answers as told."""
    left = list(answers)
    stage.answers["/panel.js"] = lambda sent: {
        "status": 200, "content_type": "text/javascript", "body": SCRIPT,
    }  # fmt: skip
    stage.answers["/station/page-token"] = lambda sent: _json({"token": "page-token"})
    stage.answers[READ] = lambda sent: left.pop(0)
    stage.answers.setdefault("/station/card/tries", lambda sent: _said("asked", "あと10回入力できます。", 10))
    html = (
        environment()
        .from_string(PAGE)
        .render(
            _=lambda key, **params: WORDS.say("ja", key, **params),
            w=SimpleNamespace(reception_id="r-1"),
            cards=ReadingPolicy(modes=("pin", "b", "face", "none"), **policy),
            ended=True,
            lang="ja",
        )
    )
    stage.station = dict(PRESENT)
    page = stage.open(html, (700, 900), "/counter/receptions/r-1")
    expect(page.locator("[data-card-pin]")).to_be_visible()
    return page


def _bodies(stage: Stage) -> list[dict[str, Any]]:
    return [json.loads(sent.body) for sent in stage.posts(READ)]


def test_the_numbers_on_the_card_by_keyboard_alone(stage: Stage) -> None:
    page = _panel(
        stage,
        _said("bad_secret", "生年月日を、カードに書いてあるとおりに入力してください。", field="birth"),
        _said("wrong_secret", "あと9回入力できます。", 9),
        _said("read", "カードを読み取りました。"),
    )
    page.locator("#card-mode-pin").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#card-birth")).to_be_visible()
    expect(page.locator("[data-card-tries]")).to_have_text("あと10回入力できます。")
    page.keyboard.press("Tab")
    page.keyboard.type("481301")
    for digits in ("2027", "5678"):
        page.keyboard.press("Enter")
        page.keyboard.type(digits)
    page.keyboard.press("Enter")
    # Nothing went to the card: what was typed stands again, and the focus is where to look.
    expect(page.locator("[data-card-message]")).to_contain_text("書いてあるとおりに")
    expect(page.locator("#card-birth")).to_be_focused()
    expect(page.locator("#card-birth")).to_have_value("481301")
    page.locator("#card-birth").fill("480412")
    page.keyboard.press("Enter")
    expect(page.locator("[data-card-message]")).to_contain_text("あと9回")
    expect(page.locator("#card-birth")).to_be_focused()
    for name in ("birth", "expiry", "code"):
        expect(page.locator(f"#card-{name}")).to_have_value("")
    # A scanner types all of it and ends with Enter.
    page.keyboard.type("48041220275678")
    page.keyboard.press("Enter")
    expect(page.locator("[data-card-message]")).to_contain_text("読み取りました")
    first, second, third = _bodies(stage)
    assert (first["mode"], first["birth"], second["birth"]) == ("b", "481301", "480412")
    assert (second["printed"], second["expiry"], second["code"]) == ("", "2027", "5678")
    assert (third["scan"], third["reference"]) == ("48041220275678", "r-1")
    assert "5678" not in without_chance(page.content())
    assert axe(page) == []


@pytest.mark.long
def test_a_reading_that_the_server_did_not_answer_is_sent_once_more_by_one_key(stage: Stage) -> None:
    silent = _said("read", "「もう一度送る」を押してください。", None, server="down", again=True)
    page = _panel(stage, silent)
    stage.answers["/station/card/tell"] = lambda sent: _said("removed", "もう残っていません。")
    page.fill("#card-pin", "1234")
    page.locator("[data-card-read]").press("Enter")
    expect(page.locator("[data-card-tell]")).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("[data-card-message]")).to_contain_text("もう残っていません")
    expect(page.locator("[data-card-tell]")).to_be_hidden()


@pytest.mark.long
def test_of_a_whole_date_somebody_says_how_its_year_is_printed(stage: Stage) -> None:
    page = _panel(stage, _said("bad_secret", "選んでください。", field="printed"), _said("read", "はい。"))
    page.locator("#card-mode-face").check(force=True)
    expect(page.locator("[data-card-printed]")).to_be_hidden()
    page.fill("#card-birth", "S48.4.12")
    expect(page.locator("[data-card-printed]")).to_be_visible()
    assert page.locator('input[name="card-printed"]:checked').count() == 0, "the municipality proposes none"
    page.fill("#card-expiry", "2027")
    page.fill("#card-code", "5678")
    page.keyboard.press("Enter")
    expect(page.locator("#card-printed-era")).to_be_focused()
    page.keyboard.press("Space")
    page.locator("[data-card-read]").press("Enter")
    expect(page.locator("[data-card-message]")).to_contain_text("はい。")
    assert [(one["mode"], one["printed"]) for one in _bodies(stage)] == [("face", ""), ("face", "era")]


def test_the_last_try_is_said_before_typing_and_needs_the_staff_s_tick(stage: Stage) -> None:
    stage.answers["/station/card/tries"] = lambda sent: _said("asked", "あと1回だけ入力できます。", 1)
    page = _panel(stage, _said("read", "読み取りました。"))
    expect(page.locator("[data-card-message]")).to_contain_text("あと1回だけ")
    page.fill("#card-pin", "1234")
    page.keyboard.press("Enter")
    expect(page.locator("#card-last")).to_be_focused()
    assert _bodies(stage) == []
    page.keyboard.press("Space")
    page.locator("#card-pin").press("Enter")
    expect(page.locator("[data-card-message]")).to_contain_text("読み取りました")
    assert [one["allow_last_try"] for one in _bodies(stage)] == [True]


@pytest.mark.long
def test_where_the_last_try_is_never_used_there_is_nothing_to_type(stage: Stage) -> None:
    stage.answers["/station/card/tries"] = lambda sent: _said("asked", "ここでは入力しない取り決めです。", 1)
    _panel_without_entry(stage, "取り決め", last_try="never")


def test_a_locked_secret_leaves_the_other_ways(stage: Stage) -> None:
    def tries(sent: Sent) -> dict[str, Any]:
        return _said("blocked", "再設定の手続き（R033）をご案内ください。", 0)

    stage.answers["/station/card/tries"] = tries
    page = _panel_without_entry(stage, "R033")
    stage.answers["/station/card/tries"] = lambda sent: _said("asked", "あと10回入力できます。", 10)
    page.locator("#card-mode-b").check(force=True)
    expect(page.locator("#card-birth")).to_be_visible()
    expect(page.locator("[data-card-message]")).to_be_empty()


def _panel_without_entry(stage: Stage, said: str, **policy: Any) -> Page:
    page = _panel(stage, **policy)
    expect(page.locator("[data-card-message]")).to_contain_text(said)
    expect(page.locator("#card-pin")).to_be_hidden()
    return page
