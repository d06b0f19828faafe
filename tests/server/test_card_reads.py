"""What a card said, from the tap to the moment it is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from server.db.uow import NotThereError
from server.journal.models import JournalEntry
from server.kit import clock
from server.kit.ids import new_id
from server.queue import card_reads
from server.queue import service as queue
from server.queue.card_reads import CardContent, CardText
from server.queue.models import CardRead
from server.web.services import Services
from server.worker import UNATTACHED
from tests.factories.people import KIOSK, SYSTEM
from tests.factories.visits import card_of, issue, tap


def test_a_read_nobody_attached_is_forgotten_after_an_hour(services: Services) -> None:
    start = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    clock.start_at(start)
    tap(services, card_of("mihon_taro"))
    clock.start_at(start + timedelta(minutes=20))
    tap(services, card_of("kaku_kenichi"), station="kiosk-2")

    def sweep() -> int:
        with services.db.write() as unit:
            return queue.expire_card_reads(unit, SYSTEM, UNATTACHED)

    clock.start_at(start + timedelta(minutes=59, seconds=50))
    assert sweep() == 0
    clock.start_at(start + timedelta(minutes=60, seconds=1))
    assert sweep() == 1
    assert sweep() == 0
    clock.start_at(start + timedelta(minutes=80, seconds=1))
    assert sweep() == 1
    with services.db.read() as unit:
        assert [read.sealed for read in unit.all(select(CardRead))] == [None, None]
        kept = unit.all(select(JournalEntry).where(JournalEntry.event == "card.forgotten"))
        assert len(kept) == 2, "that it was forgotten is provable"


def test_a_read_belongs_to_one_ticket_of_its_own_station(services: Services) -> None:
    read_id = tap(services, card_of("mihon_taro"))
    elsewhere = tap(services, card_of("mihon_taro"), station="kiosk-9")
    for card in (elsewhere, new_id()):
        with pytest.raises(NotThereError):
            issue(services, card_read=card)
    issue(services, card_read=read_id)
    with pytest.raises(NotThereError):
        issue(services, card_read=read_id)


def erased(services: Services) -> dict[str, bool]:
    with services.db.read() as unit:
        return {read.id: read.erased_at is not None for read in unit.all(select(CardRead))}


def test_what_is_not_wanted_is_forgotten_with_the_ticket(services: Services) -> None:
    """使わない: the number is taken without the card."""
    refused = tap(services, card_of("mihon_taro"))
    elsewhere = tap(services, card_of("kaku_kenichi"), station="kiosk-9")
    issue(services)
    wanted = tap(services, card_of("mihon_hanako"))
    issue(services, card_read=wanted)
    issue(services)
    assert erased(services) == {refused: True, elsewhere: False, wanted: False}


def test_another_card_at_the_kiosk_is_another_person(services: Services) -> None:
    """Somebody read a card and went away before taking a number."""
    gone = tap(services, card_of("mihon_taro"))
    here = tap(services, card_of("kaku_kenichi"))
    assert erased(services) == {gone: True, here: False}
    with services.db.read() as unit:
        reasons = [row.payload for row in unit.all(select(JournalEntry)) if row.event == "card.forgotten"]
    assert reasons == ['{"reason": "another card"}']


def test_the_same_read_reported_twice_is_one(services: Services) -> None:
    for text in (card_of("mihon_taro"), card_of("kaku_kenichi")):
        with services.db.write() as unit:
            card_reads.keep(
                unit,
                KIOSK,
                services.vault,
                "read-1",
                station="kiosk-1",
                mode="pin",
                outcome="read",
                tries_left=3,
                apdus=9,
                purpose="ticket",
                content=CardContent(text=text),
            )
    with services.db.read() as unit:
        read = unit.session.exec(select(CardRead)).one()
        assert card_reads.text_of(unit, SYSTEM, services.vault, read).name == "見本　太郎"


@pytest.mark.parametrize(
    ("birth", "born"),
    [
        ("19730412", "1973-04-12"),
        ("19510500", "1951-05"),
        ("19510000", "1951"),
        ("00000000", None),
        ("19731340", None),
        ("19730229", None),
        ("19730012", "1973"),
    ],
)
def test_zeros_on_a_card_are_what_the_register_does_not_know(birth: str, born: str | None) -> None:
    assert CardText("例示　ヨシ", "", birth, "2").born == born


def test_a_card_read_shows_nobody(services: Services) -> None:
    assert "見本" not in repr(card_of("mihon_taro"))
