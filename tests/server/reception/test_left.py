"""What was left open is announced, kept on by a press, or given up and forgotten."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import select

from server.db.vault import KeyDestroyedError, Vault
from server.journal.models import JournalEntry
from server.kit import clock
from server.kit.machine import NotNowError
from server.queue import service as queue
from server.queue.models import CardRead
from server.reception import ending, left
from server.reception.left import goes_on
from server.reception.models import Reception
from server.retention.service import give_up_left
from server.web.services import Services
from server.worker import Worker
from tests.factories.people import SYSTEM
from tests.factories.visits import Visit, card_of, issue, tap

MONDAY = datetime.fromisoformat("2026-11-02T10:00:00+09:00")
DAYS = 7


def on(day: int, hour: int = 10) -> None:
    """So many days later, at this hour."""
    clock.start_at(MONDAY.replace(hour=hour) + timedelta(days=day))


def day_of_business(services: Services) -> None:
    """The office opened and closed again today."""
    with services.db.write() as unit:
        if queue.current_day(unit, SYSTEM):
            queue.close_day(unit, SYSTEM)
        queue.open_day(unit, SYSTEM, clock.today())
        queue.close_day(unit, SYSTEM)


def sweep(services: Services) -> int:
    return give_up_left(services.db, SYSTEM, services.vault, DAYS)


def announced(services: Services) -> list[tuple[str, bool]]:
    with services.db.read() as unit:
        return [(one.number, one.holds) for one in left.leaving(unit, SYSTEM, DAYS)]


def state_of(services: Services, visit: Visit) -> str:
    with services.db.read() as unit:
        return unit.get(Reception, visit.reception_id).state


def events_of(services: Services, visit: Visit) -> list[tuple[str, str]]:
    query = select(JournalEntry).where(JournalEntry.subject == visit.reception_id)
    with services.db.read() as unit:
        return [(one.event, one.actor) for one in sorted(unit.all(query), key=lambda one: one.seq)]


@pytest.fixture
def visit(services: Services) -> Visit:
    """An intake with a whole household in it, left on a Monday."""
    on(0)
    found = Visit.at(services, "confirmed")
    day_of_business(services)
    return found


@pytest.mark.parametrize(
    ("worked", "goes"),
    [
        ([(0, 0), (6, 6)], 7),
        ([(0, 0), (6, 6), (7, 7)], 7),
        # The office was closed when it should have been announced.
        ([(0, 0), (4, 4), (9, 9)], 10),
        # A day that nobody ever closed.
        ([(0, 30)], 7),
        ([(5, 8)], 7),
        # Nobody opens a day any more.
        ([(0, 0), (5, 5)], 14),
        ([], 14),
    ],
)
def test_it_goes_after_a_business_day_that_announced_it(worked: list[tuple[int, int]], goes: int) -> None:
    start = date(2026, 11, 2)
    days = [(start + timedelta(days=a), start + timedelta(days=b)) for a, b in worked]
    assert goes_on(start, DAYS, days) == start + timedelta(days=goes)


def test_what_was_left_is_announced_and_then_forgotten(visit: Visit) -> None:
    services = visit.services
    for day in range(1, DAYS - 1):
        on(day)
        day_of_business(services)
        assert announced(services) == []
    on(DAYS - 1)
    day_of_business(services)
    assert announced(services) == [(visit.workspace().number, False)]
    on(DAYS - 1, hour=23)
    assert sweep(services) == 0, "never on the day it is announced"
    on(DAYS, hour=0)
    assert sweep(services) == 1
    assert sweep(services) == 0
    assert announced(services) == []
    with pytest.raises(KeyDestroyedError):
        visit.workspace()
    assert state_of(services, visit) == "abandoned"
    assert events_of(services, visit)[-2:] == [
        ("reception.abandoned", "system"),
        ("data.forgotten", "system"),
    ]
    with services.db.read() as unit:
        assert [read.sealed for read in unit.all(select(CardRead))] == [None]


def test_a_press_keeps_it_and_so_does_work(visit: Visit) -> None:
    services = visit.services
    on(DAYS - 1)
    day_of_business(services)
    with services.db.write() as unit:
        left.keep_on(unit, visit.clerk, visit.locked(unit)[0])
    assert announced(services) == []
    on(DAYS)
    assert sweep(services) == 0
    on(2 * DAYS - 2)
    day_of_business(services)
    assert announced(services) != []
    visit.workspace()
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        item = ending.hold_item(unit, visit.clerk, reception, "other", None)
    with services.db.write() as unit:
        ending.return_item(unit, visit.clerk, visit.locked(unit)[0], item.id)
    assert announced(services) == []
    on(2 * DAYS)
    assert sweep(services) == 0


def test_what_holds_something_of_the_residents_stays(visit: Visit) -> None:
    services = visit.services
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        ending.hold_item(unit, visit.clerk, reception, "residence_card", None)
    on(30)
    day_of_business(services)
    on(31)
    assert sweep(services) == 0
    assert announced(services) == [(visit.workspace().number, True)]


def test_what_was_accepted_stays_and_what_was_only_told_goes(services: Services) -> None:
    on(0)
    accepted = Visit.at(services, "accepted")
    told = Visit.at(services, "settled", "kaku_kenichi")
    told.guide(filed=False)
    on(DAYS - 1)
    day_of_business(services)
    on(DAYS)
    assert sweep(services) == 1
    assert (state_of(services, accepted), state_of(services, told)) == ("accepted", "closed")
    with pytest.raises(KeyDestroyedError):
        told.workspace()
    with pytest.raises(NotNowError), services.db.write() as unit:
        left.keep_on(unit, accepted.clerk, accepted.locked(unit)[0])


def test_what_cannot_be_opened_any_more_is_forgotten_all_the_same(visit: Visit) -> None:
    services = visit.services
    on(DAYS - 1)
    day_of_business(services)
    on(DAYS)
    assert give_up_left(services.db, SYSTEM, Vault(bytes(32)), DAYS) == 1
    assert state_of(services, visit) == "abandoned"


def test_one_that_cannot_be_ended_keeps_no_other(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A sweep that fails must not keep cards from being forgotten."""

    def broken(*_: object) -> None:
        raise RuntimeError("見本　太郎")

    monkeypatch.setattr("server.worker.retention.purge", broken)
    monkeypatch.setattr("server.worker.retention.give_up_left", broken)
    tap(services, card_of("mihon_taro"))
    clock.start_at(clock.now() + timedelta(minutes=61))
    Worker(services).sweep()
    with services.db.read() as unit:
        assert [read.sealed for read in unit.all(select(CardRead))] == [None]
    assert "RuntimeError" in caplog.text
    assert "見本" not in caplog.text


def test_a_ticket_that_is_never_opened_keeps_its_card_no_longer(services: Services) -> None:
    """Somebody tapped a card, took a number and went home."""
    on(0)
    issue(services, card_read=tap(services, card_of("mihon_taro")))
    day_of_business(services)
    clock.start_at(clock.now() + timedelta(minutes=61))
    Worker(services).sweep()
    with services.db.read() as unit:
        (read,) = unit.all(select(CardRead))
    assert (read.sealed, read.erased_at is not None) == (None, True)
