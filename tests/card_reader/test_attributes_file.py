"""The attributes file: a public test card's bytes, the forms that real cards vary in, and garbage."""

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from card_reader.attributes_file import decode
from card_reader.cards import card_facts
from card_reader.objectfile import BadObjectFile
from card_reader.outcomes import CardAttributes
from card_reader.tlv import encode
from tests.card_reader.support import encode_attributes

FACTS = card_facts().attributes_file
VECTOR = yaml.safe_load(
    (Path(__file__).parent / "vectors" / "attributes_test_card.yaml").read_text(encoding="utf-8")
)
PUBLIC_FILE = bytes.fromhex(VECTOR["file"])
PUBLIC = CardAttributes(VECTOR["name"], VECTOR["address"], VECTOR["birth"], VECTOR["sex"])


def file_of(*fields: tuple[int, bytes]) -> bytes:
    return encode(0xFF20, b"".join(encode(tag, value) for tag, value in fields))


def good(**changed: bytes) -> list[tuple[int, bytes]]:
    fields = {
        "name": "見本　花子".encode(),
        "address": "見本市".encode(),
        "birth": b"19750605",
        "sex": b"2",
    } | changed
    return [(0xDF22 + index, value) for index, value in enumerate(fields.values())]


def test_the_public_test_card_is_read() -> None:
    assert decode(PUBLIC_FILE, FACTS) == PUBLIC


def test_our_encoder_writes_the_bytes_of_the_public_test_card() -> None:
    assert encode_attributes(PUBLIC, FACTS) == PUBLIC_FILE


@pytest.mark.parametrize("lead_in", [b"\x00\x65", b"\xff\xff", b"\x00\x00", b"\x12\xff", bytes(8)])
def test_bytes_in_front_of_the_outer_tag_are_passed_over(lead_in: bytes) -> None:
    assert decode(lead_in + PUBLIC_FILE, FACTS) == PUBLIC


@pytest.mark.parametrize("filler", [b"\xff\xff", bytes(20)])
def test_filler_behind_is_passed_over(filler: bytes) -> None:
    assert decode(PUBLIC_FILE + filler, FACTS) == PUBLIC


@pytest.mark.parametrize("form", ["8165", "820065"])
def test_long_form_lengths_are_read(form: str) -> None:
    assert decode(b"\xff\x20" + bytes.fromhex(form) + PUBLIC_FILE[3:], FACTS) == PUBLIC


def test_fields_are_found_by_tag_in_any_order_and_without_offsets() -> None:
    found = decode(file_of(*reversed(good())), FACTS)
    assert (found.name, found.birth, found.sex) == ("見本　花子", "19750605", "2")


@pytest.mark.parametrize(
    "name", ["𠮷野　太郎", "葛\U000e0100城　花子", "髙橋　一", "ＪＯＨＮ　ＳＭＩＴＨ", "か\u3099", "\uf8f0野"]
)
def test_names_come_out_as_they_are(name: str) -> None:
    assert decode(file_of(*good(name=name.encode())), FACTS).name == name


@pytest.mark.parametrize(
    ("byte", "sex"), [(b"1", "1"), (b"2", "2"), (b"9", "9"), (b"0", "0"), (b"3", "0"), (b"", "0")]
)
def test_sex_codes_that_no_source_explains_are_unknown(byte: bytes, sex: str) -> None:
    assert decode(file_of(*good(sex=byte)), FACTS).sex == sex


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no_object"),
        (b"\x30\x82\x01\x02" + bytes(40), "no_object"),
        (bytes(9) + PUBLIC_FILE, "no_object"),
        (b"\xff\x20", "bad_tlv"),
        (b"\xff\x20\x80" + bytes(40), "bad_tlv"),
        (b"\xff\x20\x83\x01\x00\x00", "too_long"),
        (PUBLIC_FILE[:-1], "cut_short"),
        (encode(0xFF20, b"\xdf\x22\x50short"), "bad_tlv"),
        (file_of(*good()[:3]), "missing_field"),
        (encode(0xFF20, b""), "missing_field"),
        (file_of(*good(name=b"\xe8\xa6")), "bad_text"),
        (file_of(*good(name=b"\xed\xa0\x80")), "bad_text"),
        (file_of(*good(address=b"")), "bad_text"),
        (file_of(*good(address=b"1-2\x1b@")), "bad_text"),
        (file_of(*good(birth=b"1975065")), "bad_birth"),
        (file_of(*good(birth=b"1975060\xb5")), "bad_birth"),
    ],
)
def test_garbage_is_named_and_never_quoted(data: bytes, reason: str) -> None:
    with pytest.raises(BadObjectFile) as caught:
        decode(data, FACTS)
    assert (str(caught.value), caught.value.reason) == (reason, reason)


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for candidate in (data, b"\xff\x20" + data):
        with suppress(BadObjectFile):
            assert decode(candidate, FACTS).birth.isdigit()
