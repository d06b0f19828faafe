"""The waiting line: one number for everybody, one desk for each number, nothing kept of who did not come."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, select

from printing.ticket import TicketContent
from server.db.uow import Database, NotThereError
from server.db.vault import DataKeyRow, KeyDestroyedError
from server.kit import clock
from server.kit.machine import NotNowError
from server.print_jobs import service as print_jobs
from server.print_jobs.models import PrintJob
from server.queue import queries, states
from server.queue import service as queue
from server.queue.models import BusinessDay, CardRead, Ticket
from server.queue.service import (
    AlreadyCalled,
    NobodyWaitsError,
    NoBusinessDayError,
    UnknownServiceError,
)
from server.web.services import Services
from tests.factories.people import KIOSK, SYSTEM, staff
from tests.factories.visits import card_of, issue, tap
from tests.support_threads import at_once


def tickets(db: Database) -> list[Ticket]:
    with db.read() as unit:
        return unit.all(select(Ticket).order_by(col(Ticket.service_class), col(Ticket.number)))


def desk(services: Services, number: str) -> object:
    return staff(services.db, f"clerk{number}", station=f"counter-{number}", desk=number)


def call_next(services: Services, number: str = "1") -> Ticket:
    with services.db.write() as unit:
        return queue.call_next(unit, staff(services.db, f"clerk{number}", desk=number), number)


def test_numbers_are_unique_and_without_gaps_under_eight_kiosks(services: Services) -> None:
    def run(number: int) -> list[str]:
        return [issue(services, ("move", "certificate")[number % 2]).label for _ in range(6)]

    labels = [label for found in at_once(8, run) for label in found]  # type: ignore[attr-defined]
    expected = [f"{letter}{number:03d}" for letter in "AB" for number in range(1, 25)]
    assert sorted(labels) == expected
    assert sorted(ticket.label for ticket in tickets(services.db)) == expected
    with services.db.read() as unit:
        from server.journal.queries import verify

        assert verify(unit, "mihon").whole
        assert len(unit.all(select(PrintJob))) == 48


def test_a_ticket_that_failed_leaves_no_gap(services: Services) -> None:
    assert issue(services).label == "B001"
    with pytest.raises(NotThereError), services.db.write() as unit:
        queue.issue(unit, KIOSK, "move", station="kiosk-1", card_read_id="nobody's")
    assert issue(services).label == "B002"
    assert len(tickets(services.db)) == 2


def test_the_paper_says_what_the_ticket_is(services: Services) -> None:
    issue(services)
    ticket = issue(services)
    with services.db.read() as unit:
        job = unit.all(select(PrintJob).where(PrintJob.subject == ticket.id))[0]
    content = TicketContent.model_validate_json(job.content)
    assert (content.label, content.ahead, content.estimate) == ("B002", 1, (12, 18))
    assert content.qr_url == f"http://office/t/{ticket.public_token}"
    assert content.municipality == "見本市"
    assert not content.reissued


def test_an_unknown_class_and_a_closed_day_are_said(services: Services) -> None:
    with pytest.raises(UnknownServiceError):
        issue(services, "nothing")
    with services.db.write() as unit:
        queue.close_day(unit, SYSTEM)
    with pytest.raises(NoBusinessDayError):
        issue(services)
    with pytest.raises(NoBusinessDayError):
        call_next(services)


def test_two_desks_and_one_ticket(services: Services) -> None:
    """One of them gets it; the other learns that nobody waits."""
    for _ in range(4):
        ticket = issue(services)
        results = at_once(2, lambda number: call_next(services, str(number + 1)))
        winners = [one for one in results if isinstance(one, Ticket)]
        assert [winner.id for winner in winners] == [ticket.id]
        assert [type(one) for one in results if not isinstance(one, Ticket)] == [NobodyWaitsError]


def test_two_desks_call_the_same_number(services: Services) -> None:
    for _ in range(4):
        ticket = issue(services)

        def call(number: int, ticket_id: str = ticket.id) -> Ticket:
            with services.db.write() as unit:
                return queue.call(unit, SYSTEM, ticket_id, str(number + 1))

        results = at_once(2, call)
        winner = next(one for one in results if isinstance(one, Ticket))
        loser = next(one for one in results if not isinstance(one, Ticket))
        assert isinstance(loser, AlreadyCalled)
        assert (loser.label, loser.desk) == (ticket.label, winner.desk)


def test_many_desks_empty_the_line_in_its_order(services: Services) -> None:
    for _ in range(12):
        issue(services)

    def run(number: int) -> list[str]:
        return [call_next(services, str(number % 2 + 1)).label for _ in range(3)]

    results = at_once(4, run)
    called = [label for found in results for label in found]  # type: ignore[attr-defined]
    assert sorted(called) == [f"B{number:03d}" for number in range(1, 13)]
    for found in results:
        assert found == sorted(found)  # type: ignore[call-overload]


def test_a_desk_calls_only_its_own_classes(services: Services) -> None:
    issue(services, "certificate")
    with pytest.raises(NobodyWaitsError):
        call_next(services, "1")
    assert call_next(services, "2").label == "A001"


def test_whoever_waits_longest_is_called_whatever_the_class(services: Services) -> None:
    first, second, third = issue(services, "card"), issue(services, "move"), issue(services, "other")
    assert [call_next(services).id for _ in range(3)] == [first.id, second.id, third.id]


def test_each_call_moves_the_board(services: Services) -> None:
    issue(services)
    told: list[str] = []
    services.db.publish = told.extend

    def board() -> queries.BoardView:
        with services.db.read() as unit:
            return queries.board(unit, SYSTEM)

    before = board().version
    ticket = call_next(services)
    assert board().version == before + 1
    assert queue.BOARD in told
    assert board().current == [{"label": ticket.label, "desk": "1", "calls": 1}]
    with services.db.write() as unit:
        queue.recall(unit, SYSTEM, ticket.id)
    assert board().version == before + 2


def test_the_board_holds_numbers_and_nothing_else(services: Services) -> None:
    """Everybody in the hall reads it."""
    issue(services, card_read=tap(services, card_of("mihon_taro")))
    call_next(services)
    with services.db.read() as unit:
        board = queries.board(unit, SYSTEM)
    assert [set(one) for one in board.current] == [{"label", "desk", "calls"}]
    assert "見本　太郎" not in repr(board)


def absent_three_times(services: Services) -> Ticket:
    for _ in range(3):
        ticket = call_next(services)
        with services.db.write() as unit:
            ticket = queue.absent(unit, SYSTEM, ticket.id)
    return ticket


def test_after_the_third_call_the_number_leaves_and_the_card_is_forgotten(services: Services) -> None:
    read_id = tap(services, card_of("mihon_taro"))
    issue(services, card_read=read_id)
    with services.db.read() as unit:
        key_id = unit.session.exec(select(CardRead.key_id)).one()
        assert services.vault.key(unit, SYSTEM, key_id or "")
    ticket = absent_three_times(services)
    assert (ticket.state, ticket.calls, ticket.desk) == ("no_show", 3, None)
    assert ticket.finished_at is not None
    with services.db.read() as unit:
        read = unit.session.exec(select(CardRead)).one()
        assert (read.sealed, read.erased_at is not None) == (None, True)
        with pytest.raises(KeyDestroyedError):
            services.vault.key(unit, SYSTEM, key_id or "")
        assert unit.session.exec(select(DataKeyRow.wrapped).where(DataKeyRow.id == key_id)).one() is None
    with pytest.raises(NobodyWaitsError):
        call_next(services)


def test_whoever_was_absent_once_keeps_the_place_and_the_card(services: Services) -> None:
    first = issue(services, card_read=tap(services, card_of("mihon_taro")))
    second = issue(services)
    called = call_next(services)
    with services.db.write() as unit:
        queue.absent(unit, SYSTEM, called.id)
    assert [call_next(services).id for _ in range(2)] == [first.id, second.id]
    with services.db.read() as unit:
        assert unit.session.exec(select(CardRead)).one().erased_at is None


def test_a_cancelled_number_takes_its_paper_and_its_card_along(services: Services) -> None:
    ticket = issue(services, card_read=tap(services, card_of("mihon_taro")))
    with services.db.write() as unit:
        queue.cancel(unit, SYSTEM, ticket.id, "staff")
    with services.db.read() as unit:
        assert unit.session.exec(select(CardRead)).one().sealed is None
        assert unit.session.exec(select(PrintJob.state)).one() == "cancelled"
    with pytest.raises(NotNowError), services.db.write() as unit:
        queue.cancel(unit, SYSTEM, ticket.id, "staff")


def test_reissuing_keeps_the_number_and_counts_the_papers(services: Services) -> None:
    ticket = issue(services)
    for _ in range(2):
        with services.db.write() as unit:
            again = queue.reissue(unit, SYSTEM, ticket.id, "kiosk-1", "http://office")
        assert (again.id, again.label, again.public_token) == (ticket.id, ticket.label, ticket.public_token)
    with services.db.read() as unit:
        jobs = unit.all(select(PrintJob).order_by(col(PrintJob.created_at), col(PrintJob.id)))
    assert [job.copy_no for job in jobs] == [1, 2, 3]
    assert [job.state for job in jobs] == ["cancelled", "cancelled", "queued"], "one paper at a time"
    contents = [json.loads(job.content) for job in jobs]
    assert [content["reissued"] for content in contents] == [False, True, True]
    assert {content["label"] for content in contents} == {"B001"}
    assert issue(services).label == "B002"


def test_a_day_that_opens_again_counts_from_one(services: Services) -> None:
    first = issue(services)
    with services.db.write() as unit:
        again = queue.open_day(unit, SYSTEM, clock.today())
        assert again.closed_at is None, "an open day stays as it is"
        queue.close_day(unit, SYSTEM)
    with services.db.write() as unit:
        queue.open_day(unit, SYSTEM, clock.today())
    second = issue(services)
    assert first.label == second.label == "B001"
    assert first.id != second.id
    with services.db.read() as unit:
        days = unit.all(select(BusinessDay).order_by(col(BusinessDay.round)))
    assert [day.round for day in days] == [1, 2]
    assert call_next(services).id == second.id, "yesterday's people have gone home"


def test_a_day_that_nobody_closed_ends_when_the_next_one_opens(services: Services) -> None:
    issue(services)
    with services.db.write() as unit:
        queue.open_day(unit, SYSTEM, clock.today() + timedelta(days=1))
    with pytest.raises(NobodyWaitsError):
        call_next(services)
    assert issue(services).label == "B001"
    with services.db.read() as unit:
        days = unit.all(select(BusinessDay).order_by(col(BusinessDay.date)))
    assert [day.closed_at is None for day in days] == [False, True]


def test_a_closed_day_prints_no_more_tickets(services: Services) -> None:
    """A printer that gets its paper tomorrow morning gives nobody a number of yesterday."""
    issue(services)
    with services.db.write() as unit:
        queue.close_day(unit, SYSTEM)
        assert not print_jobs.anything_for(unit, SYSTEM, "kiosk-1")


def test_a_day_opened_from_two_places_is_one_day(services: Services) -> None:
    with services.db.write() as unit:
        queue.close_day(unit, SYSTEM)

    def run(_: int) -> str:
        with services.db.write() as unit:
            return queue.open_day(unit, SYSTEM, clock.today()).id

    assert len(set(at_once(4, run))) == 1


def test_midnight_ends_nothing(services: Services) -> None:
    clock.start_at(datetime(2026, 12, 31, 14, 59, 58, tzinfo=UTC))
    before = issue(services)
    clock.start_at(datetime(2026, 12, 31, 15, 0, 2, tzinfo=UTC))
    after = issue(services)
    assert (before.label, after.label) == ("B001", "B002")
    assert before.business_day_id == after.business_day_id
    with services.db.write() as unit:
        queue.close_day(unit, SYSTEM)
        opened = queue.open_day(unit, SYSTEM, clock.today())
    assert (opened.date, opened.round) == (date(2027, 1, 1), 1)
    assert issue(services).label == "B001"


def test_a_clock_that_jumps_back_does_not_mix_up_numbers(services: Services) -> None:
    clock.start_at(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    labels = [issue(services).label]
    clock.start_at(datetime(2026, 11, 23, 0, 50, tzinfo=UTC))
    labels += [issue(services).label, issue(services).label]
    assert labels == ["B001", "B002", "B003"]


def test_who_waits_is_counted_within_the_day(services: Services) -> None:
    """People of a day that was closed while they waited are not in front of anybody any more."""
    issue(services)
    issue(services)
    with services.db.write() as unit:
        queue.close_day(unit, SYSTEM)
        queue.open_day(unit, SYSTEM, clock.today())
    issue(services)
    mine = issue(services)
    issue(services, "card")
    with services.db.read() as unit:
        view = queries.by_token(unit, SYSTEM, mine.public_token)
        assert queries.ahead_of(unit, SYSTEM, view) == 1
        assert (view.label, view.ahead) == ("B002", 1)
        with pytest.raises(NotThereError):
            queries.by_token(unit, SYSTEM, mine.public_token[:-1])


def test_another_desk_cannot_act_on_a_called_number(services: Services) -> None:
    issue(services)
    ticket = call_next(services, "1")
    other = staff(services.db, "clerk2", desk="2")
    for verb in (queue.recall, queue.absent, queue.serve):
        with pytest.raises(AlreadyCalled), services.db.write() as unit:
            verb(unit, other, ticket.id)


def test_a_ticket_does_only_what_its_table_holds(services: Services) -> None:
    """Every state against every verb: the table and the verbs agree."""
    verbs: dict[str, Callable[..., object]] = {
        "recall": queue.recall,
        "absent": queue.absent,
        "serve": queue.serve,
        "finish": queue.finish,
        "cancel": lambda unit, ctx, ticket_id: queue.cancel(unit, ctx, ticket_id, "staff"),
    }
    ways = {
        "waiting": [],
        "called": ["call"],
        "serving": ["call", "serve"],
        "finished": ["call", "serve", "finish"],
        "cancelled": ["cancel"],
    }
    assert set(ways) | {"no_show"} == states.MACHINE.states()
    for state, way in ways.items():
        for action, verb in verbs.items():
            ticket = issue(services)
            with services.db.write() as unit:
                for step in way:
                    if step == "call":
                        queue.call(unit, SYSTEM, ticket.id, "1")
                    else:
                        verbs[step](unit, SYSTEM, ticket.id)
            allowed = action in states.available_actions(state)
            try:
                with services.db.write() as unit:
                    verb(unit, SYSTEM, ticket.id)
            except NotNowError:
                assert not allowed, (state, action)
            else:
                assert allowed, (state, action)
