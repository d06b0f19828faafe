"""Printers that cannot print, and papers that turn out wrong: nothing is lost, nothing comes out twice."""

import random
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from playwright.sync_api import expect
from pypdf import PdfReader

from printing.escpos_image import pages
from server.kit.clock import today
from tests.stories.demo import Demo, wait_for
from tests.stories.mishaps import Desk, Kiosk, journal, on_paper, tickets, wait_on_paper
from tests.stories.people import open_page, submission_of, wait_registered

pytestmark = [pytest.mark.story, pytest.mark.browser]

NUMBER_STAYS = {"ja": "番号をお控えください", "en": "Please note your number"}
STAFF_COME = {"ja": "係員がお持ちします", "en": "Staff will bring your ticket"}
VALID = {"ja": "この番号でお呼びします", "en": "You will be called by this number"}
# A town in which nobody of the stories lives.
TOWN = "99201004001"


def came_out(demo: Demo, station: str, known: set[str]) -> list[dict[str, Any]]:
    """What a station's printers put out since, newest first."""
    return [one for one in demo.prints(station) if one["id"] not in known and one["state"] == "printed"]


def known_prints(demo: Demo, station: str) -> set[str]:
    return {one["id"] for one in demo.prints(station)}


def token_on(demo: Demo, print_id: str) -> str:
    """The ticket's token in the QR code of a paper, read from the printer's bytes."""
    picture = pages(demo.print_bytes("kiosk-1", print_id, "bin"))[0]
    (code,) = zxingcpp.read_barcodes(picture.convert("L"))
    return str(code.text.rsplit("/t/", 1)[1])


def text_of(demo: Demo, print_id: str) -> str:
    """A form's words without its spaces."""
    pdf = PdfReader(BytesIO(demo.print_bytes("counter-1", print_id, "pdf")))
    return "".join("".join(page.extract_text() for page in pdf.pages).split())


@pytest.mark.parametrize(
    ("state", "lang", "staff_read"),
    [
        ("paper_out", "ja", "発券機（kiosk-1）：用紙がありません"),
        pytest.param("offline", "en", "プリンターが切り離されています", marks=pytest.mark.long),
        pytest.param("silent", "ja", "プリンターから返事がありません", marks=pytest.mark.long),
        pytest.param("cover_open", "en", "ふたが開いています", marks=pytest.mark.long),
    ],
)
def test_a_ticket_that_cannot_be_printed_is_valid_and_printed_once_later(
    demo: Demo, kiosk: Kiosk, desk: Desk, state: str, lang: str, staff_read: str
) -> None:
    known = known_prints(demo, "kiosk-1")
    demo.printer("kiosk-1", state)
    kiosk.begin(lang)
    label = kiosk.ticket_without_card()
    shown = kiosk.page.locator(f'#print-state[data-print-state="{state}"]')
    for words in (NUMBER_STAYS, STAFF_COME, VALID):
        expect(shown).to_contain_text(words[lang])
    expect(shown.locator(".slip-number")).to_have_text(label)
    expect(shown.locator("img")).to_have_js_property("complete", True)
    desk.page.goto(f"{demo.station('counter-1')}counter/")
    expect(desk.page.locator(f'[data-trouble="{state}"]')).to_contain_text(staff_read)
    expect(desk.page.locator(f'[data-trouble="{state}"]')).to_contain_text("番号を控えてお待ちの方")
    expect(desk.page.locator(f'tr[data-ticket="{label}"]')).to_be_visible()
    (ticket,) = tickets(demo, label)
    assert ticket["state"] == "waiting"
    assert came_out(demo, "kiosk-1", known) == []
    demo.printer("kiosk-1", "ok")
    wait_on_paper(demo, ticket["id"])
    (paper,) = came_out(demo, "kiosk-1", known)
    assert token_on(demo, paper["id"]) == ticket["public_token"]
    assert len(journal(demo, ticket["id"], "print.finished")) == 1
    expect(desk.page.locator(f'[data-trouble="{state}"]')).to_have_count(0)


@pytest.mark.long
def test_the_ticket_of_somebody_served_meanwhile_does_not_come_out_any_more(
    demo: Demo, kiosk: Kiosk, desk: Desk
) -> None:
    known = known_prints(demo, "kiosk-1")
    demo.printer("kiosk-1", "paper_out")
    kiosk.begin("ja")
    served = kiosk.ticket_without_card()
    desk.call(served)
    desk.open()
    demo.printer("kiosk-1", "ok")
    kiosk.begin("ja")
    next_one = kiosk.ticket_without_card()
    (ticket,) = tickets(demo, next_one)
    wait_on_paper(demo, ticket["id"])
    (paper,) = came_out(demo, "kiosk-1", known)
    assert token_on(demo, paper["id"]) == ticket["public_token"]
    assert on_paper(demo, tickets(demo, served)[0]["id"]) == []


def test_a_form_waits_for_its_paper_and_comes_out_once(demo: Demo, desk: Desk, chance: random.Random) -> None:
    reception_id = desk.walk_in()
    desk.lay("reiji_haruto")
    desk.enter()
    desk.attach_card()
    desk.expect_members(1)
    desk.intake_to_paper(chance, TOWN, "6番1号", today().isoformat())
    known = known_prints(demo, "counter-1")
    demo.printer("counter-1", "paper_out")
    desk.act("confirm-aloud").click()
    trouble = desk.page.locator('#print[data-print="paper_out"]')
    expect(trouble).to_contain_text("用紙がありません")
    expect(trouble).to_contain_text("用紙を入れてください。入れると、この届出書が自動で出ます。")
    desk.speak("en")
    expect(trouble).to_contain_text("Out of paper")
    expect(trouble).to_contain_text("This form then prints by itself")
    expect(desk.page.locator(".strip-act")).to_contain_text("Possible once the form is printed")
    expect(desk.act("accept")).to_have_count(0)
    demo.printer("counter-1", "offline")
    expect(desk.page.locator('#print[data-print="offline"]')).to_contain_text("Check power and cable")
    desk.speak("ja")
    demo.printer("counter-1", "ok")
    desk.accept()
    (paper,) = came_out(demo, "counter-1", known)
    assert "6番1号" in text_of(demo, paper["id"])
    assert len(on_paper(demo, reception_id)) == 1
    wait_registered(demo, reception_id)


