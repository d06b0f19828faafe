"""The navigator in a real browser, over the real application: on a phone, by keyboard alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from server.app import mount
from server.bootstrap import build
from server.seed import seed
from server.settings import Settings
from tests.browser.stage import ORIGIN, axe
from tests.support_asgi import Browser as Asked

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """The application, called without a network."""
    settings = Settings(env="test", state_dir=tmp_path_factory.mktemp("office"), core_adapter="mock")
    seed(settings)
    return Asked(mount(build(settings)))


@pytest.fixture
def phone(browser: Browser, asked: Asked) -> Iterator[Page]:
    """A phone of 360 px whose every request the application answers."""
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce", locale="ja-JP")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    thread = ThreadPoolExecutor(1)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None,
    )

    def answer(route: Route) -> None:
        url, request = urlsplit(route.request.url), route.request
        target = url.path + (f"?{url.query}" if url.query else "")
        sent = {name: value for name, value in request.headers.items() if name != "host"}
        # In a thread: the browser's own loop runs in this one.
        given = thread.submit(
            asked.send, request.method, target, request.post_data_buffer or b"", sent
        ).result()
        route.fulfill(status=given.status, headers=dict(given.pairs), body=given.body)

    page.route("**/*", answer)
    yield page
    page.unroute_all(behavior="ignoreErrors")
    context.close()
    thread.shutdown()
    assert complaints == []


def fits(page: Page) -> None:
    """Nothing wider than the phone, nothing that axe-core finds."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe(page) == []


def tab_to(page: Page, selector: str) -> None:
    """Go on with the Tab key until this has the focus."""
    for _ in range(60):
        if page.evaluate("(wanted) => document.activeElement?.matches(wanted) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_from_the_event_to_the_code_by_keyboard_alone(phone: Page) -> None:
    phone.goto(f"{ORIGIN}/navigator/?lang=ja")
    fits(phone)
    tab_to(phone, 'input[value="MOVE"]')
    phone.keyboard.press("Space")
    phone.keyboard.press("Enter")
    expect(phone.locator("[data-view=people]")).to_be_visible()
    expect(phone.get_by_role("heading", level=1)).to_be_focused()
    fits(phone)
    tab_to(phone, "#count-spouse")
    phone.keyboard.press("1")
    tab_to(phone, '[form="f-people"].button-primary')
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_have_text("生まれた年と月を教えてください")
    fits(phone)
    for person in ("you", "spouse"):
        tab_to(phone, f"#year-{person}")
        phone.keyboard.type("1985")
        tab_to(phone, f"#month-{person}")
        phone.keyboard.type("4")
    tab_to(phone, "#f-ask .button-primary")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_have_text("今回 引っ越すのはどなたですか")
    expect(phone.get_by_role("heading", level=1)).to_be_focused()
    fits(phone)
    tab_to(phone, 'input[name="who"][value="you"]')
    phone.keyboard.press("Space")
    tab_to(phone, 'button[value="list"]')
    phone.keyboard.press("Enter")
    # What was ticked and not sent is not an answer.
    expect(phone.locator("[data-view=list]")).to_contain_text("まだ質問が残っています")
    phone.go_back()
    expect(phone.locator("[data-view=ask]")).to_contain_text("生まれた年と月")
    expect(phone.locator("#year-you")).to_have_value("1985")
    tab_to(phone, 'button[value="list"]')
    phone.keyboard.press("Enter")
    expect(phone.locator("[data-view=list]")).to_be_visible()
    tab_to(phone, '#f-code button[value="code"]')
    phone.keyboard.press("Enter")
    expect(phone.get_by_alt_text("窓口の職員が読み取るQRコード")).to_be_visible()
    fits(phone)
    assert "answers" not in phone.url
    assert phone.evaluate("sessionStorage.length + localStorage.length") <= 1
