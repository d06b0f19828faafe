"""Versions of the rules: who may write and approve, and which one counts on which day."""

from datetime import date, datetime

import pytest
from sqlmodel import col, select

from server.db import engine as engines
from server.db.uow import Database
from server.journal.models import JournalEntry
from server.kit import clock
from server.kit.machine import NotNowError
from server.rulebook import queries, service
from server.rulebook.models import OverlayVersion
from server.rulebook.reading import digest_of
from server.rulebook.service import (
    DraftMovedError,
    FaultyRulesError,
    NeedsReasonError,
    OwnWorkError,
    PastDayError,
)
from tests.server.rulebook.conftest import CHIEF, OTHER, SECOND, TODAY, WRITER, Desk, with_fee


def at(day: date) -> None:
    clock.start_at(datetime(day.year, day.month, day.day, 9, tzinfo=clock.JST))


def standings(desk: Desk) -> dict[int, str]:
    with desk.db.read() as unit:
        return {view.number: view.standing for view in queries.versions(unit, WRITER)}


def test_an_approved_version_counts_from_its_day_and_not_before(desk: Desk) -> None:
    assert desk.fee() == 300
    desk.approved(with_fee(400), date(2026, 12, 1))
    assert (desk.fee(), standings(desk)) == (300, {1: "waits"})
    at(date(2026, 12, 1))
    assert (desk.fee(), standings(desk)) == (400, {1: "counts"})
    assert desk.rulebook.current().number == 1


def test_another_process_counts_by_the_same_version(desk: Desk, database_url: str) -> None:
    """The worker on PostgreSQL, or a second server: nobody tells them, they read it themselves."""
    other = Desk(Database(engines.create(database_url)))
    assert other.fee() == 300
    desk.approved(with_fee(400))
    assert other.fee() == 400
    other.db.engine.dispose()


def test_what_was_approved_last_wins_from_its_day_on(desk: Desk) -> None:
    desk.approved(with_fee(400))
    desk.approved(with_fee(600), date(2027, 1, 4), instead_of=1)
    desk.approved(with_fee(500), date(2026, 12, 1), instead_of=2)
    assert standings(desk) == {3: "waits", 2: "superseded", 1: "counts"}
    at(date(2027, 2, 1))
    assert (desk.fee(), standings(desk)) == (500, {3: "counts", 2: "superseded", 1: "superseded"})


def test_taking_a_version_out_of_force_brings_back_the_one_before(desk: Desk) -> None:
    desk.approved(with_fee(400))
    second = desk.approved(with_fee(500), instead_of=1)
    assert desk.fee() == 500
    with desk.db.write() as unit, pytest.raises(NotNowError):
        service.withdraw(unit, WRITER, second, "clerks do not")
    with desk.db.write() as unit, pytest.raises(NeedsReasonError):
        service.withdraw(unit, CHIEF, second, "  ")
    with desk.db.write() as unit:
        service.withdraw(unit, CHIEF, second, "手数料が違う")
    assert (desk.fee(), standings(desk)) == (400, {2: "withdrawn", 1: "counts"})


def test_nobody_approves_what_they_wrote_or_proposed(desk: Desk) -> None:
    text = with_fee(400)
    version = desk.draft(text, by=CHIEF)
    desk.propose(version, text, by=SECOND)
    for person in (CHIEF, SECOND):
        with pytest.raises(OwnWorkError):
            desk.approve(version, text, by=person)
    with pytest.raises(NotNowError):
        desk.approve(version, text, by=OTHER)
    assert desk.fee() == 300


def test_who_edited_the_draft_of_another_cannot_approve_it(desk: Desk) -> None:
    version = desk.draft()
    desk.write(version, with_fee(400), 0, by=CHIEF)
    desk.propose(version, with_fee(400), seen=1)
    with pytest.raises(OwnWorkError):
        desk.approve(version, with_fee(400), by=CHIEF)
    desk.approve(version, with_fee(400), by=SECOND)
    assert desk.fee() == 400


