"""The station's words: complete in both languages, for every outcome and refusal there is."""

from typing import get_args

import pytest

from card_reader.messages import Outcome
from station.board import PrinterWord, ReaderTrouble, ReaderWord, ServerTrouble, StationState
from station.guard import Refusal
from station.notices import notices
from station.words import Audience, message, other_card, refusal

OUTCOMES = [
    *get_args(Outcome),
    "busy",
    "mute",
    "wrong_secret_last",
    "tries",
    "tries_uncounted",
    "read_server_down",
    "read_server_refused",
    "read_server_silent",
    "no_longer_kept",
    "last_try_never",
    *(f"bad_secret_{at}" for at in ("pin", "birth", "printed", "expiry", "code", "whole")),
    "bad_secret_individual_number",
]
CODES = [
    *get_args(Refusal), "server_away", "server_away_kept", "server_silent", "server_silent_kept",
    "server_silent_unsure", "page_token", "too_large", "bad_request", "not_found",
    "not_possible", "unexpected",
]  # fmt: skip
# Words that put the fault on the person; the screens' brief rules them out.
BLAME = ("エラー", "間違え", "失敗", "不正", "error", "invalid", "failed", "you must")


@pytest.mark.parametrize("audience", get_args(Audience))
@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("of", ["", "b", "face", "none"])
def test_every_outcome_has_words_that_do_not_blame(outcome: str, of: str, audience: Audience) -> None:
    words = message(outcome, audience, tries=2, of=of, procedure="R033")
    assert words.ja.endswith("。")
    assert words.en.endswith(".")
    assert not [word for word in BLAME if word in (words.ja + words.en).lower()]
    assert "{" not in words.ja + words.en


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_says_what_to_do(code: str) -> None:
    said = refusal(code)
    assert all(words.ja.endswith("。") and words.en.endswith(".") for words in (said.title, said.next))
    assert said.easy.endswith("。") or not code.startswith("server_")


def test_the_counter_is_not_told_to_call_itself() -> None:
    for outcome in OUTCOMES:
        assert "係員を" not in message(outcome, "counter", tries=2).ja


@pytest.mark.parametrize("kind", ["juki", "phone", "driving_licence", "residence_card", "transit"])
def test_a_known_card_is_named_and_an_unknown_one_is_not(kind: str) -> None:
    assert other_card(kind, "kiosk") != other_card("unknown", "kiosk")
    assert other_card("something new", "kiosk") == other_card(None, "kiosk")


def test_everything_that_can_stand_in_the_way_has_a_sentence() -> None:
    troubles = [StationState(server="up", reader=word, ticket_printer="ok") for word in get_args(ReaderWord)]
    troubles += [StationState(reader="no_service", reader_trouble=word) for word in get_args(ReaderTrouble)]
    troubles += [StationState(server_trouble=word, clock_ahead_s=-7) for word in get_args(ServerTrouble)]
    for word in get_args(PrinterWord):
        troubles.append(StationState(ticket_printer=word, page_printer=word))
    for state in troubles:
        for _, words in notices(state):
            assert words.ja.endswith("。")
            assert words.en.endswith(".")
            assert "{" not in words.ja + words.en


def test_a_station_that_works_says_nothing_and_one_that_is_late_by_how_much() -> None:
    assert notices(StationState(reader="present", ticket_printer="ok", server="up")) == []
    ((_, late),) = notices(StationState(reader="empty", server_trouble="clock", clock_ahead_s=-95))
    assert "95秒遅れて" in late.ja
    assert "95 seconds behind" in late.en
