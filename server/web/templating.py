"""Jinja2 with escaping forced on, the words of the reader's language, nothing for a template to decide."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context as Reader

from server.kit import wareki
from server.kit.clock import jst
from server.kit.ids import new_id
from server.web.services import services
from server.web.sse import SEEN
from server.web.words import DEFAULT

LANGUAGE_COOKIE = "kakanai_lang"
# Where the reader is the same person tomorrow. A kiosk forgets its visitor's language with the visitor.
STAFF_ROOMS = ("/counter", "/backoffice", "/admin")
LABELS = {"ja": "日本語", "en": "English"}
STATIC = Path(__file__).parent / "static"


@cache
def environment() -> Environment:
    """One environment for all screens; templates are addressed by room: kiosk/…, counter/…."""
    env = Environment(
        loader=ChoiceLoader(
            [PackageLoader(package) for package in ("server.web", "kiosk", "counter", "server.devdock")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["wareki"] = _long_date
    env.filters["partial"] = _partial
    env.filters["clock"] = _clock
    env.filters["lead"] = _lead
    env.filters["together"] = _together
    env.globals["static_version"] = static_version()
    env.globals["new_key"] = new_id
    return env


@cache
def static_version() -> str:
    """Changes when any static file does, so that browsers keep the others."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def language(request: Request) -> str:
    """The reader's language: chosen on this page, else the one chosen before, else Japanese."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or DEFAULT
    return asked if asked in services(request).words.languages else DEFAULT


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    lang: str | None = None,
    seen: str = "",
    **context: Any,
) -> HTMLResponse:
    """Render `template` for the reader of `request`; staff who choose a language keep it.

    `seen`: the hub's instant before the context was read, for pages that renew themselves.
    """
    text = render(request, template, lang=lang, seen=seen, **context)
    answer = HTMLResponse(text, status_code=status, headers={SEEN: seen} if seen else None)
    if "lang" in request.query_params and request.url.path.startswith(STAFF_ROOMS):
        chosen, secure = language(request), services(request).settings.secure_cookies
        for room in STAFF_ROOMS:
            answer.set_cookie(
                LANGUAGE_COOKIE, chosen, path=room, httponly=True, secure=secure, samesite="lax"
            )
    return answer


def render(request: Request, template: str, *, lang: str | None = None, **context: Any) -> str:
    """`template` as text; `_` says a key in the reader's language."""
    words = services(request).words
    chosen = lang or language(request)

    def say(key: str, **params: Any) -> str:
        return words.say(chosen, key, **params)

    def tell(other: str, key: str, **params: Any) -> str:
        return words.say(other, key, **params)

    staff = getattr(request.state, "staff", None)
    return (
        environment()
        .get_template(template)
        .render(
            _=say,
            tr=tell,
            lang=chosen,
            languages=[
                {"code": code, "label": LABELS.get(code, code), "url": _here(request, code)}
                for code in words.languages
            ],
            csrf_token=getattr(staff, "csrf", "") or "",
            staff=staff,
            env_name=services(request).settings.env,
            municipality=services(request).municipality(chosen),
            **context,
        )
    )


def _here(request: Request, lang: str) -> str:
    """This page in another language, without naming a host: the same page is served through each gateway."""
    url = request.url.include_query_params(lang=lang)
    return f"{url.path}?{url.query}"


def _clock(value: datetime | str) -> str:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{jst(instant):%-H:%M}"


@pass_context
def _long_date(reader: Reader, value: date | datetime | str) -> str:
    """A day as the page's reader writes it: 令和8年11月23日（月）, 23 November 2026 (Mon)."""
    day = _day(value)
    return wareki.long_date_in_english(day) if reader["lang"] == "en" else wareki.long_date(day)


@pass_context
def _partial(reader: Reader, value: str | None, western: bool = False) -> str:
    """A date of which perhaps a part is known, as the page's reader writes it."""
    return wareki.partial_in_english(value) if reader["lang"] == "en" else wareki.partial(value, western)


def _lead(text: str) -> str:
    """A word that may stand within a sentence, at the head of one."""
    return text[:1].upper() + text[1:]


def _together(rows: Iterable[Any], attribute: str) -> list[tuple[Any, list[Any]]]:
    """Rows by a value of theirs (`a.b` goes into it), in the order in which each value first comes."""
    found: dict[Any, list[Any]] = {}
    value = make_attrgetter(environment(), attribute)
    for row in rows:
        found.setdefault(value(row), []).append(row)
    return list(found.items())


def _day(value: date | datetime | str) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return jst(value).date() if isinstance(value, datetime) else value
