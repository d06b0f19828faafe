"""The API for other systems: one write per key, whatever is sent again."""

import re
from datetime import timedelta
from functools import partial

from fastapi import FastAPI
from sqlmodel import select

from server.kit import clock
from server.queue.models import Ticket
from server.web import idempotency
from server.web.idempotency import IdempotencyRecord
from server.web.services import Services
from server.worker import Worker
from tests.factories.visits import issue
from tests.server.web.conftest import Opener
from tests.support_asgi import Answer, Browser
from tests.support_threads import at_once


def tickets(services: Services) -> list[Ticket]:
    with services.db.read() as unit:
        return unit.all(select(Ticket))


def test_the_api_gives_the_same_answer_to_the_same_key(browser: Browser, services: Services) -> None:
    def post(body: bytes, key: str | None) -> Answer:
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        return browser.send("POST", "/api/v1/tickets", body, headers)

    first = post(b'{"service_class": "move"}', "k1")
    assert first.status == 201
    assert set(first.json()) == {"id", "number", "business_day", "issued_at", "ahead"}
    assert (first.json()["number"], first.json()["ahead"]) == ("B001", 0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+09:00", first.json()["issued_at"])
    again = post(b'{"language": "ja", "service_class": "move"}', "k1")
    assert (again.status, again.body) == (first.status, first.body)
    other = post(b'{"service_class": "card"}', "k1")
    assert (other.status, other.json()["code"]) == (422, "key_reused")
    assert post(b'{"service_class": "move"}', None).json()["code"] == "key_missing"
    assert post(b'{"service_class": "move"}', "k" * 256).json()["code"] == "key_missing"
    assert post(b'{"service_class": "move"}', "k2").json()["number"] == "B002"
    assert len(tickets(services)) == 2


def test_the_same_key_at_the_same_moment_is_one_ticket(app: FastAPI, services: Services) -> None:
    """A double tap reaches two threads: the second waits and gets the first one's answer."""

    def post(_: int) -> tuple[int, bytes]:
        answer = Browser(app).send(
            "POST",
            "/api/v1/tickets",
            b'{"service_class": "move"}',
            {"content-type": "application/json", "idempotency-key": "k1"},
        )
        return answer.status, answer.body

    results = at_once(4, post)
    assert len(set(results)) == 1
    assert results[0][0] == 201  # type: ignore[index]
    assert len(tickets(services)) == 1


def test_a_key_is_forgotten_after_four_hundred_days(browser: Browser, services: Services) -> None:
    post = partial(browser.send, "POST", "/api/v1/tickets", b'{"service_class": "move"}')
    head = {"content-type": "application/json"}
    assert post({**head, "idempotency-key": "k1"}).json()["number"] == "B001"
    clock.start_at(clock.now() + idempotency.KEEP - timedelta(minutes=1))
    worker = Worker(services)
    worker.round(sweep=True)
    assert post({**head, "idempotency-key": "k1"}).json()["number"] == "B001"
    clock.start_at(clock.now() + timedelta(minutes=2))
    worker.round(sweep=True)
    with services.db.read() as unit:
        assert unit.all(select(IdempotencyRecord)) == []


def test_a_failed_write_keeps_no_answer(browser: Browser, services: Services) -> None:
    """Nothing happened, so the same key may try again."""
    body, headers = (
        b'{"service_class": "nothing"}',
        {"content-type": "application/json", "idempotency-key": "k1"},
    )
    assert browser.send("POST", "/api/v1/tickets", body, headers).status == 404
    with services.db.read() as unit:
        assert unit.all(select(IdempotencyRecord)) == []
    assert browser.send("POST", "/api/v1/tickets", b'{"service_class": "move"}', headers).status == 201


def test_calling_by_the_api(signed_in: Opener, services: Services) -> None:
    issue(services)
    browser = signed_in("clerk1")
    headers = {"idempotency-key": "c1"}
    called = browser.send("POST", "/api/v1/desks/1/call-next", b"", headers)
    assert (called.status, called.json()["number"], called.json()["desk"]) == (200, "B001", "1")
    assert browser.send("POST", "/api/v1/desks/1/call-next", b"", headers).body == called.body
    unknown = browser.send("POST", "/api/v1/desks/99/call-next", b"", {"idempotency-key": "c2"})
    assert unknown.status == 404
