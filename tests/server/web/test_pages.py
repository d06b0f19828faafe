"""A visit by pages alone: what browsers send, and what they get to see."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from core_adapter.mock import MockCoreAdapter
from server.journal.models import JournalEntry
from server.print_jobs.models import PrintJob
from server.queue.models import CardRead, Ticket
from server.reception.models import Reception
from server.submissions import service as submissions
from server.web.services import Services
from server.web.sse import SEEN
from server.worklists import service as worklists
from tests.factories.visits import Visit, issue
from tests.server.web.conftest import Opener
from tests.support_asgi import Answer, Browser

CARD = {"name": "見本　太郎", "address": "見本県見本市花見台二丁目３番４号", "birth": "19730412", "sex": "1"}
READ = {"mode": "pin", "outcome": "read", "attributes": CARD, "tries_left": 3, "apdus": 9, "other_kind": None}


def report(station: Browser, key: str = "read-1", **change: Any) -> Answer:
    body = json.dumps(READ | {"purpose": "ticket", "reference": None} | change).encode()
    return station.send(
        "POST",
        "/api/v1/stations/card-reads",
        body,
        {"content-type": "application/json", "idempotency-key": key},
    )


def rows(
    services: Services, model: type[Ticket] | type[CardRead] | type[PrintJob] | type[Reception]
) -> list[object]:
    with services.db.read() as unit:
        return list(unit.session.exec(select(model)).all())


def test_a_ticket_with_a_card_from_tap_to_paper(
    at_station: Callable[[str], Browser], services: Services
) -> None:
    kiosk = at_station("kiosk-1")
    assert kiosk.get("/kiosk/").status == 200
    read = report(kiosk)
    assert read.status == 201
    form = {"service_class": "move", "lang": "en", "card_read_id": read.json()["id"]}
    issued = kiosk.post("/kiosk/tickets", form, key="t1")
    assert issued.status == 303
    location = issued.header("location") or ""
    page = kiosk.get(location)
    assert page.status == 200
    assert "B001" in page.text
    assert "見本　太郎" not in page.text, "the page stays on a screen in the hall"
    lease = kiosk.send(
        "POST",
        "/api/v1/stations/print-jobs/lease",
        b'{"kinds": ["ticket"]}',
        {"content-type": "application/json"},
    ).json()
    assert (lease["kind"], lease["ticket"]["label"], lease["ticket"]["language"]) == ("ticket", "B001", "en")
    result = f"/api/v1/stations/print-jobs/{lease['id']}/result"
    other = at_station("counter-1")
    headers = {"content-type": "application/json"}
    assert other.send("POST", result, b'{"outcome": "printed"}', headers).status == 404
    assert kiosk.send("POST", result, b'{"outcome": "printed"}', headers).status == 204
    state = kiosk.get(location.partition("?")[0] + "/print-state")
    assert state.status == 200
    (card,) = rows(services, CardRead)
    (ticket,) = rows(services, Ticket)
    assert isinstance(card, CardRead)
    assert isinstance(ticket, Ticket)
    assert card.ticket_id == ticket.id
    phone = Browser(kiosk.app).get(f"/t/{ticket.public_token}")
    assert (phone.status, "B001" in phone.text) == (200, True)
    assert kiosk.get(f"{location.partition('?')[0]}/qr.svg").header("content-type") == "image/svg+xml"


def test_a_tap_sent_twice_is_one_ticket(at_station: Callable[[str], Browser], services: Services) -> None:
    kiosk = at_station("kiosk-1")
    first = kiosk.post("/kiosk/tickets", {"service_class": "move"}, key="t1")
    again = kiosk.post("/kiosk/tickets", {"service_class": "move"}, key="t1")
    assert first.header("location") == again.header("location")
    assert len(rows(services, Ticket)) == 1
    assert len(rows(services, PrintJob)) == 1


def test_two_desks_one_number_and_a_sentence_for_the_second(
    app: FastAPI, signed_in: Opener, services: Services
) -> None:
    ticket = issue(services)
    first, second = signed_in("clerk1", "counter-1"), signed_in("clerk2", "counter-2")
    assert first.post(f"/counter/tickets/{ticket.id}/call", key="a").status == 303
    refused = second.post(f"/counter/tickets/{ticket.id}/call", key="b")
    assert (refused.status, refused.header("x-problem")) == (409, "already_called")
    assert "B001" in refused.text
    part = second.post(f"/counter/tickets/{ticket.id}/call", key="c", headers={"hx-request": "true"})
    assert part.header("hx-retarget") == "#page-message"


@pytest.fixture
def open_reception(
    signed_in: Opener, at_station: Callable[[str], Browser], services: Services
) -> tuple[Browser, str]:
    """The clerk at desk 1 with a resident who tapped a card at the kiosk; the reception's page."""
    kiosk, clerk = at_station("kiosk-1"), signed_in("clerk1", "counter-1")
    card = report(kiosk).json()["id"]
    kiosk.post("/kiosk/tickets", {"service_class": "move", "card_read_id": card}, key="t1")
    clerk.post("/counter/call-next", key="call")
    (ticket,) = rows(services, Ticket)
    assert isinstance(ticket, Ticket)
    opened = clerk.post(f"/counter/tickets/{ticket.id}/open", key="open")
    assert opened.status == 303
    return clerk, opened.header("location") or ""


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def test_a_whole_visit_by_its_pages(
    open_reception: tuple[Browser, str],
    at_station: Callable[[str], Browser],
    services: Services,
    core: MockCoreAdapter,
) -> None:
    clerk, base = open_reception
    keys = iter(f"k{number}" for number in range(1000))
    held = (services.db, services.system, services.vault, core, worklists.on_submission)
    submissions.record_acks(*held)

    def act(path: str, **fields: object) -> str:
        answer = clerk.post(f"{base}/{path}", fields, key=next(keys), headers={"hx-request": "true"})
        assert answer.status in (200, 204), answer.text
        assert "x-problem" not in dict(answer.pairs), (path, answer.text)
        return answer.text

    assert "見本　太郎" not in clerk.get(base).text, (
        "before staff have matched the person, the card is masked"
    )
    act("identify", relation="self", method="my_number_card", documents="マイナンバーカード")
    page = clerk.get(base).text
    assert "見＊" in page
    page = act("card/attach", read_id=hidden(page, "read_id"))
    for name in ("見本　太郎", "見本　花子", "見本　さくら", "見本　ウメ"):
        assert name in page
    assert "2100000019" not in page, "宛名番号 are on no screen"
    act("address", town_code="99201004001", number="５番６号")
    page = act("moved-on", date="令和8年11月1日")
    visit = visit_of(services, base)
    visit.settle()
    act("moved-on", date=visit.workspace().moved_on.isoformat())  # type: ignore[union-attr]
    act("items", kind="my_number_card")
    act("prepare")
    second = at_station("counter-1")
    shown = second.get("/second/panel").text
    assert "見本　さくら" in shown
    sent = {"reception_id": hidden(shown, "reception_id"), "intake_id": hidden(shown, "intake_id")}
    assert second.post("/second/confirm", sent, key="s1").status == 200
    lease = second.send(
        "POST",
        "/api/v1/stations/print-jobs/lease",
        b'{"kinds": ["form"]}',
        {"content-type": "application/json"},
    ).json()
    assert lease["pdf_base64"]
    second.send(
        "POST",
        f"/api/v1/stations/print-jobs/{lease['id']}/result",
        b'{"outcome": "printed"}',
        {"content-type": "application/json"},
    )
    refused = clerk.post(f"{base}/accept", {}, key=next(keys))
    assert refused.header("x-problem") == "not_signed"
    act("accept", signed="1")
    form = clerk.get(f"{base}/form.pdf")
    assert (form.status, form.header("content-type"), form.body[:5]) == (200, "application/pdf", b"%PDF-")
    refused = clerk.post(f"{base}/close", {}, key=next(keys))
    assert refused.header("x-problem") == "items_held"
    item = re.search(r"items/([0-9a-f-]{36})/return", clerk.get(base).text)
    assert item is not None
    act(f"items/{item[1]}/return")
    submissions.send_due(*held)
    act("close")
    for path in ("/history", "/workspace", ""):
        assert clerk.get(base + path).status == 200
    assert second.get("/second/panel").text.count("見本") == 0, "the next person sits down at that screen"


