"""The people of a story: what each does on their screen, in the words of the counter."""

import random
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Locator, Page, expect

from tests.stories.demo import Demo, wait_for
from tests.stories.questions import answer_unseen

PASSWORD = "kakanai-demo"
SLOW = 20_000


def open_page(browser: Browser, width: int, height: int, complaints: list[str]) -> Page:
    """A page whose every script error is noted."""
    page = browser.new_context(viewport={"width": width, "height": height}, locale="ja-JP").new_page()
    page.set_default_timeout(SLOW)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


@dataclass
class Visitor:
    """At the kiosk and on the second screen."""

    demo: Demo
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    label: str = ""
    ticket_id: str = ""

    def kiosk(self, lang: str = "ja") -> Page:
        page = open_page(self.browser, 1080, 1920, self.complaints)
        page.goto(f"{self.demo.station('kiosk-1')}kiosk/?lang={lang}")
        return page

    def take_ticket(self, page: Page, service: str = "move", lang: str = "ja") -> str:
        """Without a card."""
        page.locator(f'a[href*="service={service}"]').click()
        page.locator("main form button[type=submit]").click()
        return self.wait_for_paper(page)

    def take_ticket_with_card(
        self, page: Page, persona: str, pin: str = "1234", service: str = "move"
    ) -> str:
        """Tap the card, type the PIN, use what was read."""
        page.locator(f'a[href*="service={service}"]').click()
        page.locator('a[href*="/kiosk/pin"]').click()
        self.demo.insert("kiosk-1", persona)
        self.type_pin(page, pin)
        use = page.locator("[data-step]:not([hidden]) [data-confirm]")
        expect(use).to_be_visible()
        use.click()
        self.demo.remove("kiosk-1")
        return self.wait_for_paper(page)

    def type_pin(self, page: Page, pin: str) -> None:
        pad = page.locator('[data-step="pin"]')
        expect(pad).to_be_visible()
        for digit in pin:
            pad.locator(f'[data-digit="{digit}"]').click()
        pad.locator("[data-read]").click()

    def wait_for_paper(self, page: Page) -> str:
        page.wait_for_url("**/kiosk/tickets/**")
        self.ticket_id = page.url.split("/tickets/")[1].split("?")[0]
        self.label = page.locator(".slip-number").inner_text()
        return self.label

    def second_screen(self, station: str = "counter-1") -> Page:
        page = open_page(self.browser, 1280, 800, self.complaints)
        page.goto(f"{self.demo.station(station)}second/")
        return page

    def confirm(self, page: Page) -> None:
        """Look at everything and agree."""
        page.locator("[data-show-all]").click()
        page.locator("[data-confirm]").click()
        expect(page.locator('[data-panel="sign"]')).to_be_visible()


