"""Cards and readers that go wrong: what residents and staff read, and how the visit goes on all the same."""

import random

import pytest
from playwright.sync_api import Browser, expect

from server.kit.clock import today
from tests.stories.demo import Demo
from tests.stories.mishaps import (
    LANGUAGES,
    Desk,
    Kiosk,
    bearer,
    journal,
    on_paper,
    plug,
    pulled_out_and_laid_on_again,
    reads,
    tickets,
    wait_on_paper,
)
from tests.stories.people import wait_registered

pytestmark = [pytest.mark.story, pytest.mark.browser]

# What each card that is no My Number Card is called, in the words of the kiosk.
OTHER_CARDS = {
    "driving_licence": ("運転免許証", "driving licence"),
    "residence_card": ("在留カード", "residence card"),
    "juki_card": ("住民基本台帳カード", "old resident card"),
    "transit_card": ("交通系のカード", "transit card"),
    "smartphone": ("スマートフォン", "phone"),
    "two_cards": ("カードが2枚", "two cards"),
}
SEARCH = {"ja": "検索", "en": "search"}
TICKET = {"ja": "番号札", "en": "ticket"}


def test_a_wrong_pin_at_the_kiosk_costs_one_try_and_the_right_one_goes_on(demo: Demo, kiosk: Kiosk) -> None:
    before = len(reads(demo))
    kiosk.begin("ja")
    kiosk.lay("tehon_susumu")
    kiosk.enter("9999")
    expect(kiosk.notice()).to_have_text("暗証番号が違います。あと2回入力できます。")
    # Off and on again: the card itself remembers.
    kiosk.lift()
    kiosk.at("place")
    kiosk.lay("tehon_susumu")
    kiosk.enter()
    label = kiosk.ticket_with_card()
    kiosk.begin("en")
    kiosk.lay("tehon_susumu")
    kiosk.enter("9999")
    expect(kiosk.notice()).to_have_text("That PIN does not match. You can enter it 2 more times.")
    kiosk.enter()
    kiosk.at("confirm")
    told = [(one["outcome"], one["tries_left"]) for one in reads(demo)[before:]]
    assert told == [("wrong_secret", 2), ("read", 3), ("wrong_secret", 2), ("read", 3)]
    (ticket,) = tickets(demo, label)
    assert [one["outcome"] for one in reads(demo, ticket_id=ticket["id"])] == ["read"]
    wait_on_paper(demo, ticket["id"])


@pytest.mark.long
def test_a_wrong_pin_at_the_counter_costs_one_try_and_the_right_one_goes_on(demo: Demo, desk: Desk) -> None:
    reception_id = desk.walk_in()
    desk.lay("tehon_susumu")
    desk.enter("9999")
    assert desk.said() == "暗証番号が違います。あと2回入力できます。"
    desk.speak("en")
    desk.enter("9999")
    assert "One try is left" in desk.said()
    assert "search" in desk.said()
    desk.speak("ja")
    desk.enter()
    assert "検索でも続けられます" in desk.said(), "nothing is sent before staff have agreed to the last try"
    desk.enter(last=True)
    desk.attach_card()
    desk.expect_members(2)
    assert [(one["outcome"], one["tries_left"]) for one in reads(demo, reception_id=reception_id)] == [
        ("wrong_secret", 2),
        ("wrong_secret", 1),
        ("read", 3),
    ]


