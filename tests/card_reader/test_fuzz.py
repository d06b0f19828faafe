"""A short run of the fuzzer, and the proof that it sees what it is for. The long one is `make fuzz-card`."""

import logging
from pathlib import Path

import pytest

from card_reader import Extras, Unreadable
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.faults import Fault
from tests.card_reader.broken_readers import BROKEN
from tests.card_reader.fuzz import everything_logged, fuzz, main
from tests.card_reader.fuzz_answers import ALWAYS
from tests.card_reader.fuzz_cases import (
    EXCHANGES_A_READING,
    SECRET_CODE,
    SECRET_PIN,
    Case,
    SpoiledLine,
    distinct,
    secret_for,
    the_reader,
)
from tests.card_reader.fuzz_promises import leaks
from tests.card_reader.support import persona

SEED = 20261123


def test_whatever_a_card_answers_the_reader_keeps_its_promises() -> None:
    report = fuzz(the_reader, 4_000, SEED)
    assert report.findings == []
    assert report.exchanges >= 4_000
    assert report.slowest < 5
    # It gets to every end there is, so it does not only look at cards that fail at once.
    assert {
        *("AttributesRead", "FaceRead", "Tapped", "Tries", "CardSeen", "WrongSecret", "LastTryRefused"),
        *("Blocked", "OtherCard", "Removed", "Unreadable"),
    } <= set(report.ends)


def test_the_longest_reading_to_which_a_card_can_bring_us_has_an_end() -> None:
    """A length as far as READ BINARY reaches, and then a byte at a time."""
    who = distinct(persona("hanako"))
    card = SimulatedCard(who, faults=[Fault.parse("length=827FF0@read:face.face")])
    one_byte = next(damage for damage in ALWAYS if damage.name == "one byte at a time")
    line = SpoiledLine(card, Case("face", who, True, False, Extras(), ((9, one_byte, True),), SEED))
    outcome = the_reader("face", line, secret_for("face", who), False, Extras())
    assert isinstance(outcome, Unreadable)
    assert 100 < len(line.sent) < EXCHANGES_A_READING


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_reader_is_caught(name: str) -> None:
    assert fuzz(BROKEN[name], 10_000, SEED, most_findings=1).findings != []


@pytest.mark.parametrize(
    "text",
    [
        f"pin {SECRET_PIN}.",
        SECRET_PIN.encode().hex(),
        f"5006052032{SECRET_CODE}",
        f"5006052032{SECRET_CODE}".encode().hex().upper(),
    ],
)
def test_a_secret_in_a_file_is_found_in_every_form(tmp_path: Path, text: str) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "harmless.log").write_text("card 17391 read, 12 commands")
    assert leaks(tmp_path) == []
    (tmp_path / "deeper" / "a.log").write_text(text)
    assert leaks(tmp_path) == ["a secret stands in a.log"]


def test_every_log_of_every_module_is_looked_at(tmp_path: Path) -> None:
    with everything_logged(tmp_path / "all.log"):
        logging.getLogger("somewhere.deep").debug("sent %s", SECRET_PIN)
    assert leaks(tmp_path) == ["a secret stands in all.log"]


def test_the_command_line_says_what_it_did_and_fails_when_a_broken_reader_slips_through(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(BROKEN)[1:]:
        monkeypatch.delitem(BROKEN, name)
    assert main(["--exchanges", "300", "--seed", "7"]) == 0
    assert capsys.readouterr().out.startswith("seed 7\n1 of 1 broken readers caught\n")
    monkeypatch.setitem(BROKEN, "a good one", the_reader)
    assert main(["--exchanges", "300", "--seed", "7", "--self-check", "500"]) == 1
    assert "not caught: a good one" in capsys.readouterr().out
