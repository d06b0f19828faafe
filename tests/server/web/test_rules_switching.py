"""Rules that switch while the server runs and people are at the counter; the way back beside open drafts."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from fastapi import FastAPI

from server.kit import clock
from server.rulebook import guided
from server.rulebook.current import Rulebook
from server.rulebook.reading import shipped_text
from server.web.services import Services
from tests.factories.visits import Visit
from tests.server.rulebook.conftest import CODE, SMALL, with_fee
from tests.server.rulebook.test_open_receptions import approved
from tests.server.web.conftest import Opener
from tests.server.web.test_rules_pages import TODAY, draft, fee, revision, save
from tests.support_asgi import Browser

TOMORROW = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def _today() -> None:
    clock.start_at(datetime(2026, 11, 24, 9, tzinfo=clock.JST))


@pytest.fixture
def small(app: FastAPI, services: Services) -> Services:
    """The small catalogue, with a rulebook of its own."""
    rulebook = Rulebook(services.db, services.settings.tenant, CODE, SMALL)
    app.state.services = replace(services, rulebook=rulebook)
    found: Services = app.state.services
    return found


def tomorrow() -> None:
    clock.start_at(datetime(2026, 11, 25, 9, tzinfo=clock.JST))


def in_force(clerk: Browser, chief: Browser, text: str, key: str, last: str = "") -> str:
    """A version with this text, written by one and approved by the other today."""
    at = draft(clerk, f"{key}-draft")
    save(clerk, at, text, "0", f"{key}-1")
    clerk.post(f"{at}/propose", {"effective_from": TODAY, "version": "1"}, key=f"{key}-2")
    assert chief.post(f"{at}/approve", {"instead_of": last}, key=f"{key}-3").status == 303
    return at


def test_what_was_entered_ahead_switches_in_the_middle_of_a_visit(
    services: Services, signed_in: Opener
) -> None:
    """A department's new name, with the visit open, the server running and nobody pressing anything."""
    visit = Visit.at(services, "intake")
    names = {"ja": "ごみ減量課", "easy": "ごみ減量課（ごみ げんりょうか）", "en": "Waste Division"}
    text = guided.put_department(shipped_text("992011"), TOMORROW, "kankyo", names, {}, external=False)
    approved(services, text, date(2026, 11, 24))
    clerk = signed_in("clerk1", "counter-1")
    page = f"/counter/receptions/{visit.reception_id}"
    before = clerk.get(page).text
    assert ("環境課" in before, "ごみ減量課" in before) == (True, False)
    tomorrow()
    clerk = signed_in("clerk1", "counter-1")
    after = clerk.get(page).text
    assert ("環境課" in after, "ごみ減量課" in after) == (False, True)
    assert "Waste Division" in clerk.get(f"{page}?lang=en").text


def test_a_version_that_waits_switches_on_its_day_and_the_pages_say_so(
    small: Services, signed_in: Opener
) -> None:
    clerk, chief = signed_in("clerk1"), signed_in("supervisor1")
    at = draft(clerk)
    save(clerk, at, with_fee(400), "0", "k1")
    clerk.post(f"{at}/propose", {"effective_from": TOMORROW.isoformat(), "version": "1"}, key="k2")
    chief.post(f"{at}/approve", {"instead_of": ""}, key="k3")
    assert (fee(small).yen, "適用日を待っています" in clerk.get(at).text) == (300, True)
    tomorrow()
    clerk = signed_in("clerk1")
    assert fee(small).yen == 400
    assert "いま、すべての窓口がこの版で案内しています" in clerk.get(at).text


def test_a_draft_says_that_what_it_was_begun_from_is_out_of_force(small: Services, signed_in: Opener) -> None:
    """Approving it as it is would bring back what was stopped."""
    clerk, chief = signed_in("clerk1"), signed_in("supervisor1")
    wrong = in_force(clerk, chief, with_fee(400), "a")
    mine = draft(clerk, "k-mine")
    save(clerk, mine, with_fee(400).replace("小見本市", "小さな見本市"), "0", "k1")
    assert chief.post(f"{wrong}/withdraw", {"reason": "条例と違う"}, key="k2").status == 303
    told = clerk.get(mine).text
    assert "もとにした版1は、適用をやめています" in told
    assert "条例と違う" in told
    assert clerk.post(f"{mine}/take-in", {"taken": "0", "version": "1"}, key="k3").status == 303
    text = clerk.get(f"{mine}/overlay.yaml").body.decode()
    assert ("yen: 300" in text, "小さな見本市" in text) == (True, True)
    assert "適用をやめています" not in clerk.get(mine).text


def test_taking_out_leads_back_to_the_version_before(small: Services, signed_in: Opener) -> None:
    clerk, chief = signed_in("clerk1"), signed_in("supervisor1")
    in_force(clerk, chief, with_fee(400), "a")
    wrong = in_force(clerk, chief, with_fee(500), "b", last="1")
    mine = draft(clerk, "k-mine")
    proposal = {"effective_from": TODAY, "version": "0"}
    assert clerk.post(f"{mine}/propose", proposal, key="k1").status == 303
    assert chief.post(f"{wrong}/withdraw", {"reason": "条例と違う"}, key="k2").status == 303
    late = chief.post(f"{mine}/approve", {"instead_of": "2"}, key="k3")
    assert (late.status, late.header("x-problem")) == (409, "draft_moved"), "the page was older than that"
    assert "差し戻すか、承認の求めを取り下げて" in chief.get(mine).text
    assert clerk.post(f"{mine}/take-back", {}, key="k4").status == 303
    seen = revision(clerk.get(mine))
    assert clerk.post(f"{mine}/take-in", {"taken": "1", "version": seen}, key="k5").status == 303
    assert "yen: 400" in clerk.get(f"{mine}/overlay.yaml").body.decode()
