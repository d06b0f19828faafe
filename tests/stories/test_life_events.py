"""おくやみ through running processes: it ends with the departments, and the core hears nothing."""

import random

import pytest
from playwright.sync_api import Browser, expect

from tests.stories.demo import Demo
from tests.stories.mishaps import Desk
from tests.stories.people import Clerk

pytestmark = [pytest.mark.story, pytest.mark.browser, pytest.mark.long]


def test_a_relative_comes_after_a_death(
    demo: Demo, desk: Desk, browser: Browser, chance: random.Random
) -> None:
    page = desk.page
    page.goto(f"{demo.station(desk.station)}counter/")
    desk.act("walk-in").click()
    page.wait_for_url("**/counter/receptions/*")
    desk.identify("member", "photo_document")
    page.keyboard.press("5")
    expect(page.locator("#event-DEATH")).to_be_checked()
    desk.act("save-events").click()
    expect(page.locator("details#events summary")).to_contain_text("死亡")
    expect(page.locator("details#events summary")).to_contain_text("届書は従来の様式で受け付けてください")
    desk.search(name="見本 ウメ")
    desk.choose("見本　ウメ")
    desk.expect_members(4)
    page.locator("li[data-person]").filter(has_text="見本　ウメ").locator("input").check(force=True)
    expect(page.locator('[data-procedure="R172"]')).to_be_visible()
    page.locator("#filer-person").select_option(label="見本　太郎")
    expect(page.locator("li[data-person] .marks").filter(has_text="届出人")).to_have_count(1)
    page.fill("#moved-on-date", "11.20")
    desk.act("save-day").click()
    expect(page.locator("details#moved-on")).to_be_visible()
    desk.answer_all(chance)
    page.locator("#filed").check(force=True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#accepted")).to_contain_text("従来の様式で受け付け、引き継ぎました")
    reception_id = desk.reception_id
    given = demo.rows(f"SELECT procedure_id FROM work_item WHERE reception_id = '{reception_id}'")
    assert {"R173", "R182"} <= {one["procedure_id"] for one in given}
    assert demo.rows(f"SELECT id FROM submission WHERE reception_id = '{reception_id}'") == []
    desk.close()
    department = Clerk(demo, browser, login="kokuho1").sign_in()
    department.page.locator("tr", has_text="後期高齢者医療の資格喪失（死亡）").locator("a").first.click()
    expect(department.page.locator("main")).to_contain_text("この届出の届書は従来の様式で")
