"""Cards without a PIN: the numbers printed on them, their face, or only that there is one, over the demo."""

import pytest
from playwright.sync_api import expect

from tests.stories.demo import Demo
from tests.stories.mishaps import Desk, Kiosk, reads, tickets

pytestmark = [pytest.mark.story, pytest.mark.browser, pytest.mark.long]

# Birth date as printed, year of expiry, security code.
FACE_ONLY, TARO, RENEWAL = "15081520335678", "48041220275678", "56122020315678"


def other_way(kiosk: Kiosk, mode: str) -> None:
    kiosk.page.locator("[data-step]:not([hidden]) [data-ways]").click()
    kiosk.at("choose").locator(f'[data-choose="{mode}"]').click()


def test_who_has_no_pin_gets_on_with_the_numbers_on_the_card(demo: Demo, kiosk: Kiosk, desk: Desk) -> None:
    kiosk.begin("ja")
    kiosk.lay("mihon_taro")
    kiosk.at("pin")
    other_way(kiosk, "b")
    pad = kiosk.at("b")
    expect(pad.locator("[data-tries]")).to_have_text("カードの数字は、あと10回入力できます。")
    for digit in TARO[:-1] + "0":
        pad.locator(f'[data-digit="{digit}"]').click()
    pad.locator("[data-read]").click()
    expect(kiosk.notice()).to_contain_text("あと9回")
    kiosk.page.keyboard.type(TARO)
    kiosk.page.keyboard.press("Enter")
    label = kiosk.ticket_with_card()
    (ticket,) = tickets(demo, label)
    assert [one["mode"] for one in reads(demo, ticket_id=ticket["id"])] == ["b"]
    desk.call(label)
    desk.open()
    desk.identify()
    desk.attach_card()
    desk.expect_members(4)
    # No PIN was typed, so nobody knows whether its holder knows it.
    desk.page.locator("#card summary").click()
    expect(desk.page.locator("#card")).to_contain_text("照合番号B")
    expect(desk.page.locator('#card [data-certificate="valid"]')).to_contain_text("令和9年4月12日")


def test_a_card_for_identification_by_face_is_told_before_a_pin_is_typed(demo: Demo, kiosk: Kiosk) -> None:
    for lang, way in (("en", "numbers printed on the card"), ("ja", "カードに書いてある数字")):
        kiosk.begin(lang)
        kiosk.lay("face_only")
        kiosk.trouble()
        numbers = kiosk.at("trouble").locator('[data-choose="b"]')
        expect(numbers).to_contain_text(way)
        if lang == "en":
            kiosk.lift()
    numbers.click()
    kiosk.at("b")
    kiosk.page.keyboard.type(FACE_ONLY)
    kiosk.page.keyboard.press("Enter")
    kiosk.ticket_with_card()


def test_a_card_that_is_only_laid_on_is_noted_and_nothing_of_it_is_kept(
    demo: Demo, kiosk: Kiosk, desk: Desk
) -> None:
    kiosk.begin("en")
    kiosk.lay("mihon_taro")
    kiosk.at("pin")
    other_way(kiosk, "none")
    kiosk.at("take")
    kiosk.lift()
    label = kiosk.wait_for_paper(kiosk.page)
    (ticket,) = tickets(demo, label)
    (read,) = reads(demo, ticket_id=ticket["id"])
    assert (read["mode"], read["outcome"], read["sealed"]) == ("none", "read", None)
    desk.call(label)
    desk.open()
    desk.identify()
    expect(desk.page.locator("#card-tap")).to_contain_text("マイナンバーカードあり")


def test_staff_look_at_the_card_s_face_and_it_goes_with_the_visit(demo: Demo, desk: Desk) -> None:
    reception_id = desk.walk_in()
    desk.lay("renewal_due")
    page = desk.page
    page.locator("#card-mode-face").check(force=True)
    page.fill("#card-birth", RENEWAL)
    page.keyboard.press("Enter")
    expect(page.locator("#card-face img")).to_have_count(0)
    desk.act("attach-face").click()
    expect(page.locator("#card-face img")).to_have_count(3)
    for shown in page.locator("#card-face img").all():
        expect(shown).to_have_js_property("complete", True)
        assert shown.evaluate("(one) => one.naturalWidth") > 20
    expect(page.locator('#card-face [data-certificate="soon"]')).to_contain_text("更新の手続き")
    picture = page.locator("#card-face img").first.get_attribute("src") or ""
    demo_page = page.context.request.get(f"{demo.station('counter-1').rstrip('/')}{picture}")
    assert demo_page.status == 200
    page.locator("#abandon summary").click()
    page.fill("#abandon-reason", "出直し")
    desk.act("abandon").click()
    page.wait_for_url("**/counter/")
    (read,) = reads(demo, reception_id=reception_id)
    assert read["sealed"] is None
    assert page.context.request.get(f"{demo.station('counter-1').rstrip('/')}{picture}").status >= 400
