"""Readings stand above the words of easy Japanese, and nowhere where a browser shows letters alone."""

import pytest

from kiosk.ruby import with_ruby


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("届（とど）けを", "[届|とど]けを"),
        ("特別永住者証明書（とくべつ えいじゅうしゃ）", "[特別永住者証明書|とくべつ えいじゅうしゃ]"),
        ("20日（はつか）まで", "[20日|はつか]まで"),
        ("15日（にち）・2人（ふたり）・3人（にん）", "15[日|にち]・[2人|ふたり]・3[人|にん]"),
        ("カード（住所（じゅうしょ））", "カード（[住所|じゅうしょ]）"),
        ("（1つから）", "（1つから）"),
    ],
)
def test_a_reading_goes_above_its_word(written: str, shown: str) -> None:
    made = with_ruby(f"<p>{written}</p>")
    for mark, tags in (("[", "<ruby>"), ("|", "<rp>（</rp><rt>"), ("]", "</rt><rp>）</rp></ruby>")):
        shown = shown.replace(mark, tags)
    assert made == f"<p>{shown}</p>"


def test_attributes_titles_and_options_keep_their_letters() -> None:
    page = '<title>年（ねん）</title><img alt="月（がつ）"><option value="1">1月（がつ）</option>'
    assert with_ruby(page) == page
