"""Pressing twice, pressing in the same moment as somebody else, asking again: one act each."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from server.kit.clock import today
from tests.stories.demo import Demo, wait_for
from tests.stories.mishaps import Desk, Kiosk, journal, reads, tickets, wait_on_paper
from tests.stories.people import Clerk, wait_registered

pytestmark = [pytest.mark.story, pytest.mark.browser]

TOWN = "99201004001"
ALREADY_CALLED = {
    "ja": "{label}は{desk}番窓口で呼び出し済みです",
    "en": "{label} has been called by desk {desk}",
}
ISSUED = "SELECT id FROM journal_entry WHERE event = 'ticket.issued'"


@pytest.fixture(scope="module")
def other_desk(demo: Demo, browser: Browser) -> Iterator[Desk]:
    desk = Desk(demo, browser, login="clerk2", station="counter-2")
    desk.sign_in()
    yield desk
    desk.page.context.close()
    assert not desk.complaints


def waiting_ticket(demo: Demo, kiosk: Kiosk, lang: str = "ja") -> str:
    """One more person in the line, without a card."""
    kiosk.page.goto(f"{demo.station('kiosk-1')}kiosk/card?service=move&lang={lang}")
    kiosk.page.locator("main form button[type=submit]").click()
    return kiosk.wait_for_paper(kiosk.page)


def press_together(pages: list[Page], selector: str) -> None:
    """The same button on several screens in the same moment."""
    for page in pages:
        expect(page.locator(selector)).to_be_visible()
    at = pages[0].evaluate("Date.now()") + 400
    for page in pages:
        page.evaluate(
            """([selector, at]) => {
              setTimeout(() => document.querySelector(selector).click(), at - Date.now());
            }""",
            [selector, at],
        )


def test_two_presses_at_the_kiosk_are_one_ticket(demo: Demo, kiosk: Kiosk) -> None:
    before = len(demo.rows(ISSUED))
    kiosk.page.goto(f"{demo.station('kiosk-1')}kiosk/card?service=move&lang=ja")
    kiosk.page.locator("main form button[type=submit]").dblclick()
    label = kiosk.wait_for_paper(kiosk.page)
    kiosk.page.goto(f"{demo.station('kiosk-1')}kiosk/?lang=ja")
    kiosk.page.locator(".purpose-wide button").dblclick()
    other = kiosk.wait_for_paper(kiosk.page)
    assert len(demo.rows(ISSUED)) == before + 2
    for one in (label, other):
        (ticket,) = tickets(demo, one)
        wait_on_paper(demo, ticket["id"])
        assert len(demo.rows(f"SELECT id FROM print_job WHERE subject = '{ticket['id']}'")) == 1


def test_two_presses_at_the_counter_are_one_act_all_the_way(
    demo: Demo, kiosk: Kiosk, desk: Desk, chance: random.Random
) -> None:
    for _ in range(2):
        waiting_ticket(demo, kiosk)
    desk.page.goto(f"{demo.station('counter-1')}counter/")
    waiting = desk.page.locator("tr[data-ticket]")
    count = waiting.count()
    label = waiting.first.get_attribute("data-ticket") or ""
    desk.act("call-next").dblclick()
    expect(desk.page.locator(f'article[data-ticket="{label}"]')).to_be_visible()
    (ticket,) = tickets(demo, label)
    assert (ticket["state"], ticket["calls"]) == ("called", 1), "the second press did not begin the reception"
    expect(waiting).to_have_count(count - 1)
    desk.act("open").dblclick()
    desk.page.wait_for_url("**/counter/receptions/*")
    reception_id = desk.reception_id
    assert len(demo.rows(f"SELECT id FROM reception WHERE ticket_id = '{ticket['id']}'")) == 1
    desk.identify()
    # Whoever came first may have tapped a card at the kiosk.
    if not reads(demo, ticket_id=ticket["id"]):
        desk.lay("mihon_jiro")
        desk.enter()
    desk.page.locator('[data-act="attach-card"]').dblclick()
    expect(desk.page.locator("li[data-person]").first).to_be_visible()
    desk.set_address(TOWN, "11番1号")
    desk.set_moved_on(today().isoformat())
    desk.answer_all(chance)
    desk.act("prepare").dblclick()
    expect(desk.page.locator("#check")).to_be_visible()
    assert demo.rows(f"SELECT state FROM reception WHERE id = '{reception_id}'")[0]["state"] == "prepared"
    desk.act("confirm-aloud").dblclick()
    desk.wait_printed()
    desk.page.locator("#signed").check(force=True)
    desk.act("accept").dblclick()
    expect(desk.act("close")).to_be_visible()
    (row,) = demo.rows(f"SELECT state, ticket_id FROM reception WHERE id = '{reception_id}'")
    assert row["state"] == "accepted", "the second press did not end the visit"
    wait_registered(demo, reception_id)
    for event in ("opened", "identified", "gathered", "prepared", "confirmed", "accepted"):
        assert len(journal(demo, reception_id, f"reception.{event}")) == 1, event
    for subject, event in ((ticket["id"], "ticket.called"), (ticket["id"], "ticket.served")):
        assert len(journal(demo, subject, event)) == 1
    assert len(demo.rows(f"SELECT id FROM submission WHERE reception_id = '{reception_id}'")) == 1
    assert len(demo.rows(f"SELECT id FROM print_job WHERE subject = '{reception_id}'")) == 1
    assert len(journal(demo, reception_id, "card.attached")) == 1
    keys = [one["key"] for one in demo.core_notifications()]
    assert len(keys) == len(set(keys))
    desk.act("close").dblclick()
    desk.page.wait_for_url(lambda url: url.rstrip("/").endswith("/counter"))
    assert tickets(demo, label)[0]["state"] == "finished"


def test_a_key_held_down_is_one_press(demo: Demo, kiosk: Kiosk, desk: Desk) -> None:
    waiting_ticket(demo, kiosk)
    desk.page.goto(f"{demo.station('counter-1')}counter/")
    label = desk.page.locator("tr[data-ticket]").first.get_attribute("data-ticket") or ""
    expect(desk.act("call-next")).to_be_visible()
    desk.page.keyboard.down("Control")
    for _ in range(8):
        desk.page.keyboard.down("Enter")
    expect(desk.page.locator(f'article[data-ticket="{label}"]')).to_be_visible()
    for _ in range(8):
        desk.page.keyboard.down("Enter")
    desk.page.keyboard.up("Enter")
    desk.page.keyboard.up("Control")
    (ticket,) = tickets(demo, label)
    assert (ticket["state"], ticket["calls"]) == ("called", 1)
    desk.act("cancel").click()
    wait_for("the line to move on", lambda: tickets(demo, label)[0]["state"] == "cancelled")


def test_ctrl_enter_twice_calls_and_does_not_begin(demo: Demo, kiosk: Kiosk, browser: Browser) -> None:
    waiting_ticket(demo, kiosk)
    clerk = Clerk(demo, browser).sign_in()
    # Both in one moment, however long this machine takes for what comes between them.
    clerk.page.clock.set_fixed_time(datetime(2026, 11, 24, 12, tzinfo=UTC))
    clerk.page.goto(f"{demo.station('counter-1')}counter/")
    label = clerk.page.locator("tr[data-ticket]").first.get_attribute("data-ticket") or ""
    clerk.page.keyboard.press("Control+Enter")
    expect(clerk.page.locator(f'article[data-ticket="{label}"]')).to_be_visible()
    clerk.page.keyboard.press("Control+Enter")
    (ticket,) = tickets(demo, label)
    assert (ticket["state"], ticket["calls"]) == ("called", 1)
    # A moment later it is a press of its own.
    clerk.page.clock.set_fixed_time(datetime(2026, 11, 24, 12, 0, 1, tzinfo=UTC))
    clerk.page.keyboard.press("Control+Enter")
    clerk.page.wait_for_url("**/counter/receptions/*")
    clerk.page.locator("details#abandon summary").click()
    clerk.page.fill("#abandon-reason", "試しの受付")
    clerk.act("abandon").click()
    clerk.page.wait_for_url(lambda url: url.rstrip("/").endswith("/counter"))
    assert tickets(demo, label)[0]["state"] == "finished"
    assert not clerk.complaints


def test_two_taps_choose_the_purpose_and_not_what_comes_up_under_the_finger(
    demo: Demo, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 1080, "height": 1920}, locale="ja-JP", has_touch=True)
    page = context.new_page()
    # Both taps in one moment, however long this machine takes for the page between them.
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    page.clock.set_fixed_time(noon)
    page.goto(f"{demo.station('kiosk-1')}kiosk/card?service=card&lang=ja")
    no = page.locator("main form button").bounding_box()
    assert no is not None
    middle = (no["x"] + no["width"] / 4, no["y"] + no["height"] / 2)
    page.goto(f"{demo.station('kiosk-1')}kiosk/?lang=ja")
    before = len(demo.rows(ISSUED))
    page.touchscreen.tap(*middle)
    page.wait_for_url("**/kiosk/card?service=card**")
    page.touchscreen.tap(*middle)
    page.clock.set_fixed_time(noon + timedelta(seconds=2))
    expect(page.locator("main form button")).to_be_enabled()
    assert len(demo.rows(ISSUED)) == before
    page.touchscreen.tap(*middle)
    page.wait_for_url("**/kiosk/tickets/**")
    assert len(demo.rows(ISSUED)) == before + 1
    context.close()


def is_now(demo: Demo, label: str, state: str) -> Callable[[], bool]:
    """A look at whether the ticket is in this state."""
    return lambda: bool(tickets(demo, label)[0]["state"] == state)


def test_two_staff_who_call_the_same_number_are_told_apart(
    demo: Demo, kiosk: Kiosk, desk: Desk, other_desk: Desk
) -> None:
    for lang, says in ALREADY_CALLED.items():
        label = waiting_ticket(demo, kiosk)
        for one in (desk, other_desk):
            one.speak(lang)
            one.page.goto(f"{demo.station(one.station)}counter/")
        press_together([desk.page, other_desk.page], f'tr[data-ticket="{label}"] [data-act="call"]')
        wait_for("one of them to call", is_now(demo, label, "called"))
        (ticket,) = tickets(demo, label)
        winner, loser = (desk, other_desk) if ticket["desk"] == "1" else (other_desk, desk)
        expect(winner.page.locator(f'article[data-ticket="{label}"]')).to_be_visible()
        message = loser.page.locator("#page-message")
        expect(message).to_contain_text(says.format(label=label, desk=ticket["desk"]))
        expect(message).to_contain_text({"ja": "次の方をお呼びください", "en": "call the next person"}[lang])
        # The line behind the message is up to date, and the message is still there.
        expect(loser.page.locator(f'tr[data-ticket="{label}"]')).to_have_count(0)
        expect(message).to_contain_text(label)
        assert ticket["calls"] == 1
        assert len(journal(demo, ticket["id"], "ticket.called")) == 1
        winner.act("cancel").click()
        wait_for("the number to go", is_now(demo, label, "cancelled"))
    for one in (desk, other_desk):
        one.speak("ja")


def test_the_same_request_again_gets_the_same_answer(demo: Demo, desk: Desk) -> None:
    before = len(demo.rows(ISSUED))
    kiosk = demo.station("kiosk-1")
    headers = {"Idempotency-Key": f"story-{before}", "Origin": kiosk.rstrip("/")}

    def ask(service_class: str) -> httpx.Response:
        wanted = {"service_class": service_class}
        return httpx.post(f"{kiosk}api/v1/tickets", json=wanted, headers=headers, trust_env=False, timeout=30)

    answers = [ask("move") for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 201, 201]
    assert answers[0].content == answers[1].content == answers[2].content
    assert len(demo.rows(ISSUED)) == before + 1
    other = ask("other")
    assert other.status_code == 422
    assert other.json()["title"]["ja"] == "内容が変わっています"
    # The same for what a page posts: a call that comes again calls nobody else.
    desk.page.goto(f"{demo.station('counter-1')}counter/")
    form = desk.page.locator("#call-next")
    sent = form.evaluate("form => Object.fromEntries(new FormData(form))")
    url = f"{demo.station('counter-1')}counter/call-next"
    calls = "SELECT id FROM journal_entry WHERE event = 'ticket.called'"
    called = len(demo.rows(calls))
    origin = {"Origin": demo.station("counter-1").rstrip("/")}
    for _ in range(3):
        assert desk.page.context.request.post(url, form=sent, headers=origin).ok
    assert len(demo.rows(calls)) == called + 1
