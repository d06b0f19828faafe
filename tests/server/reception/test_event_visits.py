"""Whole visits for other life events than a move: opened, chosen, asked, guided, handed over, ended."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from server.db.vault import KeyDestroyedError
from server.journal.models import JournalEntry
from server.kit import clock
from server.reception import service
from server.reception.confirmation import NotReadyError
from server.retention import service as retention
from server.submissions.models import Submission
from server.web.services import Services
from server.worklists.models import WorkItem
from tests.factories.visits import FOUR, Visit
from tests.server.reception.test_life_events import answer_everything, choose, concern, day, ids


def work_of(visit: Visit) -> list[WorkItem]:
    with visit.services.db.read() as unit:
        query = select(WorkItem).where(WorkItem.reception_id == visit.reception_id)
        return unit.all(query.order_by(col(WorkItem.procedure_id)))


def sent_by(visit: Visit) -> list[Submission]:
    with visit.services.db.read() as unit:
        return unit.all(select(Submission).where(Submission.reception_id == visit.reception_id))


def family(services: Services, *events: str) -> Visit:
    """The household of four, taken in by the card of its head."""
    visit = Visit.at(services, "intake", FOUR)
    choose(visit, *events)
    return visit


def ended(visit: Visit) -> dict[str, Any]:
    """Everything answered and handed over; the journal's line of it. Nothing goes to the core."""
    assert visit.workspace().gaps == ()
    visit.guide(filed=True)
    seen = visit.workspace()
    assert (seen.state, seen.submissions, [step.key for step in seen.strip][-2]) == (
        "guided",
        (),
        "hand_over",
    )
    assert sent_by(visit) == []
    visit.close()
    with visit.services.db.read() as unit:
        entry = unit.session.exec(select(JournalEntry).where(JournalEntry.event == "reception.guided")).one()
    told: dict[str, Any] = json.loads(entry.payload)
    assert told["work_items"] == len(work_of(visit)) > 0
    return told


def test_a_family_moves_in_whom_the_core_does_not_know(services: Services) -> None:
    visit = Visit.opened(services, None, purpose="")
    visit.identify("self", "photo_document")
    assert visit.workspace().gaps[0] == "events"
    choose(visit, "IN_DOM")
    assert visit.workspace().arrives
    visit.enter(name="例示　次郎", birth="1990-01-02")
    visit.enter(name="例示　花子", relationship="妻", birth="1991-03-04", sex="2", is_head=False)
    child = visit.enter(name="例示　みなと", relationship="子", birth="2024-03-04", is_head=False)
    assert len(visit.state().concerned) == 3
    assert {"new_address", "event_day", "filer"} < set(visit.workspace().gaps)
    visit.address()
    day(visit, "IN_DOM", back=2)
    head = visit.state().people[0].person_id
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        service.choose_filer(unit, visit.clerk, reception, key, head)
    planned = (clock.today() - timedelta(days=3)).isoformat()
    visit.fact("higher_earner", True, head)
    answer_everything(
        visit,
        ins="kokuho",
        mnc="held",
        out_planned_date=planned,
        out_filed=True,
        mnc_pin4_known=True,
        nat="JP",
    )
    told = visit.guided(visit.state())
    assert {"R001", "R017", "R030", "R050", "R100", "R108", "R117"} <= ids(told)
    allowance = next(item for item in told.applies if item.procedure_id == "R100")
    assert "転出予定年月日" in allowance.deadline.text.ja, "not counted from the day of the move"
    assert child in next(item for item in told.applies if item.procedure_id == "R108").person_ids
    ended(visit)


def test_a_family_moves_out(services: Services) -> None:
    visit = family(services, "OUT_DOM")
    day(visit, "OUT_DOM", back=-10)
    assert "moved_on_future" not in visit.workspace().gaps, "only a move-out may lie ahead"
    answer_everything(visit, school_kind="public")
    told = visit.guided(visit.state())
    assert {"R011", "R082", "R092", "R119"} <= ids(told)
    assert "R010" not in ids(told, "applies", "needs_confirmation", "may_apply")
    ended(visit)
    assert {item.submission_id for item in work_of(visit)} == {None}


