"""The start page announces what was left open, and keeps it at a press."""

from datetime import datetime, timedelta

from server.kit import clock
from server.reception.models import Reception
from server.web.services import Services
from tests.factories.visits import Visit
from tests.server.web.conftest import Opener

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
