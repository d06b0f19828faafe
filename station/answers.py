"""The gateway's own answers when it refuses or cannot go on.

One plain page for people; for scripts problem+json of the server's shape (code, title and action in two
languages).
"""

from dataclasses import dataclass
from html import escape

from starlette.responses import HTMLResponse, JSONResponse, Response

from station.look import STYLE, STYLE_SOURCE
from station.words import Refusal, notice, refusal

# No script, nothing to fetch: the page must stand when the server is away.
_PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}<title>{words.title.ja}</title>
<style>{style}</style></head>
<body><main>
<p><strong>{words.title.ja}</strong></p>
<p class="next">{words.next.ja}</p>
{easy}<p lang="en">{words.title.en} {words.next.en}</p>
{ways}</main></body></html>
"""
_REFRESH = '<meta http-equiv="refresh" content="{when}">'
_LINK = '<p><a href="{to}">{said.ja} <span lang="en">{said.en}</span></a></p>\n'
_FORM = """<form method="post" action="{to}">
{fields}<button autofocus>{said.ja} <span lang="en">{said.en}</span></button>
</form>
"""
_FIELD = '<input type="hidden" name="{name}" value="{value}">\n'
_POLICY = (
    f"default-src 'none'; style-src {STYLE_SOURCE}; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

# For every answer of the station itself: kept by nobody, and never taken for something else than it says.
OWN_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WayOn:
    """Where a page leads: by a link with the words `said` (a notice of words.yaml) to the path `to` ("": the
    same once more), and by itself after `after_s` seconds if that is given. With `fields` a button sends them
    to `send_to` again."""

    to: str
    said: str
    after_s: int | None = None
    send_to: str = ""
    fields: Fields | None = None


def answer(status: int, code: str, accept: str = "", way_on: WayOn | None = None) -> Response:
    """The answer for `code` of words.yaml; a page when `accept` names text/html, else problem+json."""
    words = refusal(code)
    headers = dict(OWN_HEADERS)
    if "text/html" in accept:
        headers["content-security-policy"] = _POLICY
        return HTMLResponse(_page(words, way_on), status, headers)
    problem = {
        "type": f"about:kakanai/{code}",
        "status": status,
        "code": code,
        "title": words.title.model_dump(),
        "action": words.next.model_dump(),
    }
    return JSONResponse(problem, status, headers, media_type="application/problem+json")


def _page(words: Refusal, way: WayOn | None) -> str:
    refresh = ways = ""
    if way is not None:
        if way.after_s is not None:
            when = f"{way.after_s}; url={way.to}" if way.to else str(way.after_s)
            refresh = _REFRESH.format(when=escape(when))
        if way.fields is not None:
            pairs = [(escape(name), escape(value)) for name, value in way.fields]
            fields = "".join(_FIELD.format(name=name, value=value) for name, value in pairs)
            ways = _FORM.format(to=escape(way.send_to), fields=fields, said=notice("send_again"))
        ways += _LINK.format(to=escape(way.to), said=notice(way.said))
    easy = f"<p>{escape(words.easy)}</p>\n" if words.easy else ""
    return _PAGE.format(style=STYLE, refresh=refresh, words=words, easy=easy, ways=ways)
