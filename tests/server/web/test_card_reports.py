"""What a station reports of a reading, from the wire to the counter's page: each way of reading, sealed,
shown after the match, and gone with the visit."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from card_reader.simulated.pictures import portrait, printed_line
from server.journal.models import JournalEntry
from server.kit.clock import today
from server.queue.models import CardRead
from server.reception import service
from server.reception.card_views import RENEWAL_MONTHS, CardViews, card_views
from server.web.services import Services
from tests.factories.visits import ALONE, Visit, card_of
from tests.server.web.conftest import Opener
from tests.support_asgi import Answer, Browser

HOLDER = card_of(ALONE)
TEXT = {"name": HOLDER.name, "address": HOLDER.address, "birth": HOLDER.birth, "sex": HOLDER.sex}
# What is tried there does not depend on the database; that readings are kept is tried on both.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PNG = b"\x89PNG\r\n"


def face(**change: Any) -> dict[str, Any]:
    """The card's face on the wire."""
    pictures = {"photo": portrait("x"), "name": printed_line("渡辺"), "address": printed_line("港町")}
    coded = {name: base64.b64encode(value).decode() for name, value in pictures.items()}
    return coded | {"birth": HOLDER.birth, "sex": HOLDER.sex, "expiry": "20300101"} | change


def report(station: Browser, visit: Visit, key: str = "read-1", **said: Any) -> Answer:
    body = {"outcome": "read", "apdus": 11, "tries_left": 10, "purpose": "reception"} | said
    headers = {"content-type": "application/json", "idempotency-key": key}
    sent = json.dumps(body | {"reference": visit.reception_id}).encode()
    return station.send("POST", "/api/v1/stations/card-reads", sent, headers)


def views(visit: Visit) -> CardViews:
    with visit.services.db.read() as unit:
        reception, _ = service.opened(unit, visit.clerk, visit.services.vault, visit.reception_id)
        return card_views(unit, visit.clerk, visit.services.vault, reception)


def test_a_face_is_shown_after_the_match_and_gone_with_the_visit(
    counter: Browser, visit: Visit, signed_in: Opener, services: Services
) -> None:
    assert report(counter, visit, mode="face", face=face(), certificate_expires="20300101").status == 201
    before = views(visit).face
    assert before is not None
    assert (before.attached, before.pictures, before.expires) == (False, (), None)
    clerk = signed_in("clerk1", "counter-1")
    at = f"/counter/receptions/{visit.reception_id}"
    picture = f"{at}/card/{before.read_id}/photo.png"
    assert clerk.get(picture).status == 404
    assert clerk.post(f"{at}/card/attach", {"read_id": before.read_id}, key="a1").status == 303
    shown = clerk.get(picture)
    assert (shown.status, shown.header("content-type"), shown.header("cache-control")) == (
        200,
        "image/png",
        "no-store",
    )
    assert shown.body.startswith(PNG)
    assert clerk.get(f"{at}/card/{before.read_id}/number.png").status == 404
    after = views(visit).face
    assert after is not None
    assert after.pictures == ("photo", "name", "address")
    assert (after.birth, after.expires, after.over) == (f"{HOLDER.born}", "2030-01-01", False)
    visit.abandon()
    assert clerk.get(picture).status in (404, 410)
    with services.db.read() as unit:
        assert [read.sealed for read in unit.all(select(CardRead))] == [None]


def test_pictures_stay_out_of_the_journal_and_of_the_open_columns(
    counter: Browser, visit: Visit, services: Services
) -> None:
    said = face()
    report(counter, visit, mode="face", face=said, authenticity={"result": "verified"})
    with services.db.read() as unit:
        read = unit.session.exec(select(CardRead)).one()
        entry = unit.all(select(JournalEntry).where(JournalEntry.event == "card.read"))[-1]
    assert json.loads(entry.payload) == {
        "apdus": 11, "authenticity": "verified", "mode": "face", "outcome": "read", "purpose": "reception",
        "tries_left": 10,
    }  # fmt: skip
    assert entry.sealed is None
    assert read.sealed is not None
    assert said["name"].encode() not in read.sealed


@one_database
def test_a_picture_that_is_none_does_not_end_the_others(counter: Browser, visit: Visit) -> None:
    garbage = base64.b64encode(b"no picture").decode()
    assert report(counter, visit, mode="face", face=face(photo=garbage, expiry="20301399")).status == 201
    visit.attach()
    found = views(visit).face
    assert found is not None
    assert (found.pictures, found.expires) == (("name", "address"), None)


