"""The machine-readable zone: ICAO's own specimens (Doc 9303 parts 4, 5 and 6), and what is wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_reader.mrz import BadMrz, Mrz, check_digit, parse_mrz, residence_card_number

TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
# A document number of twelve characters, which goes on in the optional data (9303-5, appendix).
LONG = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"


def parsed(text: str) -> Mrz:
    found = parse_mrz(text)
    assert isinstance(found, Mrz), found
    return found


@pytest.mark.parametrize(
    ("zone", "form", "document", "number"),
    [
        (TD3, "TD3", "P", "L898902C3"),
        (TD1, "TD1", "I", "D23145890"),
        (TD2, "TD2", "I", "D23145890"),
    ],
)
def test_icaos_specimens_are_read(zone: str, form: str, document: str, number: str) -> None:
    found = parsed(zone)
    assert (found.form, found.document, found.number) == (form, document, number)
    assert (found.issuer, found.nationality, found.sex) == ("UTO", "UTO", "F")
    assert (found.surname, found.given, found.name_cut) == ("ERIKSSON", "ANNA MARIA", False)
    assert found.birth_date(date(2026, 11, 23)) == "19740812"
    assert found.expiry_date() == "20120415"


def test_the_optional_data_of_a_passport_is_kept() -> None:
    assert parsed(TD3).optional == "ZE184226B"


def test_a_long_document_number_goes_on_in_the_optional_data() -> None:
    found = parsed(LONG)
    assert (found.number, found.optional, found.sex) == ("D23145890734", "", "M")


@pytest.mark.parametrize("zone", [TD1, TD2, TD3, LONG])
def test_a_scanner_may_send_it_in_any_wrapping(zone: str) -> None:
    plain = parsed(zone)
    wide = "".join(chr(ord(c) + 0xFEE0) if c != "\n" else c for c in zone)
    for sent in (
        zone.replace("\n", "\r\n") + "\r",
        zone.replace("\n", ""),
        zone.lower(),
        f"\t{zone}\x00",
        wide,
    ):
        assert parse_mrz(sent) == plain


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        (TD3.replace("L898902C36", "L898902C46"), BadMrz("check_digits", ("number", "composite"))),
        (TD3.replace("7408122F", "7408123F"), BadMrz("check_digits", ("birth", "composite"))),
        (TD3.replace("1204159", "1204158"), BadMrz("check_digits", ("expiry", "composite"))),
        (TD3[:-1] + "1", BadMrz("check_digits", ("composite",))),
        (
            TD3.replace("ZE184226B<<<<<1", "ZE184226B<<<<<2"),
            BadMrz("check_digits", ("composite", "optional")),
        ),
        (TD1.replace("D23145890", "D23145891"), BadMrz("check_digits", ("number", "composite"))),
        (TD2.replace("7408122F", "7408222F"), BadMrz("check_digits", ("birth", "composite"))),
        (LONG.replace("7349", "7359"), BadMrz("check_digits", ("number", "composite"))),
        (TD3[:-2], BadMrz("length")),
        ("", BadMrz("length")),
        (TD3.replace("<", "-"), BadMrz("characters")),
        (TD3.replace("ANNA", "ÄNNA"), BadMrz("characters")),
        ("V" + TD3[1:], BadMrz("visa")),
    ],
)
def test_what_does_not_fit_is_named(zone: str, found: BadMrz) -> None:
    assert parse_mrz(zone) == found


def td3(birth: str, *, sex: str = "F", name: str = "ERIKSSON<<ANNA") -> str:
    """A passport with right check digits."""
    number, expiry, optional = "L898902C3", "350415", "<" * 14
    middle = f"{number}{check_digit(number)}UTO{birth}{check_digit(birth)}{sex}"
    middle += f"{expiry}{check_digit(expiry)}{optional}<"
    covered = middle[:10] + middle[13:20] + middle[21:43]
    return f"P<UTO{name.ljust(39, '<')}{middle}{check_digit(covered)}"


@pytest.mark.parametrize(
    ("birth", "on", "day"),
    [
        ("740812", date(2026, 11, 23), "19740812"),
        ("261123", date(2026, 11, 23), "20261123"),
        ("261124", date(2026, 11, 23), "19261124"),
        ("960229", date(2026, 11, 23), "19960229"),
        ("74<<<<", date(2026, 11, 23), "19740000"),
        ("7408<<", date(2026, 11, 23), "19740800"),
        ("<<<<<<", date(2026, 11, 23), "00000000"),
    ],
)
def test_the_century_and_unknown_parts_of_a_birth_date(birth: str, on: date, day: str) -> None:
    assert parsed(td3(birth)).birth_date(on) == day


@pytest.mark.parametrize("birth", ["741312", "740230", "970229", "74<<12", "7A0812", "740<<<"])
def test_a_day_that_does_not_exist_is_refused_although_its_check_digit_fits(birth: str) -> None:
    assert parse_mrz(td3(birth)) == BadMrz("no_such_date", ("birth",))


def test_names_without_a_second_part_and_names_that_may_be_cut() -> None:
    assert (
        parsed(td3("740812", name="ARKFREITH")).surname,
        parsed(td3("740812", name="ARKFREITH")).given,
    ) == (
        "ARKFREITH",
        "",
    )
    assert parsed(td3("740812", name="A" * 30 + "<<" + "B" * 7)).name_cut
    assert parse_mrz(td3("740812", sex="Q")) == BadMrz("characters")
    assert parsed(td3("740812", sex="<")).sex == "<"


def test_nothing_personal_is_in_the_repr() -> None:
    shown = repr(parsed(TD3))
    for personal in ("ERIKSSON", "ANNA", "L898902C3", "740812", "120415", "ZE184226B"):
        assert personal not in shown


@given(st.text(max_size=120))
def test_anything_that_is_typed_ends_in_a_value(text: str) -> None:
    assert isinstance(parse_mrz(text), Mrz | BadMrz)


@given(st.lists(st.sampled_from("ABCXYZ0123456789<"), min_size=88, max_size=88).map("".join))
def test_anything_of_the_right_length_ends_in_a_value(text: str) -> None:
    found = parse_mrz(text)
    assert isinstance(found, Mrz | BadMrz)
    if isinstance(found, Mrz):
        assert len(found.birth_date(date(2026, 11, 23))) == 8


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("AB12345678CD", "AB12345678CD"),
        (" ab 1234-5678 cd\r\n", "AB12345678CD"),
        ("ＡＢ１２３４５６７８ＣＤ", "AB12345678CD"),
        ("A12345678CD", None),
        ("AB123456789D", None),
        ("", None),
    ],
)
def test_the_number_of_a_residence_card(typed: str, number: str | None) -> None:
    assert residence_card_number(typed) == number
