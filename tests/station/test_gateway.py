"""The gateway over real HTTP: what passes, what is added, what is dropped, and what people see without a
server."""

import json
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from station.gateway import MAX_BODY
from tests.station.conftest import Rig, RigMaker, eventually, rig_maker


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig_maker(tmp_path_factory.mktemp("gateway")) as make:
        yield make()


@pytest.fixture
def station(running: Rig) -> Rig:
    """The one station of this file, with nothing seen yet."""
    running.server.seen.clear()
    return running


def test_everything_passes_and_is_signed(station: Rig) -> None:
    with station.client() as browser:
        answer = browser.get("/kiosk/%E8%A6%8B?q=%E6%9C%AC&q=2%2F3")
        assert answer.status_code == 200
        assert answer.headers.get_list("set-cookie") == [
            "a=1; Path=/; SameSite=lax",
            "b=2; Path=/; SameSite=lax",
        ]
        for method, body in (("POST", b"\x00\xffx" * 1000), ("PUT", b""), ("DELETE", b""), ("PATCH", b"{}")):
            answer = browser.request(method, "/api/v1/tickets", content=body)
            assert answer.json()["length"] == len(body)
        assert browser.head("/kiosk/").status_code == 200
    first = station.server.of("/kiosk/%E8%A6%8B")[0]
    assert first.query == "q=%E6%9C%AC&q=2%2F3"
    assert first.headers["kakanai-station"] == "kiosk-1"
    assert first.headers["kakanai-origin"] == station.url
    assert first.headers["host"] == f"127.0.0.1:{station.server_live.port}"


def test_what_a_browser_sends_is_kept_or_dropped(station: Rig) -> None:
    sent = {
        "origin": station.url,
        "cookie": "kakanai_session=abc",
        "hx-request": "true",
        "accept-language": "en",
        "x-forwarded-for": "203.0.113.9",
        "forwarded": "for=203.0.113.9",
        "te": "trailers",
        "connection": "close, x-hop",
        "x-hop": "1",
    }
    with station.client() as browser:
        assert browser.post("/kiosk/tickets", headers=sent).status_code == 200
    got = station.server.of("/kiosk/tickets")[0].headers
    assert {name: got.get(name) for name in ("origin", "cookie", "hx-request", "accept-language")} == {
        name: sent[name] for name in ("origin", "cookie", "hx-request", "accept-language")
    }
    assert not {"x-forwarded-for", "forwarded", "te", "x-hop"} & set(got)


def test_a_stations_headers_from_a_browser_are_stripped(station: Rig) -> None:
    with station.client() as browser:
        browser.get("/first")
        replayed = {
            n: v for n, v in station.server.of("/first")[0].headers.items() if n.startswith("kakanai-")
        }
        assert len(replayed) == 5
        forged = {**replayed, "kakanai-station": "counter-9", "kakanai-desk": "9"}
        assert browser.get("/second", headers=forged).status_code == 200
    got = station.server.of("/second")[0].headers
    assert got.get_list("kakanai-station") == ["kiosk-1"]
    assert got["kakanai-nonce"] != replayed["kakanai-nonce"]
    assert "kakanai-desk" not in got


def test_hop_by_hop_headers_of_the_answer_are_dropped(station: Rig) -> None:
    with station.client() as browser:
        answer = browser.get("/anything")
    assert "x-private" not in answer.headers
    assert answer.headers.get("connection") != "x-private"


def test_a_redirect_stays_with_the_gateway(station: Rig) -> None:
    with station.client() as browser:
        assert browser.get("/moved").headers["location"] == "/elsewhere"


def test_events_pass_at_once_and_end_with_the_page(station: Rig) -> None:
    with station.client() as browser, browser.stream("GET", "/stream") as stream:
        lines = stream.iter_lines()
        began = time.monotonic()
        assert next(lines) == "event: hello"
        assert time.monotonic() - began < 1
        eventually(lambda: station.server.open_streams >= 1)
        other_streams = 1  # the station's own ear for jobs
    eventually(lambda: station.server.open_streams <= other_streams)


def test_a_large_body_arrives_as_it_was_sent(station: Rig) -> None:
    sent = b"".join(number.to_bytes(4, "big") for number in range(MAX_BODY // 4))
    with station.client() as browser:
        assert browser.post("/upload", content=sent).status_code == 200
    assert [seen.body == sent for seen in station.server.of("/upload")] == [True]


def test_a_request_looks_for_no_library_on_the_disk(station: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """httpcore asks for one in every request; a look that fails was a third of what a page cost."""
    looked: list[str] = []

    class Finder:
        @staticmethod
        def find_spec(name: str, path: object, target: object = None) -> None:
            looked.append(name)

    with station.client() as browser:
        browser.get("/kiosk/")
        monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
        browser.get("/kiosk/")
    assert looked == []


def test_a_body_over_the_limit_is_refused(station: Rig) -> None:
    with station.client() as browser:
        assert browser.post("/upload", content=b"x" * MAX_BODY).status_code == 200
        assert browser.post("/upload", content=b"x" * (MAX_BODY + 1)).status_code == 413
        parts = (b"x" * 100_000 for _ in range(11))
        assert browser.post("/upload", content=parts).status_code == 413
    assert len(station.server.of("/upload")) == 1


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1.evil:{port}", "[::1]:{port}"]
)
@pytest.mark.parametrize("path", ["/kiosk/", "/station/state", "/station/page-token", "/station/dev/state"])
def test_another_host_name_is_refused(station: Rig, host: str, path: str) -> None:
    headers = {"host": host.format(port=station.live.port), "sec-fetch-site": "same-origin"}
    with station.client() as browser:
        answer = browser.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_host")
    assert station.server.of(path) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9"},
        {"origin": "http://localhost:{port}"},
        {"origin": "https://127.0.0.1:{port}"},
        {"origin": "http://127.0.0.1:{port}.evil.example"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ],
)
@pytest.mark.parametrize("path", ["/kiosk/tickets", "/station/card/read", "/station/dev/card"])
def test_a_page_from_elsewhere_is_refused(station: Rig, headers: dict[str, str], path: str) -> None:
    filled = {name: value.format(port=station.live.port) for name, value in headers.items()}
    with station.client() as browser:
        answer = browser.post(path, headers=filled, json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert station.server.of(path) == []


def test_a_link_from_elsewhere_opens_the_page_but_not_the_stations_routes(station: Rig) -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    with station.client() as browser:
        assert browser.get("/kiosk/", headers=link).status_code == 200
        assert browser.get("/station/state", headers=link).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/stations/card-reads",
        "/api/v1/stations",
        "/API/v1/stations/print-jobs/lease",
        "//api/v1/stations/x",
        "/api/v1/%73tations/card-reads",
        "/api/./v1/stations/card-reads",
        "/kiosk/../api/v1/stations/card-reads",
    ],
)
def test_no_page_speaks_with_the_stations_voice(station: Rig, path: str) -> None:
    request = httpx.Request("POST", station.url, json={"outcome": "read"})
    request.url = httpx.URL(station.url).copy_with(raw_path=path.encode())
    with station.client() as browser:
        answer = browser.send(request)
    assert (answer.status_code, answer.json()["code"]) == (403, "station_only")
    assert not any(b"outcome" in seen.body for seen in station.server.seen)


