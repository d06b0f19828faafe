"""What goes wrong at the devices: how a story makes it happen, and reads what is said in both languages."""

import random
import re
from typing import Any

import httpx
from playwright.sync_api import Locator, expect

from tests.stories.demo import NO_TLS, Demo, wait_for
from tests.stories.people import SLOW, Clerk, Visitor
from tests.stories.questions import answer_unseen

LANGUAGES = ("ja", "en")
expect.set_options(timeout=SLOW)


class Kiosk(Visitor):
    """The kiosk in one language, at the step of card and PIN."""

    def __init__(self, demo: Demo, browser: Any) -> None:
        super().__init__(demo, browser)
        self.page = self.kiosk()

    def begin(self, lang: str) -> None:
        """A visitor who moves house and has a card."""
        self.page.goto(f"{self.demo.station('kiosk-1')}kiosk/card?service=move&lang={lang}")
        self.page.locator('a[href*="/kiosk/pin"]').click()
        self.at("place")

    def at(self, step: str) -> Locator:
        """The step that is shown now."""
        shown = self.page.locator(f'[data-step="{step}"]')
        expect(shown).to_be_visible()
        return shown

    def lay(self, persona: str, pull_after_apdu: int | None = None) -> None:
        self.demo.insert("kiosk-1", persona, pull_after_apdu)

    def lift(self) -> None:
        """Off the reader, and seen to be."""
        self.demo.remove("kiosk-1")
        home = self.demo.station("kiosk-1")
        wait_for("an empty reader", lambda: station_state(home)["reader"] == "empty")

    def enter(self, pin: str = "1234") -> None:
        self.type_pin(self.page, pin)

    def trouble(self) -> str:
        """What the step of trouble says, title and sentence."""
        self.at("trouble")
        title = self.page.locator("[data-trouble-title]").inner_text()
        return f"{title}\n{self.page.locator('[data-trouble-message]').inner_text()}"

    def notice(self) -> Locator:
        """What is said above the digits."""
        return self.page.locator("[data-step]:not([hidden]) [data-pin-message] .notice")

    def ticket_without_card(self, *, lift: bool = False) -> str:
        """The way on that is always there; `lift` takes the card off when asked to."""
        self.page.locator("[data-step]:not([hidden]) [data-without-card]").click()
        if lift:
            self.at("take")
            self.lift()
        return self.wait_for_paper(self.page)

    def ticket_with_card(self) -> str:
        self.at("confirm").locator("[data-confirm]").click()
        self.at("take")
        self.lift()
        return self.wait_for_paper(self.page)


class Desk(Clerk):
    """A clerk at a counter who can read either language."""

    def speak(self, lang: str) -> None:
        """The screens in this language from now on; the page in hand is fetched again."""
        home = self.demo.station(self.station)
        self.page.context.add_cookies([{"name": "kakanai_lang", "value": lang, "url": home}])
        self.page.goto(self.page.url if self.page.url.startswith(home) else f"{home}counter/")

    def walk_in(self) -> str:
        """A reception without a ticket, its person identified; returns its id."""
        self.page.goto(f"{self.demo.station(self.station)}counter/")
        self.act("walk-in").click()
        self.page.wait_for_url("**/counter/receptions/*")
        self.identify()
        self.page.locator("#event-MOVE").check(force=True)
        self.act("save-events").click()
        return self.reception_id

    @property
    def reception_id(self) -> str:
        return re.split(r"[?#]", self.page.url)[0].rstrip("/").split("/")[-1]

    def call(self, label: str) -> None:
        """This number, whoever waits longer."""
        self.page.goto(f"{self.demo.station(self.station)}counter/")
        self.page.locator(f'tr[data-ticket="{label}"] [data-act="call"]').click()
        expect(self.page.locator(f'article[data-ticket="{label}"]')).to_be_visible()

    def lay(self, persona: str, pull_after_apdu: int | None = None) -> None:
        self.demo.insert(self.station, persona, pull_after_apdu)

    def lift(self) -> None:
        self.demo.remove(self.station)

    def enter(self, pin: str = "1234", *, last: bool = False) -> None:
        """The holder types the PIN; `last`: staff tick that the last try may be used."""
        expect(self.page.locator("#card-pin")).to_be_visible()
        self.page.fill("#card-pin", pin)
        if last:
            self.page.locator("#card-last").check(force=True)
        self.page.locator("[data-card-read]").click()

    def said(self) -> str:
        """What the card panel says of the last reading."""
        line = self.page.locator("[data-card-message] .card-said")
        expect(line).to_be_visible()
        return line.inner_text()

    def reader_line(self) -> Locator:
        return self.page.locator("[data-card-state]")

    def search(self, **words: str) -> None:
        """By name, kana, birth."""
        form = self.page.locator("#search")
        if form.evaluate("place => place.localName === 'details' && !place.open"):
            form.locator("summary").click()
        for name, word in words.items():
            self.page.fill(f"#search-{name}", word)
        self.act("search").click()
        expect(self.page.locator('#found[data-found="yes"]')).to_be_visible()

    def candidates(self) -> Locator:
        return self.page.locator("[data-candidate]")

    def choose(self, words: str) -> None:
        """The candidate of whom these words are said."""
        self.candidates().filter(has_text=words).locator('[data-act="choose"]').click()

    def only_this_one_moves(self, name: str) -> None:
        """Everybody else of the household stays."""
        people = self.page.locator("li[data-person]")
        for place in range(people.count()):
            one = people.nth(place)
            if one.locator(".person-name").inner_text() != name:
                one.locator('input[type="checkbox"]').uncheck(force=True)
        expect(self.page.locator("li[data-person]:not(.stays)")).to_have_count(1)

    def answer_as(self, chance: random.Random, **wanted: str) -> None:
        """These answers to these questions, and to every other as `answer_all` has it."""
        answer_unseen(self.page, chance, wanted)

    def members(self) -> list[str]:
        return self.page.locator("li[data-person] .person-name").all_inner_texts()


