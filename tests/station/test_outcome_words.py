"""Whatever a reading comes to, in whatever way: a sentence for the resident and one for staff, in both
languages."""

import asyncio
from typing import Any, cast, get_args

import pytest

from card_reader.messages import message_from
from card_reader.outcomes import (
    AttributesRead,
    Blocked,
    CardAttributes,
    CardFace,
    CardOutcome,
    FaceRead,
    LastTryRefused,
    Mode,
    NoSecret,
    OtherCard,
    Removed,
    Secret,
    Tapped,
    Unreadable,
    WrongSecret,
)
from card_reader.reader import ReaderState
from card_reader.sentences import sentences
from card_reader.transport import ReaderFault
from station.board import Board, StationState
from station.link import Answer, ServerLink
from station.reading import CardReading, CardReadRequest
from station.words import Audience, Words, message, unreadable
from tests.station.test_words import BLAME

MODES: tuple[Mode, ...] = get_args(Mode)


def endings(mode: Mode) -> list[CardOutcome | ReaderState]:
    """Every way in which a reading in `mode` can end, with each reason that changes the words."""
    by: Secret = "pin" if mode == "pin" else "b"
    read: dict[Mode, CardOutcome] = {
        "pin": AttributesRead(CardAttributes("例示　一", "見本市", "19800217", "1"), 3, 9),
        "b": AttributesRead(CardAttributes("例示　一", "見本市", "19800217", "1"), 10, 9, by="b"),
        "face": FaceRead(CardFace(b"p", b"n", b"a", "19800217", "1", "20330217"), 10, 40),
        "none": Tapped(3),
    }
    asked: list[CardOutcome | ReaderState] = [
        *(WrongSecret(left, 7, by) for left in (2, 1, None)),
        LastTryRefused(5, by),
        Blocked(5, by=by),
        Blocked(7, by_this_attempt=True, by=by),
        NoSecret(5, by),
    ]
    reasons = (*get_args(ReaderFault), "status_6F00", "cut_short", "secret_format")
    return [
        read[mode],
        *(asked if mode != "none" else []),
        *(
            OtherCard(kind, 3)
            for kind in (*sentences().kinds, "brand_new")
            if kind not in ("my_number", "mute")
        ),
        Removed(4),
        *(Unreadable("verify", reason, 6) for reason in reasons),
        *(state for state in ReaderState if state is not ReaderState.PRESENT),
    ]


class _Desk:
    """A card desk whose readings end as they are told to."""

    times_gone = 0

    def __init__(self, ending: CardOutcome | ReaderState, mode: Mode) -> None:
        self._said = message_from(ending, mode)

    async def read(self, *_: object, **__: object) -> object:
        return self._said


class _Link:
    async def post(self, *_: object, **__: object) -> Answer:
        return Answer(201, b'{"id": "1"}')


def said(ending: CardOutcome | ReaderState, mode: Mode, audience: Audience) -> Words:
    """What the page is given to say."""
    board = Board(StationState(server="up"))
    reading = CardReading(audience, board, cast(Any, _Desk(ending, mode)), cast(ServerLink, _Link()))
    answer = asyncio.run(reading.run(CardReadRequest(purpose="ticket"), bytearray(4)))
    return answer.message


@pytest.mark.parametrize("mode", MODES)
def test_every_ending_in_every_way_has_a_sentence_for_the_resident_and_for_staff(mode: Mode) -> None:
    for ending in endings(mode):
        for audience in get_args(Audience):
            words = said(ending, mode, audience)
            assert words.ja.endswith("。"), (ending, audience)
            assert words.en.endswith("."), (ending, audience)
            assert "{" not in words.ja + words.en
            assert not [blame for blame in BLAME if blame in (words.ja + words.en).lower()]


@pytest.mark.parametrize("kind", [kind for kind in sentences().kinds if kind not in ("my_number", "mute")])
def test_other_cards_are_spoken_of_in_the_words_of_the_package_that_knows_them(kind: str) -> None:
    theirs = sentences().kind(kind)
    assert said(OtherCard(kind, 3), "pin", "kiosk").ja == theirs.resident.ja
    assert said(OtherCard(kind, 3), "b", "counter").ja == theirs.staff.ja
    assert theirs.resident.ja != theirs.staff.ja
    assert theirs.resident.en != theirs.staff.en


def test_a_card_without_the_secret_leads_on_by_another_way() -> None:
    assert "照合番号B" in message("no_secret", "counter").ja
    assert "検索" in message("no_secret_b", "counter").ja
    assert "窓口" in message("no_secret", "kiosk").ja


@pytest.mark.parametrize(
    ("detail", "key"),
    [
        ("connect:mute", "mute"),
        ("read_attributes:too_slow", "too_slow"),
        ("connect:busy", "in_use"),
        ("verify:status_6F00", "unreadable"),
        (None, "unreadable"),
    ],
)
def test_why_a_card_could_not_be_read_chooses_the_words(detail: str | None, key: str) -> None:
    assert unreadable(detail) == key
    assert message(key, "kiosk") != message(key, "counter")
