"""A passport or residence card at the counter: what is taken from its lines, what is refused, and where it
lies.

The passport is the specimen of ICAO 9303-4; the residence card's number is made up.
"""

from dataclasses import asdict
from datetime import date

import pytest
from sqlmodel import select

from server.journal.models import JournalEntry
from server.reception import documents
from server.reception.documents import Document, NotRead, read_document
from server.reception.models import FactRow
from server.web.services import Services
from tests.factories.visits import Visit

TODAY = date(2026, 11, 23)
FIRST = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
SECOND = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
CARD = "AB12345678CD"


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
