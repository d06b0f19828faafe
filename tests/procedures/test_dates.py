"""Ages against the statutes' own wording, which counts from the day an age is reached."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.terms.dates import (
    age_range,
    fiscal_age,
    kokuho70_age,
    kouki_age,
    legal_age,
    month_end,
    parse_partial,
    school_year,
)

DAY = timedelta(days=1)
BIRTHS = st.dates(date(1920, 1, 1), date(2026, 12, 31)) | st.sampled_from(
    [
        date(1952, 2, 29),
        date(2016, 2, 29),
        date(1960, 3, 1),
        date(2010, 4, 1),
        date(2010, 4, 2),
        date(2009, 12, 31),
    ]
)
DAYS = st.dates(date(2024, 4, 1), date(2040, 12, 31)) | st.sampled_from(
    [
        date(2027, 2, 28),
        date(2028, 2, 28),
        date(2028, 2, 29),
        date(2027, 3, 1),
        date(2026, 3, 31),
        date(2026, 4, 1),
    ]
)


def birthday(birth: date, years: int) -> date:
    """The birthday in a later year; 29 February has its day on 1 March of a common year."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


def reached(birth: date, years: int) -> date:
    """The day on which an age is reached: the one before the birthday (年齢計算ニ関スル法律, 民法143条)."""
    return birthday(birth, years) - DAY


@given(BIRTHS, DAYS, st.sampled_from([15, 18, 20, 40, 65, 75]))
def test_legal_age_is_reached_on_the_day_before_the_birthday(birth: date, on: date, years: int) -> None:
    assert (legal_age(birth, on) >= years) == (on >= reached(birth, years))


@given(BIRTHS, DAYS)
def test_late_elderly_insurance_begins_on_the_birthday_itself(birth: date, on: date) -> None:
    assert (kouki_age(birth, on) >= 75) == (on >= birthday(birth, 75))


@given(BIRTHS, DAYS)
def test_co_payment_at_70_begins_with_the_month_after_the_birthday(birth: date, on: date) -> None:
    day = birthday(birth, 70)
    begins = day if day.day == 1 else month_end(day.year, day.month) + DAY
    assert (kokuho70_age(birth, on) >= 70) == (on >= begins)


@given(BIRTHS, DAYS)
def test_school_begins_with_the_first_april_after_the_day_following_the_sixth_year(
    birth: date, on: date
) -> None:
    following = reached(birth, 6) + DAY
    begins = date(following.year + (following > date(following.year, 4, 1)), 4, 1)
    this_year = on.year if on.month >= 4 else on.year - 1
    assert school_year(birth, on) == this_year - begins.year + 1


@given(BIRTHS, DAYS)
def test_the_18th_fiscal_year_ends_with_the_first_31_march_from_the_day_18_is_reached(
    birth: date, on: date
) -> None:
    day = reached(birth, 18)
    last = date(day.year + (day > date(day.year, 3, 31)), 3, 31)
    assert (fiscal_age(birth, on) <= 17) == (on <= last)


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        (date(2011, 11, 25), date(2026, 11, 23), 14),
        (date(2011, 11, 25), date(2026, 11, 24), 15),
        (date(1960, 2, 29), date(2025, 2, 27), 64),
        (date(1960, 2, 29), date(2025, 2, 28), 65),
        (date(1963, 3, 1), date(2028, 2, 28), 64),  # a leap year: reached on 29 February
        (date(1963, 3, 1), date(2028, 2, 29), 65),
    ],
)
def test_legal_age_examples(birth: date, on: date, age: int) -> None:
    assert legal_age(birth, on) == age


@pytest.mark.parametrize(
    ("text", "first", "last", "shown"),
    [
        ("1951", date(1951, 1, 1), date(1951, 12, 31), "1951"),
        ("1951-00-00", date(1951, 1, 1), date(1951, 12, 31), "1951"),
        ("1951-02", date(1951, 2, 1), date(1951, 2, 28), "1951-02"),
        ("1951-02-00", date(1951, 2, 1), date(1951, 2, 28), "1951-02"),
        ("1951-02-29", date(1951, 2, 1), date(1951, 2, 28), "1951-02"),
        ("1951-02-03", date(1951, 2, 3), date(1951, 2, 3), "1951-02-03"),
    ],
)
def test_incomplete_dates(text: str, first: date, last: date, shown: str) -> None:
    parsed = parse_partial(text)
    assert (parsed.earliest, parsed.latest, str(parsed)) == (first, last, shown)
    assert (parsed.exact is None) == (first != last)


@pytest.mark.parametrize("text", ["", "51", "1951-13", "1951-01-32", "1951/01/02", "昭和26年", "0000"])
def test_what_is_no_date_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_partial(text)
    assert not text or text not in str(error.value)


@settings(max_examples=60)
@given(
    st.integers(1930, 2020),
    st.integers(1, 12),
    DAYS,
    st.sampled_from(["legal_age", "fiscal_age", "kouki_age"]),
)
def test_the_range_of_an_incomplete_date_holds_every_possible_age(
    year: int, month: int, on: date, kind: str
) -> None:
    partial = parse_partial(f"{year}-{month:02}")
    low, high = age_range(kind, partial, on)
    ages = set()
    day = partial.earliest
    while day <= partial.latest:
        ages.add(age_range(kind, parse_partial(day.isoformat()), on)[0])
        day += DAY
    assert (min(ages), max(ages)) == (low, high)
