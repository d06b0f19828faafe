"""What people type to open a card, drawn at random, and what of it must be found nowhere afterwards."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

# Those of the persona whose card is read.
RIGHT_PIN = b'{"purpose":"ticket","pin":"1234"}'
RIGHT_B = b'{"purpose":"ticket","mode":"b","scan":"48041220275678"}'

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class Typed:
    """One secret as it was typed.

    `body` is the page's request; `traces` are what does not stand in memory by chance; `digits` are what is
    looked for in files, and `short` the digits that may stand anywhere by chance: the PIN, or the birth date
    as it goes to the card (six digits, of which hardly any does).
    """

    mode: Literal["pin", "b"]
    body: bytes
    traces: tuple[bytes, ...]
    digits: tuple[str, ...]
    short: str


def drawn(chance: random.Random, many: int) -> list[Typed]:
    """So many secrets, PINs and 照合番号B by turns, in every form; none is a year, nor a PIN of a persona."""
    short = [f"{number}" for number in chance.sample(range(3000, 10_000), many)]
    return [_b(chance, code, at // 2) if at % 2 else _pin(code) for at, code in enumerate(short)]


def _pin(pin: str) -> Typed:
    command = bytes.fromhex("0020008004") + pin.encode()
    fields = {"pin": pin}
    return Typed("pin", _request("pin", fields), (*_in_json(fields), command), (pin,), pin)


def _b(chance: random.Random, code: str, form: int) -> Typed:
    # A holder of the Showa era whose card runs out in a year that no other digits here are.
    year, month, day = chance.randint(10, 63), chance.randint(1, 12), chance.randint(1, 28)
    birth, expiry = f"{year:02}{month:02}{day:02}", f"{chance.randint(2080, 2099)}"
    whole = birth + expiry + code
    fields = _FORMS[form % len(_FORMS)](birth, expiry, code)
    # What the parts become on their way, and what a person typed; Python keeps text that is not ASCII in two
    # bytes a character.
    longer = [whole, birth + expiry, expiry + code, *(one for one in fields.values() if len(one) > 6)]
    wide = (one.encode("utf-16-le") for one in fields.values() if not one.isascii())
    traces = {*(text.encode() for text in longer), *wide}
    digits = tuple(dict.fromkeys((whole, birth, code, *longer)))
    return Typed("b", _request("b", fields), (*_in_json(fields), *sorted(traces)), digits, birth)


_FORMS: tuple[Callable[[str, str, str], Mapping[str, str]], ...] = (
    lambda birth, expiry, code: {"birth": birth, "expiry": expiry, "code": code},
    lambda birth, expiry, code: {"scan": birth + expiry + code},
    lambda birth, expiry, code: {
        "birth": f"S{int(birth[:2])}.{int(birth[2:4])}.{int(birth[4:])}",
        "printed": "era", "expiry": f"{expiry}年", "code": code,
    },
    lambda birth, expiry, code: {
        "birth": f"{1925 + int(birth[:2])}-{birth[2:4]}-{birth[4:]}",
        "printed": "era", "expiry": f"{expiry}0412", "code": code,
    },
    lambda birth, expiry, code: {"scan": f"{birth}-{expiry}-{code}\r"},
    lambda birth, expiry, code: {
        "birth": f"昭和{int(birth[:2])}年{int(birth[2:4])}月{int(birth[4:])}日",
        "printed": "era", "expiry": expiry, "code": code,
    },
    lambda birth, expiry, code: {
        name: value.translate(_WIDE)
        for name, value in {"birth": birth, "expiry": expiry, "code": code}.items()
    },
)  # fmt: skip


def _request(mode: str, fields: Mapping[str, str]) -> bytes:
    """As a browser writes it, what was typed at the end."""
    body = {"purpose": "ticket", "mode": mode, **fields}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _in_json(fields: Mapping[str, str]) -> list[bytes]:
    return [
        f'"{name}":{json.dumps(value, ensure_ascii=False)}'.encode()
        for name, value in fields.items()
        if name not in ("printed", "expiry")
    ]