def test_the_last_try_is_for_the_counter_and_only_when_staff_agree(
    demo: Demo, kiosk: Kiosk, desk: Desk
) -> None:
    told = len(reads(demo))
    for lang, why in (("ja", "あと1回違うと使えなくなります"), ("en", "was not sent to the card")):
        kiosk.begin(lang)
        # Nobody gets as far as typing a number that would lock it.
        kiosk.lay("kaku_misaki")
        assert why in kiosk.trouble()
        assert TICKET[lang] in kiosk.trouble()
        expect(kiosk.page.locator("[data-again]")).to_be_hidden()
        label = kiosk.ticket_without_card(lift=True)
    assert len(reads(demo)) == told
    desk.call(label)
    reception_id = desk.open()
    desk.identify()
    desk.lay("kaku_misaki")
    for lang, why in (("en", "nothing was sent to the card"), ("ja", "カードにはまだ送っていません")):
        desk.speak(lang)
        assert why in desk.said()
        desk.enter("9999")
        expect(desk.page.locator("#card-last")).to_be_focused()
        assert SEARCH[lang] in desk.said()
    desk.enter(last=True)
    desk.attach_card()
    desk.expect_members(4)
    assert [one["outcome"] for one in reads(demo, reception_id=reception_id)] == ["read"]


@pytest.mark.long
def test_a_locked_pin_leads_to_its_reset_and_the_visit_goes_on_by_search(
    demo: Demo, kiosk: Kiosk, desk: Desk, chance: random.Random
) -> None:
    for lang, why in (("en", "The PIN is locked"), ("ja", "暗証番号は使えません")):
        kiosk.begin(lang)
        kiosk.lay("mihon_ume")
        assert why in kiosk.trouble()
        assert TICKET[lang] in kiosk.trouble()
        if lang == "en":
            kiosk.lift()
    label = kiosk.ticket_without_card(lift=True)
    desk.call(label)
    reception_id = desk.open()
    desk.identify()
    desk.lay("mihon_ume")
    desk.speak("en")
    assert "offer the procedure that resets it (R033)" in desk.said()
    desk.speak("ja")
    assert "検索で続けられます" in desk.said()
    assert "初期化・再設定の手続き（R033）" in desk.said()
    desk.search(kana="ミホン　ウメ")
    desk.choose("見本　ウメ")
    desk.expect_members(4)
    desk.only_this_one_moves("見本　ウメ")
    desk.set_address("99201004001", "8番2号")
    desk.set_moved_on(today().isoformat())
    desk.answer_as(chance, mnc_pin4_known="false")
    expect(desk.page.locator('[data-procedure="R033"]')).to_be_visible()
    desk.prepare()
    desk.act("confirm-aloud").click()
    desk.accept()
    row = wait_registered(demo, reception_id)
    (sent,) = [one["body"] for one in demo.core_notifications() if one["key"] == row["key"]]
    assert [one["name"] for one in sent["subjects"]] == ["見本　ウメ"]
    assert "R033" in {one["procedure_id"] for one in sent["follow_ups"]}
    assert journal(demo, reception_id, "card.attached") == []


@pytest.mark.parametrize(
    ("lang", "pulled_after"),
    [pytest.param("ja", 5, marks=pytest.mark.long), ("en", 4), pytest.param("ja", 7, marks=pytest.mark.long)],
)
def test_a_card_pulled_out_at_the_kiosk_leaves_nothing_and_is_laid_on_again(
    demo: Demo, kiosk: Kiosk, lang: str, pulled_after: int
) -> None:
    pulled_out_and_laid_on_again(demo, kiosk, lang, pulled_after)


@pytest.mark.long
def test_a_card_pulled_out_at_the_counter_fills_nothing_in(demo: Demo, desk: Desk) -> None:
    reception_id = desk.walk_in()
    for lang, pulled_after, said in (
        ("ja", 8, "途中でカードが離れました"),
        ("en", 5, "came away before reading had finished"),
    ):
        desk.speak(lang)
        desk.lay("kamei_mio", pulled_after)
        desk.enter()
        assert said in desk.said()
        assert desk.members() == []
    assert reads(demo, reception_id=reception_id) == []
    desk.speak("ja")
    desk.lay("kamei_mio")
    desk.enter()
    desk.attach_card()
    desk.expect_members(3)