@pytest.mark.long
def test_what_the_resident_disputes_is_shown_to_staff_corrected_and_made_anew(
    demo: Demo, kiosk: Kiosk, desk: Desk, chance: random.Random
) -> None:
    kiosk.begin("en")
    kiosk.lay("katsuragi_rin")
    kiosk.enter()
    desk.call(kiosk.ticket_with_card())
    reception_id = desk.open()
    desk.identify()
    desk.attach_card()
    members = desk.page.locator("li[data-person]")
    expect(members.first).to_be_visible()
    count = members.count()
    known = known_prints(demo, "counter-1")
    desk.intake_to_paper(chance, TOWN, "2番1号", (today() - timedelta(days=2)).isoformat())
    second = kiosk.second_screen()
    expect(second.locator("h1").first).to_have_text("Please check your notification")
    deaf = open_page(kiosk.browser, 1280, 800, kiosk.complaints)
    deaf.route("**/second/events", lambda route: route.abort())
    deaf.goto(f"{demo.station('counter-1')}second/")
    second.locator("[data-mark]").click()
    second.locator('[data-cell="new_address"]').click()
    second.locator(f'[data-cell="name:{count}"]').click()
    second.locator("[data-send]").click()
    told = second.locator('[data-panel="told"]')
    expect(told).to_contain_text("We have told the staff")
    expect(told).to_contain_text("it will appear here once more")
    # A screen that missed it says yes to nothing, and says so in its reader's language.
    deaf.locator("[data-show-all]").click()
    deaf.locator("[data-confirm]").click()
    expect(deaf.locator("#page-message")).to_contain_text("The content has changed meanwhile")
    assert journal(demo, reception_id, "reception.confirmed") == []
    disputed = desk.page.locator("#workspace .disputed")
    expect(disputed).to_contain_text("新しい住所")
    expect(disputed).to_contain_text(f"氏名 （{count}人目）")
    expect(desk.page.locator("#workspace")).to_contain_text("前の届出書は無効です")
    desk.speak("en")
    expect(disputed).to_contain_text("new address")
    expect(desk.page.locator("#workspace")).to_contain_text("The earlier form is void")
    desk.speak("ja")
    # What was pointed at lies open; what the register says is not for this desk to change.
    expect(desk.page.locator("#workspace")).to_contain_text("住民記録の担当に確かめてください")
    desk.page.fill("#address-number", "2番7号")
    desk.act("save-address").click()
    expect(desk.page.locator("details#address > summary")).to_contain_text("2番7号")
    desk.prepare()
    expect(second.locator('[data-panel="review"]')).to_be_visible()
    kiosk.confirm(second)
    desk.accept()
    row = wait_registered(demo, reception_id)
    prepared = demo.rows(f"SELECT * FROM prepared_intake WHERE reception_id = '{reception_id}' ORDER BY at")
    assert [bool(one["dropped"]) for one in prepared] == [True, False]
    assert prepared[0]["form_sha256"] != prepared[1]["form_sha256"]
    (paper,) = came_out(demo, "counter-1", known)
    assert "2番7号" in text_of(demo, paper["id"])
    assert "2番1号" not in text_of(demo, paper["id"])
    (sent,) = [one["body"] for one in demo.core_notifications() if one["key"] == row["key"]]
    assert sent["form"]["sha256"] == prepared[1]["form_sha256"]
    assert {one["new_address"]["number"] for one in sent["subjects"]} == {"2番7号"}


@pytest.mark.long
def test_a_form_that_waits_for_paper_is_withdrawn_when_staff_change_something(
    demo: Demo, desk: Desk, chance: random.Random
) -> None:
    reception_id = desk.walk_in()
    desk.search(kana="ミヤザキ　ケイ")
    desk.choose("宮﨑　圭")
    expect(desk.page.locator("li[data-person]").first).to_be_visible()
    desk.intake_to_paper(chance, TOWN, "4番4号", today().isoformat())
    known = known_prints(demo, "counter-1")
    demo.printer("counter-1", "paper_out")
    desk.act("confirm-aloud").click()
    expect(desk.page.locator('#print[data-print="paper_out"]')).to_be_visible()
    desk.page.locator("details#reopen > summary").click()
    desk.page.fill("#reopen-reason", "番地")
    desk.act("reopen").click()
    desk.page.locator("details#address > summary").click()
    desk.page.fill("#address-number", "4番5号")
    desk.act("save-address").click()
    expect(desk.page.locator("details#address > summary")).to_contain_text("4番5号")
    desk.prepare()
    demo.printer("counter-1", "ok")
    desk.act("confirm-aloud").click()
    desk.accept()
    (paper,) = came_out(demo, "counter-1", known)
    assert "4番5号" in text_of(demo, paper["id"])
    jobs = demo.rows(f"SELECT state FROM print_job WHERE subject = '{reception_id}' ORDER BY created_at")
    assert [one["state"] for one in jobs] == ["cancelled", "printed"]
    wait_for("the submission", lambda: submission_of(demo, reception_id)["state"] != "due")
