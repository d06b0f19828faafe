"""The gateway's own answers when it refuses or cannot go on.

One plain page for people; for scripts problem+json of the server's shape (code, title and action in two
languages).
"""

from html import escape

from starlette.responses import HTMLResponse, JSONResponse, Response

from station.look import STYLE, STYLE_SOURCE
from station.words import refusal

# No script, nothing to fetch: the page must stand when the server is away.
_PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">{reload}<title>{ja_title}</title>
<style>{style}</style></head>
<body><main>
<p><strong>{ja_title}{ja_next}</strong></p>
<p lang="en">{en_title} {en_next}</p>
</main></body></html>
"""
RELOAD_AFTER_S = 5
_REFRESH = '<meta http-equiv="refresh" content="{seconds}{where}">'

# For every answer of the station itself: kept by nobody, and never taken for something else than it says.
OWN_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def answer(
    status: int, code: str, accept: str = "", reload: bool = False, back: str | None = None
) -> Response:
    """The answer for `code` of words.yaml; a page when `accept` names text/html, else problem+json.

    `reload` makes the page ask again by itself after RELOAD_AFTER_S seconds, for `back` (a path) if given.
    """
    title, what_next = refusal(code)
    headers = dict(OWN_HEADERS)
    if "text/html" in accept:
        page = _PAGE.format(
            style=STYLE,
            reload=_REFRESH.format(seconds=RELOAD_AFTER_S, where=f"; url={escape(back)}" if back else "")
            if reload
            else "",
            ja_title=escape(title.ja),
            ja_next=escape(what_next.ja),
            en_title=escape(title.en),
            en_next=escape(what_next.en),
        )
        headers["content-security-policy"] = (
            f"default-src 'none'; style-src {STYLE_SOURCE}; base-uri 'none'; frame-ancestors 'none'"
        )
        return HTMLResponse(page, status, headers)
    problem = {
        "type": f"about:kakanai/{code}",
        "status": status,
        "code": code,
        "title": title.model_dump(),
        "action": what_next.model_dump(),
    }
    return JSONResponse(problem, status, headers, media_type="application/problem+json")