def visit_of(services: Services, base: str) -> Visit:
    from tests.factories.people import staff

    clerk = staff(services.db, "clerk1", station="counter-1", desk="1")
    return Visit(services, clerk, base.rpartition("/")[2])


def test_a_page_that_is_out_of_date_changes_nothing(open_reception: tuple[Browser, str]) -> None:
    clerk, base = open_reception
    old = hidden(clerk.get(base).text, "version")
    fields = {"relation": "self", "method": "acquaintance", "documents": ""}
    assert clerk.post(f"{base}/identify", fields | {"version": old}, key="1").status == 303
    refused = clerk.post(f"{base}/identify", fields | {"version": old}, key="2")
    assert (refused.status, refused.header("x-problem")) == (409, "stale_screen")
    replay = clerk.post(f"{base}/identify", fields | {"version": old}, key="1")
    assert replay.status == 303, "the same press again is answered as before"


def test_an_act_is_on_the_page_that_answers_it_and_not_on_an_older_one(
    open_reception: tuple[Browser, str], services: Services
) -> None:
    """The event of one's own act is no later than the page; whoever looks at an older page hears of it."""
    clerk, base = open_reception
    older = clerk.get(base)
    fields = {"relation": "self", "method": "acquaintance", "version": hidden(older.text, "version")}
    answer = clerk.post(f"{base}/identify", fields, key="1", headers={"hx-request": "true"})
    told = clerk.get(f"{base}/events").text.split("data: ")[1].split()[0].strip('"')

    def number(seen: str | None) -> int:
        run, _, count = (seen or "").partition(".")
        assert run == told.partition(".")[0]
        return int(count)

    assert number(older.header(SEEN)) < number(told) <= number(answer.header(SEEN))
    assert f'data-seen="{older.header(SEEN)}"' in older.text


