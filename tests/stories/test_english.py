"""Residents who read English or come from abroad: every word they meet, the procedures that are theirs."""

import json
import random
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from server.kit.clock import today
from tests.stories.demo import Demo, wait_for
from tests.stories.hard_days import (
    WORDS,
    call,
    delivered_once,
    elsewhere,
    family,
    finish,
    newest_form,
    registered,
    seated,
    show,
)
from tests.stories.people import Clerk, Visitor

pytestmark = [pytest.mark.story, pytest.mark.browser]
YESTERDAY = (today() - timedelta(days=1)).isoformat()


def in_english(page: Page, *keys: str) -> None:
    """The page is English, and says these sentences."""
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for key in keys:
        expect(page.get_by_text(WORDS.say("en", key)).first).to_be_visible()


@pytest.mark.long
def test_a_visit_in_english(demo: Demo, browser: Browser, chance: random.Random) -> None:
    them = family("mihonsky_alexander")
    town = elsewhere(chance, them)
    visitor = Visitor(demo, browser)
    kiosk = visitor.kiosk("en")
    in_english(kiosk)
    show(kiosk, "start")
    visitor.take_ticket_with_card(kiosk, them.persona)
    expect(kiosk.locator("#print-state")).to_have_attribute("data-print-state", "printed")
    in_english(kiosk)
    show(kiosk, "ticket")

    # The paper says it in both languages; so does the phone.
    job = demo.rows(f"SELECT content FROM print_job WHERE subject = '{visitor.ticket_id}'")[0]
    paper = json.loads(job["content"])
    assert (paper["language"], paper["class_name"], paper["class_name_second"]) == (
        "en",
        "引っこしの届出",
        "Moving house",
    )
    assert paper["second_line"]
    assert paper["prepare"][0].startswith("My Number cards")
    token = demo.rows(f"SELECT public_token FROM ticket WHERE id = '{visitor.ticket_id}'")[0]["public_token"]
    kiosk.goto(f"{demo.url('server')}t/{token}?lang=en")
    in_english(kiosk)
    expect(kiosk.get_by_text("Moving house")).to_be_visible()

    # The clerk works in Japanese, sees that the resident does not, and what to say to them.
    clerk = Clerk(demo, browser).sign_in()
    call(clerk, visitor.label)
    reception_id = clerk.open()
    assert demo.rows(f"SELECT language FROM reception WHERE id = '{reception_id}'")[0]["language"] == "en"
    expect(clerk.page.get_by_text(WORDS.say("ja", "state.language.en")).first).to_be_visible()
    clerk.identify()
    clerk.attach_card()
    clerk.expect_members(1)
    name = clerk.page.locator("li[data-person] .person-name")
    expect(name).to_have_text(them.head.name.display)
    assert len(them.head.name.display) == 40
    clerk.set_address(town.town_code, "14番4号")
    clerk.set_moved_on(YESTERDAY)
    expect(clerk.page.locator('[data-open="question"] [lang="en"]').first).to_be_visible()
    show(clerk.page, "aloud")
    r007 = clerk.page.locator('[data-procedure="R007"][data-outcome="sure"]')
    expect(r007).to_be_visible()
    clerk.answer_all(chance)
    clerk.prepare()

    second = visitor.second_screen()
    in_english(second, "second.review.title", "second.review.next", "second.row.new_address")
    second.locator("[data-show-all]").click()
    expect(second.get_by_text(them.head.name.display).first).to_be_visible()
    expect(second.get_by_text("head of the household")).to_be_visible()
    show(second, "second")
    second.locator("[data-confirm]").click()
    expect(second.locator('[data-panel="sign"]')).to_be_visible()
    in_english(second, "second.sign.title", "second.sign.next")
    clerk.accept()
    wait_for("the second screen's last page", lambda: second.locator('[data-panel="done"]').count())
    in_english(second, "second.done.title", "second.done.next")

    form = newest_form(demo)
    assert "".join(them.head.name.display.split()) in form, "all forty characters"
    for gloss in ("Newaddress", "Name", "Dateofbirth"):
        assert gloss in form, gloss
    registered(demo, reception_id)
    delivered_once(demo, reception_id, them.members)
    items = demo.rows(f"SELECT procedure_id FROM work_item WHERE reception_id = '{reception_id}'")
    assert "R007" in {item["procedure_id"] for item in items}
    clerk.close()
    assert not visitor.complaints + clerk.complaints


@pytest.mark.long
def test_a_household_with_a_member_from_abroad(demo: Demo, browser: Browser, chance: random.Random) -> None:
    """Her residence card gets the new address at this desk, together with the notification; his has none."""
    them = family("mitate_ryo")
    town = elsewhere(chance, them)
    visitor, clerk, reception_id = seated(demo, browser, them.persona)
    clerk.attach_card()
    clerk.expect_members(len(them.members))
    r007 = clerk.page.locator('[data-procedure="R007"][data-outcome="sure"]')
    expect(r007).to_be_visible()
    expect(r007).to_contain_text(them.members[1].name.display)
    assert them.head.name.display not in r007.inner_text()
    clerk.intake_to_paper(chance, town.town_code, "15番5号", YESTERDAY)
    show(clerk.page, "prepared")
    finish(clerk, visitor)
    form = newest_form(demo)
    for one in them.members:
        assert "".join(one.name.display.split()) in form
    registered(demo, reception_id)
    delivered_once(demo, reception_id, them.members)
    clerk.close()
    assert not visitor.complaints + clerk.complaints
