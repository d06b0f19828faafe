"""One browser for all stories, and demos that stories share."""

import os
import random
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.stories.demo import Demo, running
from tests.stories.mishaps import Desk, Kiosk
from tests.support_chromium import chromium
from tests.support_pcscd import running_pcscd, vpcd_slot

# A story waits for processes on a machine that may be busy; how quick they are is measured elsewhere.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def pcsc_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo on SQLite whose kiosk and first counter read through the real PC/SC service."""
    with running_pcscd(), vpcd_slot(0), vpcd_slot(1):
        folder = tmp_path_factory.mktemp("pcsc") / "state"
        with running(folder, reader="vpcd") as demo:
            yield demo


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo on SQLite with in-process simulated readers, shared by the stories of things going wrong."""
    with running(tmp_path_factory.mktemp("demo") / "state") as started:
        yield started


@pytest.fixture(scope="module")
def kiosk(demo: Demo, browser: Browser) -> Iterator[Kiosk]:
    """The kiosk that the stories of one file share, without a complaint of its page."""
    kiosk = Kiosk(demo, browser)
    yield kiosk
    kiosk.page.context.close()
    assert not kiosk.complaints


@pytest.fixture(scope="module")
def desk(demo: Demo, browser: Browser) -> Iterator[Desk]:
    """clerk1 at the first counter, for the stories of one file."""
    desk = Desk(demo, browser)
    desk.sign_in()
    yield desk
    desk.page.context.close()
    assert not desk.complaints


@pytest.fixture(autouse=True)
def everything_works(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each story leaves the hardware as it found it, and no page of its own open that listens on."""
    opened = request.getfixturevalue("browser").contexts if "browser" in request.fixturenames else []
    yield
    if "browser" in request.fixturenames:
        used_browser: Browser = request.getfixturevalue("browser")
        for context in [one for one in used_browser.contexts if one not in opened]:
            context.close()
    for name in ("demo", "pcsc_demo"):
        if name in request.fixturenames:
            used: Demo = request.getfixturevalue(name)
            used.core_mode("up")
            for station in ("kiosk-1", "counter-1", "counter-2"):
                used.remove(station)
                used.printer(station, "ok")


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Drawn anew each time; the seed is printed with a failure, and KAKANAI_STORY_SEED repeats it."""
    seed = int(os.environ.get("KAKANAI_STORY_SEED") or random.SystemRandom().randrange(10**6))
    # Pytest shows this with a failure.
    sys.stdout.write(f"KAKANAI_STORY_SEED={seed}\n")
    return random.Random(seed)
