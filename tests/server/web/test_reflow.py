"""Every page in the smallest window: 320 by 256 px, which is a usual screen enlarged to 400 % (WCAG 1.4.10).

It runs downwards only; what is two-dimensional by nature (the text of a file, a table) scrolls within a
region that the keyboard reaches. Not here: the display in the hall, which is a wall and no window.
"""

import re
from collections.abc import Iterable, Iterator

import pytest

from server.web.services import Services
from server.web.templating import STATIC
from tests.factories.visits import FOUR, Visit
from tests.server.web.conftest import Opener
from tests.server.web.test_rules_pages import draft
from tests.support_asgi import Browser
from tests.support_chromium import chromium

pytestmark = pytest.mark.browser
ENLARGED, PHONE = (320, 256), (400, 800)
ROOMS = ("/procedures", "/procedures/C01", "/add", "/days", "/cases")
WIDE = """() => {
  for (const folded of document.querySelectorAll('details')) folded.open = true;
  for (const step of document.querySelectorAll('[data-step]')) step.hidden = false;
  const found = [], room = document.documentElement.clientWidth;
  const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
  const held = (element) => element && (scrolls(element) || held(element.parentElement));
  const over = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.right > room + 1 || box.left < -1);
  };
  const wide = document.documentElement.scrollWidth;
  if (wide > room) found.push(`the page is ${wide} wide`);
  for (const element of document.querySelectorAll('body *')) {
    if (!element.checkVisibility() || element.closest('.skip-link, .sr-only, [aria-hidden=true]')) continue;
    const name = `${element.localName}.${element.className} ${element.textContent.trim().slice(0, 20)}`;
    if (over(element) && !held(element.parentElement) && ![...element.children].some(over)) found.push(name);
    const stays = /sticky|fixed/.test(getComputedStyle(element).position);
    if (stays && element.offsetHeight > innerHeight / 3) found.push(`leaves no room: ${name}`);
    const reached = element.tabIndex >= 0 || element.querySelector('a[href], button');
    if (scrolls(element) && element.scrollWidth > element.clientWidth + 1 && !reached) {
      found.push(`not to be reached by keys: ${name}`);
    }
  }
  return found.slice(0, 8);
}"""


def some(signed_in: Opener, at_station: Opener) -> Iterator[tuple[Browser, str]]:
    """Who asks for what: a page of each kind."""
    clerk = signed_in("clerk1")
    at = draft(clerk)
    for path in ("/counter/", at, f"{at}/departments?edit=shimin", f"{at}/text"):
        yield clerk, path
    yield signed_in("admin1"), "/admin/stations"
    yield at_station("kiosk-1"), "/kiosk/"


def all_others(services: Services, signed_in: Opener, at_station: Opener) -> Iterator[tuple[Browser, str]]:
    """The rest of them."""
    clerk, kiosk = signed_in("clerk2", "counter-1"), at_station("kiosk-1")
    base = ""
    for step in ("intake", "prepared", "accepted"):
        base = f"/counter/receptions/{Visit.at(services, step, FOUR).reception_id}"
        yield clerk, base
    for path in ("/history", "/why/R010"):
        yield clerk, base + path
    at = draft(clerk, "k-other")
    for path in (
        "/counter/?desk=1",
        "/counter/help",
        "/backoffice/",
        "/admin/rules",
        *(at + room for room in ROOMS),
    ):
        yield clerk, path
    for path in ("/kiosk/card?service=move", "/kiosk/pin?service=move", "/navigator/"):
        yield kiosk, path
    yield at_station("counter-1"), "/second/"
    for path in ("/counter/login?back=/counter/", "/navigator/", "/devdock/"):
        yield Browser(clerk.app), path


def styled(text: str) -> str:
    """The page with its styles in it and without its scripts: nothing of it has to be fetched."""
    text = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    return re.sub(r'<link rel="stylesheet" href="/static/([^?"]*)[^>]*>', _style, text)


def _style(link: re.Match[str]) -> str:
    if 'media="print"' in link[0]:
        return ""
    return f"<style>{(STATIC / link[1]).read_text(encoding='utf-8')}</style>"


def too_wide(asked: Iterable[tuple[Browser, str]], lang: str, size: tuple[int, int]) -> list[str]:
    """What runs over the window, page by page."""
    pages, found = [], []
    for browser, path in asked:
        answer = browser.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert answer.status == 200, path
        pages.append((path, answer.text))
    with chromium() as started:
        page = started.new_page(viewport={"width": size[0], "height": size[1]})
        for path, text in pages:
            page.set_content(styled(text))
            found += [f"{path}: {what}" for what in page.evaluate(WIDE)]
    return found


def test_a_page_of_each_kind_fits_a_narrow_window(signed_in: Opener, at_station: Opener) -> None:
    assert too_wide(some(signed_in, at_station), "ja", ENLARGED) == []


@pytest.mark.long
@pytest.mark.parametrize(("lang", "size"), [("ja", ENLARGED), ("en", ENLARGED), ("ja", PHONE)])
def test_every_other_page_does(
    services: Services, signed_in: Opener, at_station: Opener, lang: str, size: tuple[int, int]
) -> None:
    assert too_wide(all_others(services, signed_in, at_station), lang, size) == []
