"""What a name may hold, and how it is hidden."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.text import UnsafeTextError, graphemes, masked_name, safe_line

UNSAFE = {
    "NUL": "\x00",
    "ESC (cuts paper)": "\x1b",
    "line feed inside": "\n",
    "DEL": "\x7f",
    "C1": "\x9b",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "right-to-left override": "\u202e",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "isolate": "\u2066",
    "lone surrogate": "\ud842",
}
NAMES = [
    "見本　太郎",
    "𠮷見　実",
    "葛\U000e0100城　凛",
    "渡邉\U000e0100　フミ",
    "髙𣘺　翔",
    "宮﨑　圭",
    "MIHONSKY VAN DER REIJI ALEXANDER KAKUUNO",
    "神\ufa19社",
    "ゔ\u3099",
]


@pytest.mark.parametrize("kind", UNSAFE)
def test_characters_of_nobodys_name_are_refused(kind: str) -> None:
    with pytest.raises(UnsafeTextError):
        safe_line(f"見本{UNSAFE[kind]}太郎")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_kept_code_point_by_code_point(name: str) -> None:
    """NFC alone would change compatibility ideographs into other characters."""
    assert safe_line(f"  {name}　") == name


@given(st.text(max_size=80))
def test_what_passes_is_printable_and_unchanged(text: str) -> None:
    try:
        kept = safe_line(text)
    except UnsafeTextError:
        return
    assert kept == text.strip()
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in kept)
    assert kept.encode("utf-8").decode("utf-8") == kept


def test_the_limit_counts_after_trimming() -> None:
    assert len(safe_line(" " + "あ" * 200 + " ")) == 200
    with pytest.raises(UnsafeTextError):
        safe_line("あ" * 201)
    with pytest.raises(UnsafeTextError):
        safe_line("abc", limit=2)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("見本　太郎", "見＊　太＊"),
        ("見本 太郎", "見＊　太＊"),
        ("𠮷見　実", "𠮷＊　実＊"),
        # The selector belongs to its kanji: without it another character would be shown.
        ("葛\U000e0100城　凛", "葛\U000e0100＊　凛＊"),
        ("渡邉\U000e0100　フミ", "渡＊　フ＊"),
        ("か\u3099くう", "か\u3099＊＊"),
        ("MIHONSKY VAN DER", "M＊＊＊　V＊＊　D＊＊"),
        ("見本太郎左衛門", "見＊＊＊"),
        ("", ""),
    ],
)
def test_masked_names_show_the_first_character_of_each_part(name: str, masked: str) -> None:
    assert masked_name(name) == masked


@given(st.text(alphabet="見本太郎葛邉\U000e0100\ufe00　 a", max_size=30))
def test_a_mask_never_shows_a_second_character(name: str) -> None:
    for part, hidden in zip(name.replace("　", " ").split(), masked_name(name).split("　"), strict=False):
        shown = hidden.rstrip("＊")
        assert graphemes(shown) == graphemes(part)[:1]
        assert hidden != part
