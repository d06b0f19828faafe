"""The station's own page, `/station/`: what stands in the way here and what to do, server or not."""

from html import escape

from starlette.responses import HTMLResponse

from station.answers import OWN_HEADERS
from station.board import StationState
from station.notices import notices
from station.words import Words, notice

RELOAD_AFTER_S = 3

# No script and no style sheet: the page must stand when everything else does not.
_PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta http-equiv="refresh" content="{seconds}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title></head>
<body><main><h1>{name}</h1>
<ul>{lines}</ul>
<p><a href="/">{to_start.ja}</a> <span lang="en">{to_start.en}</span></p>
</main></body></html>
"""
_LINE = '<li><p><strong>{ja}</strong></p><p lang="en">{en}</p></li>\n'


def screen(name: str, state: StationState) -> HTMLResponse:
    """The page for the station `name`; asks anew by itself every few seconds."""
    found: list[Words] = [words for _, words in notices(state)] or [notice("none")]
    lines = "".join(_LINE.format(ja=escape(words.ja), en=escape(words.en)) for words in found)
    page = _PAGE.format(seconds=RELOAD_AFTER_S, name=escape(name), lines=lines, to_start=notice("to_start"))
    policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    return HTMLResponse(page, headers={**OWN_HEADERS, "content-security-policy": policy})
