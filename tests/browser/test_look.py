"""Every public page, in both languages: fits its screen, can be touched, and passes axe."""

import pytest
from playwright.sync_api import Page

from tests.browser.contexts import BOARD, LYING, UPRIGHT, kiosk_pages, phone, review
from tests.browser.stage import Stage, axe, cramped, render

pytestmark = pytest.mark.browser
STEPS = ("place", "pin", "b", "choose", "reading", "confirm", "trouble", "take", "sending")
LOOKS = ("", "big", "low")


def _show(page: Page, step: str) -> None:
    """One step of the card page with words in every place that can have some."""
    page.evaluate(
        """(step) => {
          const all = (selector) => document.querySelectorAll(selector);
          for (const part of all('[data-step]')) part.hidden = part.dataset.step !== step;
          for (const part of all('[data-preview]')) part.textContent = '昭和＊＊年＊月＊日';
          for (const part of all('[data-trouble-title], [data-trouble-message]')) {
            part.textContent = '読み取りの途中でカードが離れました。もう一度置いてください。';
          }
          for (const place of all('[data-pin-message]')) {
            const notice = document.getElementById('words-pin-notice').content.cloneNode(true);
            notice.querySelector('.notice-title').textContent = '暗証番号が違います。あと2回です。';
            place.replaceChildren(notice);
          }
          all('[data-take-stuck]')[0].hidden = false;
        }""",
        step,
    )


@pytest.mark.parametrize(
    ("lang", "size"),
    [
        pytest.param("ja", UPRIGHT, id="ja-upright"),
        pytest.param("en", LYING, id="en-lying", marks=pytest.mark.long),
        pytest.param("en", UPRIGHT, id="en-upright", marks=pytest.mark.long),
        pytest.param("ja", LYING, id="ja-lying", marks=pytest.mark.long),
    ],
)
def test_the_kiosk_never_scrolls_and_every_button_can_be_hit(
    stage: Stage, lang: str, size: tuple[int, int]
) -> None:
    found: list[str] = []
    for name, (template, context) in kiosk_pages(lang).items():
        page = stage.open(render(template, lang, **context), size)
        for step in STEPS if name == "pin" else ("",):
            if step:
                _show(page, step)
            for look in LOOKS:
                page.evaluate("(look) => { document.documentElement.className = `kiosk ${look}`; }", look)
                found += [f"{name} {step} {look}: {what}" for what in cramped(page, 80)]
            page.evaluate("document.documentElement.className = 'kiosk'")
            found += [f"{name} {step}: {what}" for what in axe(page)]
        stage.close(page)
    assert found == []


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_household_of_four_fits_the_second_screen(stage: Stage, lang: str) -> None:
    found: list[str] = []
    for state in ("idle", "review", "sign", "done"):
        page = stage.open(
            render("second/screen.html", lang, "/second/", **{**review(), "state": state}),
            (1280, 800),
            "/second/",
        )
        if state == "review":
            page.locator("[data-show-all]").click()
            cells = page.locator(".cells").evaluate("(cells) => [cells.scrollHeight, cells.clientHeight]")
            assert cells[0] <= cells[1]
        found += [f"{state}: {what}" for what in [*cramped(page, 48), *axe(page)]]
        stage.close(page)
    assert found == []


@pytest.mark.parametrize("size", [UPRIGHT, LYING], ids=["upright", "lying"])
def test_the_call_display_fits_in_both_languages(stage: Stage, size: tuple[int, int]) -> None:
    found: list[str] = []
    for board in (BOARD, {**BOARD, "current": [], "recent": []}):
        page = stage.open(render("display/board.html", "ja", hall="main", board=board), size, "/display/main")
        for lang in ("ja", "en"):
            page.evaluate("(lang) => { document.documentElement.dataset.show = lang; }", lang)
            found += [f"{lang}: {what}" for what in [*cramped(page, 0), *axe(page)]]
        stage.close(page)
    assert found == []


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_phone_page_fits_a_small_phone(stage: Stage, lang: str) -> None:
    found: list[str] = []
    for state in ("waiting", "called", "serving", "finished", "no_show", "cancelled"):
        html = render("phone/status.html", lang, "/t/a-token", **phone(state))
        page = stage.open(html, (320, 640), "/t/a-token")
        # A phone may scroll downwards, never sideways.
        problems = [what for what in cramped(page, 44) if not what.startswith("scrolls: 320x")]
        found += [f"{state}: {what}" for what in [*problems, *axe(page)]]
        stage.close(page)
    assert found == []
