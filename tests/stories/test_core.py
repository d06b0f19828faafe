"""The core on its bad days: away, slow, silent after it acted, refusing. Nobody is stopped by it."""

import html
import random
import time
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect

from server.kit.clock import today
from tests.stories.demo import Demo, wait_for
from tests.stories.hard_days import (
    WORDS,
    add_by_hand,
    core_counts_as,
    delivered_once,
    elsewhere,
    events_of,
    family,
    finish,
    hurry,
    journal_is_whole,
    lives_at,
    newest_form,
    registered,
    said,
    seated,
    show,
    text_of,
)
from tests.stories.people import Clerk, open_page, submission_of

pytestmark = [pytest.mark.story, pytest.mark.browser]
YESTERDAY = (today() - timedelta(days=1)).isoformat()


def waits(demo: Demo, reception_id: str) -> None:
    """It was tried, and lies in the outbox for another try."""

    def look() -> bool:
        row = submission_of(demo, reception_id)
        return row["state"] == "due" and row["failure"] is not None

    wait_for("連携待ち", look)


def test_an_intake_begun_while_the_core_is_away_is_delivered_once_when_it_is_back(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    them = family("tehon_susumu")
    town = elsewhere(chance, them)
    demo.core_mode("down")
    core_counts_as(demo, up=False)

    visitor, clerk, reception_id = seated(demo, browser, them.persona)
    clerk.attach_card()
    expect(clerk.act("people-from-card")).to_be_visible()
    said(clerk.page, "counter.core_away.title", "counter.core_away.reception", "counter.people.title")
    clerk.act("people-from-card").click()
    clerk.expect_members(1)
    add_by_hand(clerk, them.members[1])
    show(clerk.page, "by-hand")
    clerk.intake_to_paper(chance, town.town_code, "9番9号", YESTERDAY)
    finish(clerk, visitor)

    assert "見本県見本市桜ヶ丘一丁目８番１５号" in newest_form(demo), "what the card says is printed"
    waits(demo, reception_id)
    said(clerk.page, "state.submission.due", "counter.exchange.due", "counter.core_away.next")
    assert "連携待ち" in text_of(clerk.page)
    clerk.close()
    said(clerk.page, "counter.core_away.title", "counter.core_away.next")

    demo.core_mode("up")
    core_counts_as(demo, up=True)
    expect(clerk.page.get_by_text("連携待ち：")).to_have_count(0)
    registered(demo, reception_id)
    body = delivered_once(demo, reception_id, them.members)
    assert body["scope"] == "全部"
    assert lives_at(demo, them.members[1]) == f"見本県見本市{town.town}9番9号"
    journal_is_whole(demo)
    assert not visitor.complaints + clerk.complaints


@pytest.mark.long
def test_addresses_from_the_core_are_hidden_and_not_printed_while_it_is_away(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    them = family("katsuragi_rin")
    town = elsewhere(chance, them)
    visitor, clerk, reception_id = seated(demo, browser, them.persona)
    clerk.attach_card()
    clerk.expect_members(1)
    home = clerk.page.locator(".home")
    expect(home).to_contain_text(them.home)

    demo.core_mode("down")
    expect(home).to_contain_text("＊＊＊")
    said(clerk.page, "counter.hidden.title", "counter.hidden.next", "counter.core_away.reception")
    assert them.home not in text_of(clerk.page)

    demo.core_mode("up")
    expect(home).to_contain_text(them.home)
    clerk.set_address(town.town_code, "7番7号")
    clerk.set_moved_on(YESTERDAY)
    clerk.answer_all(chance)

    demo.core_mode("down")
    expect(home).to_contain_text("＊＊＊")
    clerk.prepare()
    second = visitor.second_screen()
    expect(second.locator('[data-panel="review"]')).to_be_visible()
    assert them.home not in text_of(second)
    finish(clerk, visitor)
    printed = newest_form(demo)
    assert them.home not in printed
    assert "見本県見本市若葉町三丁目１番２０号" in printed, "what the card says is printed"
    assert them.home not in text_of(clerk.page)
    waits(demo, reception_id)
    said(clerk.page, "state.submission.due", "counter.exchange.due")

    demo.core_mode("up")
    registered(demo, reception_id)
    delivered_once(demo, reception_id, them.members)
    assert lives_at(demo, them.head) == f"見本県見本市{town.town}7番7号"
    assert not visitor.complaints + clerk.complaints


@pytest.mark.long
def test_a_form_made_before_the_core_went_away_waits_or_is_made_anew(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    them = family("reiji_haruto")
    town = elsewhere(chance, them)
    visitor, clerk, reception_id = seated(demo, browser, them.persona)
    clerk.attach_card()
    clerk.expect_members(1)
    clerk.intake_to_paper(chance, town.town_code, "8番8号", YESTERDAY)
    before = len(demo.prints("counter-1", "form"))

    demo.core_mode("down")
    said(clerk.page, "counter.withheld.title", "counter.withheld.next")
    second = visitor.second_screen()
    visitor.confirm(second)
    expect(clerk.act("later")).to_be_visible()
    show(clerk.page, "confirmed-withheld")
    refused = clerk.page.request.get(f"{clerk.page.url}/form.pdf")
    assert refused.status == 409
    assert "作り直し" in refused.text()

    # Made anew, it leaves the core's address out, and the visit goes on without the core.
    clerk.page.locator("details#reopen summary").click()
    clerk.page.fill("#reopen-reason", "基幹につながらないため作り直し")
    clerk.act("reopen").click()
    clerk.prepare()
    assert len(demo.prints("counter-1", "form")) == before, "nothing came out meanwhile"
    clerk.act("confirm-aloud").click()
    clerk.accept()
    assert them.home not in newest_form(demo)
    assert len(demo.prints("counter-1", "form")) == before + 1

    demo.core_mode("up")
    registered(demo, reception_id)
    delivered_once(demo, reception_id, them.members)
    assert not visitor.complaints + clerk.complaints


@pytest.mark.long
def test_a_slow_core_holds_up_neither_the_counter_nor_anybody_else(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    them = family("mihon_jiro")
    visitor, clerk, reception_id = seated(demo, browser, them.persona)
    demo.core_mode("slow")
    began = time.monotonic()
    clerk.attach_card()
    expect(clerk.page.get_by_text(WORDS.say("ja", "counter.gather.away"))).to_be_visible()
    assert time.monotonic() - began < 10, "the core is given three seconds; the rest is a busy machine"
    show(clerk.page, "found-away")

    core_counts_as(demo, up=False)
    said(clerk.page, "counter.core_away.title", "counter.core_away.reception", "counter.gather.away")
    pages = (f"{demo.station('kiosk-1')}kiosk/", f"{demo.station('counter-1')}second/", demo.url("display"))
    for page in pages:
        began = time.monotonic()
        assert httpx.get(page, trust_env=False, timeout=20).status_code == 200
        assert time.monotonic() - began < 5, page

    demo.core_mode("up")
    core_counts_as(demo, up=True)
    clerk.act("gather").click()
    clerk.expect_members(1)
    assert "reception.gathered" in events_of(demo, reception_id)
    assert not visitor.complaints + clerk.complaints


def test_an_acknowledgement_that_is_lost_makes_no_second_notification(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    them = family("mihon_ichiro")
    town = elsewhere(chance, them)
    visitor, clerk, reception_id = seated(demo, browser, them.persona)
    clerk.attach_card()
    # Somebody else has the same name and birth date: staff choose, by the address.
    candidates = clerk.page.locator(".candidate")
    expect(candidates).to_have_count(2)
    candidates.filter(has_text=them.home).locator('[data-act="choose"]').click()
    clerk.expect_members(1)
    clerk.intake_to_paper(chance, town.town_code, "6番6号", YESTERDAY)

    demo.core_mode("lose_ack")
    finish(clerk, visitor)
    wait_for(
        "a lost acknowledgement",
        lambda: str(submission_of(demo, reception_id)["failure"] or "").startswith("unknown:"),
    )
    key = submission_of(demo, reception_id)["key"]
    assert [row["key"] for row in demo.core_notifications()].count(key) == 1, "the core has applied it"
    # The core decides within seconds, so both languages are read at once.
    expect(clerk.page.get_by_text(WORDS.say("ja", "counter.exchange.asking"))).to_be_visible()
    english = clerk.page.request.get(f"{clerk.page.url}?lang=en").text()
    clerk.page.context.clear_cookies(name="kakanai_lang")
    assert WORDS.say("en", "counter.exchange.asking") in html.unescape(english)
    hurry(demo, key)
    expect(clerk.page.locator('[data-submission="registered"]')).to_be_visible()
    delivered_once(demo, reception_id, them.members)
    assert "submission.rejected" not in events_of(demo, reception_id)
    assert not visitor.complaints + clerk.complaints


@pytest.mark.long
def test_a_rejection_is_told_at_the_counter_and_becomes_work_without_editing_the_past(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    them = family("takahashi_sho")
    town = elsewhere(chance, them)
    visitor, clerk, reception_id = seated(demo, browser, them.persona)
    clerk.attach_card()
    clerk.expect_members(2)
    clerk.intake_to_paper(chance, town.town_code, "5番5号", YESTERDAY)
    demo.core_mode("reject")
    finish(clerk, visitor)
    frozen = f"SELECT * FROM prepared_intake WHERE reception_id = '{reception_id}'"
    past = demo.rows(frozen)
    told = events_of(demo, reception_id)

    wait_for("仮登録", lambda: submission_of(demo, reception_id)["state"] == "provisional")
    hurry(demo, submission_of(demo, reception_id)["key"], "reject")
    reason = "審査の結果、登録できませんでした。届出の内容を確認してください。"
    expect(clerk.page.locator('[data-submission="rejected"]')).to_contain_text(reason)
    said(clerk.page, "counter.exchange.rejected", "state.work.core.rejected")

    # The residents' division finds it in its work list, with the reason and what to do.
    other = Clerk(demo, browser, login="supervisor1", station="counter-2").sign_in()
    other.page.goto(f"{demo.station('counter-2')}backoffice/?department=shimin")
    number = demo.rows(f"SELECT number FROM reception WHERE id = '{reception_id}'")[0]["number"]
    line = other.page.locator("tr, li").filter(has_text=number).filter(has_text="差")
    expect(line.first).to_be_visible()
    show(other.page, "work-list")
    item = demo.rows(
        "SELECT id FROM work_item WHERE procedure_id = 'core.rejected' "
        f"AND reception_id = '{reception_id}' AND department = 'shimin'"
    )
    assert len(item) == 1
    other.page.goto(f"{demo.station('counter-2')}backoffice/items/{item[0]['id']}")
    expect(other.page.get_by_text(reason)).to_be_visible()
    said(other.page, "counter.work.core.rejected.next", "counter.work.core_reason.title")
    other.act("start").click()
    other.act("finish").click()
    wait_for(
        "the work to be done",
        lambda: demo.rows(f"SELECT state FROM work_item WHERE id = '{item[0]['id']}'")[0]["state"] == "done",
    )

    assert demo.rows(frozen) == past, "what was signed stays as it was"
    assert events_of(demo, reception_id)[: len(told)] == told
    assert lives_at(demo, them.head) == them.home, "the register is as before"
    # Nothing that needs the registration can be called done.
    waiting = demo.rows(
        f"SELECT id FROM work_item WHERE reception_id = '{reception_id}' AND procedure_id <> 'core.rejected'"
    )
    if waiting:
        other.page.goto(f"{demo.station('counter-2')}backoffice/items/{waiting[0]['id']}")
        expect(other.act("finish")).to_have_count(0)
    clerk.page.reload()
    clerk.close()
    journal_is_whole(demo)
    assert not visitor.complaints + clerk.complaints + other.complaints


def test_a_dead_core_is_no_reason_to_stop_the_line(demo: Demo, browser: Browser) -> None:
    """Numbers are given, called and shown as ever."""
    demo.core_mode("down")
    core_counts_as(demo, up=False)
    complaints: list[str] = []
    kiosk = open_page(browser, 1080, 1920, complaints)
    kiosk.goto(f"{demo.station('kiosk-1')}kiosk/")
    kiosk.locator('a[href*="service=certificate"]').click()
    kiosk.locator("main form button[type=submit]").click()
    kiosk.wait_for_url("**/kiosk/tickets/**")
    label = kiosk.locator(".slip-number").inner_text()
    assert "基幹" not in text_of(kiosk), "what residents cannot change is not told to them"
    display = open_page(browser, 1920, 1080, complaints)
    display.goto(demo.url("display"))
    clerk = Clerk(demo, browser, login="clerk2", station="counter-2").sign_in()
    clerk.page.locator(f'tr[data-ticket="{label}"] [data-act="call"]').click()
    expect(display.get_by_text(label).first).to_be_visible()
    clerk.page.locator(f'article[data-ticket="{label}"] [data-act="cancel"]').click()
    expect(clerk.page.locator(f'[data-ticket="{label}"]')).to_have_count(0)
    assert not complaints + clerk.complaints
