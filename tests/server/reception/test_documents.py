"""A passport or residence card at the counter: what is taken from its lines, what is refused, and where it
lies.

The passport is the specimen of ICAO 9303-4; the residence card's number is made up.
"""

from dataclasses import asdict
from datetime import date

import pytest
from sqlmodel import select

from server.db.uow import NotThereError
from server.journal.models import JournalEntry
from server.kit.machine import NotNowError
from server.reception import documents, forms, presenting, service
from server.reception.confirmation import frozen_of
from server.reception.documents import Document, NotRead, read_document
from server.reception.models import FactRow
from server.web.services import Services
from tests.card_reader.test_mrz import td3
from tests.factories.visits import Visit

TODAY = date(2026, 11, 23)
FIRST = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
SECOND = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
# Where what is tried does not depend on the database.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CARD, OTHER_CARD = "AB12345678CD", "EF87654321GH"


def spoilt(place: int, character: str) -> str:
    """The lines with one character of the second changed."""
    return f"{FIRST}\n{SECOND[: place - 1]}{character}{SECOND[place:]}"


def test_a_passport_fills_what_a_search_asks_for_and_leaves_its_number_behind() -> None:
    found = read_document(f"{FIRST}\r\n{SECOND}\r\n", TODAY)
    assert found == Document(
        "passport",
        name="ERIKSSON ANNA MARIA",
        birth="1974-08-12",
        sex="2",
        nationality="UTO",
        expiry="2012-04-15",
    )
    assert "L898902C3" not in str(asdict(found))
    assert "ERIKSSON" not in repr(found)


@pytest.mark.parametrize(("birth", "known"), [("7408<<", "1974-08"), ("74<<<<", "1974"), ("<<<<<<", "")])
def test_of_a_birth_date_only_what_the_passport_knows_is_taken(birth: str, known: str) -> None:
    found = read_document(td3(birth), TODAY)
    assert isinstance(found, Document)
    assert found.birth == known


def test_a_residence_card_gives_the_number_that_the_notification_asks_for() -> None:
    assert read_document("ab-12345678-cd", TODAY) == Document("residence_card", number=CARD)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (spoilt(3, "0"), NotRead("check_number", 2, 1, 10)),
        (spoilt(15, "5"), NotRead("check_birth", 2, 14, 20)),
        (spoilt(22, "9"), NotRead("check_expiry", 2, 22, 28)),
        (spoilt(30, "0"), NotRead("check_optional", 2, 29, 43)),
        (spoilt(44, "1"), NotRead("check_composite", 2, 1, 44)),
        (f"{FIRST}{SECOND[:-1]}", NotRead("length")),
        (spoilt(3, "人"), NotRead("characters")),
        ("V" + f"{FIRST}{SECOND}"[1:], NotRead("visa")),
        ("１２３４ ５６７８ ９０１２", NotRead("individual_number")),
        ("", NotRead("empty")),
        ("見本太郎", NotRead("unknown")),
        ("48050733331234", NotRead("unknown")),
    ],
)
def test_what_cannot_be_taken_is_said_with_its_place(text: str, refused: NotRead) -> None:
    assert read_document(text, TODAY) == refused


def test_it_is_sealed_with_the_intake_and_its_content_is_in_no_journal_line(services: Services) -> None:
    visit = Visit.at(services, "identified")
    for lines in (f"{FIRST}{SECOND}", CARD):
        found = read_document(lines, TODAY)
        assert isinstance(found, Document)
        with services.db.write() as unit:
            reception, key = visit.locked(unit)
            documents.keep(unit, visit.clerk, reception, key, found)
    with services.db.read() as unit:
        reception, key = visit.locked(unit)
        assert [one.kind for one in documents.kept(unit, key, reception)] == ["passport", "residence_card"]
        rows = unit.all(select(FactRow).where(FactRow.source == "scan"))
        assert {row.name for row in rows} == {"document_passport", "document_residence_card"}
        journal = [entry.payload + str(entry.sealed) for entry in unit.all(select(JournalEntry))]
    for phrase in ("ERIKSSON", CARD, "1974-08-12"):
        assert not any(phrase.encode() in row.sealed for row in rows)
        assert not any(phrase in line for line in journal)


def give(visit: Visit, person_id: str, number: str | None) -> None:
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        documents.give(unit, visit.clerk, reception, key, person_id, number)


def on_the_form(visit: Visit) -> list[str | None]:
    """The numbers as the form's people have them."""
    form = forms.fill(
        visit.state(), municipality="見本市", desk="1", staff_name="窓口の職員", ticket_label=None
    )
    return [person.residence_card_no for person in form.people]


def test_the_number_goes_into_the_line_of_the_person_whose_card_it_is(services: Services) -> None:
    visit = Visit.at(services, "intake", "nguyen_mihon")
    first, second = (person.person_id for person in visit.state().people)
    assert on_the_form(visit) == [None, None]
    give(visit, second, CARD)
    assert on_the_form(visit) == [None, CARD]
    told = visit.state().facts.get(second, documents.NUMBER)
    assert told is not None
    assert (told.source, told.confirmed_by) == ("scan", visit.clerk.actor)
    give(visit, first, CARD)
    assert on_the_form(visit) == [CARD, None], "a card has one holder"
    give(visit, second, OTHER_CARD)
    assert on_the_form(visit) == [CARD, OTHER_CARD]
    give(visit, first, None)
    assert on_the_form(visit) == [None, OTHER_CARD]
    with services.db.read() as unit:
        rows = unit.all(select(FactRow).where(FactRow.name == documents.NUMBER))
        journal = [entry.payload + str(entry.sealed) for entry in unit.all(select(JournalEntry))]
    assert not any(CARD.encode() in row.sealed for row in rows)
    assert not any(CARD in line for line in journal)


@one_database
def test_who_signs_has_seen_the_number_that_the_core_is_told(services: Services) -> None:
    visit = Visit.at(services, "settled", "nguyen_mihon")
    _, second = (person.person_id for person in visit.state().people)
    give(visit, second, CARD)
    visit.prepare(b"%PDF")
    with services.db.read() as unit:
        reception, key = service.opened(unit, visit.clerk, services.vault, visit.reception_id)
        shown = presenting.rows_of(unit, visit.clerk, services.vault, reception)
        intake = service.current_intake(unit, visit.reception_id)
        assert intake is not None
        told = frozen_of(key, intake)["draft"]["subjects"]
    seen = [row for row in shown if row.label == "second.row.residence_card_no"]
    assert [(row.key, row.value, row.person, row.hidden) for row in seen] == [
        ("residence_card_no:2", CARD, 2, False)
    ]
    assert [subject["residence_card_no"] for subject in told] == [None, CARD]


@one_database
def test_nobody_who_is_japanese_is_given_a_residence_card(services: Services) -> None:
    visit = Visit.at(services, "identified")
    visit.take("5100000077", "2100000221")
    husband, wife, *_ = (person.person_id for person in visit.state().people)
    with pytest.raises(NotThereError):
        give(visit, husband, CARD)
    with pytest.raises(NotThereError):
        give(visit, "nobody", CARD)
    give(visit, wife, CARD)
    assert CARD in on_the_form(visit)


@one_database
def test_a_form_that_was_made_keeps_its_numbers(services: Services) -> None:
    visit = Visit.at(services, "prepared", "nguyen_mihon")
    (person, _) = (one.person_id for one in visit.state().people)
    with pytest.raises(NotNowError):
        give(visit, person, CARD)
