"""What was taken in goes back, the visit ends once, and what was given up is forgotten."""

from collections.abc import Callable

import pytest
from sqlmodel import select

from server.db.uow import NotThereError
from server.db.vault import KeyDestroyedError
from server.kit.machine import NotNowError
from server.print_jobs.models import PrintJob
from server.queue import service as queue
from server.queue.models import Ticket
from server.queue.service import AlreadyCalled
from server.reception import ending, service
from server.reception.ending import ItemsHeldError
from server.reception.models import Reception
from server.web.services import Services
from tests.factories.people import staff
from tests.factories.visits import Visit, issue
from tests.support_threads import at_once


def hold(visit: Visit, kind: str = "my_number_card") -> str:
    with visit.services.db.write() as unit:
        reception, _ = visit.locked(unit)
        return ending.hold_item(unit, visit.clerk, reception, kind, None).id


def give_back(visit: Visit, item_id: str) -> None:
    with visit.services.db.write() as unit:
        reception, _ = visit.locked(unit)
        ending.return_item(unit, visit.clerk, reception, item_id)


def ticket_of(visit: Visit) -> Ticket:
    assert visit.ticket is not None
    with visit.services.db.read() as unit:
        return unit.session.exec(select(Ticket).where(Ticket.id == visit.ticket.id)).one()


@pytest.mark.parametrize(("step", "end"), [("accepted", Visit.close), ("intake", Visit.abandon)])
def test_a_visit_does_not_end_with_the_residents_things_here(
    services: Services, step: str, end: Callable[[Visit], None]
) -> None:
    visit = Visit.at(services, step)
    first, second = hold(visit), hold(visit, "residence_card")
    for item in (first, second):
        with pytest.raises(ItemsHeldError):
            end(visit)
        give_back(visit, item)
        give_back(visit, item)
    assert [item.returned_at is not None for item in visit.workspace().items] == [True, True]
    end(visit)


def test_things_belong_to_their_visit_and_are_of_a_known_kind(services: Services) -> None:
    visit, other = Visit.at(services, "intake"), Visit.opened(services, "kaku_kenichi", desk="2")
    item = hold(visit)
    with pytest.raises(NotThereError):
        give_back(other, item)
    with pytest.raises(NotThereError):
        hold(visit, "umbrella")


def test_closing_ends_the_visit_and_its_ticket(services: Services) -> None:
    visit = Visit.at(services, "accepted")
    assert ticket_of(visit).state == "serving"
    visit.close()
    assert ticket_of(visit).state == "finished"
    with pytest.raises(NotNowError):
        visit.close()
    assert visit.workspace().state == "closed"


@pytest.mark.parametrize(("step", "end"), [("accepted", Visit.close), ("intake", Visit.abandon)])
def test_a_ticket_that_was_finished_in_the_line_does_not_keep_its_visit_open(
    services: Services, step: str, end: Callable[[Visit], None]
) -> None:
    """Somebody pressed 終了 in the line while the intake was open: it must still come to its end."""
    visit = Visit.at(services, step)
    with services.db.write() as unit:
        queue.finish(unit, visit.clerk, ticket_of(visit).id)
    end(visit)
    assert ticket_of(visit).state == "finished"


def test_giving_up_forgets_the_intake_and_takes_its_paper_back(services: Services) -> None:
    visit = Visit.at(services, "confirmed")
    visit.abandon("出直し")
    with pytest.raises(KeyDestroyedError):
        visit.workspace()
    with services.db.read() as unit:
        states = {job.kind: job.state for job in unit.all(select(PrintJob))}
        reception = unit.session.exec(select(Reception)).one()
    assert states["form"] == "cancelled"
    assert reception.state == "abandoned"
    assert ticket_of(visit).state == "finished"


def test_what_was_accepted_cannot_be_given_up(services: Services) -> None:
    visit = Visit.at(services, "accepted")
    with pytest.raises(NotNowError):
        visit.abandon()
    assert visit.workspace().members


def test_one_ticket_is_one_intake(services: Services) -> None:
    """Two screens open it at the same moment."""
    clerk = staff(services.db, "clerk1", desk="1")
    for _ in range(3):
        ticket = issue(services)
        with services.db.write() as unit:
            queue.call(unit, clerk, ticket.id, "1")

        def open_it(_: int, ticket_id: str = ticket.id) -> str:
            with services.db.write() as unit:
                return service.open_reception(unit, clerk, services.vault, ticket_id, "move", "1").id

        assert len(set(at_once(3, open_it))) == 1


def test_a_ticket_is_opened_at_the_desk_that_called_it(services: Services) -> None:
    clerk, other = staff(services.db, "clerk1", desk="1"), staff(services.db, "clerk2", desk="2")
    ticket = issue(services)
    with services.db.write() as unit:
        queue.call(unit, clerk, ticket.id, "1")
    with services.db.write() as unit, pytest.raises(AlreadyCalled):
        service.open_reception(unit, other, services.vault, ticket.id, "move", "2")
    with services.db.write() as unit, pytest.raises(NotThereError):
        service.open_reception(unit, clerk, services.vault, None, "move", "99")
    waiting = issue(services)
    with services.db.write() as unit, pytest.raises(NotNowError):
        service.open_reception(unit, clerk, services.vault, waiting.id, "move", "1")


def test_reception_numbers_run_through_the_day(services: Services) -> None:
    clerk = staff(services.db, "clerk1", desk="1")

    def open_one(_: int) -> str:
        with services.db.write() as unit:
            return service.open_reception(unit, clerk, services.vault, None, "move", "1").number

    numbers = [str(number) for number in at_once(6, open_one)]
    assert sorted(number.partition("-")[2] for number in numbers) == [f"{n:04d}" for n in range(1, 7)]
    assert len({number.partition("-")[0] for number in numbers}) == 1


def test_a_closed_visit_takes_nothing_in(services: Services) -> None:
    """Whoever is gone cannot be given it back."""
    visit = Visit.at(services, "accepted")
    visit.close()
    with pytest.raises(NotNowError):
        hold(visit)
