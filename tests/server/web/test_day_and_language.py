"""What a page says of the business day, and in which language it goes on."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from server.kit import clock
from server.queue import service as queue
from server.web.services import Services
from tests.server.web.conftest import Opener
from tests.support_asgi import Browser


def test_staff_keep_their_language_and_a_kiosk_forgets_it(
    signed_in: Opener, at_station: Callable[[str], Browser]
) -> None:
    clerk = signed_in("clerk1", "counter-1")
    assert '<html lang="ja"' in clerk.get("/counter/").text
    chosen = clerk.get("/counter/?lang=en")
    paths = {part.strip() for line in chosen.headers("set-cookie") for part in line.lower().split(";")}
    assert {"kakanai_lang=en", "path=/counter", "path=/backoffice", "path=/admin", "httponly"} <= paths
    assert '<html lang="en"' in clerk.get("/counter/").text
    clerk.get("/counter/?lang=ja")
    assert '<html lang="ja"' in clerk.get("/counter/").text
    kiosk = at_station("kiosk-1")
    assert '<html lang="en"' in kiosk.get("/kiosk/?lang=en").text
    assert kiosk.cookies == {}


def test_a_clerk_learns_in_the_morning_that_yesterday_is_still_open(
    signed_in: Callable[[str], Browser], services: Services
) -> None:
    with services.db.write() as unit:
        queue.close_day(unit, services.system)
        queue.open_day(unit, services.system, clock.today() - timedelta(days=1))
    clerk = signed_in("clerk1")
    assert "の業務日が開いたままです" in clerk.get("/counter/").text
    opened = clerk.post("/counter/day/open", key="d1", headers={"HX-Request": "true"})
    assert opened.header("hx-refresh") == "true"
    assert "開いたままです" not in opened.text


@pytest.mark.parametrize(("lang", "said"), [("ja", "お声がけください"), ("en", "speak to a member of staff")])
def test_a_visitor_is_not_told_to_open_the_day(
    at_station: Callable[[str], Browser], services: Services, lang: str, said: str
) -> None:
    with services.db.write() as unit:
        queue.close_day(unit, services.system)
    kiosk = at_station("kiosk-1")
    refused = kiosk.post(f"/kiosk/tickets?lang={lang}", {"service_class": "move", "lang": lang}, key="t1")
    assert refused.status == 409
    assert said in refused.text
    assert "業務日を開く" not in refused.text
    assert "Open the business day" not in refused.text
