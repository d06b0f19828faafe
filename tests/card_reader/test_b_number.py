"""照合番号B from what a person types or scans. The first vector is the one that opened a public test card
(soltia48/myna-card src/data.rs): born 1980-02-17, expiry 2035, code 2285."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_reader.b_number import BadB, BNumber, PrintedYear, b_from_fields, b_from_scan


def digits(found: BNumber | BadB) -> str:
    assert isinstance(found, BNumber), found
    return found.digits.decode("ascii")


def test_the_published_number_of_a_test_card() -> None:
    assert digits(b_from_fields("19800217", "era", "2035", "2285")) == "55021720352285"


@pytest.mark.parametrize(
    ("birth", "printed", "expected"),
    [
        ("550217", "era", "550217"),
        ("550217", "western", "550217"),
        ("1980-02-17", "western", "800217"),
        ("1980年2月17日", "era", "550217"),
        ("昭和55年2月17日", "era", "550217"),
        ("昭和５５年２月１７日", "era", "550217"),
        ("S55.2.17", "era", "550217"),
        ("s55/02/17", "western", "800217"),
        ("平成元年1月8日", "era", "010108"),
        ("平1年1月8日", "western", "890108"),
        ("19890107", "era", "640107"),
        ("19890108", "era", "010108"),
        ("20190430", "era", "310430"),
        ("20190501", "era", "010501"),
        ("R1.5.1", "western", "190501"),
        ("大正15年12月24日", "era", "151224"),
        ("19261225", "era", "011225"),
        ("19120729", "era", "450729"),
        ("明治45年7月29日", "western", "120729"),
    ],
)
def test_the_birth_date_is_taken_as_it_is_printed(birth: str, printed: PrintedYear, expected: str) -> None:
    assert digits(b_from_fields(birth, printed, "2032", "1234")) == f"{expected}20321234"


@pytest.mark.parametrize(
    "expiry", ["2032", "２０３２", "2032年12月31日", "2032-12-31", "20321231", "2032.5.1", "2032年"]
)
def test_of_the_expiry_only_the_year_counts(expiry: str) -> None:
    assert digits(b_from_fields("550217", "era", expiry, "1234")) == "55021720321234"


@pytest.mark.parametrize(
    ("birth", "expiry", "code", "bad"),
    [
        ("", "2032", "1234", BadB("birth", "missing")),
        ("   ", "2032", "1234", BadB("birth", "missing")),
        ("5502", "2032", "1234", BadB("birth", "length")),
        ("80-2-17", "2032", "1234", BadB("birth", "length")),
        ("551317", "2032", "1234", BadB("birth", "no_such_date")),
        ("550230", "2032", "1234", BadB("birth", "no_such_date")),
        ("19810229", "2032", "1234", BadB("birth", "no_such_date")),
        ("二月十七日", "2032", "1234", BadB("birth", "not_digits")),
        ("昭和65年1月1日", "2032", "1234", BadB("birth", "era")),
        ("昭和64年1月8日", "2032", "1234", BadB("birth", "era")),
        ("平成元年1月7日", "2032", "1234", BadB("birth", "era")),
        ("令和0年5月1日", "2032", "1234", BadB("birth", "era")),
        ("安政1年1月1日", "2032", "1234", BadB("birth", "era")),
        ("18600101", "2032", "1234", BadB("birth", "era")),
        ("550217", "", "1234", BadB("expiry", "missing")),
        ("550217", "32", "1234", BadB("expiry", "length")),
        ("550217", "令和14年", "1234", BadB("expiry", "not_digits")),
        ("550217", "1999", "1234", BadB("expiry", "year")),
        ("550217", "2032", "", BadB("code", "missing")),
        ("550217", "2032", "12345", BadB("code", "length")),
        ("550217", "2032", "12a4", BadB("code", "not_digits")),
        ("550217", "2032", "½234", BadB("code", "not_digits")),
    ],
)
def test_what_cannot_be_is_told_by_field_and_reason(birth: str, expiry: str, code: str, bad: BadB) -> None:
    assert b_from_fields(birth, "era", expiry, code) == bad


@pytest.mark.parametrize(
    "typed",
    [
        "55021720352285",
        "55021720352285\r\n",
        "550217 2035 2285\t",
        "550217-2035-2285",
        "５５０２１７２０３５２２８５",
    ],
)
def test_a_scanner_types_all_fourteen_digits(typed: str) -> None:
    assert digits(b_from_scan(typed)) == "55021720352285"


@pytest.mark.parametrize(
    ("typed", "bad"),
    [
        ("", BadB("whole", "missing")),
        ("5502172035228", BadB("whole", "length")),
        ("550217203522851", BadB("whole", "length")),
        ("55021720352A85", BadB("whole", "not_digits")),
        ("55131720352285", BadB("birth", "no_such_date")),
        ("55021719352285", BadB("expiry", "year")),
    ],
)
def test_a_scan_that_cannot_be_is_told(typed: str, bad: BadB) -> None:
    assert b_from_scan(typed) == bad


def test_the_number_is_in_no_repr() -> None:
    assert "5502" not in repr(b_from_scan("55021720352285"))


@given(st.text(max_size=40), st.sampled_from(["era", "western"]), st.text(max_size=12), st.text(max_size=8))
def test_whatever_is_typed_ends_in_fourteen_digits_or_a_value(
    birth: str, printed: PrintedYear, expiry: str, code: str
) -> None:
    for found in (b_from_fields(birth, printed, expiry, code), b_from_scan(birth)):
        if isinstance(found, BNumber):
            assert len(found.digits) == 14
            assert found.digits.isdigit()
