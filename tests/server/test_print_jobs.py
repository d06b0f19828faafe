"""Papers: each asked for once, printed once, and taken back when nobody wants them any more."""

from datetime import timedelta

import pytest
from sqlmodel import select

from server.db.uow import Database
from server.journal.models import JournalEntry
from server.kit import clock
from server.kit.machine import NotNowError
from server.print_jobs import queries, service, states
from server.print_jobs.models import PrintJob
from tests.factories.people import KIOSK, SYSTEM, TENANT
from tests.support_threads import at_once


def ask(db: Database, subject: str = "t1", station: str = "kiosk-1") -> str:
    with db.write() as unit:
        return service.queue_ticket(unit, KIOSK, station, subject, "{}").id


def lease(db: Database, station: str = "kiosk-1", kinds: list[str] | None = None) -> PrintJob | None:
    with db.write() as unit:
        return service.lease(unit, KIOSK, station, kinds or ["ticket", "form"])


def report(db: Database, job_id: str, outcome: str) -> PrintJob:
    with db.write() as unit:
        return service.finish(unit, KIOSK, job_id, outcome)


def job(db: Database, job_id: str) -> PrintJob:
    with db.read() as unit:
        return unit.session.exec(select(PrintJob).where(PrintJob.id == job_id)).one()


def events(db: Database, name: str) -> list[JournalEntry]:
    with db.read() as unit:
        return unit.all(select(JournalEntry).where(JournalEntry.event == name))


def later(**passed: float) -> None:
    clock.start_at(clock.now() + timedelta(**passed))


def test_a_paper_goes_to_its_station_once(db: Database) -> None:
    made = ask(db)
    assert lease(db, "kiosk-2") is None
    assert lease(db, kinds=["form"]) is None
    leased = lease(db)
    assert leased is not None
    assert (leased.id, leased.attempts, leased.state) == (made, 1, "leased")
    assert lease(db) is None, "nobody else gets it meanwhile"
    done = report(db, made, "printed")
    assert (done.state, done.problem, done.finished_at is not None) == ("printed", None, True)
    assert lease(db) is None
    assert len(events(db, "print.finished")) == 1


def test_two_asking_at_once_get_two_papers(db: Database) -> None:
    made = {ask(db, f"t{number}") for number in range(4)}
    results = at_once(4, lambda _: lease(db))
    assert {found.id for found in results if isinstance(found, PrintJob)} == made


def test_papers_come_in_the_order_they_were_asked_for(db: Database) -> None:
    made = [ask(db, f"t{number}") for number in range(3)]
    got = []
    for _ in made:
        found = lease(db)
        assert found is not None
        got.append(found.id)
    assert got == made


def test_a_lease_that_ran_out_is_given_again(db: Database) -> None:
    made = ask(db)
    assert lease(db) is not None
    later(seconds=19)
    assert lease(db) is None
    later(seconds=2)
    again = lease(db)
    assert again is not None
    assert (again.id, again.attempts) == (made, 2)


@pytest.mark.parametrize("trouble", sorted(service.TROUBLES))
def test_a_printer_in_trouble_puts_the_paper_back(db: Database, trouble: str) -> None:
    made = ask(db)
    for attempt in (1, 2):
        found = lease(db)
        assert found is not None
        assert found.attempts == attempt
        back = report(db, made, trouble)
        assert (back.state, back.problem) == ("queued", trouble)
    assert len(events(db, "print.failed")) == 1, "the same trouble again is no news"
    assert lease(db) is not None
    assert report(db, made, "printed").problem is None


def test_an_outcome_nobody_knows_is_a_failure(db: Database) -> None:
    made = ask(db)
    lease(db)
    assert report(db, made, "on_fire").problem == "failed"


def test_a_cancelled_paper_stays_cancelled_whatever_comes_late(db: Database) -> None:
    """A printer that finishes after the time-out must not bring somebody's paper back to life."""
    made = ask(db)
    lease(db)
    with db.write() as unit:
        assert service.cancel(unit, SYSTEM, "t1", "taken back") == 1
        assert service.cancel(unit, SYSTEM, "t1", "taken back") == 0
    for outcome in ("printed", "paper_out"):
        assert report(db, made, outcome).state == "cancelled"
    assert job(db, made).finished_at is None
    assert events(db, "print.finished") == []
    assert lease(db) is None


def test_a_paper_reported_twice_is_printed_once(db: Database) -> None:
    made = ask(db)
    lease(db)
    report(db, made, "printed")
    assert report(db, made, "paper_out").state == "printed"
    assert len(events(db, "print.finished")) == 1


def test_a_result_without_a_lease_changes_nothing(db: Database) -> None:
    made = ask(db)
    assert report(db, made, "printed").state == "queued"


def test_what_is_printed_cannot_be_taken_back(db: Database) -> None:
    made = ask(db)
    lease(db)
    report(db, made, "printed")
    with db.write() as unit:
        assert service.cancel(unit, SYSTEM, "t1", "too late") == 0
    with pytest.raises(NotNowError):
        states.move(job(db, made), "cancel")


def test_a_station_is_told_that_there_is_a_paper(db: Database) -> None:
    told: list[str] = []
    db.publish = told.extend
    ask(db)
    assert service.topic("kiosk-1") in told


def test_looking_for_papers_needs_no_writers_turn(db: Database) -> None:
    with db.read() as unit:
        assert not service.anything_for(unit, KIOSK, "kiosk-1")
    made = ask(db)
    with db.read() as unit:
        assert service.anything_for(unit, KIOSK, "kiosk-1")
        assert not service.anything_for(unit, KIOSK, "kiosk-2")
    lease(db)
    report(db, made, "printed")
    with db.read() as unit:
        assert not service.anything_for(unit, KIOSK, "kiosk-1")


def test_each_further_paper_of_one_thing_has_the_next_number(db: Database) -> None:
    """Which of two equal sheets was signed must be told by what stands on them."""
    with db.write() as unit:
        for document in ("intake-1", "intake-1", "intake-2"):
            service.queue_form(unit, SYSTEM, "counter-1", "r1", document, "k1")
        service.cancel(unit, SYSTEM, "r1", "anew")
        service.queue_form(unit, SYSTEM, "counter-1", "r1", "intake-1", "k1")
        service.queue_ticket(unit, SYSTEM, "kiosk-1", "r1", "{}")
    with db.read() as unit:
        papers = queries.papers(unit, TENANT, "r1")
    assert [(paper.kind, paper.copy_no) for paper in reversed(papers)] == [
        ("form", 1),
        ("form", 2),
        ("form", 1),
        ("form", 3),
        ("ticket", 1),
    ]


def test_another_municipalitys_papers_are_not_there(db: Database) -> None:
    from dataclasses import replace

    ask(db)
    elsewhere = replace(KIOSK, tenant_id="elsewhere")
    with db.write() as unit:
        assert service.lease(unit, elsewhere, "kiosk-1", ["ticket"]) is None
