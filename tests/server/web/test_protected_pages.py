"""No page shows a protected person's address to anybody but the clerk of the intake: every GET is walked,
also one that somebody adds tomorrow.
"""

import subprocess
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from sqlmodel import select

from server.print_jobs.models import PrintJob
from server.queue.models import CardRead
from server.reception import handout
from server.worklists.models import WorkItem
from tests.factories.visits import BLANK, Visit
from tests.server.test_protection import protected
from tests.server.web.conftest import Opener
from tests.server.web.routes import Found, walk
from tests.support_asgi import Answer, Browser

__all__ = ["protected"]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# Of the address that she has and of the one that she moves to: what no list of towns holds.
SECRETS = ("サンライズ", "402号", "1番8号", "１番８号", "５番６号", "5番6号")
# Streams say only that something changed.
STREAMS = "/events"


def said(answer: Answer) -> str:
    """What a page or a paper says."""
    if answer.header("content-type") == "application/pdf":
        done = subprocess.run(
            ["pdftotext", "-", "-"], input=answer.body, capture_output=True, check=True, timeout=20
        )
        return done.stdout.decode("utf-8")
    return answer.body.decode("utf-8", "replace")


def pages(app: FastAPI, visit: Visit, each: int | None = None) -> Iterator[str]:
    """Every page there is, about this visit where it is about one; of `each` kind no more than so many."""
    with visit.services.db.read() as unit:
        items = [item.id for item in unit.all(select(WorkItem))]
        reads = [read.id for read in unit.all(select(CardRead))]
    guided = visit.guided(visit.state())
    procedures = [one.procedure_id for one in (*guided.applies, *guided.may_apply)]
    facts = {
        view.name
        for person in ("", *(p.person_id for p in visit.state().people))
        for view in visit.state().facts.of(person).values()
    }
    places = {
        "item_id": items,
        "procedure_id": procedures,
        "fact": sorted(facts),
        "read_id": reads,
        "name": ["photo", "name", "address"],
    }
    for route in walk(app):
        if route.method == "GET" and not route.path.endswith(STREAMS):
            yield from list(_filled(route, {"reception_id": visit.reception_id}, places))[:each]


def _filled(route: Found, known: dict[str, str], places: dict[str, list[str]]) -> Iterator[str]:
    open_place = next(
        (place for place in places if f"{{{place}}}" in route.path and place not in known), None
    )
    if open_place is None:
        yield route.target(**known)
        return
    for value in places[open_place]:
        yield from _filled(route, known | {open_place: value}, places)


def leaks(browser: Browser, targets: list[str]) -> dict[str, list[str]]:
    """What stands on which page and should not."""
    found = {target: [one for one in SECRETS if one in said(browser.get(target))] for target in targets}
    return {target: secrets for target, secrets in found.items() if secrets}


@pytest.fixture
def accepted(protected: Visit) -> Visit:
    """Her notification accepted, with everything that a visit leaves: papers, work, a checklist."""
    services = protected.services
    with services.db.write() as unit:
        reception, key = protected.locked(unit)
        handout.hand_out(unit, protected.clerk, reception, key, "ja", BLANK, "counter-1")
    protected.confirm()
    protected.accept()
    return protected


def test_another_clerk_reads_no_protected_address(accepted: Visit, app: FastAPI, signed_in: Opener) -> None:
    targets = list(pages(app, accepted, each=1))
    assert len(targets) > 35
    workspace = f"/counter/receptions/{accepted.reception_id}"
    assert leaks(signed_in("clerk1", "counter-1"), [workspace]), "the clerk of the intake does"
    assert leaks(signed_in("clerk2", "counter-2"), targets) == {}


@pytest.mark.long
def test_nobody_else_reads_a_protected_address_anywhere(
    accepted: Visit, app: FastAPI, signed_in: Opener, at_station: Callable[[str], Browser], browser: Browser
) -> None:
    targets = list(pages(app, accepted))
    for who in (
        signed_in("clerk2", "counter-2"),
        signed_in("kokuho1"),
        signed_in("admin1"),
        at_station("counter-1"),
        at_station("kiosk-1"),
        browser,
    ):
        assert leaks(who, targets) == {}


def test_another_clerk_has_no_protected_form_printed(accepted: Visit, signed_in: Opener) -> None:
    """What cannot be read on the screen must not come out of one's own printer."""
    target = f"/counter/receptions/{accepted.reception_id}/print"
    answer = signed_in("clerk2", "counter-2").post(target, key="p1")
    assert (answer.status, answer.header("x-problem")) == (403, "protected")
    with accepted.services.db.read() as unit:
        assert [job.station for job in unit.all(select(PrintJob)) if job.kind == "form"] == ["counter-1"]
    assert signed_in("clerk1", "counter-1").post(target, key="p2").status == 303
