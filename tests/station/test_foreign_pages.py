"""Pages from elsewhere in a real Chromium, trying to reach the station of this PC: each way is tried, none
works."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page

from card_reader.simulated.reader import InProcessReader
from tests.station.conftest import Rig, RigMaker
from tests.support_chromium import chromium

# What a hostile page can do with a known port; each gives what it got hold of, or "refused".
ATTEMPTS = """async (url) => {
  const got = {};
  const body = JSON.stringify({pin: "9999", purpose: "ticket"});
  const fetching = {
    token: ["/station/page-token", {}],
    state: ["/station/state", {}],
    tries: ["/station/card/tries", {}],
    tries_with_token: ["/station/card/tries", {headers: {"X-Page-Token": "x"}}],
    page: ["/station/", {}],
    key: ["/api/v1/station-keys", {method: "POST", body: "{}", mode: "no-cors"}],
    simple_post: ["/station/card/read", {method: "POST", body}],
    blind_post: ["/station/card/read", {method: "POST", mode: "no-cors", body}],
    json_post: ["/station/card/read", {method: "POST", body,
                headers: {"Content-Type": "application/json", "X-Page-Token": "x"}}],
    insert: ["/station/dev/card", {method: "PUT", body: JSON.stringify({persona: "mihon_taro"}),
             headers: {"Content-Type": "application/json"}}],
    remove: ["/station/dev/card", {method: "DELETE"}],
    ticket: ["/api/v1/tickets", {method: "POST", body: "{}", mode: "no-cors", credentials: "include"}],
    forge: ["/api/v1/stations/card-reads", {method: "POST", body: "{}", mode: "no-cors"}],
  };
  for (const [name, [path, how]] of Object.entries(fetching)) {
    try {
      const answer = await fetch(url + path, how);
      got[name] = answer.type === "opaque" || !answer.ok ? "refused" : await answer.text();
    } catch { got[name] = "refused"; }
  }
  const loads = (element, path) => new Promise((done) => {
    element.onload = () => done("loaded");
    element.onerror = () => done("refused");
    element.src = url + path;
    document.body.append(element);
  });
  got.image = await loads(new Image(), "/picture.png");
  got.script = await loads(document.createElement("script"), "/station/state");
  got.events = await new Promise((done) => {
    const source = new EventSource(url + "/station/events");
    source.addEventListener("state", () => done("heard"));
    source.onerror = () => done("refused");
  });
  return got;
}"""


@pytest.fixture
def elsewhere() -> Iterator[int]:
    """A web server of somebody else on this machine; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title><body>")

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser in which evil.example has come to mean this machine (DNS rebinding)."""
    with chromium("--host-resolver-rules=MAP evil.example 127.0.0.1") as browser:
        yield browser.new_page()


def tries_used(station: Rig) -> bool:
    reader = station.devices.reader
    assert isinstance(reader, InProcessReader)
    return reader.card is not None and bool(reader.card.trace)


@pytest.mark.browser
def test_no_page_from_elsewhere_gets_through(rig: RigMaker, page: Page, elsewhere: int) -> None:
    station = rig()
    station.insert("mihon_taro")
    for origin in (
        f"http://127.0.0.1:{elsewhere}",
        f"http://localhost:{elsewhere}",
        "http://evil.example:%d",
    ):
        page.goto(origin % elsewhere if "%" in origin else origin)
        got = page.evaluate(ATTEMPTS, station.url)
        assert set(got.values()) == {"refused"}, got
    # Rebinding: the page's own name now leads to the station, so the browser sees no foreign origin at all.
    rebound = f"http://evil.example:{station.live.port}"
    answer = page.goto(f"{rebound}/kiosk/")
    assert answer is not None
    assert answer.status == 403
    got = page.evaluate(ATTEMPTS, rebound)
    assert set(got.values()) == {"refused"}, got
    assert not tries_used(station)
    assert station.state()["reader"] == "present"
    seen = [seen.path for seen in station.server.seen if not seen.path.startswith("/api/v1/stations/")]
    assert seen == []


@pytest.mark.browser
def test_the_stations_own_page_reads_a_card(rig: RigMaker, page: Page) -> None:
    station = rig()
    station.insert("mihon_taro")
    page.goto(f"{station.url}/kiosk/")
    got = page.evaluate(
        """async () => {
          const {token} = await (await fetch("/station/page-token")).json();
          const headers = {"Content-Type": "application/json", "X-Page-Token": token};
          const body = JSON.stringify({pin: "1234", purpose: "ticket"});
          return (await fetch("/station/card/read", {method: "POST", headers, body})).json();
        }"""
    )
    assert (got["outcome"], got["preview"]["name_masked"]) == ("read", "○○　太＊")
    assert page.evaluate("window.isSecureContext") is True
    # The same attempts from here do get somewhere, so it is the origin that stops them above.
    got = page.evaluate(ATTEMPTS, station.url)
    let_in = {name for name, what in got.items() if what != "refused"}
    assert {"token", "state", "insert", "remove", "events"} <= let_in
    # The station's own voice is for no page, not even its own.
    assert got["forge"] == "refused"
