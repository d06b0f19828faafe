"""The departments' work: each its own part, nothing done before the core has registered."""

import json
from typing import Any

import pytest
from sqlmodel import col, select

from core_adapter.mock import MockCoreAdapter
from server.journal.models import JournalEntry
from server.kit.machine import NotNowError
from server.submissions import service as submissions
from server.submissions.models import Submission
from server.web.services import Services
from server.worklists import queries, service, states
from server.worklists.queries import WorkLine
from server.worklists.service import OtherDepartmentError
from tests.factories.people import staff
from tests.factories.visits import Visit

MOTHER, DAUGHTER = "見本　ウメ", "見本　さくら"


def lines(services: Services, department: str | None = None) -> list[WorkLine]:
    with services.db.read() as unit:
        return queries.lines(unit, services.system, department)


def opened(services: Services, line: WorkLine, login: str = "supervisor1") -> queries.WorkView:
    with services.db.read() as unit:
        return queries.item(unit, staff(services.db, login), services.vault, line.item_id)


def exchange(services: Services, core: MockCoreAdapter, outcome: Any = None) -> None:
    held = (services.db, services.system, services.vault, core, service.on_submission)
    submissions.send_due(*held)
    if outcome:
        with services.db.read() as unit:
            key = unit.session.exec(select(Submission.key)).one()
        assert core.settle(key, outcome)
    submissions.record_acks(*held)


@pytest.fixture
def visit(services: Services) -> Visit:
    return Visit.at(services, "accepted")


def test_every_sure_procedure_is_somebodys_work(services: Services, visit: Visit) -> None:
    guided = visit.workspace().guidance
    assert guided is not None
    expected = {
        item.procedure_id
        for item in (*guided.applies, *guided.needs_confirmation)
        if item.klass in "ABC" and not item.department.external
    }
    assert {line.procedure_id for line in lines(services)} == expected
    assert len(expected) > 2


def test_each_part_holds_its_own_people_and_no_others(services: Services, visit: Visit) -> None:
    """The care department hears of the mother; that she has a grandchild is none of its business."""
    guided = visit.workspace().guidance
    assert guided is not None
    by_id = {item.procedure_id: item for item in (*guided.applies, *guided.needs_confirmation)}
    names = {
        person.person_id: visit.state().facts.value(person.person_id, "name")
        for person in visit.state().people
    }
    for line in lines(services):
        part = opened(services, line).part
        meant = {names[person_id] for person_id in by_id[line.procedure_id].person_ids}
        assert {person["name"]["value"] for person in part["people"]} == meant, line.procedure_id
        told = json.dumps({**part, "filer": None}, ensure_ascii=False)
        for name in set(names.values()) - meant:
            assert name not in told, (line.procedure_id, name)


def test_a_part_says_where_each_value_came_from(services: Services, visit: Visit) -> None:
    part = opened(services, lines(services)[0]).part
    assert {person["name"]["source"] for person in part["people"]} <= {"core"}
    for fact in part["facts"]:
        assert set(fact) == {"person", "name", "value", "unknown", "source", "at", "by", "confirmed_by"}
    assert part["new_address"].endswith("若葉町一丁目５番６号")


def test_no_part_holds_a_register_number(services: Services, visit: Visit) -> None:
    for line in lines(services):
        part = {**opened(services, line).part, "filer": None}
        assert "2100000" not in json.dumps(part, ensure_ascii=False), line.procedure_id


def test_nothing_is_finished_before_the_core_has_registered(
    services: Services, visit: Visit, core: MockCoreAdapter
) -> None:
    line = lines(services)[0]
    supervisor = staff(services.db, "supervisor1")
    assert (line.standing, line.registration) == ("waiting", "waiting")
    with services.db.write() as unit:
        service.start(unit, supervisor, line.item_id)
    for outcome, registration in ((None, "provisional"), ("registered", "registered")):
        with services.db.write() as unit, pytest.raises(NotNowError):
            service.finish(unit, supervisor, line.item_id)
        assert "finish" not in opened(services, line).actions
        exchange(services, core, outcome)
        assert (
            next(one for one in lines(services) if one.item_id == line.item_id).registration == registration
        )
    assert "finish" in opened(services, line).actions
    with services.db.write() as unit:
        assert service.finish(unit, supervisor, line.item_id).state == "done"
    with services.db.write() as unit, pytest.raises(NotNowError):
        service.finish(unit, supervisor, line.item_id)