@dataclass
class Clerk:
    """At a counter."""

    demo: Demo
    browser: Browser
    login: str = "clerk1"
    station: str = "counter-1"
    complaints: list[str] = field(default_factory=list)
    # Sends the answers without drawing the questions, and says no where that is possible; otherwise presses
    # the buttons, at random, which leads to more questions.
    hurried: bool = True

    def __post_init__(self) -> None:
        self.page = open_page(self.browser, 1440, 900, self.complaints)

    def sign_in(self) -> "Clerk":
        """With the password, or with the session of an earlier story that has not ended."""
        who = (self.login, self.station)
        if who in self.demo.sessions:
            url, cookies = self.demo.sessions[who]
            self.page.context.add_cookies(cookies)
            self.page.goto(url)
            if "login" not in self.page.url:
                return self
        self.page.goto(f"{self.demo.station(self.station)}counter/login")
        self.page.fill('[name="login"]', self.login)
        self.page.fill('[name="password"]', PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "login" not in url)
        self.demo.sessions[who] = (self.page.url, self.page.context.cookies())
        return self

    def act(self, name: str) -> Locator:
        """The button of an act."""
        return self.page.locator(f'[data-act="{name}"]').first

    def call_next(self) -> None:
        self.page.goto(f"{self.demo.station(self.station)}counter/")
        self.act("call-next").click()
        expect(self.act("open")).to_be_visible()

    def open(self) -> str:
        """Open the reception of the number called; returns its id."""
        self.act("open").click()
        self.page.wait_for_url("**/counter/receptions/*")
        return self.page.url.rstrip("/").split("/")[-1].split("?")[0]

    def identify(self, relation: str = "self", method: str = "my_number_card") -> None:
        self.page.locator(f"#relation-{relation}").check(force=True)
        self.page.locator(f'#identity button[name="method"][value="{method}"]').click()
        expect(self.page.locator("details#identity")).to_be_visible()

    def attach_card(self) -> None:
        self.act("attach-card").click()

    def expect_members(self, count: int) -> None:
        expect(self.page.locator("li[data-person]")).to_have_count(count)

    def set_address(self, town_code: str, number: str, building: str = "") -> None:
        self.page.locator("#town").select_option(town_code)
        self.page.fill("#address-number", number)
        self.page.fill("#address-building", building)
        self.act("save-address").click()
        expect(self.page.locator("details#address")).to_be_visible()

    def set_moved_on(self, day: str) -> None:
        self.page.fill("#moved-on-date", day)
        self.act("save-moved-on").click()
        expect(self.page.locator("details#moved-on")).to_be_visible()

    def answer_all(self, chance: random.Random) -> dict[str, str]:
        """Answer question after question, until none can change the result."""
        if self.hurried:
            return answer_unseen(self.page, chance)
        said: dict[str, str] = {}
        for _ in range(100):
            asked = self.page.locator("[data-question]")
            if asked.count() == 0:
                return said
            name = asked.first.get_attribute("data-question") or ""
            said[name] = self._answer(asked.first, chance)
            expect(self.page.locator(f'[data-question="{name}"]')).to_have_count(0, timeout=SLOW)
        raise AssertionError(f"questions do not end: {list(said)}")

    def _answer(self, asked: Locator, chance: random.Random) -> str:
        buttons = asked.locator('button[data-act="answer"][value]')
        if buttons.count():
            chosen = buttons.nth(chance.randrange(buttons.count()))
            value = chosen.get_attribute("value") or ""
            chosen.click()
            return value
        told = []
        for row in asked.locator(".ask-row").all():
            radios = row.locator("input[type=radio]")
            if radios.count():
                place = chance.randrange(radios.count())
                row.locator("label.choice").nth(place).click()
                told.append(radios.nth(place).get_attribute("value") or "")
                continue
            box = row.locator("input[type=checkbox]").nth(0)
            if box.count() and chance.random() < 0.3:
                row.locator("label.choice").nth(0).click()
                told.append(box.get_attribute("value") or "")
        for choice in asked.locator("select").all():
            options = [o.get_attribute("value") or "" for o in choice.locator("option").all()]
            value = chance.choice([option for option in options if option])
            choice.select_option(value)
            told.append(value)
        asked.locator('button[data-act="answer"]').last.click()
        return ",".join(told)

    def prepare(self) -> None:
        self.act("prepare").click()
        expect(self.page.locator("#check")).to_be_visible()

    def wait_printed(self) -> None:
        expect(self.page.locator("#accept #signed")).to_be_visible(timeout=SLOW)

    def accept(self) -> None:
        """With the signed sheet in hand."""
        self.wait_printed()
        self.page.locator("#signed").check(force=True)
        self.act("accept").click()
        expect(self.act("close")).to_be_visible()

    def close(self) -> None:
        self.act("close").click()
        self.page.wait_for_url(lambda url: url.rstrip("/").endswith("/counter"))

    def intake_to_paper(self, chance: random.Random, town: str, number: str, day: str) -> dict[str, str]:
        """From the household taken in to the form made."""
        self.set_address(town, number)
        self.set_moved_on(day)
        said = self.answer_all(chance)
        self.prepare()
        return said


def submission_of(demo: Demo, reception_id: str) -> dict[str, object]:
    rows = demo.rows(f"SELECT * FROM submission WHERE reception_id = '{reception_id}'")
    assert len(rows) == 1
    return rows[0]


def wait_registered(demo: Demo, reception_id: str, state: str = "registered") -> dict[str, object]:
    """Until the core has answered with 本登録 (or another state)."""
    wait_for(f"the core's {state}", lambda: submission_of(demo, reception_id)["state"] == state, 40)
    return submission_of(demo, reception_id)
