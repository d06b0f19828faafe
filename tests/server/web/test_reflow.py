"""Every page in the smallest window: 320 by 256 px, which is a usual screen enlarged to 400 % (WCAG 1.4.10).

It runs downwards only; what is two-dimensional by nature (the text of a file, a table) scrolls within a
region that the keyboard reaches. Not here: the display in the hall, which is a wall and no window.
"""

import re
from collections.abc import Iterator

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
ROOMS = ("", "/departments?edit=shimin", "/procedures", "/procedures/C01", "/add", "/days", "/text", "/cases")
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


def asked(services: Services, signed_in: Opener, at_station: Opener) -> Iterator[tuple[Browser, str]]:
    """Who asks for what."""
    clerk, desk = signed_in("clerk1", "counter-1"), at_station("counter-1")
    kiosk, admin = at_station("kiosk-1"), signed_in("admin1")
    base = ""
    for step in ("intake", "prepared", "accepted"):
        base = f"/counter/receptions/{Visit.at(services, step, FOUR).reception_id}"
        yield clerk, base
    at = draft(clerk)
    for path in ("/history", "/why/R010"):
        yield clerk, base + path
    for path in (
        "/counter/",
        "/counter/help",
        "/backoffice/",
        "/admin/rules",
        *(at + room for room in ROOMS),
    ):
        yield clerk, path
    yield admin, "/admin/stations"
    for path in ("/kiosk/", "/kiosk/card?service=move", "/kiosk/pin?service=move", "/navigator/"):
        yield kiosk, path
    yield desk, "/second/"
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


@pytest.mark.parametrize(
    ("lang", "size"),
    [
        ("ja", ENLARGED),
        pytest.param("en", ENLARGED, marks=pytest.mark.long),
        pytest.param("ja", PHONE, marks=pytest.mark.long),
    ],
)
def test_nothing_is_wider_than_a_narrow_window(
    services: Services, signed_in: Opener, at_station: Opener, lang: str, size: tuple[int, int]
) -> None:
    pages = []
    for browser, path in asked(services, signed_in, at_station):
        answer = browser.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert answer.status == 200, path
        pages.append((path, answer.text))
    found = []
    with chromium() as started:
        page = started.new_page(viewport={"width": size[0], "height": size[1]})
        for path, text in pages:
            page.set_content(styled(text))
            found += [f"{path}: {what}" for what in page.evaluate(WIDE)]
    assert found == []