def test_the_resident_confirms_only_the_paper_on_their_screen(
    services: Services, at_station: Callable[[str], Browser]
) -> None:
    """Staff made it anew while the resident was reading the old one."""
    visit = Visit.at(services, "prepared")
    second = at_station("counter-1")
    shown = second.get("/second/panel").text
    sent = {"reception_id": hidden(shown, "reception_id"), "intake_id": hidden(shown, "intake_id")}
    with services.db.write() as unit:
        from server.reception import confirmation

        reception, key = visit.locked(unit)
        confirmation.reopen(unit, visit.clerk, reception, key, "直し")
    visit.address(number="７番８号")
    visit.prepare()
    for path in ("confirm", "dispute"):
        refused = second.post(f"/second/{path}", sent, key=path)
        assert (refused.status, refused.header("x-problem")) == (409, "stale_screen")
    assert visit.workspace().state == "prepared"
    other = at_station("counter-2")
    assert other.post("/second/confirm", sent, key="x").header("x-problem") == "stale_screen"
    fresh = second.get("/second/panel").text
    sent["intake_id"] = hidden(fresh, "intake_id")
    assert second.post("/second/dispute", {**sent, "fields": ["moved_on", "made_up"]}, key="d").status == 200
    assert visit.workspace().disputed == ("moved_on",)


