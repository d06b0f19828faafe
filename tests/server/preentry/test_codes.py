"""The sealed code: what goes in comes out, and nothing else opens."""

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from PIL import Image

from server.preentry import qr
from server.preentry.codes import Opened, Refusal, key_id, open_code, seal

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(days=14)
KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {key_id(KEY.public_key()): KEY}
PLAIN = b'{"v":1,"e":["MOVE"],"p":["you"],"a":[["dog",true]]}'
CODE = seal(PLAIN, KEY.public_key(), "992011", UNTIL)


def raw(code: str) -> bytearray:
    return bytearray(base64.b32decode(code + "=" * (-len(code) % 8)))


def spelt(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def test_a_code_opens_with_its_key() -> None:
    opened = open_code(CODE, KEYS, "992011", NOW)
    assert isinstance(opened, Opened)
    assert opened.plain == PLAIN
    assert opened.expires_at == UNTIL


def test_nothing_of_the_answers_can_be_read_in_it() -> None:
    assert b"MOVE" not in bytes(raw(CODE))
    assert seal(PLAIN, KEY.public_key(), "992011", UNTIL) != CODE, "each code has a key of its own"


@pytest.mark.parametrize(
    "typed",
    [
        CODE.lower(),
        f"  {CODE}\r\n",
        " ".join(CODE[at : at + 4] for at in range(0, len(CODE), 4)),
        "".join(chr(ord(char) + 0xFEE0) for char in CODE),
    ],
    ids=["Caps Lock", "with the scanner's Enter", "in groups", "full width"],
)
def test_a_scanner_may_type_it_in_its_own_way(typed: str) -> None:
    opened = open_code(typed, KEYS, "992011", NOW)
    assert isinstance(opened, Opened)
    first = open_code(CODE, KEYS, "992011", NOW)
    assert isinstance(first, Opened)
    assert opened.digest == first.digest, "it is known again however it was typed"


def test_a_change_of_any_byte_is_refused() -> None:
    whole = raw(CODE)
    for place in range(len(whole)):
        for bit in (0x01, 0x80):
            altered = bytearray(whole)
            altered[place] ^= bit
            refused = open_code(spelt(bytes(altered)), KEYS, "992011", NOW)
            assert isinstance(refused, Refusal), f"byte {place}"


def test_a_part_of_a_code_is_refused() -> None:
    for length in range(2, len(CODE)):
        assert open_code(CODE[:length], KEYS, "992011", NOW) is Refusal.DAMAGED
    assert open_code(CODE[1:], KEYS, "992011", NOW) is Refusal.NOT_A_CODE


def test_its_time_is_over_at_the_instant_named() -> None:
    assert isinstance(open_code(CODE, KEYS, "992011", UNTIL - timedelta(seconds=1)), Opened)
    assert open_code(CODE, KEYS, "992011", UNTIL) is Refusal.EXPIRED


def test_a_longer_life_cannot_be_written_into_it() -> None:
    longer = raw(CODE)
    longer[9:13] = int((UNTIL + timedelta(days=365)).timestamp()).to_bytes(4, "big")
    assert open_code(spelt(bytes(longer)), KEYS, "992011", NOW) is Refusal.DAMAGED


def test_each_wrong_code_has_its_own_reason() -> None:
    newer = raw(CODE)
    newer[1] = 2
    other = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    same_name = {key_id(KEY.public_key()): other}
    assert open_code(spelt(bytes(newer)), KEYS, "992011", NOW) is Refusal.OTHER_VERSION
    assert open_code(CODE, KEYS, "992020", NOW) is Refusal.OTHER_MUNICIPALITY
    assert open_code(CODE, {}, "992011", NOW) is Refusal.UNKNOWN_KEY
    assert open_code(CODE, same_name, "992011", NOW) is Refusal.DAMAGED


@pytest.mark.parametrize(
    "text",
    ["", "B012", "https://example.lg.jp/t/AAAA", "あいう", "0189", "A" * 5000, "=", "\x00", "J", "JM0-1"],
)
def test_what_is_no_code_is_said_to_be_none(text: str) -> None:
    assert open_code(text, KEYS, "992011", NOW) is Refusal.NOT_A_CODE


def test_the_qr_code_says_the_code() -> None:
    """As the picture is drawn: each module of the SVG's path is a square of 1 mm at a multiple of 1 mm."""
    svg = qr.picture(CODE).decode()
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]
    picture = Image.new("L", (size, size), 255)
    for x, y in re.findall(r"M([\d.]+),([\d.]+)H", svg):
        picture.putpixel((int(float(x)), int(float(y))), 0)
    (found,) = zxingcpp.read_barcodes(picture.resize((size * 4, size * 4), Image.Resampling.NEAREST))
    assert found.text == CODE


def test_what_no_phone_could_show_gets_no_qr_code() -> None:
    assert qr.version_of("A" * 1400) == qr.LARGEST
    assert qr.version_of("A" * 1500) is None
    assert qr.version_of("A" * 9000) is None
    with pytest.raises(ValueError, match="too long"):
        qr.picture("A" * 1500)
