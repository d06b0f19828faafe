"""BER-TLV against bytes written by others: a reader and a writer of one hand could share a mistake."""

from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from card_reader.tlv import BadTlv, Header, encode, encode_length, objects, read_header


@pytest.mark.parametrize(
    ("length", "field"),
    [
        (0, "00"),
        (127, "7F"),
        (128, "8180"),
        (255, "81FF"),
        (256, "820100"),
        (65535, "82FFFF"),
        (65536, "83010000"),
    ],
)
def test_lengths_as_in_x690(length: int, field: str) -> None:
    assert encode_length(length) == bytes.fromhex(field)
    assert read_header(bytes.fromhex("04" + field)) == Header(0x04, length, 1 + len(field) // 2)


@pytest.mark.parametrize(("field", "length"), [("8105", 5), ("820005", 5), ("83000005", 5)])
def test_long_forms_of_small_lengths_are_read(field: str, length: int) -> None:
    assert read_header(bytes.fromhex("DF22" + field)).length == length


@pytest.mark.parametrize(
    "data",
    ["", "FF", "FF20", "DF2181", "DF218201", "0480", "0484000000FF", "DF818181", "DF81818101", "DF81810100"],
)
def test_broken_headers_are_refused(data: str) -> None:
    with pytest.raises(BadTlv):
        read_header(bytes.fromhex(data))


def test_der_made_by_a_library_is_read_as_its_parts() -> None:
    der = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    ((tag, value),) = objects(der)
    assert tag == 0x30
    assert [inner for inner, _ in objects(value)] == [0x30, 0x03]


def test_filler_ends_the_objects() -> None:
    item = encode(0xDF22, b"x")
    for filler in (b"\xff\xff", b"\xff", b"\x00\x00", b""):
        assert list(objects(item + filler)) == [(0xDF22, b"x")]


def test_a_value_that_runs_over_the_end_is_refused() -> None:
    with pytest.raises(BadTlv):
        list(objects(bytes.fromhex("DF2205AA")))


@given(
    st.lists(
        st.tuples(st.sampled_from([0x04, 0xA1, 0xDF22, 0xFF20, 0x5F37]), st.binary(max_size=300)), max_size=5
    )
)
def test_what_is_written_is_read(items: list[tuple[int, bytes]]) -> None:
    assert list(objects(b"".join(encode(tag, value) for tag, value in items))) == items


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(BadTlv):
        assert sum(len(value) for _, value in objects(data)) <= len(data)
