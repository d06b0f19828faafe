"""How long an answer may take to begin, and the way on from a page that had to be answered without one.

People get a sentence after ten seconds. A server that is slow and honest is not cut off by that: whoever asks
for the same again is waited for as long as any answer may take, with the sentence still before their eyes
(a browser leaves the old page standing until the new one begins). The page asks again by itself, or with a
button where something was sent: the button sends the same once more, key included.
"""

import re
import time
from collections import OrderedDict
from urllib.parse import parse_qsl

from station.answers import Fields, WayOn
from station.signing import Headers
from station.upstream import SILENCE_S, Body

SOON_S = 10.0
# What is larger may be longer on its way than a person waits for a page.
_SMALL = 65_536
_REMEMBERED_S = 120.0
_MOST_REMEMBERED = 64
# A kiosk that was left standing shows nobody what another one entered.
_KIOSK = b"/kiosk"
_KIOSK_LEFT_S = 60
_RELOAD_S = 5

_KEY_IN_FORM = re.compile(rb"(?:^|&)idempotency_key=[^&]")


class Patience:
    """What was asked for in vain of late, so that it is waited for longer when it is asked for again."""

    def __init__(self) -> None:
        self._late: OrderedDict[tuple[str, bytes], float] = OrderedDict()

    def limit_s(self, method: str, target: bytes, size: int) -> float:
        """How long the server may take to begin its answer to this."""
        late = self._late.get((method, target), -_REMEMBERED_S)
        again = time.monotonic() - late < _REMEMBERED_S
        return SILENCE_S if again or size > _SMALL else SOON_S

    def was_late(self, method: str, target: bytes) -> None:
        """It took longer."""
        self._late[method, target] = time.monotonic()
        self._late.move_to_end((method, target))
        if len(self._late) > _MOST_REMEMBERED:
            self._late.popitem(last=False)

    def was_answered(self, method: str, target: bytes) -> None:
        """It was answered in time."""
        self._late.pop((method, target), None)


def is_keyed(headers: Headers, body: Body) -> bool:
    """Whether the server will do this once, however often it is asked."""
    return any(name.lower() == b"idempotency-key" for name, _ in headers) or (
        _is_form(headers) and _KEY_IN_FORM.search(b"".join(body.parts)) is not None
    )


def way_on(method: str, target: bytes, headers: Headers, body: Body, own_origin: bytes, late: bool) -> WayOn:
    """How a person goes on from a page that stands where the answer to this would have stood; `late`: the
    server may have done it."""
    to = target.decode("latin-1")
    if method in ("GET", "HEAD"):
        return WayOn("", "try_again", _RELOAD_S)
    back = page_before(headers, own_origin)
    fields = _fields(headers, body) if is_keyed(headers, body) else None
    if fields is None and not late:
        return WayOn(back, "page_before", _RELOAD_S)
    if target.startswith(_KIOSK):
        return WayOn("/kiosk/", "to_start", _KIOSK_LEFT_S, to, fields)
    return WayOn(back, "page_before", None, to, fields)


def page_before(headers: Headers, own_origin: bytes) -> str:
    """The page on which a button was pressed; asking for where it led would press it anew."""
    referer = next((value for name, value in headers if name.lower() == b"referer"), b"")
    if not referer.startswith(own_origin + b"/"):
        return "/"
    return "/" + referer.removeprefix(own_origin).decode("latin-1").lstrip("/")


def _is_form(headers: Headers) -> bool:
    kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
    return kind.startswith(b"application/x-www-form-urlencoded")


def _fields(headers: Headers, body: Body) -> Fields | None:
    """What was entered, to be sent once more; None for what no form can send."""
    if not _is_form(headers) or body.size > _SMALL:
        return None
    try:
        text = b"".join(body.parts).decode("ascii")
        return tuple(parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict"))
    except ValueError:
        return None
