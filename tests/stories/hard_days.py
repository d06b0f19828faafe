"""What the stories of hard days share: sentences in both languages, intake by hand, looks at the records."""

import html
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from core_adapter.models import Resident, Town
from core_adapter.sandbox.seed import load_seed
from server.web.words import Words
from tests.stories.demo import Demo, wait_for
from tests.stories.people import Clerk, Visitor, open_page, submission_of

WORDS = Words()
# The machine may be shared by many: what is fast is measured by `make bench`, not here.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Family:
    """A household of the invented city, as its core has it at the start."""

    persona: str
    members: tuple[Resident, ...]

    @property
    def head(self) -> Resident:
        return self.members[0]

    @property
    def home(self) -> str:
        return self.head.address.text


def family(persona: str) -> Family:
    """The household of this persona."""
    seed = load_seed()
    number = next(one.household_id for one in seed.households if one.persona == persona)
    return Family(persona, tuple(one for one in seed.residents if one.household_id == number))


def elsewhere(chance: random.Random, of: Family) -> Town:
    """A town that they do not live in."""
    return chance.choice([one for one in load_seed().towns if one.town_code != of.head.address.town_code])


def said(page: Page, *keys: str, **params: Any) -> None:
    """Each of these sentences stands on the page, in Japanese, and in English for who reads that."""
    for key in keys:
        expect(page.get_by_text(WORDS.say("ja", key, **params)).first).to_be_visible()
    with in_english(page):
        for key in keys:
            english = WORDS.say("en", key, **params)
            assert english != WORDS.say("ja", key, **params), f"{key} has no English"
            expect(page.get_by_text(english).first).to_be_visible()


@contextmanager
def in_english(page: Page) -> Iterator[None]:
    """The same page for somebody who reads English."""
    page.context.add_cookies([{"name": "kakanai_lang", "value": "en", "url": page.url}])
    page.reload()
    show(page, "en")
    yield
    page.context.clear_cookies(name="kakanai_lang")
    page.reload()
    show(page, "ja")


def show(page: Page, name: str) -> None:
    """Keep a picture for who wants to look: KAKANAI_STORY_PICTURES names the folder."""
    folder = os.environ.get("KAKANAI_STORY_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").split("::")[-1].split(" ")[0].split("[")[0]
        number = len(list(Path(folder).glob(f"{test}-*.png")))
        page.screenshot(path=f"{folder}/{test}-{number:02d}-{name}.png", full_page=True)


def text_of(page: Page) -> str:
    """Everything on the page, whether it can be seen or not."""
    return html.unescape(page.content())


def core_counts_as(demo: Demo, *, up: bool) -> None:
    """Until the server has noticed."""
    wait_for(
        f"the server to see the core {'up' if up else 'away'}",
        lambda: any(bool(row["core_up"]) == up for row in demo.rows("SELECT core_up FROM feed_position")),
    )


def hurry(demo: Demo, key: object, to: str = "register") -> None:
    """Have the core decide now (本登録 or rejection) instead of in a few seconds."""
    answer = httpx.post(f"{demo.url('core')}dev/{to}/{key}", trust_env=False, timeout=20)
    assert answer.status_code in (200, 404), answer.text


def registered(demo: Demo, reception_id: str) -> dict[str, Any]:
    """Until the core has registered this reception's notification; its row in the outbox."""

    def look() -> bool:
        row = submission_of(demo, reception_id)
        if row["state"] == "provisional":
            hurry(demo, row["key"])
        return row["state"] == "registered"

    wait_for("本登録", look, 60)
    return submission_of(demo, reception_id)


def delivered_once(demo: Demo, reception_id: str, members: tuple[Resident, ...]) -> dict[str, Any]:
    """The core's table holds exactly one notification of this reception, under its submission's key.

    Other stories may have moved the same people, and a story that is told again has.
    """
    key = submission_of(demo, reception_id)["key"]
    number = demo.rows(f"SELECT number FROM reception WHERE id = '{reception_id}'")[0]["number"]
    ids = {one.resident_id for one in members}
    of_them = [row for row in demo.core_notifications() if row["body"]["reception_no"] == number]
    assert [row["key"] for row in of_them] == [key]
    assert {subject["resident_id"] for subject in of_them[0]["body"]["subjects"]} == ids
    assert of_them[0]["state"] == "registered"
    body: dict[str, Any] = of_them[0]["body"]
    return body


def lives_at(demo: Demo, resident: Resident) -> str:
    """The address that the core has of somebody now."""
    found = httpx.post(
        f"{demo.url('core')}v1/residents/search",
        json={"name": resident.name.display, "birth": resident.birth.value},
        trust_env=False,
        timeout=20,
    ).json()["residents"]
    row = next(one for one in found if one["resident_id"] == resident.resident_id)
    return str(row["address"]["text"])


def journal_is_whole(demo: Demo) -> None:
    """`kakanai journal verify` finds nothing."""
    proof = demo.command("journal", "verify")
    assert proof.returncode == 0, proof.stdout + proof.stderr


def events_of(demo: Demo, subject: str) -> list[str]:
    """What the journal tells of it, in order."""
    rows = demo.rows(f"SELECT event FROM journal_entry WHERE subject = '{subject}' ORDER BY seq")
    return [row["event"] for row in rows]


def newest_form(demo: Demo, station: str = "counter-1") -> str:
    """The text of the newest form that came out of a counter's printer, without spaces."""
    newest = demo.prints(station, "form")[0]
    pdf = demo.print_bytes(station, newest["id"], "pdf")
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def seated(
    demo: Demo, browser: Browser, persona: str, login: str = "clerk1", station: str = "counter-1"
) -> tuple[Visitor, Clerk, str]:
    """Somebody who took a number with their card sits before a clerk who has checked who they are."""
    visitor = Visitor(demo, browser)
    kiosk = visitor.kiosk()
    visitor.take_ticket_with_card(kiosk, persona)
    kiosk.close()
    clerk = Clerk(demo, browser, login=login, station=station).sign_in()
    call(clerk, visitor.label)
    reception_id = clerk.open()
    clerk.identify()
    return visitor, clerk, reception_id


def call(clerk: Clerk, label: str) -> None:
    """Call this very number: another story may have left one in the line."""
    clerk.page.goto(f"{clerk.demo.station(clerk.station)}counter/")
    clerk.page.locator(f'tr[data-ticket="{label}"] [data-act="call"]').click()
    expect(clerk.page.locator(f'article[data-ticket="{label}"]')).to_be_visible()


def add_by_hand(clerk: Clerk, person: Resident) -> None:
    """Enter somebody as their papers say."""
    page = clerk.page
    before = page.locator("li[data-person]").count()
    more = page.locator("details#more-people")
    if more.count() and more.get_attribute("open") is None:
        more.locator("summary").click()
    page.fill("#person-name", person.name.display)
    page.fill("#person-birth", person.birth.value or "")
    page.locator("#person-sex").select_option(person.sex)
    page.fill("#person-relationship", "の".join(person.relationship))
    clerk.act("add-person").click()
    clerk.expect_members(before + 1)


def finish(clerk: Clerk, visitor: Visitor) -> None:
    """From the form made to the acceptance, with the resident's own check on the second screen."""
    second = visitor.second_screen(clerk.station)
    visitor.confirm(second)
    clerk.accept()
    second.close()


def queue_page(demo: Demo, browser: Browser, complaints: list[str]) -> Page:
    """A page for another clerk at the other counter."""
    page = open_page(browser, 1440, 900, complaints)
    page.goto(f"{demo.station('counter-2')}counter/login")
    return page
