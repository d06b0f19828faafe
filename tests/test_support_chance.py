"""What is taken out before a short secret is looked for, and what must stay."""

import pytest

from tests.support_chance import without_chance


@pytest.mark.parametrize(
    "drawn",
    [
        "01a20a08-0f56-7435-8977-e5e7cc6d1234",
        "2026-11-23T20:11:01.123402+00:00",
        "1795012344567",
        "0123456789abcdef" * 2,
        "0123456789abcdef" * 4,
        "1234" + "A" * 82 + "==",
    ],
)
def test_a_number_drawn_at_random_is_no_find(drawn: str) -> None:
    for secret in ("1234", "402"):
        assert secret not in without_chance(f"'at': '{drawn}', x")


@pytest.mark.parametrize(
    "text", ["1234", '"pin": "1234"', "サンライズ402号室", "pin=1234&x=1", "b'1234'", "12345678"]
)
def test_a_secret_stays(text: str) -> None:
    assert without_chance(text) == text