def test_the_second_of_two_who_write_at_once_is_told(desk: Desk) -> None:
    version = desk.draft()
    desk.write(version, with_fee(400), 0)
    with pytest.raises(DraftMovedError):
        desk.write(version, with_fee(500), 0, by=OTHER)
    with pytest.raises(DraftMovedError):
        desk.propose(version, with_fee(400), seen=0)
    with desk.db.read() as unit:
        assert queries.version(unit, WRITER, version).content == with_fee(400)


def test_faulty_rules_are_never_proposed_nor_approved(desk: Desk) -> None:
    bad = with_fee(400).replace("C01:", "C99:")
    version = desk.draft(bad)
    with pytest.raises(FaultyRulesError):
        desk.propose(version, bad)
    with pytest.raises(FaultyRulesError):
        desk.propose(version, with_fee(400))  # another text was read
    good = desk.draft(with_fee(400))
    with pytest.raises(PastDayError):
        desk.propose(good, with_fee(400), date(2026, 11, 23))


def test_an_approval_answers_for_what_its_page_compared_with(desk: Desk) -> None:
    first, second = desk.draft(with_fee(400)), desk.draft(with_fee(500))
    desk.propose(first, with_fee(400))
    desk.propose(second, with_fee(500))
    desk.approve(first, with_fee(400))
    with pytest.raises(DraftMovedError):
        desk.approve(second, with_fee(500), instead_of=None)
    desk.approve(second, with_fee(500), instead_of=1)


def test_approved_after_its_day_it_counts_from_today(desk: Desk) -> None:
    version = desk.draft(with_fee(400))
    desk.propose(version, with_fee(400))
    at(date(2026, 11, 30))
    desk.approve(version, with_fee(400))
    with desk.db.read() as unit:
        assert queries.version(unit, WRITER, version).effective_from == date(2026, 11, 30)


def test_a_proposal_comes_back_with_its_reason(desk: Desk) -> None:
    version = desk.draft(with_fee(400))
    desk.propose(version, with_fee(400))
    with desk.db.write() as unit, pytest.raises(NotNowError):
        service.edit(unit, WRITER, version, with_fee(500), 0)
    with desk.db.write() as unit:
        service.reject(unit, CHIEF, version, "条例の番号がない")
    with desk.db.read() as unit:
        view = queries.version(unit, WRITER, version)
    assert (view.standing, view.reason) == ("draft", "条例の番号がない")
    desk.propose(version, with_fee(400))
    with desk.db.write() as unit:
        service.take_back(unit, WRITER, version)
        service.discard(unit, WRITER, version)
    assert standings(desk) == {1: "withdrawn"}


def test_a_version_that_this_release_cannot_read_is_passed_over(desk: Desk) -> None:
    """After an update of the national rules an approved overlay may name what is gone."""
    desk.approved(with_fee(400))
    bad = desk.approved(with_fee(500), instead_of=1)
    with desk.db.write() as unit:
        row = unit.get(OverlayVersion, bad)
        row.content = row.content.replace("C01:", "C99:")
        row.digest = digest_of(row.content)
        unit.add(row)
    current = desk.rulebook.current()
    assert (current.number, current.refused, desk.fee()) == (1, (2,), 400)


def test_everything_is_in_the_journal(desk: Desk) -> None:
    version = desk.draft()
    desk.write(version, with_fee(400), 0)
    desk.propose(version, with_fee(400), seen=1)
    desk.approve(version, with_fee(400))
    with desk.db.read() as unit:
        entries = unit.all(
            select(JournalEntry).where(JournalEntry.subject == version).order_by(col(JournalEntry.seq))
        )
    said = [(entry.event, entry.actor) for entry in entries]
    assert said == [
        ("rules.drafted", "writer"),
        ("rules.edited", "writer"),
        ("rules.proposed", "writer"),
        ("rules.approved", "chief"),
    ]
    assert digest_of(with_fee(400)) in entries[-1].payload
    assert TODAY.isoformat() in entries[-1].payload
