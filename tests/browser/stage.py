"""A stage for one page: the real templates, styles and scripts; what is behind them is played by the test."""

import json
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, Request, Route

from server.web.middleware import POLICY
from server.web.templating import STATIC, environment
from server.web.words import Words

ORIGIN = "http://127.0.0.1:8101"
AXE = Path(__file__).parent / "vendor/axe-core/axe.min.js"
WORDS = Words()
EMPTY = {"reader": "empty", "ticket_printer": "ok", "page_printer": "none", "server": "up"}
NAMES = {"ja": ("見本市", "見本市役所"), "en": ("Mihon City", "Mihon City Hall")}


def render(template: str, lang: str, path: str = "/kiosk/", **context: Any) -> str:
    """`template` as the server renders it, in a language."""
    name, office = NAMES[lang]
    return (
        environment()
        .get_template(template)
        .render(
            _=lambda key, **params: WORDS.say(lang, key, **params),
            tr=WORDS.say,
            lang=lang,
            languages=[
                {"code": code, "label": label, "url": f"{path}?lang={code}"}
                for code, label in (("ja", "日本語"), ("en", "English"))
            ],
            csrf_token="",
            municipality=SimpleNamespace(name=name, office=office),
            **{"seen": "", **context},
        )
    )


@dataclass
class Sent:
    """One request that the page made, other than for styles and scripts."""

    method: str
    path: str
    fields: dict[str, list[str]]
    body: str = field(repr=False)


def _first_screen(sent: Sent) -> dict[str, Any]:
    """Where a wiped kiosk goes."""
    return {"status": 200, "content_type": "text/html", "body": "<title>start</title><main>start</main>"}


@dataclass
class Stage:
    """Pages of a browser whose every request is answered here."""

    browser: Browser
    station: dict[str, str] = field(default_factory=lambda: dict(EMPTY))
    events: dict[str, Callable[[], str]] = field(default_factory=dict)
    answers: dict[str, Callable[[Sent], dict[str, Any]]] = field(
        default_factory=lambda: {"/kiosk/": _first_screen}
    )
    silent: set[str] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(
        self,
        html: str,
        size: tuple[int, int],
        path: str = "/kiosk/",
        *,
        still: bool = True,
        clock: bool = False,
    ) -> Page:
        """Show `html` as the page at `path`; `clock` puts time into the test's hands."""
        motion: Literal["reduce", "no-preference"] = "reduce" if still else "no-preference"
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion=motion, locale="ja-JP"
        )
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._note(said.text))
        page.route("**/*", lambda route: self._answer(route, path, html))
        if clock:
            page.clock.install()
        page.goto(ORIGIN + path)
        return page

    def close(self, page: Page) -> None:
        """End a page; what it still asks for gets no answer."""
        page.unroute_all(behavior="ignoreErrors")
        page.context.close()

    def posts(self, path: str) -> list[Sent]:
        """What was posted to `path` so far."""
        return [sent for sent in self.sent if sent.method == "POST" and sent.path == path]

    def _note(self, text: str) -> None:
        # A refused inline script or style is the one thing that the console alone knows.
        if "Content Security Policy" in text:
            self.complaints.append(text)

    def _answer(self, route: Route, path: str, html: str) -> None:
        asked = urlsplit(route.request.url).path
        if asked == path and route.request.method == "GET":
            headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
            route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)
        elif asked.startswith("/static/"):
            file = STATIC / asked.removeprefix("/static/")
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        elif asked == "/station/events":
            self._stream(route, "state", json.dumps(self.station))
        elif asked in self.silent:
            return  # A connection that stands and has nothing to say.
        elif asked in self.events:
            self._stream(route, "board" if "display" in asked else "changed", self.events[asked]())
        else:
            sent = _sent(route.request)
            self.sent.append(sent)
            answer = self.answers.get(asked)
            route.fulfill(**(answer(sent) if answer else {"status": 404, "body": ""}))

    def _stream(self, route: Route, event: str, data: str) -> None:
        # Each connection says the present state and ends; the browser comes back for the next one.
        route.fulfill(
            body=f"retry: 200\n\nevent: {event}\ndata: {data}\n\n", content_type="text/event-stream"
        )


def _sent(request: Request) -> Sent:
    body = request.post_data or ""
    is_form = "form" in request.headers.get("content-type", "")
    fields = parse_qs(body, keep_blank_values=True) if is_form else {}
    return Sent(request.method, urlsplit(request.url).path, fields, body)


def axe(page: Page) -> list[str]:
    """What axe-core finds on the page, by rule and place."""
    session = page.context.new_cdp_session(page)
    # Through the debugger, because the page's own policy would refuse a script of the test's.
    session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


MEASURE = """(least) => {
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth || page.scrollHeight > innerHeight) {
    found.push(`scrolls: ${page.scrollWidth}x${page.scrollHeight}`);
  }
  const shown = (element) => element.checkVisibility() && !element.closest('.skip-link, .sr-only');
  for (const element of document.querySelectorAll('a[href], button, input:not([type=hidden]), select')) {
    const box = (element.closest('label') ?? element).getBoundingClientRect();
    if (shown(element) && (box.width < least - 0.5 || box.height < least - 0.5)) {
      found.push(`small: ${element.textContent.trim()} ${Math.round(box.width)}x${Math.round(box.height)}`);
    }
  }
  for (const element of document.querySelectorAll('.huge, .button, .notice, .slip, .kiosk-main, section')) {
    if (!shown(element)) continue;
    if (element.scrollHeight > element.clientHeight + 2 || element.scrollWidth > element.clientWidth + 2) {
      found.push(`runs over: ${element.className} ${element.textContent.trim().slice(0, 20)}`);
    }
  }
  return found;
}"""


def cramped(page: Page, target: int) -> list[str]:
    """What scrolls, is too small to touch (`target` in px) or runs over its box."""
    found: list[str] = page.evaluate(MEASURE, target)
    return found
