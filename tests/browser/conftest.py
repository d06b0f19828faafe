"""One Chromium for all browser tests of a worker, and a fresh stage for each."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.stage import Stage

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, ended with these tests: a process can run one Playwright at a time."""
    found = shutil.which("chromium")
    assert found, "chromium is not installed; `make setup` says how"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def stage(browser: Browser) -> Iterator[Stage]:
    """A stage whose pages must neither fail nor meet their own policy."""
    stage = Stage(browser)
    yield stage
    for context in browser.contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert stage.complaints == []
