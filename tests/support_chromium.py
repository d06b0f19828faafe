"""The browser of all tests: Chromium without its window, which leaves the processors to what is tested."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

# Debian's build of the same engine without windows: a third of the work of a whole Chromium.
CHROMIUM = Path("/usr/bin/chromium-headless-shell")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A running browser. A process can run one at a time, so whoever asks ends it before the next one asks.

    `flags`: more of Chromium's own.
    """
    if not CHROMIUM.exists():
        pytest.fail(
            f"{CHROMIUM} is missing: `make test` installs it (Debian package chromium-headless-shell)."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *flags])
        yield browser
        browser.close()
