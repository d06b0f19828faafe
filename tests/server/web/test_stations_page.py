"""The administrator's page of the stations, and where a station shows its code."""

import base64
import json
import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlmodel import select

from server.auth.enrolment import proof_text
from server.auth.models import Station
from server.web.services import Services
from station.signing import Signer, public_pem
from tests.server.web.conftest import Opener, signer
from tests.support_asgi import Answer, Browser
from tests.support_databases import Stations

CODES = "/admin/stations/codes"
NEW = {"name": "counter-9", "kind": "counter", "desk": "1"}


def shown(answer: Answer) -> str:
    found = re.search(r'data-testid="code">([0-9A-Z-]{14})<', answer.text)
    assert found, answer.text
    return found[1]


def register(app: FastAPI, code: str, key: Ed25519PrivateKey, name: str = "counter-9") -> Answer:
    public = public_pem(key)
    proof = base64.b64encode(key.sign(proof_text(name, code, public))).decode()
    asked = {"name": name, "code": code, "public_key": public, "proof": proof}
    return Browser(app).send(
        "POST", "/api/v1/station-keys", json.dumps(asked).encode(), {"content-type": "application/json"}
    )


def beat(app: FastAPI, by: Signer, **more: Any) -> int:
    body = json.dumps({"reader": "empty", "ticket_printer": "none", "page_printer": "ok"} | more).encode()
    sender = Browser(app, signer=by)
    named = {"content-type": "application/json"}
    return sender.send("POST", "/api/v1/stations/heartbeat", body, named).status


def test_from_a_code_on_the_page_to_a_station_that_is_heard(
    app: FastAPI, signed_in: Opener, stations: Stations
) -> None:
    admin, key = signed_in("admin1"), Ed25519PrivateKey.generate()
    page = admin.post(CODES, NEW, key="k1")
    code = shown(page)
    assert "kakanai station enrol --server http://127.0.0.1:8000 --name counter-9" in page.text
    assert page.header("cache-control") == "no-store"
    assert "登録待ち" in admin.get("/admin/stations").text
    again = admin.post(CODES, NEW, key="k1")
    assert code not in again.text
    assert "もう表示しました" in again.text
    answer = register(app, code, key)
    assert answer.status == 201
    assert (answer.json()["kind"], answer.json()["desk"]) == ("counter", "1")
    newcomer = Signer("counter-9", key, signer(stations, "kiosk-1").time_ms)
    assert beat(app, newcomer) == 200
    row = admin.get("/admin/stations/list").text.partition('data-station="counter-9"')[2]
    assert row.startswith(' data-alive="yes"')
    assert answer.json()["fingerprint"] in row


def test_a_wrong_code_is_refused_in_a_sentence(app: FastAPI, signed_in: Opener) -> None:
    signed_in("admin1").post(CODES, NEW, key="k1")
    refused = register(app, "2222-2222-2222", Ed25519PrivateKey.generate())
    assert (refused.status, refused.json()["code"]) == (403, "enrol_wrong")
    assert refused.json()["action"]["ja"].startswith("端末の名前と登録コードを確かめて")


def test_what_cannot_be_is_said_beside_its_field(signed_in: Opener) -> None:
    admin = signed_in("admin1")
    for change, field in (({"name": "窓口 3"}, "name"), ({"kind": ""}, "kind"), ({"desk": ""}, "desk")):
        refused = admin.post(CODES, NEW | change, key=f"k-{field}")
        assert refused.status == 422
        assert f'id="f-{field}-error"' in refused.text
        assert ('value="counter-9"' in refused.text) is (field != "name")


def test_a_station_whose_key_was_taken_back_is_out(
    app: FastAPI, services: Services, signed_in: Opener, stations: Stations
) -> None:
    admin, counter = signed_in("admin1"), signer(stations, "counter-1")
    assert beat(app, counter) == 200
    assert admin.post("/admin/stations/revoke", {"name": "counter-1"}, key="k1").status == 303
    assert beat(app, counter) == 403
    assert "鍵は無効です" in admin.get("/admin/stations?lang=ja").text
    assert "Key taken back" in admin.get("/admin/stations?lang=en").text
    with services.db.read() as unit:
        assert unit.session.exec(select(Station).where(Station.name == "counter-1")).one().revoked


def test_a_reader_in_trouble_is_seen_with_what_to_do(
    app: FastAPI, signed_in: Opener, stations: Stations
) -> None:
    admin, counter = signed_in("admin1"), signer(stations, "counter-1")
    assert beat(app, counter, reader="no_service", trouble="stalled") == 200
    assert "止まったままです" in admin.get("/admin/stations").text
    assert beat(app, counter, reader="no_service") == 200
    page = admin.get("/admin/stations").text
    assert "止まったままです" not in page
    assert "仕組みが動いていません" in page
    assert beat(app, counter) == 200
    assert "仕組みが動いていません" not in admin.get("/admin/stations").text


def test_every_word_that_a_station_may_say_has_a_word_on_the_page(services: Services) -> None:
    from typing import get_args

    from station.board import PrinterWord, ReaderTrouble, ReaderWord

    keys = [f"reader.{word}" for word in (*get_args(ReaderWord), *get_args(ReaderTrouble)) if word]
    keys += [f"printer.{word}" for word in get_args(PrinterWord)]
    assert [key for key in keys if not services.words.has(f"counter.stations.{key}")] == []


def test_station_and_server_mean_the_same_proof() -> None:
    from station import enrolment as at_the_station

    for code in ("K7QF-93MD-XW2R", "k7qf 93md‐xw2r"):
        assert at_the_station.proof_text("a", code, "pem\n") == proof_text("a", code, "pem\n")
