"""Finding and taking in who is there, pressed twice: each step is written once and goes on where it ended."""

import json
from collections import Counter
from typing import Any

import pytest
from sqlmodel import select

from core_adapter.mock import MockCoreAdapter
from server.journal.models import JournalEntry
from server.web.services import Services
from tests.factories.visits import FOUR, Visit
from tests.server.web.conftest import Opener
from tests.server.web.test_pages import hidden
from tests.support_asgi import Answer, Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def written(visit: Visit) -> Counter[str]:
    """How often each event stands in the journal of this reception."""
    return Counter(entry.event for entry in entries(visit))


def entries(visit: Visit) -> list[JournalEntry]:
    with visit.services.db.read() as unit:
        return unit.all(select(JournalEntry).where(JournalEntry.subject == visit.reception_id))


def press(clerk: Browser, visit: Visit, path: str, key: str | None, **fields: Any) -> Answer:
    headers = {"hx-request": "true"}
    return clerk.post(f"/counter/receptions/{visit.reception_id}/{path}", fields, key=key, headers=headers)


def test_a_card_attached_twice_is_one_act_that_goes_on_where_the_first_ended(
    services: Services, signed_in: Opener, core: MockCoreAdapter
) -> None:
    visit = Visit.at(services, "identified", FOUR)
    clerk = signed_in("clerk1", "counter-1")
    read_id = hidden(clerk.get(f"/counter/receptions/{visit.reception_id}").text, "read_id")
    core.mode = "down"
    press(clerk, visit, "card/attach", "a", read_id=read_id)
    assert visit.workspace().members == ()
    core.mode = "up"
    for _ in range(2):
        assert "見本　さくら" in press(clerk, visit, "card/attach", "a", read_id=read_id).text
    seen = written(visit)
    assert (seen["card.attached"], seen["reception.gathered"]) == (1, 1)
    looks = [json.loads(one.payload) for one in entries(visit) if one.event == "reception.searched"]
    assert looks[0]["core"] == "away"
    assert "up" in [look["core"] for look in looks], "a look that showed more than the first is written down"
    other = press(clerk, visit, "card/attach", "a", read_id="another")
    assert other.header("x-problem") == "key_reused"


def test_a_search_and_a_choice_pressed_twice_are_written_once(services: Services, signed_in: Opener) -> None:
    visit = Visit.at(services, "identified")
    clerk = signed_in("clerk1", "counter-1")
    for _ in range(2):
        found = press(clerk, visit, "search", "s", name="見本　太郎")
    assert written(visit)["reception.searched"] == 1
    chosen = {name: hidden(found.text, name) for name in ("household_id", "resident_id")}
    for _ in range(2):
        assert "見本　さくら" in press(clerk, visit, "choose", "c", **chosen).text
    assert written(visit)["reception.gathered"] == 1
    press(clerk, visit, "gather", "g")
    assert written(visit)["reception.gathered"] == 2, "another press is another look at the core"


def test_no_press_goes_without_a_key(services: Services, signed_in: Opener) -> None:
    visit = Visit.at(services, "attached", FOUR)
    clerk = signed_in("clerk1", "counter-1")
    found = press(clerk, visit, "search", "s", name="見本　太郎")
    chosen = {name: hidden(found.text, name) for name in ("household_id", "resident_id")}
    for path, fields in {
        "card/attach": {"read_id": "any"},
        "search": {"name": "見本　太郎"},
        "choose": chosen,
        "gather": {},
    }.items():
        assert press(clerk, visit, path, None, **fields).header("x-problem") == "key_missing", path
    assert written(visit)["reception.gathered"] == 0
