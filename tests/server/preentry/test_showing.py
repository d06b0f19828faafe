"""What the list says of a procedure, in each language; whom it shows what."""

from dataclasses import replace

import pytest

from kiosk.navigator_words import born
from procedures import Item, Text, load_catalogue
from procedures.engine.guidance import Applicant
from procedures.engine.guidance_parts import Fee
from server.kit.clock import today
from server.preentry import asking, showing
from server.preentry.answers import Answers

MOVES = (
    Answers(("MOVE",), ("you", "child1"))
    .put("birth", {"you": "1973-04", "child1": "2016-06"})
    .put("moves", {"you": True, "child1": True})
    .put("event_date", {"": "2026-11-20"})
)
SELF, PROXY = (
    Text("本人", "The person concerned", "本人（ほんにん）"),
    Text("任意代理人", "A proxy", "かわりの 人（ひと）"),
)
LETTER = Text("委任状が必要", "with a letter of authority", "委任状（いにんじょう）が いります")


@pytest.fixture(scope="module")
def notification() -> Item:
    """転居届 of a family."""
    guidance = asking.guide(MOVES, load_catalogue(), today())
    return next(item for item in guidance.applies if item.procedure_id == "R010")


def entry(item: Item) -> showing.Entry:
    (one,) = (
        one
        for _, group in showing.listing(asking.guide(MOVES, load_catalogue(), today())).groups
        for one in group
        if one.procedure_id == item.procedure_id
    )
    assert one.name == item.name
    return showing._entry(item)


def test_everybody_who_may_come_stands_in_one_line(notification: Item) -> None:
    applicants = (
        Applicant("self", SELF, same_day=True),
        Applicant("proxy", PROXY, same_day=True, note=LETTER),
        Applicant("proxy", PROXY, same_day=True),
    )
    who = entry(replace(notification, applicants=applicants)).who
    assert who == Text(
        "本人、任意代理人（委任状が必要）",
        "The person concerned, a proxy (with a letter of authority)",
        "本人（ほんにん）、かわりの 人（ひと）（委任状（いにんじょう）が いります）",
    )
    assert entry(replace(notification, applicants=())).who is None


def test_a_fee_is_said_with_its_note_and_a_place_with_its_desk(notification: Item) -> None:
    assert entry(notification).fee is None
    desk = replace(notification.department, desk=Text("戸籍係", "Family register", "戸籍係（こせきがかり）"))
    paid = entry(replace(notification, fee=Fee(300, None, LETTER), department=desk))
    assert paid.fee == Text(
        "300円（委任状が必要）",
        "300 yen (with a letter of authority)",
        "300円（えん）（委任状（いにんじょう）が いります）",
    )
    assert paid.where.ja == "市民課 戸籍係"
    assert paid.where.en == "Residents' Affairs Division, Family register"


@pytest.mark.parametrize(
    ("value", "lang", "words"),
    [
        ("1945-04", "en", "April 1945"),
        ("1945", "en", "1945"),
        ("1945-04", "easy", "1945年（ねん）4月（がつ）"),
        ("1945", "easy", "1945年（ねん）"),
        ("1945-04", "ja", "昭和20年4月"),
        ("1945", "ja", "昭和20年"),
    ],
)
def test_a_birth_is_written_as_its_reader_writes_it(value: str, lang: str, words: str) -> None:
    assert born(value, lang) == words
