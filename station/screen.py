"""The station's own page, `/station/`: what stands in the way here and what to do, server or not."""

from functools import cache
from html import escape
from importlib.resources import files

from starlette.responses import HTMLResponse, Response

from station.answers import OWN_HEADERS
from station.board import StationState
from station.look import STYLE, STYLE_SOURCE
from station.notices import notices
from station.words import Words, notice

# Nothing of the server's: the page must stand when everything else does not.
_PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title>
<style>{style}</style>
<script src="/station/screen.js" defer></script></head>
<body><main><h1>{name}</h1>
<ul aria-live="polite" data-ja="{well.ja}" data-en="{well.en}">
{lines}</ul>
<p><a href="/">{to_start.ja} <span lang="en">{to_start.en}</span></a></p>
</main></body></html>
"""
_LINE = '<li><p><strong>{ja}</strong></p><p lang="en">{en}</p></li>\n'
_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src {STYLE_SOURCE}; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def screen(name: str, state: StationState) -> HTMLResponse:
    """The page for the station `name`; its script shows each change."""
    well = notice("none")
    found: list[Words] = [words for _, words in notices(state)] or [well]
    lines = "".join(_LINE.format(ja=escape(words.ja), en=escape(words.en)) for words in found)
    page = _PAGE.format(style=STYLE, name=escape(name), lines=lines, well=well, to_start=notice("to_start"))
    return HTMLResponse(page, headers={**OWN_HEADERS, "content-security-policy": _POLICY})


def screen_script() -> Response:
    """The page's script."""
    return Response(_script(), media_type="text/javascript", headers=OWN_HEADERS)


@cache
def _script() -> bytes:
    return files("station").joinpath("screen.js").read_bytes()