def test_after_a_rejection_nothing_of_it_can_be_finished(
    services: Services, visit: Visit, core: MockCoreAdapter
) -> None:
    exchange(services, core, "rejected")
    supervisor = staff(services.db, "supervisor1")
    work = [line for line in lines(services) if not line.procedure_id.startswith("core.")]
    assert {line.registration for line in work} == {"rejected"}
    with services.db.write() as unit:
        service.start(unit, supervisor, work[0].item_id)
        with pytest.raises(NotNowError):
            service.finish(unit, supervisor, work[0].item_id)
    (rejected,) = [line for line in lines(services) if line.procedure_id == "core.rejected"]
    assert opened(services, rejected).core_reason
    with services.db.write() as unit:
        service.start(unit, supervisor, rejected.item_id)
        service.finish(unit, supervisor, rejected.item_id)


def test_a_department_sees_and_touches_its_own_work_only(services: Services, visit: Visit) -> None:
    kokuho = staff(services.db, "kokuho1")
    assert kokuho.department == "kokuho"
    mine = lines(services, "kokuho")
    others = [line for line in lines(services) if line.department != "kokuho"]
    assert mine
    assert others
    for line in others:
        for act in (service.view, service.start, service.finish):
            with services.db.write() as unit, pytest.raises(OtherDepartmentError):
                act(unit, kokuho, line.item_id)
        with services.db.write() as unit, pytest.raises(OtherDepartmentError):
            service.give_back(unit, kokuho, services.vault, line.item_id, "よそ")
        with pytest.raises(OtherDepartmentError):
            opened(services, line, "kokuho1")
    assert opened(services, mine[0], "kokuho1").part["department"] == "kokuho"


def test_work_given_back_keeps_its_reason_sealed(services: Services, visit: Visit) -> None:
    line = lines(services, "kokuho")[0]
    kokuho = staff(services.db, "kokuho1")
    with services.db.write() as unit:
        item = service.give_back(unit, kokuho, services.vault, line.item_id, "見本太郎さんの資格を確認")
        assert "見本".encode() not in (item.reason or b"")
    view = opened(services, line, "kokuho1")
    assert (view.line.standing, view.reason) == ("returned", "見本太郎さんの資格を確認")
    with services.db.read() as unit:
        entry = unit.session.exec(select(JournalEntry).where(JournalEntry.event == "work.returned")).one()
    assert "見本" not in entry.payload


def test_looking_is_journalled_and_without_the_entry_nothing_is_seen(
    services: Services, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = lines(services, "kokuho")[0]
    kokuho = staff(services.db, "kokuho1")
    with services.db.write() as unit:
        service.view(unit, kokuho, line.item_id)
    with services.db.read() as unit:
        query = select(JournalEntry).where(JournalEntry.event == "work.viewed")
        (entry,) = unit.all(query.order_by(col(JournalEntry.seq)))
        assert (entry.actor, entry.subject) == (kokuho.actor, line.item_id)


def test_work_is_listed_by_its_deadline(services: Services, visit: Visit) -> None:
    found = [line.due_on for line in lines(services) if line.due_on]
    assert found == sorted(found)
    listed = lines(services)
    assert listed.index(next(line for line in listed if line.due_on)) == 0
    assert {line.item_id for line in listed} == {line.item_id for line in by_reception(services, visit)}


def by_reception(services: Services, visit: Visit) -> list[WorkLine]:
    with services.db.read() as unit:
        return queries.of_reception(unit, visit.clerk, visit.reception_id)


def test_a_part_shows_nothing_of_itself_in_a_log(services: Services, visit: Visit) -> None:
    assert "見本" not in repr(opened(services, lines(services)[0]))


def test_the_table_and_the_buttons_agree() -> None:
    for state in states.MACHINE.states():
        ready, waiting = states.available_actions(state, True), states.available_actions(state, False)
        assert ready - waiting <= {"finish"}
        assert "finish" not in waiting
    assert states.available_actions("done", True) == frozenset()
