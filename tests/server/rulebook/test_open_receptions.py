"""A visit that was begun under the old rules and is accepted after the switch: the day of filing decides."""

from datetime import date, datetime

import pytest

from procedures.reading.overlay_edit import put
from server.kit import clock
from server.reception import acceptance, confirmation, guidance, intake, service
from server.rulebook import service as rulebook
from server.rulebook.reading import reading, shipped_text
from server.web.services import Services
from tests.factories.visits import Visit
from tests.server.rulebook.conftest import CHIEF, WRITER

TODAY, TOMORROW = date(2026, 11, 24), date(2026, 11, 25)
AWAY = {"disabled": True, "why": {"ja": "環境課で案内します", "en": "The Environment Division tells"}}


@pytest.fixture(autouse=True)
def _today() -> None:
    clock.start_at(datetime(2026, 11, 24, 9, tzinfo=clock.JST))


def approved(services: Services, text: str, day: date, instead_of: int | None = None) -> None:
    good = rulebook.checked(text, reading("992011", text))
    with services.db.write() as unit:
        key = rulebook.start(unit, WRITER, title="", content=text, based_on=None).id
        rulebook.propose(unit, WRITER, key, effective_from=day, seen=0, good=good)
        rulebook.approve(unit, CHIEF, key, good=good, instead_of=instead_of)


def without_waste(services: Services, day: date, instead_of: int | None = None) -> None:
    """From `day` on the counter does not guide to the days of waste collection (R160)."""
    approved(services, put(shipped_text("992011"), ("procedures", "R160"), AWAY), day, instead_of)


def told(services: Services, visit: Visit) -> tuple[set[str], str]:
    """What the visit is guided to now, and what has changed since its form was made."""
    with services.db.read() as unit:
        reception, key = service.opened(unit, visit.clerk, services.vault, visit.reception_id)
        state = intake.load(unit, visit.clerk, key, reception)
        found = guidance.guide(state, services.catalogue, services.settings.municipality)
        assert found is not None
        prepared = service.current_intake(unit, reception.id)
        changed = confirmation.outdated(key, prepared, state, found) if prepared else ""
    return {one.procedure_id for one in found.applies}, changed


def test_an_open_reception_is_guided_by_the_rules_of_its_day(services: Services) -> None:
    visit = Visit.at(services, "intake")
    without_waste(services, TOMORROW)
    assert "R160" in told(services, visit)[0]
    clock.start_at(datetime(2026, 11, 25, 9, tzinfo=clock.JST))
    assert "R160" not in told(services, visit)[0]


def test_a_form_made_before_the_switch_says_so_and_what_was_signed_stays(services: Services) -> None:
    visit = Visit.at(services, "confirmed")
    fee = put(shipped_text("992011"), ("procedures", "C01", "fee", "yen"), 1)
    approved(services, fee, TODAY)
    assert told(services, visit)[1] == "", "what this visit is not guided to does not concern it"
    without_waste(services, TODAY, instead_of=1)
    assert told(services, visit)[1] == "rules"
    clock.start_at(datetime(2026, 11, 25, 9, tzinfo=clock.JST))
    assert told(services, visit)[1] == "day"
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        frozen = acceptance.accept(unit, visit.clerk, services.vault, reception, key, signed=True).frozen
    assert "R160" in {one["procedure_id"] for one in frozen["guidance"]["applies"]}
    assert frozen["draft"]["filed_on"] == "2026-11-24"