def test_a_card_read_at_the_counter_is_for_that_desks_reception(
    open_reception: tuple[Browser, str], at_station: Callable[[str], Browser], services: Services
) -> None:
    _, base = open_reception
    reference = base.rpartition("/")[2]
    assert report(at_station("counter-2"), "r2", purpose="reception", reference=reference).status == 403
    assert report(at_station("counter-1"), "r3", purpose="reception", reference="nothing").status == 404
    taken = report(at_station("counter-1"), "r4", purpose="reception", reference=reference)
    assert taken.status == 201
    again = report(at_station("counter-1"), "r4", purpose="reception", reference=reference)
    assert again.body == taken.body


@pytest.mark.parametrize(
    "change",
    [
        {"attributes": CARD | {"birth": "1973"}},
        {"attributes": CARD | {"pin": "1234"}},
        {"pin": "1234"},
        {"purpose": "curiosity"},
        {"outcome": "guessed"},
        {"attributes": CARD | {"name": "見本\x1b太郎"}},
        {"attributes": CARD | {"name": "見本\u202e太郎"}},
        {"attributes": CARD | {"address": "見" * 401}},
    ],
)
def test_a_report_that_does_not_fit_is_refused(
    at_station: Callable[[str], Browser], services: Services, change: dict[str, Any]
) -> None:
    answer = report(at_station("kiosk-1"), "read-1", **change)
    assert answer.status == 422
    assert "見本" not in answer.text
    assert rows(services, CardRead) == []


def test_every_look_is_in_the_journal_and_without_it_there_is_nothing_to_see(
    open_reception: tuple[Browser, str], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk, base = open_reception

    def views() -> int:
        with services.db.read() as unit:
            query = select(JournalEntry).where(JournalEntry.event == "reception.viewed")
            return len(unit.all(query.order_by(col(JournalEntry.seq))))

    assert clerk.get(f"{base}/workspace").status == 200
    assert views() == 1, "a part of the page is a look like the page"
    assert clerk.get(f"{base}/workspace").status == 200
    assert views() == 1, "the same page drawn anew is the same look"
    assert clerk.get(base).status == 200
    assert views() == 2

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("counter.reception.record", full)
    for path in ("", "/history"):
        assert clerk.get(base + path).status == 500


def test_looking_at_pages_changes_nothing_but_the_journal(
    services: Services, signed_in: Opener, app: FastAPI
) -> None:
    """Every page of a running visit, twice: a link, a preview or a search engine may open them."""
    from sqlalchemy import text

    from tests.server.web.routes import walk
    from tests.support_databases import TABLES

    visit = Visit.at(services, "accepted")
    browser = signed_in("supervisor1", "counter-1")
    with services.db.read() as unit:
        item = unit.session.execute(text("SELECT id FROM work_item")).scalars().first()
    free = {"journal_entry", "journal_head", "staff_session"}

    def content() -> dict[str, list[tuple[object, ...]]]:
        with services.db.read() as unit:
            return {
                name: sorted(
                    tuple(map(str, row)) for row in unit.session.execute(text(f"SELECT * FROM {name}"))
                )
                for name in TABLES
                if name not in free
            }

    before = content()
    given = {
        "reception_id": visit.reception_id,
        "ticket_id": visit.ticket.id if visit.ticket else "",
        "item_id": str(item),
    }
    seen = 0
    for route in walk(app):
        if route.method == "GET":
            for _ in range(2):
                seen += browser.get(route.target(**given)).status == 200
    assert seen > 40
    assert content() == before


def test_a_displays_stream_begins_with_the_whole_board(browser: Browser, services: Services) -> None:
    """Whoever reconnects has missed nothing."""
    issue(services)
    answer = browser.get("/display/main/events")
    assert answer.header("content-type") == "text/event-stream; charset=utf-8"
    event, data = answer.text.strip().split("\n")
    assert event == "event: board"
    board = json.loads(data.removeprefix("data: "))
    assert set(board) == {"version", "current", "recent", "waiting"}
    assert board["waiting"][0]["count"] == 1
