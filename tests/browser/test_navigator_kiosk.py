"""The navigator at the kiosk in a real browser: nothing scrolls, and nobody finds another's answers."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from server.app import mount
from server.bootstrap import build
from server.kit import clock
from server.preentry import keys
from server.seed import seed
from server.settings import Settings
from station.signing import Signer
from tests.browser.stage import ORIGIN, axe
from tests.support_asgi import Browser as Asked
from tests.support_databases import Stations

pytestmark = pytest.mark.browser
UPRIGHT, WIDE = (1080, 1920), (1920, 1080)
Open = Callable[[tuple[int, int]], Page]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """The application, as the kiosk's gateway calls it."""
    folder, stations = tmp_path_factory.mktemp("office"), Stations()
    stations.register(folder)
    settings = Settings(env="test", state_dir=folder, core_adapter="mock")
    seed(settings)
    held = build(settings)
    with held.db.write() as unit:
        keys.ensure(unit, held.system, held.vault)
    signer = Signer("kiosk-1", stations.keys["kiosk-1"], lambda: int(clock.now().timestamp() * 1000))
    return Asked(mount(held), signer=signer)


@pytest.fixture
def kiosk(browser: Browser, asked: Asked) -> Iterator[Open]:
    """A panel of a size; the test holds its clock."""
    pages: list[Page] = []
    thread = ThreadPoolExecutor(1)

    def answer(route: Route) -> None:
        url, request = urlsplit(route.request.url), route.request
        target = url.path + (f"?{url.query}" if url.query else "")
        if target.startswith("/station/"):
            route.abort()
            return
        sent = {name: value for name, value in request.headers.items() if name != "host"}
        body = request.post_data_buffer or b""
        # In a thread: the browser's own loop runs in this one.
        given = thread.submit(asked.send, request.method, target, body, sent).result()
        route.fulfill(status=given.status, headers=dict(given.pairs), body=given.body)

    def opened(size: tuple[int, int]) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", locale="ja-JP"
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.route("**/*", answer)
        page.clock.install()
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.unroute_all(behavior="ignoreErrors")
        page.context.close()
    thread.shutdown()


def stands(page: Page) -> None:
    """Nothing scrolls, and nothing of the sheet sticks out of its page."""
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    assert page.evaluate("document.querySelector('[data-kiosk]').scrollTop") == 0
    outside = """() => {
      const box = document.querySelector('[data-paged]').getBoundingClientRect();
      return [...document.querySelectorAll('[data-paged] :is(label, button, li, h1, h2, p)')]
        .map((one) => one.getBoundingClientRect())
        .filter((one) => one.left >= box.left - 1 && one.left < box.right)
        .filter((one) => one.right > box.right + 1 || one.bottom > box.bottom + 1 || one.top < box.top - 1)
        .length;
    }"""
    assert page.evaluate(outside) == 0


def to_the_list(page: Page, language: str = "ja") -> None:
    page.goto(f"{ORIGIN}/navigator/?lang={language}")
    page.evaluate("document.querySelector('input[value=IN_DOM]').click()")
    page.locator(".navigator-actions .button-primary").click()
    expect(page.locator("[data-view=people]")).to_be_visible()
    page.locator(".navigator-actions .button-primary").click()
    expect(page.locator("[data-view=ask]")).to_be_visible()
    page.locator('button[value="list"]').click()
    expect(page.locator("[data-view=list] [data-pages-at]")).to_have_text(re.compile(r"^1 / \d+$"))


def pages_of(page: Page) -> list[int]:
    """[which page is shown, of how many]"""
    return [int(part) for part in page.locator("[data-pages-at]").inner_text().split("/")]


@pytest.mark.parametrize(("size", "language"), [(UPRIGHT, "easy"), (WIDE, "ja")])
def test_every_page_of_the_list_can_be_turned_to_and_fits(
    kiosk: Open, size: tuple[int, int], language: str
) -> None:
    page = kiosk(size)
    page.goto(f"{ORIGIN}/navigator/?lang={language}")
    stands(page)
    to_the_list(page, language)
    shown, count = pages_of(page)
    assert shown == 1
    assert count > 1
    expect(page.locator('[data-page="-1"]')).to_be_disabled()
    for number in range(1, count + 1):
        assert pages_of(page)[0] == number
        stands(page)
        if number == 1:
            assert axe(page) == []
        if number < count:
            page.locator('[data-page="1"]').click()
    expect(page.locator('[data-page="1"]')).to_be_disabled()
    # The keyboard turns pages too: whatever it reaches is shown.
    page.locator("#f-go-on button").focus()
    assert pages_of(page)[0] == 1


def test_whoever_comes_next_sees_nothing(kiosk: Open) -> None:
    page = kiosk(WIDE)
    to_the_list(page)
    page.locator("#f-slip button").click()
    expect(page.locator("#slip-state")).to_contain_text("印刷しています")
    page.clock.run_for(46_000)
    expect(page.locator("[data-idle-dialog]")).to_be_visible()
    page.clock.run_for(16_000)
    page.wait_for_url("**/kiosk/?fresh=1")
    assert "IN_DOM" not in page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    # The kiosk's pages replace each other: the browser's own Back leads to none of them.
    page.go_back()
    assert page.url == "about:blank"
