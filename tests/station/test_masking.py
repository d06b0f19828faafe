"""What the screen shows of a card."""

import pytest

from station.masking import masked_birth, masked_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("見本　花子", "○○　花＊"),
        ("見本太郎", "○○＊"),
        ("架空　邉\U000e0101子", "○○　邉\U000e0101＊"),
        ("ＭＩＨＯＮＳＫＹ　ＡＬＥＸＡＮＤＥＲ　ＩＶＡＮ", "○○　Ｉ＊"),
        ("SANTOS MARIA", "○○　M＊"),
        ("　見本　𠮷郎　", "○○　𠮷＊"),
        ("見", "○○＊"),
        ("", "○○＊"),
    ],
)
def test_names(name: str, shown: str) -> None:
    assert masked_name(name) == shown


def test_the_mask_does_not_tell_how_long_a_name_is() -> None:
    assert masked_name("見　花") == masked_name("見本見本見本　花子花子花子")


@pytest.mark.parametrize(
    ("birth", "shown"),
    [
        ("20190501", "令和＊年"),
        ("20190430", "平成＊年"),
        ("19890108", "平成＊年"),
        ("19890107", "昭和＊年"),
        ("19261225", "昭和＊年"),
        ("19261224", "大正＊年"),
        ("19120730", "大正＊年"),
        ("19120729", "明治＊年"),
        ("19730000", "＊年"),
        ("00000000", "＊年"),
    ],
)
def test_births(birth: str, shown: str) -> None:
    assert masked_birth(birth) == shown