def test_a_new_head_is_everybodys_new_head(services: Services) -> None:
    """R052: the insured of the whole household get new papers, not only whoever becomes the head."""
    visit = family(services, "HH_HEAD")
    assert len(visit.state().concerned) == 4, "nobody has to tick the household again"
    day(visit, "HH_HEAD", back=4)
    answer_everything(visit)
    told = visit.guided(visit.state())
    assert {"R014", "R052"} <= ids(told)
    split = family(services, "HH_SPLIT")
    assert split.state().concerned == [], "who leaves, only staff can say"


def test_a_birth_brings_somebody_whom_the_core_does_not_know(services: Services) -> None:
    visit = family(services, "BIRTH")
    assert "subjects" in visit.workspace().gaps
    born = clock.today() - timedelta(days=4)
    child = visit.enter(
        name="見本　あおい", relationship="子", birth=born.isoformat(), sex="2", is_head=False
    )
    assert [person.person_id for person in visit.state().concerned] == [child], "who else could it be"
    assert visit.state().day_of("BIRTH") == born
    mother = visit.state().people[1].person_id
    visit.fact("gave_birth", True, mother)
    answer_everything(visit, nat="JP", newborn_ins="kokuho")
    told = visit.guided(visit.state())
    assert {"R170", "R116", "R117"} <= ids(told)
    assert {"R102", "R103"} & ids(told), "child allowance, whoever received it before"
    assert not ids(told) & {"R010", "R118"}
    ended(visit)


def test_a_relative_comes_after_a_death(services: Services) -> None:
    """The visitor lives elsewhere: named by hand, and is not the one whom it concerns."""
    visit = Visit.opened(services, None, purpose="other")
    choose(visit, "DEATH")
    visit.identify("relative", "photo_document")
    visit.take("5100000034", "2100000108")
    mother = visit.state().people[-1].person_id
    concern(visit, mother)
    day(visit, "DEATH", back=3)
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        service.name_filer(unit, visit.clerk, reception, key, "手本　みのる")
    answer_everything(visit)
    told = visit.guided(visit.state())
    assert {"R172", "R173"} <= ids(told)
    assert all(item.person_ids in ((), (mother,)) for item in told.applies if item.procedure_id == "R172")
    bundle = next(item for item in told.applies if item.procedure_id == "R173")
    assert set(bundle.bundled) <= ids(told, "applies", "needs_confirmation", "may_apply")
    ended(visit)


def test_a_marriage_with_a_move_is_one_visit(services: Services) -> None:
    """The move goes to the core as ever; the marriage is on its own form, what follows comes together."""
    visit = family(services, "MARRY", "MOVE", "NAME")
    assert [event.code for event in visit.workspace().events] == ["MOVE", "MARRY", "NAME"]
    for code, back in (("MOVE", 5), ("MARRY", 1), ("NAME", 1)):
        day(visit, code, back)
    wife = visit.state().people[1].person_id
    visit.address()
    visit.fact("party", True, wife)
    visit.fact("name_changes", True, wife)
    answer_everything(visit)
    told = visit.guided(visit.state())
    assert {"R010", "R174", "R031"} <= ids(told)
    with pytest.raises(NotReadyError, match="own_form"):
        visit.guide(filed=True)
    visit.prepare(b"%PDF")
    visit.confirm()
    visit.accept()
    (submission,) = sent_by(visit)
    assert submission.kind == "転居"
    assert {item.submission_id for item in work_of(visit)} == {submission.id}


def test_who_only_asked_leaves_nothing_behind(services: Services) -> None:
    visit = family(services, "OUT_DOM")
    visit.guide(filed=False)
    assert work_of(visit) == []
    visit.close()
    with pytest.raises(KeyDestroyedError):
        visit.workspace()


def test_a_visit_that_was_handed_over_is_kept_for_its_time(services: Services) -> None:
    visit = family(services, "CERT")
    answer_everything(visit, cert_kinds=["juminhyo"], cert_purpose="bank", cert_requester="self")
    visit.guide(filed=True)
    with services.db.write() as unit:
        assert retention.purge(unit, visit.clerk, services.vault) == 0
        assert retention.purge(unit, visit.clerk, services.vault, keep=timedelta(seconds=-1)) == 1
    with pytest.raises(KeyDestroyedError):
        visit.workspace()