@pytest.mark.parametrize("lang", [pytest.param("ja", marks=pytest.mark.long), "en"])
def test_every_other_card_is_called_by_its_name_at_the_kiosk(demo: Demo, kiosk: Kiosk, lang: str) -> None:
    said: dict[str, str] = {}
    before = len(reads(demo))
    kiosk.begin(lang)
    for persona, names in OTHER_CARDS.items():
        kiosk.lay(persona)
        # The words of the card before stand there until the reader has told of this one.
        expect(kiosk.at("trouble")).to_contain_text(names[LANGUAGES.index(lang)])
        said[persona] = kiosk.trouble()
        assert {"ja": "マイナンバーカード", "en": "My Number Card"}[lang] in said[persona]
        # Lifted, and the next one laid on: on to the digits without a button.
        kiosk.lift()
    assert len(set(said.values())) == len(OTHER_CARDS)
    kiosk.begin(lang)
    kiosk.lay("mute_card")
    silent = kiosk.page.locator("[data-mute]")
    # The words stand in the page from the start; shown they are when the reader has told of the card.
    expect(silent).to_be_visible()
    expect(silent).to_contain_text({"ja": "ケースから出し", "en": "out of its case"}[lang])
    label = kiosk.ticket_without_card(lift=True)
    assert len(reads(demo)) == before
    wait_on_paper(demo, tickets(demo, label)[0]["id"])


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGUAGES)
def test_staff_are_told_what_to_do_with_every_other_card(demo: Demo, desk: Desk, lang: str) -> None:
    desk.walk_in()
    desk.speak(lang)
    said: dict[str, str] = {}
    for persona, names in OTHER_CARDS.items():
        desk.lay(persona)
        said[persona] = desk.said()
        assert names[LANGUAGES.index(lang)] in said[persona]
        assert SEARCH[lang] in said[persona]
        desk.lift()
        expect(desk.page.locator("#card-pin")).to_be_hidden()
    assert len(set(said.values())) == len(OTHER_CARDS)
    desk.lay("mute_card")
    expect(desk.reader_line()).to_contain_text({"ja": "裏返して", "en": "Turn it over"}[lang])
    expect(desk.page.locator("[data-card-message]")).to_be_empty()
    desk.speak("ja")


def test_a_kiosk_without_its_reader_gives_tickets_and_recovers_by_itself(
    demo: Demo, kiosk: Kiosk, desk: Desk
) -> None:
    try:
        for lang, words in (("en", "The card reader is not available"), ("ja", "読み取り機が使えません")):
            kiosk.begin(lang)
            plug(demo, "kiosk-1", "unplugged")
            assert words in kiosk.trouble()
            if lang == "en":
                plug(demo, "kiosk-1", "ok")
                kiosk.at("place")
        desk.page.goto(f"{demo.station('counter-1')}counter/")
        expect(desk.page.locator("#queue")).to_contain_text(
            "発券機（kiosk-1）：カードリーダーがつながっていません"
        )
        label = kiosk.ticket_without_card()
    finally:
        plug(demo, "kiosk-1", "ok")
    expect(desk.page.locator("#queue")).not_to_contain_text("カードリーダーがつながっていません")
    (ticket,) = tickets(demo, label)
    wait_on_paper(demo, ticket["id"])
    assert len(on_paper(demo, ticket["id"])) == 1


@pytest.mark.long
def test_a_counter_without_its_reader_goes_on_by_search(demo: Demo, desk: Desk) -> None:
    reception_id = desk.walk_in()
    try:
        plug(demo, "counter-1", "unplugged")
        expect(desk.reader_line()).to_contain_text("検索で続けてください")
        desk.speak("en")
        expect(desk.reader_line()).to_contain_text("go on with the search")
        plug(demo, "counter-1", "ok")
        expect(desk.reader_line()).to_contain_text("Have the card laid on the reader")
        plug(demo, "counter-1", "unplugged")
        desk.speak("ja")
        desk.search(birth="S25.5.20")
        desk.choose("手本　進")
        desk.expect_members(2)
    finally:
        plug(demo, "counter-1", "ok")
    assert [one["seq"] for one in journal(demo, reception_id, "reception.gathered")]


