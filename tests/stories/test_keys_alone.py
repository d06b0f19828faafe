"""A whole visit at the counter without a mouse: from the call to the end, in a real Chromium.

After every key the focus is on something that is there and can be seen.
"""

import time
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from server.kit.clock import today
from tests.stories.demo import Demo, wait_for
from tests.stories.people import Clerk, Visitor, wait_registered

pytestmark = [pytest.mark.story, pytest.mark.browser, pytest.mark.long]

# Two Ctrl+Enter within half a second are one press.
A_CHORD = 0.6
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
# Where the focus is; nothing for the page as a whole, or for what cannot be seen.
FOCUS = """() => {
  const here = document.activeElement;
  if (here === document.body || !here.checkVisibility()) return "";
  const ring = getComputedStyle(here.matches(".choice input") ? here.closest(".choice") : here);
  const seen = ring.outlineStyle !== "none" || ring.boxShadow !== "none";
  return `${seen ? "" : "unseen "}${here.id || here.name || here.dataset.act || here.localName}`;
}"""
# The question in hand: the kinds of its rows, or nothing where it is answered by one key.
ROWS = """() => {
  const asked = document.activeElement.closest("[data-question]");
  if (!asked) return null;
  const control = "select, input:not([type=hidden])";
  const rows = [...asked.querySelectorAll(".ask-row")].map((row) => row.querySelector(control).type);
  return { fact: asked.id === "sweep" ? "sweep" : asked.dataset.question, rows };
}"""
ROW = "() => [...document.querySelectorAll('.ask-row')].indexOf(document.activeElement.closest('.ask-row'))"


