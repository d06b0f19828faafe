"""Cards in a real PC/SC reader on their bad days; whole visits through one are in test_whole_visit."""

import pytest
from playwright.sync_api import Browser

from tests.stories.demo import Demo
from tests.stories.mishaps import Kiosk, pulled_out_and_laid_on_again

pytestmark = [pytest.mark.story, pytest.mark.browser]


def test_a_card_pulled_out_in_the_middle_leaves_nothing(pcsc_demo: Demo, browser: Browser) -> None:
    kiosk = Kiosk(pcsc_demo, browser)
    pulled_out_and_laid_on_again(pcsc_demo, kiosk, "en", 6)
    assert not kiosk.complaints