def test_without_a_server_people_get_a_sentence(rig: RigMaker) -> None:
    station = rig(server_up=False)
    with station.client() as browser:
        page = browser.get("/kiosk/", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert page.status_code == 502
        assert "サーバーにつながりません。" in page.text
        assert "係員にお知らせください。" in page.text
        assert "Please tell the staff." in page.text
        assert '<meta http-equiv="refresh" content="5">' in page.text
        problem = browser.post("/kiosk/tickets", headers={"accept": "application/json"})
        assert problem.headers["content-type"] == "application/problem+json"
        assert (problem.status_code, problem.json()["code"]) == (502, "server_away")
        assert problem.json()["title"]["ja"] == "サーバーにつながりません。"
        events = browser.get("/stream", headers={"accept": "text/event-stream"})
        assert events.headers["content-type"] == "text/event-stream"
        assert events.text.startswith("retry: 2000\n")
    assert station.state()["server"] == "down"
    station.server_live.start()
    eventually(lambda: station.state()["server"] == "up")
    with station.client() as browser:
        assert browser.get("/kiosk/").status_code == 200


def test_a_server_that_restarts_costs_no_page(rig: RigMaker) -> None:
    station = rig()
    with station.client() as browser:
        assert browser.get("/a").status_code == 200
        station.server_live.stop()
        assert browser.get("/a").status_code == 502
        station.server_live.start()
        assert browser.get("/a").status_code == 200


@contextmanager
def blunt_server(port: int, said: bytes, cut: threading.Event | None = None) -> Iterator[list[bytes]]:
    """Reads each request's head, says `said`, and cuts the line; gives the first lines of what it was
    asked."""
    asked: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline().strip())
            while self.rfile.readline().strip():
                pass
            self.wfile.write(said)
            if cut is not None:
                cut.wait(10)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield asked
        server.shutdown()
        thread.join()


def test_a_line_cut_without_an_answer_is_tried_again_only_where_that_is_harmless(rig: RigMaker) -> None:
    station = rig(server_up=False)
    with blunt_server(station.server_live.port, b"") as asked, station.client() as browser:
        assert browser.get("/page").status_code == 502
        assert browser.post("/page").status_code == 502
    own_pages = [line for line in asked if b"/page" in line]
    assert own_pages == [b"GET /page HTTP/1.1", b"GET /page HTTP/1.1", b"POST /page HTTP/1.1"]


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
def test_half_an_answer_is_never_taken_for_the_whole(rig: RigMaker, said: bytes) -> None:
    station = rig(server_up=False)
    with (
        blunt_server(station.server_live.port, said),
        station.client() as browser,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        browser.get("/page")


def test_an_answer_that_was_not_whole_when_the_station_stopped_is_not_taken_for_it(rig: RigMaker) -> None:
    station = rig(server_up=False)
    said = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"
    cut = threading.Event()
    with (
        blunt_server(station.server_live.port, said, cut),
        station.client() as browser,
        browser.stream("GET", "/page") as answer,
    ):
        parts = answer.iter_bytes()
        assert next(parts) == b"half"
        stopping = threading.Thread(target=station.live.stop)
        stopping.start()
        with pytest.raises(httpx.RemoteProtocolError):
            next(parts)
        stopping.join()
        cut.set()


def test_an_event_stream_that_breaks_off_ends_cleanly(rig: RigMaker) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    station = rig(server_up=False)
    with blunt_server(station.server_live.port, head + b"9\r\ndata: 1\n\n\r\n"), station.client() as browser:
        assert browser.get("/board").text == "data: 1\n\n"


def test_refusals_show_no_query(rig: RigMaker, caplog: pytest.LogCaptureFixture) -> None:
    station = rig()
    with station.client() as browser:
        browser.get("/kiosk/?secret=zz17", headers={"host": "evil.example"})
        browser.get("/kiosk/?secret=zz17")
        station.server_live.stop()
        browser.get("/kiosk/?secret=zz17")
    own = [record.getMessage() for record in caplog.records if record.name.startswith(("station", "uvicorn"))]
    assert own
    assert "zz17" not in json.dumps(own)