class Keys:
    """One pair of hands on the keyboard of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> str:
        """One key after the other; where the focus is then."""
        for key in keys:
            if key == "Control+Enter":
                time.sleep(A_CHORD)
            self.page.keyboard.press(key)
            self.settle()
        return self.focus()

    def type(self, *texts: str) -> None:
        """Into the field in hand and those after it, and save."""
        for place, text in enumerate(texts):
            if place:
                self.page.keyboard.press("Tab")
            self.page.keyboard.type(text)
        self.press("Enter")

    def settle(self) -> None:
        """What was pressed has been answered, and the page is alive again."""
        self.page.wait_for_timeout(50)
        expect(self.page.locator(BUSY)).to_have_count(0)

    def focus(self) -> str:
        found: str = self.page.evaluate(FOCUS)
        return found

    def answer(self) -> str | None:
        """The question in hand, yes to whatever has one; the fact that was asked for."""
        asked = self.page.evaluate(ROWS)
        if asked is None:
            return None
        for place, kind in enumerate(asked["rows"]):
            while place and self.page.evaluate(ROW) < place:
                self.page.keyboard.press("Tab")
            if kind in ("text", "number"):
                self.page.keyboard.type("12.1" if kind == "text" else "2")
            else:
                self.page.keyboard.press("ArrowDown" if kind == "select-one" else "Space")
        if asked["rows"]:
            self.press("Enter")
        elif asked["fact"] == "sweep":
            self.press("1", "Enter")
        else:
            self.press("1")
        return str(asked["fact"])

    def answer_all(self) -> list[str]:
        """Until nothing is asked; what was asked."""
        said: list[str] = []
        for _ in range(60):
            fact = self.answer()
            if fact is None:
                return said
            said.append(fact)
            assert self.focus()
            assert "unseen" not in self.focus(), said
        raise AssertionError(f"questions do not end: {said}")


def test_a_move_is_taken_in_without_a_mouse(demo: Demo, browser: Browser) -> None:
    visitor = Visitor(demo, browser)
    visitor.take_ticket_with_card(visitor.kiosk(), "mihon_taro")
    clerk = Clerk(demo, browser).sign_in()
    page, keys = clerk.page, Keys(clerk.page)
    page.goto(f"{demo.station('counter-1')}counter/")
    keys.press("?")
    expect(page.locator("dialog[data-key-list]")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("dialog[data-key-list]")).to_be_hidden()
    keys.press("Control+Enter", "Control+Enter")
    page.wait_for_url("**/counter/receptions/*")
    reception_id = clerk.page.url.rstrip("/").rsplit("/", 1)[1]
    keys.press("1")
    expect(page.locator("details#identity")).to_be_visible()
    assert keys.press("Enter") == "town-filter"
    clerk.expect_members(4)
    keys.type("わかば")
    keys.press("Enter")
    keys.type("5番6号", "見本ハイツ201")
    expect(page.locator("#moved-on-date")).to_be_focused()
    moved = today() - timedelta(days=3)
    keys.type(f"{moved.month}.{moved.day}")
    asked = keys.answer_all()
    assert "sweep" in asked
    assert keys.focus() == "next-act"
    the_list(page, keys)
    the_answers(page, keys)
    keys.press("Control+Enter")
    expect(page.locator("#check")).to_be_visible()
    keys.press("Control+Enter")
    expect(page.locator("#accept #signed")).to_be_visible()
    assert keys.press("Control+Enter") == "signed"
    keys.press("Space", "Control+Enter")
    wait_registered(demo, reception_id)
    keys.press("Control+Enter")
    page.wait_for_url("**/counter/")
    assert not clerk.complaints


def the_list(page: Page, keys: Keys) -> None:
    """Walk, explain, tick, say who signs, group, and print the sheet in each language."""
    keys.press("j", "j", "j", "?")
    row = page.locator("[data-procedure]:focus-within")
    expect(row.locator(".why-content")).to_be_visible()
    keys.press("d", "1", "l")
    expect(row.locator(".procedure-marks")).to_contain_text("後日提出")
    keys.press("s", "Escape")
    expect(row.locator(".procedure-marks")).not_to_contain_text("後日提出")
    assert keys.press("g").startswith("summary")
    expect(page.locator("#by-department[aria-current]")).to_be_visible()
    keys.press("g")
    for number, language in enumerate(("ja", "easy", "en"), 1):
        keys.press("c")
        assert keys.press(str(number)) == "sheet-print-ja", language
    expect(page.locator("#checklist .tag")).to_be_visible()


def the_answers(page: Page, keys: Keys) -> None:
    """One answer is changed; the list says what that changed."""
    assert keys.press("e") == "summary"
    for _ in range(30):
        keys.press("Tab")
        if "again-dog" in page.evaluate("document.activeElement.parentElement.id"):
            break
    keys.press("Enter")
    expect(page.locator("#again-dog .ask-content button[value=true]")).to_be_focused()
    keys.press("1")
    expect(page.locator("#changes")).to_be_visible()
    keys.answer_all()
    assert keys.focus() == "next-act"


def test_people_are_entered_and_searched_for_without_a_mouse(demo: Demo, browser: Browser) -> None:
    """Who moves in is entered by hand, and it ends with the departments; who moves out is looked for."""
    clerk = Clerk(demo, browser).sign_in()
    page, keys = clerk.page, Keys(clerk.page)
    page.goto(f"{demo.station('counter-1')}counter/")
    walk_in(page, keys)
    assert keys.press("Enter") == "event-MOVE"
    keys.press("2", "Enter")
    expect(page.locator("#person-name")).to_be_focused()
    page.keyboard.type("架空　一郎")
    keys.press("Tab")
    page.keyboard.type("カクウ　イチロウ")
    keys.press("Tab")
    keys.type("S60.5.7")
    clerk.expect_members(1)
    assert keys.press("Escape", "p") == "person-name"
    keys.type("架空　二郎", "カクウ　ジロウ", "H25.6.6", "", "子")
    clerk.expect_members(2)
    assert keys.focus() == "town-filter"
    keys.type("わかば")
    keys.press("Enter")
    keys.type("1-1")
    expect(page.locator("#moved-on-date")).to_be_focused()
    day = today() - timedelta(days=2)
    keys.type(f"{day.month}.{day.day}")
    if keys.focus() == "sweep-kids_separate":
        keys.press("Enter")
    assert keys.focus() == "filer-person", "who files is settled before the questions go on"
    keys.press("ArrowDown", "Control+Enter")
    asked = keys.answer_all()
    assert {"out_planned_date", "household_matters", "sweep"} <= set(asked), asked
    assert keys.focus() == "filed"
    keys.press("Space", "Control+Enter")
    expect(page.locator("#accepted")).to_be_visible()
    page.goto(f"{demo.station('counter-1')}counter/")
    walk_in(page, keys)
    assert keys.press("/") == "search-name"
    keys.type("見本　太郎")
    expect(page.locator("#found-head")).to_be_focused()
    keys.press("j", "Enter")
    clerk.expect_members(4)
    wait_for("nothing to complain of", lambda: not clerk.complaints)


def walk_in(page: Page, keys: Keys) -> None:
    """Without a ticket, and identified by two documents."""
    for _ in range(20):
        keys.press("Tab")
        if page.evaluate("document.activeElement.dataset.act") == "walk-in":
            break
    keys.press("Enter")
    page.wait_for_url("**/counter/receptions/*")
    keys.press("3")
    expect(page.locator("details#identity")).to_be_visible()
