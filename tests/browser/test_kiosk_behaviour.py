"""What the kiosk does: card and PIN, the ticket, idle time, and forgetting one visitor before the next."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from station.words import message
from tests.browser.contexts import LYING, UPRIGHT, issued, lines, service
from tests.browser.stage import EMPTY, Sent, Stage, render
from tests.support_chance import without_chance

pytestmark = pytest.mark.browser
READ = {
    "outcome": "read",
    "tries_left": 3,
    "card_read_id": "read-1",
    "preview": {"name_masked": "見本　太＊", "birth_masked": "昭和＊＊年"},
    "server": "ok",
    "message": {"ja": "カードを読み取りました。", "en": "Your card has been read."},
}
PRESENT = {**EMPTY, "reader": "present"}


def _json(body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    return {"status": status, "content_type": "application/json", "body": json.dumps(body)}


def _pin_page(
    stage: Stage, *answers: dict[str, Any], clock: bool = False, modes: tuple[str, ...] = ("pin", "b", "none")
) -> Page:
    left = list(answers)
    stage.answers["/station/page-token"] = lambda sent: _json({"token": "page-token"})
    stage.answers["/station/card/read"] = lambda sent: _json(left.pop(0))
    stage.answers["/kiosk/tickets"] = lambda sent: {
        "status": 200,
        "content_type": "text/html",
        "body": "B012",
    }
    html = render("kiosk/pin.html", "ja", "/kiosk/pin", modes=modes, **service("ja"))
    return stage.open(html, UPRIGHT, "/kiosk/pin", clock=clock)


def _step(page: Page, name: str) -> None:
    expect(page.locator("[data-step]:not([hidden])")).to_have_attribute("data-step", name)


def _type(page: Page, pin: str = "1234") -> None:
    shown = page.locator("[data-step]:not([hidden])")
    for digit in pin:
        shown.locator(f'[data-digit="{digit}"]').click()
    shown.locator("[data-read]").click()


def test_a_card_that_is_not_wanted_is_forgotten_before_it_is_taken_back(stage: Stage) -> None:
    page = _pin_page(stage, READ)
    stage.station = dict(PRESENT)
    _step(page, "pin")
    _type(page)
    _step(page, "confirm")
    page.locator("[data-reject]").click()
    _step(page, "take")
    (told,) = stage.posts("/kiosk/card/forget")
    assert len(told.fields["idempotency_key"][0]) == 36
    stage.station = dict(EMPTY)
    page.wait_for_url("**/kiosk/tickets?lang=ja")
    (sent,) = stage.posts("/kiosk/tickets")
    assert sent.fields["card_read_id"] == [""]


def test_card_first_paper_last(stage: Stage) -> None:
    page = _pin_page(stage, READ)
    _step(page, "place")
    stage.station = dict(PRESENT)
    _step(page, "pin")
    _type(page)
    _step(page, "confirm")
    expect(page.locator('[data-preview="name_masked"]')).to_have_text("見本　太＊")
    page.locator("[data-confirm]").click()
    _step(page, "take")
    assert stage.posts("/kiosk/tickets") == []
    stage.station = dict(EMPTY)
    page.wait_for_url("**/kiosk/tickets?lang=ja")
    (asked,) = stage.posts("/station/card/read")
    assert json.loads(asked.body) == {
        "mode": "pin",
        "pin": "1234",
        "purpose": "ticket",
        "reference": None,
        "allow_last_try": False,
    }
    (sent,) = stage.posts("/kiosk/tickets")
    assert sent.fields["card_read_id"] == ["read-1"]
    assert sent.fields["service_class"] == ["move"]
    assert len(sent.fields["idempotency_key"][0]) == 36
    assert "1234" not in without_chance(sent.body)


def test_digits_are_dots_and_can_be_typed_on_keys(stage: Stage) -> None:
    page = _pin_page(stage, READ)
    stage.station = dict(PRESENT)
    _step(page, "pin")
    page.keyboard.type("98765")
    expect(page.locator(".pin-dot.filled")).to_have_count(4)
    page.keyboard.press("Backspace")
    expect(page.locator("[data-pin-dots]")).to_have_attribute("aria-label", "4けたのうち3けた入力しました")
    expect(page.locator('[data-step="pin"] [data-read]')).to_be_disabled()
    assert "987" not in without_chance(page.content())
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    _step(page, "confirm")
    (asked,) = stage.posts("/station/card/read")
    assert json.loads(asked.body)["pin"] == "9870"


def test_a_wrong_pin_says_how_many_tries_are_left_and_the_last_one_is_not_used(stage: Stage) -> None:
    wrong = {**READ, "outcome": "wrong_secret", "card_read_id": None, "preview": None}
    said = {"ja": "暗証番号が違います。あと2回入力できます。", "en": "…"}
    page = _pin_page(stage, {**wrong, "tries_left": 2, "message": said}, {**wrong, "tries_left": 1})
    stage.station = dict(PRESENT)
    _step(page, "pin")
    _type(page)
    expect(page.locator('[data-step="pin"] [data-pin-message]')).to_contain_text("あと2回")
    expect(page.locator(".pin-dot.filled")).to_have_count(0)
    _type(page)
    _step(page, "trouble")
    expect(page.locator("[data-again]")).to_be_hidden()
    page.locator('[data-step="trouble"] [data-without-card]').click()
    _step(page, "take")
    stage.station = dict(EMPTY)
    page.wait_for_url("**/kiosk/tickets?lang=ja")
    assert stage.posts("/kiosk/tickets")[0].fields["card_read_id"] == [""]


def test_a_reading_that_the_server_did_not_answer_is_sent_once_more_without_typing(stage: Stage) -> None:
    silent = message("read_server_silent", "kiosk").model_dump()
    untold = {**READ, "card_read_id": None, "server": "down", "again": True, "message": silent}
    page = _pin_page(stage, untold)
    stage.answers["/station/card/tell"] = lambda sent: _json(READ)
    stage.station = dict(PRESENT)
    _step(page, "pin")
    _type(page)
    _step(page, "trouble")
    expect(page.locator("[data-trouble-title]")).to_have_text("まだ受付に届いていません")
    expect(page.locator("[data-trouble-message]")).to_have_text(silent["ja"])
    expect(page.locator("[data-again]")).to_be_hidden()
    page.locator("[data-tell]").click()
    _step(page, "confirm")
    assert [sent.body for sent in stage.posts("/station/card/tell")] == ["{}"]


def _tries(stage: Stage, outcome: str, left: int | None, ja: str, *instead: str) -> None:
    said = {"outcome": outcome, "tries_left": left, "instead": instead, "message": {"ja": ja, "en": "…"}}
    stage.answers["/station/card/tries"] = lambda sent: _json(said)


def test_how_many_tries_there_are_is_said_before_the_first_digit(stage: Stage) -> None:
    _tries(stage, "asked", 3, "暗証番号は、あと3回入力できます。")
    page = _pin_page(stage)
    stage.station = dict(PRESENT)
    _step(page, "pin")
    expect(page.locator('[data-step="pin"] [data-tries]')).to_have_text("暗証番号は、あと3回入力できます。")
    assert stage.posts("/station/card/read") == []


def test_a_locked_pin_is_told_before_typing_and_leads_to_the_numbers_on_the_card(stage: Stage) -> None:
    _tries(stage, "blocked", 0, "窓口で設定し直せます。", "b", "manual")
    page = _pin_page(stage)
    stage.station = dict(PRESENT)
    _step(page, "trouble")
    trouble = page.locator('[data-step="trouble"]')
    expect(trouble.locator("[data-trouble-message]")).to_have_text("窓口で設定し直せます。")
    expect(trouble.locator('[data-choose="pin"]')).to_be_hidden()
    _tries(stage, "asked", 10, "カードの数字は、あと10回入力できます。")
    trouble.locator('[data-choose="b"]').click()
    _step(page, "b")
    expect(page.locator('[data-step="b"] [data-tries]')).to_have_text(
        "カードの数字は、あと10回入力できます。"
    )


@pytest.mark.long
def test_a_single_try_left_is_for_the_counter_before_anything_is_typed(stage: Stage) -> None:
    _tries(stage, "asked", 1, "番号札をお取りください。", "manual")
    page = _pin_page(stage)
    stage.station = dict(PRESENT)
    _step(page, "trouble")
    expect(page.locator("[data-trouble-message]")).to_have_text("番号札をお取りください。")
    expect(page.locator('[data-step="trouble"] [data-choose="b"]')).to_be_hidden()
    assert stage.posts("/station/card/read") == []


def test_the_numbers_on_the_card_by_keyboard_alone(stage: Stage) -> None:
    wrong = {**READ, "mode": "b", "outcome": "wrong_secret", "tries_left": 9, "card_read_id": None}
    page = _pin_page(
        stage, {**wrong, "message": {"ja": "あと9回入力できます。", "en": "…"}}, {**READ, "mode": "b"}
    )
    stage.station = dict(PRESENT)
    _step(page, "pin")
    page.locator('[data-step="pin"] [data-ways]').press("Enter")
    _step(page, "choose")
    page.locator('[data-step="choose"] [data-choose="b"]').press("Enter")
    _step(page, "b")
    page.keyboard.type("4804122")
    boxes = page.locator('[data-step="b"] .b-box')
    assert boxes.all_inner_texts()[:7] == ["●"] * 6 + ["2"], "what is full is not shown any longer"
    # To look at its numbers a card is lifted; it is read once it lies there again.
    stage.station = dict(EMPTY)
    page.wait_for_timeout(300)
    _step(page, "b")
    page.keyboard.type("0275679")
    page.keyboard.press("Backspace")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    expect(page.locator('[data-step="b"] [data-pin-message]')).to_contain_text(
        "カードを読み取り機に置いてください"
    )
    stage.station = dict(PRESENT)
    expect(page.locator('[data-step="b"] [data-pin-message]')).to_contain_text("あと9回")
    expect(page.locator('[data-step="b"] .b-box.filled')).to_have_count(0)
    page.keyboard.type("48041220275678")
    page.keyboard.press("Enter")
    _step(page, "confirm")
    sent = [json.loads(one.body) for one in stage.posts("/station/card/read")]
    assert [(one["mode"], one["birth"], one["expiry"], one["code"]) for one in sent] == [
        ("b", "480412", "2027", "5678")
    ] * 2
    assert "pin" not in sent[0]
    assert "5678" not in without_chance(page.content())


def test_a_card_can_be_laid_on_only_to_say_that_there_is_one(stage: Stage) -> None:
    page = _pin_page(stage, {**READ, "mode": "none", "preview": None})
    stage.station = dict(PRESENT)
    _step(page, "pin")
    page.locator('[data-step="pin"] [data-ways]').click()
    page.locator('[data-step="choose"] [data-choose="none"]').click()
    _step(page, "take")
    stage.station = dict(EMPTY)
    page.wait_for_url("**/kiosk/tickets?lang=ja")
    (asked,) = stage.posts("/station/card/read")
    assert json.loads(asked.body)["mode"] == "none"
    assert stage.posts("/kiosk/tickets")[0].fields["card_read_id"] == ["read-1"]


@pytest.mark.long
def test_the_municipality_s_first_way_comes_first(stage: Stage) -> None:
    page = _pin_page(stage, modes=("b",))
    stage.station = dict(PRESENT)
    _step(page, "b")
    stage.close(page)
    stage.station = dict(EMPTY)
    page = _pin_page(stage, modes=("pin",))
    stage.station = dict(PRESENT)
    _step(page, "pin")
    expect(page.locator('[data-step="pin"] [data-ways]')).to_have_count(0)
    stage.close(page)
    stage.station = dict(EMPTY)
    page = _pin_page(stage, modes=("none", "pin"))
    stage.station = dict(PRESENT)
    _step(page, "choose")


def test_another_card_has_to_be_lifted_before_it_is_tried_again(stage: Stage) -> None:
    other = {**READ, "outcome": "other_card", "card_read_id": None, "preview": None}
    page = _pin_page(stage, other)
    stage.station = dict(PRESENT)
    _step(page, "pin")
    _type(page)
    _step(page, "trouble")
    page.locator("[data-again]").click()
    _step(page, "place")
    stage.station = dict(EMPTY)
    page.wait_for_timeout(300)
    _step(page, "place")
    stage.station = dict(PRESENT)
    _step(page, "pin")


def test_a_station_without_a_reader_leads_on_without_the_card(stage: Stage) -> None:
    stage.station = {**EMPTY, "reader": "no_reader"}
    page = _pin_page(stage)
    _step(page, "trouble")
    page.locator('[data-step="trouble"] [data-without-card]').click()
    page.wait_for_url("**/kiosk/tickets?lang=ja")


def test_a_gateway_that_was_restarted_is_asked_with_a_fresh_token(stage: Stage) -> None:
    tokens = ["stale", "fresh"]
    page = _pin_page(stage)

    def read(sent: Sent) -> dict[str, Any]:
        return _json({}, 403) if len(stage.posts("/station/card/read")) == 1 else _json(READ)

    stage.answers["/station/page-token"] = lambda sent: _json({"token": tokens.pop(0)})
    stage.answers["/station/card/read"] = read
    stage.station = dict(PRESENT)
    _step(page, "pin")
    _type(page)
    _step(page, "confirm")
    assert len(stage.posts("/station/card/read")) == 2


def test_two_presses_are_one_ticket(stage: Stage) -> None:
    stage.answers["/kiosk/tickets"] = lambda sent: {"status": 204, "body": ""}
    html = render("kiosk/card.html", "ja", "/kiosk/card", looks_at_certificate=False, **service("ja"))
    page = stage.open(html, LYING, "/kiosk/card")
    page.locator("main form button").dblclick()
    expect(page.locator("main form button")).to_be_disabled()
    assert len(stage.posts("/kiosk/tickets")) == 1


def test_after_sixty_idle_seconds_nothing_of_the_visitor_is_left(stage: Stage) -> None:
    stage.station = dict(PRESENT)
    page = _pin_page(stage, READ, clock=True)
    _step(page, "pin")
    page.locator('[data-toggle="big"]').click()
    _type(page)
    _step(page, "confirm")
    page.clock.fast_forward(44_000)
    dialog = page.locator("[data-idle-dialog]")
    expect(dialog).to_be_hidden()
    page.clock.fast_forward(3_000)
    expect(dialog).to_be_visible()
    page.locator("[data-idle-go-on]").click()
    page.clock.fast_forward(1_000)
    expect(dialog).to_be_hidden()
    page.clock.fast_forward(46_000)
    expect(dialog).to_be_visible()
    page.clock.fast_forward(15_000)
    page.wait_for_url("**/kiosk/?fresh=1")
    assert page.evaluate("sessionStorage.length") == 0
    page.go_back()
    assert "見本　太" not in page.content()


def test_the_start_screen_forgets_language_and_letter_size_without_asking(stage: Stage) -> None:
    html = render("kiosk/start.html", "en", open=True, classes=lines())
    page = stage.open(html, UPRIGHT, clock=True)
    page.clock.fast_forward(46_000)
    page.wait_for_url("**/kiosk/?fresh=1")


def test_a_card_left_behind_is_spoken_of_on_the_start_screen(stage: Stage) -> None:
    page = stage.open(render("kiosk/start.html", "ja", open=True, classes=lines()), UPRIGHT)
    expect(page.locator("[data-card-left]")).to_be_hidden()
    stage.station = dict(PRESENT)
    expect(page.locator("[data-card-left]")).to_be_visible()


def test_staff_are_called_or_the_visitor_is_told_to_speak_up(stage: Stage) -> None:
    page = stage.open(render("kiosk/start.html", "ja", open=True, classes=lines()), UPRIGHT)
    page.locator("[data-call-staff]").click()
    expect(page.locator("[data-help-message]")).to_contain_text("お近くの係員")
    stage.answers["/kiosk/help"] = lambda sent: {"status": 204, "body": ""}
    page.locator("[data-call-staff]").click()
    expect(page.locator("[data-help-message]")).to_contain_text("係員をお呼びしました")
    keys = {sent.fields["idempotency_key"][0] for sent in stage.posts("/kiosk/help")}
    assert len(keys) == 1


def test_the_ticket_follows_the_printer_and_leads_back_to_the_start(stage: Stage) -> None:
    state = "printing"

    def part(sent: Sent) -> dict[str, Any]:
        html = render("kiosk/_print_state.html", "ja", "/kiosk/tickets/t-1", **issued("ja", state))
        return {"status": 200, "content_type": "text/html", "body": html}

    stage.answers["/kiosk/tickets/t-1/print-state"] = part
    html = render("kiosk/ticket.html", "ja", "/kiosk/tickets/t-1", **issued("ja", "queued"))
    page = stage.open(html, UPRIGHT, "/kiosk/tickets/t-1", clock=True)
    expect(page.locator(".slip-number")).to_have_text("B012")
    page.clock.run_for(1_500)
    expect(page.locator('[data-print-state="printing"]')).to_be_visible()
    state = "paper_out"
    page.clock.run_for(1_500)
    expect(page.locator("h1")).to_contain_text("番号をお控えください。")
    page.clock.run_for(20_000)
    expect(page.locator("h1")).to_contain_text("係員がお持ちします。")
    page.clock.run_for(12_000)
    page.wait_for_url("**/kiosk/?fresh=1")