def test_a_card_of_somebody_from_elsewhere_fits_nobody_and_staff_search(demo: Demo, desk: Desk) -> None:
    reception_id = desk.walk_in()
    desk.lay("yoso_makoto")
    desk.enter()
    desk.attach_card()
    found = desk.page.locator("#found")
    expect(found).to_contain_text("あてはまる方が見つかりません")
    expect(found).to_contain_text("転入の届出")
    expect(desk.page.locator("[data-next-act]")).to_contain_text("本人をさがす")
    assert desk.members() == []
    desk.speak("en")
    desk.act("gather").click()
    expect(found).to_contain_text("Nobody fits")
    expect(found).to_contain_text("move-in")
    desk.speak("ja")
    desk.search(name="見本", birth="1990-10-20")
    desk.choose("見本　次郎")
    desk.expect_members(1)
    # The card was read, but its holder is not the person taken in.
    assert [one["outcome"] for one in reads(demo, reception_id=reception_id)] == ["read"]
    assert bearer(demo, reception_id) is None
    expect(desk.page.locator("[data-conflict]")).to_have_count(0)


@pytest.mark.long
def test_two_people_alike_are_never_chosen_by_machine(demo: Demo, desk: Desk) -> None:
    for number, persona in enumerate(("mihon_ichiro", "mihon_ichiro_2")):
        reception_id = desk.walk_in()
        desk.lay(persona)
        desk.enter()
        desk.attach_card()
        expect(desk.candidates()).to_have_count(2)
        expect(desk.page.locator("[data-next-act]")).to_contain_text("候補から選ぶ")
        assert journal(demo, reception_id, "reception.gathered") == []
        # Where they live, other stories may have changed.
        addresses = [one.locator("p").nth(2).inner_text() for one in desk.candidates().all()]
        assert len(set(addresses)) == 2
        desk.choose(addresses[number])
        expect(desk.page.locator("li[data-person]").first).to_be_visible()
        expect(desk.page.locator("#workspace")).to_contain_text(addresses[number])
        assert len(journal(demo, reception_id, "reception.gathered")) == 1
        assert bearer(demo, reception_id) is not None
        desk.lift()


@pytest.mark.long
def test_an_idle_kiosk_forgets_its_visitor(demo: Demo, browser: Browser) -> None:
    kiosk = Kiosk(demo, browser)
    kiosk.page.clock.install()
    kiosk.begin("en")
    kiosk.lay("tehon_susumu")
    kiosk.enter()
    expect(kiosk.page.locator('[data-preview="name_masked"]')).not_to_be_empty()
    kiosk.page.clock.fast_forward(46_000)
    dialog = kiosk.page.locator("[data-idle-dialog]")
    expect(dialog).to_contain_text("Do you wish to continue?")
    kiosk.page.locator("[data-idle-go-on]").click()
    expect(dialog).to_be_hidden()
    kiosk.page.clock.fast_forward(46_000)
    expect(dialog).to_be_visible()
    kiosk.page.clock.fast_forward(15_000)
    kiosk.page.wait_for_url("**/kiosk/?fresh=1")
    expect(kiosk.page.locator("html")).to_have_attribute("lang", "ja")
    expect(kiosk.page.locator("[data-card-left]")).to_contain_text("カードが残っています")
    kiosk.lift()
    expect(kiosk.page.locator("[data-card-left]")).to_be_hidden()
    kiosk.page.go_back()
    assert "進" not in kiosk.page.locator("main").inner_text()
    # What the card said belongs to nobody's ticket.
    assert [one["ticket_id"] for one in reads(demo)[-1:]] == [None]
    assert not kiosk.complaints
