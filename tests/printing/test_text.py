"""Cleaning, clusters and line breaking."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from printing.text import clean, clusters, units, wrap


def _width(text: str) -> float:
    """Clusters are one wide, Latin clusters half."""
    return sum(0.5 if cluster[0].isascii() else 1.0 for cluster in clusters(text))


@given(st.text(st.characters(codec=None), max_size=60))
def test_cleaned_text_has_no_controls_and_is_stable(text: str) -> None:
    cleaned = clean(text)
    assert not [char for char in cleaned if unicodedata.category(char) in ("Cc", "Cs")]
    assert clean(cleaned) == cleaned


def test_cleaning_strips_commands_and_overrides_but_keeps_names() -> None:
    assert clean("見\x1b@本\x1dV\x00\x9b\u202e\u200b\ud800 葛\U000e0100\n太郎") == "見@本V 葛\U000e0100 太郎"
    # NFC would turn U+FA19 into another kanji.
    assert clean("\ufa19か\u3099") == "\ufa19か\u3099"


@given(st.text("葛邉\U000e0100\U000e0101\u3099かA1 。、", max_size=40))
def test_clusters_are_a_partition(text: str) -> None:
    assert "".join(clusters(text)) == text
    assert "".join(units(text)) == text


def test_a_variation_selector_stays_with_its_base() -> None:
    assert list(clusters("葛\U000e0100城か\u3099")) == ["葛\U000e0100", "城", "か\u3099"]


@given(st.text("見本市、。「」（）ーっAB12 マイ葛\U000e0100", max_size=80), st.integers(2, 12), st.booleans())
def test_wrapping_loses_nothing_and_exceeds_nothing(text: str, width: int, katakana: bool) -> None:
    lines = wrap(text, width, _width, katakana=katakana)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(_width(line) <= width for line in lines)


def test_wrapping_follows_japanese_rules() -> None:
    assert wrap("見本市役所。住民", 5, _width) == ["見本市役", "所。住民"]
    assert wrap("見本市「役所」", 4, _width) == ["見本市", "「役所」"]
    assert wrap("電話 0999-00", 4, _width) == ["電話", "0999-00"]
    assert wrap("家族分カタカナ", 4, _width) == ["家族分カ", "タカナ"]
    assert wrap("家族分カタカナ", 4, _width, katakana=True) == ["家族分", "カタカナ"]


def test_easy_japanese_breaks_between_its_words_and_never_inside_a_reading() -> None:
    text = "国民健康保険（こくみん けんこうほけん）に 入（はい）って いる 人（ひと）の、"
    text += "住所（じゅうしょ）　2人（ふたり）"
    assert "".join(units(text)) == text
    lines = wrap(text, 26, len)
    assert lines == [
        "国民健康保険（こくみん けんこうほけん）に",
        "入（はい）って いる 人（ひと）の、",
        "住所（じゅうしょ）　2人（ふたり）",
    ]
    nested = "まだの もの：健康（けんこう）づくり課（か）（母子保健（ぼし ほけん））　はやく"
    assert wrap(nested, 18, len) == [
        "まだの もの：",
        "健康（けんこう）づくり課（か）",
        "（母子保健（ぼし ほけん））　はやく",
    ]
    assert wrap("住所（じゅうしょ）を かえる", 4, len) == ["住所（じ", "ゅうしょ", "）を", "かえる"], (
        "nothing is lost"
    )
