"""Japanese years, partial dates, and dates as people write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.dates import read_date
from server.kit.text import UnsafeTextError
from server.kit.wareki import (
    ERAS,
    FIRST_DAY,
    last_day_meant,
    long_date,
    long_date_in_english,
    partial,
    partial_in_english,
    wareki,
)

LAST_DAY = date(2100, 12, 31)
LETTERS = {"明治": "M", "大正": "T", "昭和": "S", "平成": "H", "令和": "R"}
# 元号を改める政令 and its forerunners: the last day of one era, the first of the next.
CHANGES = [
    (date(1912, 7, 29), "明治45年7月29日", "大正元年7月30日"),
    (date(1926, 12, 24), "大正15年12月24日", "昭和元年12月25日"),
    (date(1989, 1, 7), "昭和64年1月7日", "平成元年1月8日"),
    (date(2019, 4, 30), "平成31年4月30日", "令和元年5月1日"),
]


def every_day() -> list[date]:
    """From the first day of 明治 to the end of the century."""
    return [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]


def test_every_day_is_written_and_read_back() -> None:
    """85,000 days: each has one era, a year that counts up, and comes back from every way of writing it."""
    before = None
    for day in every_day():
        year = wareki(day)
        if before is not None and before.era == year.era:
            assert year.year - before.year == (1 if (day.month, day.day) == (1, 1) else 0)
        elif before is not None:
            assert year.year == 1
        assert read_date(str(year)) == day.isoformat()
        before = year


@given(st.dates(FIRST_DAY, LAST_DAY))
def test_every_way_of_writing_a_day_means_that_day(day: date) -> None:
    year = wareki(day)
    letter = LETTERS[year.era]
    for text in (
        f"{letter}{year.year}.{day.month}.{day.day}",
        f"{letter.lower()}{year.year:02}/{day.month:02}/{day.day:02}",
        f"{year.era}{year.year_text}年{day.month}月{day.day}日",
        f"　{day.year}-{day.month}-{day.day} ",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month:02}/{day.day:02}".translate(
            str.maketrans("0123456789/", "０１２３４５６７８９／")
        ),
    ):
        assert read_date(text) == day.isoformat(), text


@pytest.mark.parametrize(("last", "before", "after"), CHANGES)
def test_an_era_changes_between_two_days(last: date, before: str, after: str) -> None:
    assert str(wareki(last)) == before
    assert str(wareki(last + timedelta(days=1))) == after


def test_nothing_is_known_before_the_first_era() -> None:
    assert str(wareki(FIRST_DAY)) == "明治元年1月25日"
    with pytest.raises(ValueError, match="1868"):
        wareki(FIRST_DAY - timedelta(days=1))


def test_eras_are_listed_from_the_newest() -> None:
    """wareki() takes the first that fits."""
    starts = [start for start, _ in ERAS]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize(
    "text",
    [
        "197311",
        "1973111",
        "1973-0507",
        "197305-07",
        "1973-05",
        "73-5-7",
        "1973-02-29",
        "2026-13-01",
        "20260231",
        "S0.5.7",
        "S00.5.7",
        "昭和0年5月7日",
        "S48.5",
        "X48.5.7",
        "明治元年1月24日",
        "1868-01-24",
        "0001-01-01",
        "1973-05-07x",
        "１９７３ー０５ー０７",
        "¹973-05-07",
        "きのう",
    ],
)
def test_what_is_not_a_whole_date_is_refused(text: str) -> None:
    """Six or seven digits could be cut in two ways, and the wrong one is somebody else's birthday."""
    with pytest.raises(UnsafeTextError):
        read_date(text)


def test_years_beyond_the_end_of_an_era_count_on() -> None:
    """平成31年5月1日 and 昭和64年1月8日 stand on papers printed before the era ended."""
    assert read_date("平成31年5月1日") == "2019-05-01"
    assert read_date("S64.1.8") == "1989-01-08"


def test_nothing_written_is_no_date() -> None:
    assert read_date("  　") is None


@pytest.mark.parametrize(
    ("value", "japanese", "western"),
    [
        ("1951-05-07", "昭和26年5月7日", "1951年5月7日"),
        ("1951-05", "昭和26年5月日不詳", "1951年5月日不詳"),
        ("1951", "昭和26年月日不詳", "1951年月日不詳"),
        (None, "不詳", "不詳"),
        ("", "不詳", "不詳"),
        # A year or a month in which the era changed is named by its last day.
        ("1926", "昭和元年月日不詳", "1926年月日不詳"),
        ("1912-07", "大正元年7月日不詳", "1912年7月日不詳"),
        ("2019-04", "平成31年4月日不詳", "2019年4月日不詳"),
    ],
)
def test_partial_dates_in_words(value: str | None, japanese: str, western: str) -> None:
    assert partial(value) == japanese
    assert partial(value, western=True) == western


@given(st.dates(FIRST_DAY, LAST_DAY))
def test_a_partial_date_means_at_latest_its_last_day(day: date) -> None:
    assert last_day_meant(day.isoformat()) == day
    assert last_day_meant(f"{day:%Y-%m}") >= day
    assert (last_day_meant(f"{day:%Y-%m}") + timedelta(days=1)).day == 1
    assert last_day_meant(f"{day:%Y}") == date(day.year, 12, 31)


def test_long_dates_name_the_weekday() -> None:
    assert long_date(date(2026, 11, 23)) == "令和8年11月23日（月）"


def test_who_reads_english_reads_the_same_days() -> None:
    assert long_date_in_english(date(2026, 11, 24)) == "24 November 2026 (Tue)"
    assert [partial_in_english(one) for one in ("1973-05-07", "1973-05", "1973", None)] == [
        "7 May 1973",
        "May 1973",
        "1973",
        "not known",
    ]
