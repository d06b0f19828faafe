"""Looking for addresses where none may be: however a string is written, in every byte that came out."""

import base64
import itertools
import json
import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

import httpx
from pypdf import PdfReader

import server.app  # noqa: F401 - fills the register of routes
from core_adapter.models import Address
from server.web.guards import REGISTER
from tests.stories.demo import NO_TLS, Demo

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def needles(address: Address) -> set[bytes]:
    """The telling parts of an address (not its town alone) in every writing."""
    place = f"{address.town}{address.number}"
    parts = {place, *([address.building, f"{place}{address.building}"] if address.building else [])}
    return {written for part in parts for written in writings(part)}


def writings(text: str) -> set[bytes]:
    """`text` as it may lie in a page, a log, a database or a message."""
    plain = {text, text.translate(_WIDE), text.replace("　", "").replace(" ", "")}
    plain |= {one.replace("　", "").replace(" ", "") for one in set(plain)}
    found: set[bytes] = set()
    for one in plain:
        escaped = json.dumps(one)[1:-1]
        quoted = urllib.parse.quote(one)
        found |= {one.encode(), one.encode("utf-16-le"), one.encode("utf-16-be"), one.encode("cp932")}
        found |= {escaped.encode(), escaped.upper().replace("\\U", "\\u").encode()}
        found |= {quoted.encode(), quoted.lower().encode()}
        found |= {"".join(f"&#{ord(sign)};" for sign in one).encode()}
        found |= set(_base64(one.encode()))
    return found


def _base64(plain: bytes) -> Iterable[bytes]:
    """The part of base64 that is the same whatever stands before and behind, for each of the three places."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + plain + b"\0" * 3)
        kept = whole[-(-before * 4 // 3) : (before + len(plain)) * 4 // 3]
        yield kept
        yield kept.replace(b"+", b"-").replace(b"/", b"_")


@dataclass(frozen=True)
class Found:
    """Where one of the strings was."""

    where: str
    what: str


def search(places: Iterable[tuple[str, bytes]], wanted: set[bytes]) -> list[Found]:
    """Every place that holds one of `wanted`; what a PDF says is read out of it first."""
    return [
        Found(where, repr(one))
        for where, data in places
        for text in (data, _said_by_pdf(data))
        for one in wanted
        if one in text
    ]


def _said_by_pdf(data: bytes) -> bytes:
    start = data.find(b"%PDF-")
    return b"" if start < 0 else _text_of_pdf(data[start:])


@lru_cache
def _text_of_pdf(data: bytes) -> bytes:
    pages = PdfReader(BytesIO(data)).pages
    return "".join("".join(page.extract_text() for page in pages).split()).encode()


def files_of(demo: Demo) -> list[tuple[str, bytes]]:
    """Everything that the demo keeps on disk, apart from the core's own: database, logs, papers."""
    core = demo.folder / "core"
    inside = [path for path in demo.folder.rglob("*") if core not in path.parents]
    beside = [path for path in demo.folder.parent.glob(f"{demo.folder.name}*") if path.is_file()]
    return [
        (f"file {path.relative_to(demo.folder.parent)}", path.read_bytes())
        for path in [*inside, *beside]
        if path.is_file()
    ]


def rows_of(demo: Demo, tables: Iterable[str]) -> list[tuple[str, bytes]]:
    """Every row as text, whatever the database file does to it."""

    def plain(value: Any) -> str:
        return value.decode("latin-1") if isinstance(value, bytes) else str(value)

    return [
        (f"table {table}", json.dumps({k: plain(v) for k, v in row.items()}, ensure_ascii=False).encode())
        for table in tables
        for row in demo.rows(f"SELECT * FROM {table}")
    ]


@dataclass
class Visited:
    """What a path's places are filled with; a path with a place that is not here fails the story."""

    reception_id: list[str]
    ticket_id: list[str]
    token: list[str]
    item_id: list[str]
    print_id: list[str]
    read_id: list[str]
    procedure_id: tuple[str, ...] = ("R007", "R010", "R019")
    hall: tuple[str, ...] = ("main",)
    fact: tuple[str, ...] = ("dog", "dis_cert")
    # Of stations, and of the pictures of a card's face.
    name: tuple[str, ...] = ("kiosk-1", "counter-1", "counter-2", "photo", "address")
    # A slip of the navigator names nobody, and the kiosk that printed it asks for it within seconds.
    slip_id: tuple[str, ...] = ()
    # The municipality's rules are about nobody.
    version_id: tuple[str, ...] = ()
    form: tuple[str, ...] = ("png", "bin")

    def paths(self) -> list[str]:
        """Every path of the server that can be read, as its own register of routes has them.

        Event streams are left to the pages that listen to them.
        """
        found = []
        for route in REGISTER:
            if route.method != "GET" or route.path.endswith("/events"):
                continue
            places = re.findall(r"{(\w+)}", route.path)
            for values in itertools.product(*(getattr(self, place) for place in places)):
                found.append(route.path.format(**dict(zip(places, values, strict=True))))
        return found


def crawl(who: str, base: str, cookies: dict[str, str], paths: list[str]) -> list[tuple[str, bytes]]:
    """What this person gets at each of these paths."""
    with httpx.Client(base_url=base, cookies=cookies, trust_env=False, timeout=60, verify=NO_TLS) as client:
        return [(f"{who} GET {path}", _got(client.get(path))) for path in paths]


def _got(answer: httpx.Response) -> bytes:
    return f"{answer.status_code} {answer.headers}".encode() + answer.content
