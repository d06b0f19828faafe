"""One Chromium for all browser tests of a worker, and a fresh stage for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.stage import Stage
from tests.support_chromium import chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with chromium() as started:
        yield started


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
