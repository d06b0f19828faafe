"""Receptions left open, which the start page announces and keeps; cards that are not wanted."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import select

from server.kit import clock
from server.queue.models import CardRead
from server.reception.models import Reception
from server.web.services import Services
from tests.factories.visits import Visit, card_of, issue, tap
from tests.server.web.conftest import Opener
from tests.support_asgi import Browser

MONDAY = datetime.fromisoformat("2026-11-02T10:00:00+09:00")


def test_the_start_page_says_which_ones_go_and_keeps_them(services: Services, signed_in: Opener) -> None:
    clock.start_at(MONDAY)
    visit = Visit.at(services, "confirmed")
    number = visit.workspace().number
    clock.start_at(MONDAY + timedelta(days=services.settings.open_days - 1))
    clerk = signed_in("clerk1", "counter-1")
    page = clerk.get("/counter/").text
    assert "明日破棄される受付" in page
    assert page.count(f">{number}<") == 1, "told once, and not in the list below"
    assert "given up tomorrow" in clerk.get("/counter/queue?lang=en").text
    target = f"/counter/receptions/{visit.reception_id}/keep"
    assert signed_in("kokuho1").post(target, key="keep-0").status == 403
    for _ in range(2):
        assert clerk.post(target, key="keep-1", headers={"hx-request": "true"}).status == 200
    assert "明日破棄される受付" not in clerk.get("/counter/?lang=ja").text
    with services.db.read() as unit:
        assert unit.get(Reception, visit.reception_id).state == "confirmed"


def test_a_card_that_is_not_wanted_is_forgotten_at_once(
    services: Services, at_station: Callable[[str], Browser], browser: Browser
) -> None:
    """Only what was read at this very kiosk, and only what no ticket needs."""
    wanted = tap(services, card_of("mihon_taro"))
    issue(services, card_read=wanted)
    elsewhere = tap(services, card_of("mihon_taro"), station="kiosk-2")
    refused = tap(services, card_of("kaku_kenichi"))

    def erased() -> set[str]:
        with services.db.read() as unit:
            return {read.id for read in unit.all(select(CardRead)) if read.erased_at is not None}

    assert browser.post("/kiosk/card/forget", key="f0").status == 204
    assert erased() == set(), "whoever is no station has read nothing"
    for _ in range(2):
        assert at_station("kiosk-1").post("/kiosk/card/forget", key="f1").status == 204
    assert erased() == {refused}
    assert elsewhere not in erased()
