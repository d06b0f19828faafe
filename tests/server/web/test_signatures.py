"""Requests that a station signed, and what becomes of forged, altered, old and repeated ones."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlmodel import select

from server.app import mount
from server.auth.models import Station
from server.journal.models import JournalEntry
from server.kit import clock
from server.web import signatures
from server.web.services import Services
from server.web.signatures import Nonces
from station.signing import Signer
from tests.support_asgi import Answer, Browser
from tests.support_databases import Stations

BEAT = b'{"reader": "empty", "ticket_printer": "ok", "page_printer": "ok"}'
TARGET = "/api/v1/stations/heartbeat"
JSON = {"content-type": "application/json"}


def now_ms() -> int:
    return int(clock.now().timestamp() * 1000)


def beat(app: FastAPI, headers: dict[str, str], body: bytes = BEAT, target: str = TARGET) -> Answer:
    return Browser(app).send("POST", target, body, JSON | headers)


def signed(
    stations: Stations, *, name: str = "kiosk-1", target: str = TARGET, body: bytes = BEAT, at: int = 0
) -> dict[str, str]:
    found = Signer(name, stations.keys[name], lambda: now_ms() + at).headers("POST", target, body)
    return {key.decode(): value.decode() for key, value in found}


def test_a_signed_beat_is_taken_down(app: FastAPI, services: Services, stations: Stations) -> None:
    assert beat(app, signed(stations)).status == 200
    with services.db.read() as unit:
        row = unit.session.exec(select(Station).where(Station.name == "kiosk-1")).one()
        assert (row.reader, row.ticket_printer) == ("empty", "ok")
        entry = unit.all(select(JournalEntry).where(JournalEntry.event == "station.state"))[-1]
        assert (entry.actor, entry.role, entry.station) == ("station", "station", "kiosk-1")
    again = {**json.loads(BEAT), "reader": "present"}
    body = json.dumps(again).encode()
    assert beat(app, signed(stations, body=body), body).status == 200
    with services.db.read() as unit:
        events = unit.all(select(JournalEntry).where(JournalEntry.event == "station.state"))
    assert len(events) == 1, "a card laid on is nobody's business"


def test_a_nonce_counts_once(app: FastAPI, stations: Stations) -> None:
    headers = signed(stations)
    assert beat(app, headers).status == 200
    refused = beat(app, headers)
    assert (refused.status, refused.json()["code"]) == (403, "station_repeated")


@pytest.mark.parametrize(
    "change",
    [
        {"kakanai-signature": "AAAA"},
        {"kakanai-signature": "not base64 at all!"},
        {"kakanai-signature": ""},
        {"kakanai-nonce": "0" * 32},
        {"kakanai-nonce": "short"},
        {"kakanai-nonce": "G" * 32},
        {"kakanai-number": "-"},
        {"kakanai-number": "9999999999999999"},
        {"kakanai-number": "07"},
        {"kakanai-number": "\u00b2"},
        {"kakanai-number": "9" * 19},
        {"kakanai-time": "tomorrow"},
        {"kakanai-time": "\u00b2\u00b3"},
        {"kakanai-time": ""},
        {"kakanai-time": "9" * 400},
        {"kakanai-station": "counter-1"},
        {"kakanai-station": "nobody"},
        {"kakanai-station": "kiosk-1' OR '1'='1"},
    ],
)
def test_an_altered_header_is_refused(app: FastAPI, stations: Stations, change: dict[str, str]) -> None:
    refused = beat(app, signed(stations) | change)
    assert (refused.status, refused.json()["code"]) == (403, "station_unknown")


def test_an_altered_body_path_query_or_method_is_refused(app: FastAPI, stations: Stations) -> None:
    other = BEAT.replace(b"empty", b"mute!")
    assert beat(app, signed(stations), other).json()["code"] == "station_unknown"
    assert beat(app, signed(stations), target=f"{TARGET}?x=1").json()["code"] == "station_unknown"
    lease = "/api/v1/stations/print-jobs/lease"
    assert beat(app, signed(stations), target=lease).json()["code"] == "station_unknown"
    assert beat(app, signed(stations, body=b""), b"").status == 422, "rightly signed, wrongly filled"


def test_query_and_escapes_are_signed_as_they_are_sent(
    at_station: Callable[[str], Browser],
) -> None:
    browser = at_station("kiosk-1")
    assert browser.get("/kiosk/card?service=move&lang=en").status == 200
    assert browser.get("/t/%E8%A6%8B%2Fx?lang=%6A%61").status == 404


@pytest.mark.parametrize(
    ("seconds", "code"), [(-31, "station_clock"), (31, "station_clock"), (-29, None), (29, None)]
)
def test_a_clock_may_be_half_a_minute_off(
    app: FastAPI, stations: Stations, seconds: int, code: str | None
) -> None:
    answer = beat(app, signed(stations, at=seconds * 1000))
    assert answer.json().get("code") == code


def test_anybody_elses_key_is_refused(app: FastAPI) -> None:
    strangers = Stations({"kiosk-1": Ed25519PrivateKey.generate()})
    assert beat(app, signed(strangers)).json()["code"] == "station_unknown"


def test_a_revoked_station_is_out_at_once(app: FastAPI, services: Services, stations: Stations) -> None:
    with services.db.write() as unit:
        row = unit.session.exec(select(Station).where(Station.name == "kiosk-1")).one()
        row.revoked = True
        unit.add(row)
    assert beat(app, signed(stations)).json()["code"] == "station_unknown"


def test_a_bad_signature_is_no_anonymous_visit(app: FastAPI, stations: Stations) -> None:
    """Whoever says that they are a station and are not gets nothing, not even what everybody may see."""
    answer = Browser(app).send("GET", "/healthz", b"", signed(stations) | {"kakanai-signature": "AAAA"})
    assert (answer.status, answer.header("x-problem")) == (403, "station_unknown")


def test_nonces_are_forgotten_after_the_window_and_not_before() -> None:
    nonces = Nonces()
    at = 1_000_000
    assert nonces.use("a", at)
    assert not nonces.use("a", at + 59_000)
    assert nonces.use("b", at + 61_000)
    assert nonces.use("a", at + 61_000), "by now its time is refused"


def test_a_training_day_checks_everything_but_the_time(
    app: FastAPI, services: Services, stations: Stations
) -> None:
    """With KAKANAI_NOW the server lives on another day than its stations."""
    moved = services.settings.model_copy(update={"now": clock.now() + timedelta(days=30)})

    other = mount(Services(**{**vars(services), "settings": moved}))
    headers = signed(stations, at=-3_600_000)
    assert beat(other, headers).status == 200
    assert beat(other, headers).status == 403
    assert beat(other, signed(stations) | {"kakanai-signature": "AAAA"}).status == 403


def test_a_message_is_taken_once_by_all_server_processes_together(
    app: FastAPI, services: Services, stations: Stations
) -> None:
    """What one process took, another one refuses, though it has heard nothing yet."""
    other = mount(services)
    first, second = signed(stations), signed(stations)
    assert beat(app, second).status == 200
    late = beat(other, first)
    assert (late.status, late.json()["code"]) == (403, "station_repeated")
    assert late.header("kakanai-number") == second["kakanai-number"]
    assert beat(other, second).status == 403
    assert beat(other, signed(stations)).status == 200


def test_lanes_do_not_wait_for_each_other(app: FastAPI, stations: Stations) -> None:
    lease, body = "/api/v1/stations/print-jobs/lease", b'{"kinds": ["ticket"]}'
    earlier = signed(stations, target=lease, body=body)
    assert beat(app, signed(stations)).status == 200
    assert beat(app, earlier, body, lease).status in (200, 204)


def test_many_at_once_with_one_number_are_one(app: FastAPI, stations: Stations) -> None:
    headers = signed(stations)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: beat(app, headers).status, range(6)))
    assert sorted(answers) == [200, *[403] * 5]


def test_a_page_and_a_question_carry_no_number(app: FastAPI, stations: Stations) -> None:
    """A number is for messages alone: nobody makes one out of a page by adding it, or takes it away."""
    page = Signer("kiosk-1", stations.keys["kiosk-1"], now_ms).headers("GET", "/healthz", b"")
    headers = {key.decode(): value.decode() for key, value in page}
    assert "kakanai-number" not in headers
    assert Browser(app).send("GET", "/healthz", b"", headers | {"kakanai-number": "5"}).status == 403
    assert Browser(app).send("GET", "/healthz", b"", headers).status == 200


def test_a_pages_write_counts_once_for_all_processes_that_share_a_database(
    app: FastAPI, services: Services, stations: Stations
) -> None:
    body = b"service=move"
    signer = Signer("kiosk-1", stations.keys["kiosk-1"], now_ms)
    headers = {key.decode(): value.decode() for key, value in signer.headers("POST", "/kiosk/help", body)}
    named = headers | {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    assert Browser(app).send("POST", "/kiosk/help", body, named).header("x-problem") != "station_repeated"
    signatures._nonces = Nonces()  # another process has heard nothing
    again = Browser(mount(services)).send("POST", "/kiosk/help", body, named)
    shared = not services.settings.on_sqlite
    assert (again.header("x-problem") == "station_repeated") is shared


def test_a_clock_that_is_off_is_told_by_how_much(app: FastAPI, stations: Stations) -> None:
    refused = beat(app, signed(stations, at=95_000))
    assert "+95秒" in refused.json()["action"]["ja"]
    assert abs(int(refused.header("kakanai-clock") or "0") - now_ms()) < 5_000
    assert "-95 seconds" in beat(app, signed(stations, at=-95_000)).json()["action"]["en"]
