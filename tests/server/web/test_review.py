"""What a reading of the code as an attacker and as an auditor found, each with the test that would have."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from server.auth.models import Staff
from server.journal.models import JournalEntry
from server.kit import clock
from server.print_jobs.models import PrintJob
from server.reception import handout
from server.reception.models import Reception
from server.web.guards import REFRESH
from server.web.services import Services
from tests.factories.visits import BLANK, FOUR, Visit
from tests.server.web.conftest import Opener
from tests.support_asgi import Browser


def looks(services: Services, visit: Visit) -> int:
    query = select(JournalEntry).where(
        JournalEntry.event == "reception.viewed", JournalEntry.subject == visit.reception_id
    )
    with services.db.read() as unit:
        return len(unit.all(query))


@pytest.mark.parametrize("page", ["ask/phone", "card/none/photo.png", "why/R031"])
def test_every_part_of_a_reception_that_can_be_looked_at_alone_is_a_look(
    services: Services, signed_in: Opener, page: str
) -> None:
    """Who asks for a part by its address has not opened the page, and nobody would know."""
    visit = Visit.at(services, "settled", FOUR)
    signed_in("clerk2").get(f"/counter/receptions/{visit.reception_id}/{page}")
    assert looks(services, visit) == 1


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("document", {"lines": "123456789012"}),
        ("search", {"name": "見本　太郎"}),
    ],
)
def test_the_page_that_answers_a_press_is_a_look_as_well(
    services: Services, signed_in: Opener, act: str, fields: dict[str, str]
) -> None:
    """A press that changes nothing, or is refused, shows the whole page too."""
    visit = Visit.at(services, "attached", FOUR)
    target = f"/counter/receptions/{visit.reception_id}/{act}"
    answer = signed_in("clerk2").post(target, fields, key="k", headers={"hx-request": "true"})
    assert answer.status == 200
    assert looks(services, visit) == 1


def test_a_paper_that_cannot_be_opened_any_more_stops_no_other(
    services: Services, at_station: Callable[[str], Browser]
) -> None:
    """A visitor who only asked has gone while the printer had no paper; their checklist is forgotten."""
    visit = Visit.at(services, "settled")
    visit.guide(filed=False)
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        handout.hand_out(unit, visit.clerk, reception, key, "ja", BLANK, "counter-1")
    visit.close()
    with services.db.read() as unit:
        assert [job.state for job in unit.all(select(PrintJob)) if job.subject == visit.reception_id] == [
            "cancelled"
        ]
    body = json.dumps({"kinds": ["form"]}).encode()
    headers = {"content-type": "application/json"}
    lease = at_station("counter-1").send("POST", "/api/v1/stations/print-jobs/lease", body, headers)
    assert lease.status == 204


@pytest.mark.parametrize("path", ["//evil.example/x", "/%5Cevil.example/x", "/%09/evil.example", "///evil"])
def test_no_link_of_a_page_leads_to_another_host(browser: Browser, path: str) -> None:
    """Browsers take two slashes, or a slash and a backslash, for the beginning of a host's name."""
    page = browser.get(path)
    assert page.status == 404
    hrefs = [part.split('"')[0] for part in page.text.split('href="')[1:]]
    assert hrefs
    leading = [href for href in hrefs if not href.startswith("#")]
    assert not [href for href in leading if not href.startswith("/") or href[1:2] in ("/", "\\", "\t")]


def test_an_account_without_a_department_sees_no_work(services: Services, signed_in: Opener) -> None:
    visit = Visit.at(services, "accepted", FOUR)
    with services.db.read() as unit:
        number = unit.get(Reception, visit.reception_id).number
    department = signed_in("kokuho1")
    assert number in department.get("/backoffice/").text
    with services.db.write() as unit:
        unit.session.exec(update(Staff).where(col(Staff.login) == "kokuho1").values(department=None))
    for target in ("/backoffice/", "/backoffice/list", "/backoffice/?department=kokuho"):
        assert number not in department.get(target).text


def test_no_number_of_a_document_stays_readable(services: Services, signed_in: Opener) -> None:
    """The kinds of document that were seen are in the journal in plain words, for good."""
    visit = Visit.opened(services, None)
    clerk = signed_in("clerk1", "counter-1")
    target = f"/counter/receptions/{visit.reception_id}/identify"
    said = {"relation": "self", "method": "photo_document"}
    for number, typed in enumerate(("運転免許証 301234567890", "旅券TK１２３４５６７")):
        refused = clerk.post(target, said | {"documents": typed}, key=f"n{number}")
        assert (refused.status, refused.header("x-problem")) == (422, "identity_number")
    assert clerk.post(target, said | {"documents": "健康保険証など2点"}, key="kinds").status == 303


def test_a_notification_is_sent_again_from_its_own_reception(services: Services, signed_in: Opener) -> None:
    visit = Visit.at(services, "accepted", FOUR)
    other = Visit.opened(services, None, desk="2")
    (sent,) = visit.workspace().submissions
    target = f"/counter/receptions/{other.reception_id}/submissions/{sent.submission_id}/retry"
    assert signed_in("clerk2", "counter-2").post(target, key="r1").status == 404


def test_over_tls_a_browser_stays_with_tls(browser: Browser) -> None:
    assert browser.get("/healthz").header("strict-transport-security") is None
    browser.scheme = "https"
    assert browser.get("/healthz").header("strict-transport-security") == "max-age=31536000"


def test_a_page_that_draws_itself_anew_keeps_nobody_signed_in(services: Services, signed_in: Opener) -> None:
    """A busy hall changes the line all day; a counter that somebody has left is signed out all the same."""
    clerk, start = signed_in("clerk1", "counter-1"), clock.now()
    alone = ({"hx-request": "true", "hx-trigger": "refresh"}, {"accept": "text/event-stream"})
    for minutes in range(5, 30, 5):
        clock.start_at(start + timedelta(minutes=minutes))
        for headers, path in zip(alone, ("/counter/queue", "/counter/events"), strict=True):
            assert clerk.get(path, headers).status == 200
    clock.start_at(start + timedelta(minutes=31))
    assert clerk.get("/counter/queue", alone[0]).status == 401
    present = signed_in("clerk2", "counter-2")
    for minutes in (50, 70, 90):
        clock.start_at(start + timedelta(minutes=minutes))
        assert present.get("/counter/help").status == 200, "whoever reads is there"


def test_what_draws_itself_anew_is_called_as_the_guard_knows_it() -> None:
    templates = [path.read_text("utf-8") for path in Path("counter/templates").rglob("*.html")]
    drawing = [text for text in templates if " data-refresh>" in text]
    assert len(drawing) == 4
    assert all(f'id="{REFRESH}"' in text for text in drawing)