def station_state(home: str) -> dict[str, str]:
    """How a station's devices are, asked at its gateway."""
    found: dict[str, str] = httpx.get(
        f"{home}station/state", trust_env=False, timeout=10, verify=NO_TLS
    ).json()
    return found


def reads(demo: Demo, **where: str) -> list[dict[str, Any]]:
    """The card reads that the server knows of, oldest first."""
    fits = " AND ".join(f"{name} = '{value}'" for name, value in where.items()) or "1 = 1"
    return demo.rows(f"SELECT * FROM card_read WHERE {fits} ORDER BY read_at, id")


def journal(demo: Demo, subject: str, event: str) -> list[dict[str, Any]]:
    """The journal's entries of one kind about one thing."""
    return demo.rows(
        f"SELECT * FROM journal_entry WHERE subject = '{subject}' AND event = '{event}' ORDER BY seq"
    )


def bearer(demo: Demo, reception_id: str) -> str | None:
    """Whom of the people taken in the card belongs to."""
    (row,) = demo.rows(f"SELECT bearer_person_id FROM reception WHERE id = '{reception_id}'")
    found: str | None = row["bearer_person_id"]
    return found


def tickets(demo: Demo, label: str) -> list[dict[str, Any]]:
    return demo.rows(f"SELECT * FROM ticket WHERE label = '{label}'")


def on_paper(demo: Demo, ticket_id: str) -> list[dict[str, Any]]:
    """The papers of a ticket or reception that its printer says it printed."""
    return demo.rows(f"SELECT * FROM print_job WHERE subject = '{ticket_id}' AND state = 'printed'")


def wait_on_paper(demo: Demo, subject: str) -> None:
    wait_for(f"the paper of {subject}", lambda: on_paper(demo, subject))


def plug(demo: Demo, station: str, state: str) -> None:
    """The reader's cable: ok or unplugged."""
    demo.hardware("PUT", f"stations/{station}/reader", {"state": state})


def pulled_out_and_laid_on_again(demo: Demo, kiosk: Kiosk, lang: str, pulled_after: int) -> None:
    """The card is taken off in the middle: nothing is kept, and laying it on again is all there is to do."""
    before = len(reads(demo))
    kiosk.begin(lang)
    kiosk.lay("kamei_mio", pulled_after)
    kiosk.enter()
    said = kiosk.trouble()
    assert {"ja": "もう一度カードを置いてください", "en": "Please place the card again"}[lang] in said
    assert len(reads(demo)) == before
    # No button: laying it on again is what was asked for.
    kiosk.lay("kamei_mio")
    expect(kiosk.notice()).to_contain_text(
        {"ja": "置いたままにしてください", "en": "leave the card on the reader"}[lang]
    )
    kiosk.enter()
    label = kiosk.ticket_with_card()
    (ticket,) = tickets(demo, label)
    assert [(one["outcome"], one["tries_left"]) for one in reads(demo)[before:]] == [("read", 3)]
    assert reads(demo, ticket_id=ticket["id"])
