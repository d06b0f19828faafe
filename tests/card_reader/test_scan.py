"""One field for everything that is scanned: each thing is told, and the Individual Number is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_reader.b_number import BadB, BNumber
from card_reader.mrz import BadMrz, Mrz
from card_reader.scan import NotScannable, ResidenceCardNumber, holder_of, read_scan
from tests.card_reader.test_mrz import TD1, TD2, TD3


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("55021720352285\r", BNumber),
        ("５５０２１７２０３５２２８５", BNumber),
        ("550217-2035-2285", BNumber),
        ("55131720352285", BadB),
        (TD1, Mrz),
        (TD2.replace("\n", ""), Mrz),
        (TD3 + "\r\n", Mrz),
        (TD3.replace("7408122F", "7408123F"), BadMrz),
        (TD3[:60], BadMrz),
        ("AB12345678CD\t", ResidenceCardNumber),
    ],
)
def test_each_thing_is_told(text: str, kind: type) -> None:
    assert isinstance(read_scan(text), kind)


@pytest.mark.parametrize(
    "text",
    [
        "000000000000",
        "0000 0000 0000\r\n",
        "0000-0000-0000",
        "００００００００００００",
        "\x02000000000000\x03",
    ],
)
def test_twelve_digits_are_refused_and_not_kept(text: str) -> None:
    found = read_scan(text)
    assert found == NotScannable("individual_number")
    assert "0000" not in repr(found)


@pytest.mark.parametrize(
    ("text", "reason"), [("", "empty"), (" \r\n", "empty"), ("1234", "unknown"), ("見本　太郎", "unknown")]
)
def test_anything_else_is_told_too(text: str, reason: str) -> None:
    assert read_scan(text) == NotScannable(reason)  # type: ignore[arg-type]


def test_a_zone_fills_a_form() -> None:
    zone = read_scan(TD3)
    assert isinstance(zone, Mrz)
    assert holder_of(zone, date(2026, 11, 23)) == {
        "name": "ERIKSSON ANNA MARIA",
        "birth": "19740812",
        "sex": "2",
        "nationality": "UTO",
        "number": "L898902C3",
    }


@given(st.text(max_size=100))
def test_whatever_is_scanned_ends_in_a_value(text: str) -> None:
    assert isinstance(read_scan(text), BNumber | BadB | Mrz | BadMrz | ResidenceCardNumber | NotScannable)