@one_database
def test_an_address_is_hidden_also_when_it_is_drawn(
    counter: Browser, visit: Visit, services: Services
) -> None:
    report(counter, visit, mode="face", face=face())
    visit.attach()
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        reception.protection = "yes"
        unit.add(reception)
    found = views(visit).face
    assert found is not None
    assert found.pictures == ("photo", "name")


@one_database
@pytest.mark.parametrize(("days", "state"), [(-1, "over"), (80, "soon"), (31 * RENEWAL_MONTHS, "valid")])
def test_the_certificate_s_last_day_is_told_after_the_match(
    counter: Browser, visit: Visit, days: int, state: str
) -> None:
    last = date_after(days)
    report(counter, visit, mode="b", attributes=TEXT, certificate_expires=last.replace("-", ""))
    card = views(visit).card
    assert card is not None
    assert (card.mode, card.looked.certificate_expires, card.looked.certificate) == ("b", None, "")
    visit.attach()
    visit.gather()
    card = views(visit).card
    assert card is not None
    assert (card.looked.certificate_expires, card.looked.certificate) == (last, state)
    facts = visit.state().facts
    (holder,) = visit.state().people
    assert facts.value(holder.person_id, "mnc_certificate_until") == last
    assert facts.value(holder.person_id, "mnc") == "held"
    assert facts.get(holder.person_id, "mnc_pin4_known") is None, "no PIN was typed, so it is asked"


@one_database
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (None, ("not_verified", "この市区町村では確かめていません")),
        ({"result": "not_verified", "reason": "unknown_issuer"}, ("not_verified", "登録されていない発行者")),
        ({"result": "verified"}, ("verified", "確認できました")),
        ({"result": "forged", "reason": "attributes_differ"}, ("forged", "発行者の署名した内容と違います")),
    ],
)
def test_whether_the_card_is_genuine_is_told_before_the_match(
    counter: Browser, visit: Visit, signed_in: Opener, said: dict[str, str] | None, shown: tuple[str, str]
) -> None:
    report(counter, visit, mode="pin", attributes=TEXT, authenticity=said)
    card = views(visit).card
    assert card is not None
    assert not card.attached
    page = signed_in("clerk1", "counter-1").get(f"/counter/receptions/{visit.reception_id}").text
    assert f'data-genuine="{shown[0]}"' in page
    assert shown[1] in page


@one_database
def test_a_tap_says_only_that_there_is_a_card(counter: Browser, visit: Visit, services: Services) -> None:
    report(counter, visit, mode="none", certificate_unknown="needs_pin", tries_left=None)
    found = views(visit)
    assert (found.card, found.face) == (None, None)
    assert found.tap is not None
    assert (found.tap.station, found.tap.looked.certificate) == ("counter-1", "unknown")


@one_database
def test_a_face_says_whether_the_filer_s_card_has_expired_and_another_s_says_nothing(
    counter: Browser, visit: Visit
) -> None:
    report(counter, visit, mode="b", attributes=TEXT)
    visit.attach()
    visit.gather()
    (holder,) = visit.state().people
    for key, birth, said in (("read-2", "19990101", "held"), ("read-3", HOLDER.birth, "expired")):
        report(counter, visit, key, mode="face", face=face(birth=birth, expiry="20200101"))
        visit.attach()
        views_of = visit.state().facts.all(holder.person_id, "mnc")
        assert {view.source: view.value for view in views_of} == {"core": "held", "card": said}
        assert views_of[0].source == "core", "of two sources the register's stands"
    found = views(visit).face
    assert found is not None
    assert found.over


@one_database
def test_a_station_is_told_how_cards_are_read(counter: Browser, services: Services) -> None:
    beat = {"reader": "empty", "ticket_printer": "none", "page_printer": "ok"}
    answer = counter.send(
        "POST", "/api/v1/stations/heartbeat", json.dumps(beat).encode(), {"content-type": "application/json"}
    )
    assert answer.json()["cards"]["modes"] == list(services.cards.modes)


@one_database
def test_the_kiosk_offers_what_the_municipality_chose_but_no_faces(
    at_station: Callable[[str], Browser],
) -> None:
    kiosk = at_station("kiosk-1")
    assert 'data-modes="pin b none"' in kiosk.get("/kiosk/pin?service=move").text
    assert "電子証明書の期限だけ" in kiosk.get("/kiosk/card?service=move").text


def date_after(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()
