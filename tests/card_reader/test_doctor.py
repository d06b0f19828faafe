"""`kakanai card doctor`: plain words, exit codes, nothing personal unless asked."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from card_reader import Removed, Unreadable, commands, pcsc
from card_reader.cards import card_facts
from card_reader.doctor import CardSeen, KeySeen, examine_card
from card_reader.reader import ReaderState
from card_reader.sentences import sentences
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.faults import Fault
from card_reader.simulated.personas import load_personas
from card_reader.simulated.reader import InProcessReader
from card_reader.transport import ReaderFailed, Transport
from tests.card_reader.support import Line, persona
from tests.card_reader.test_commands import call

PERSONAL = ("見本", "太郎", "花見台", "19730412", "1973-04-12", "1234", "20270412", "2027-04-12", "480412")


@pytest.mark.parametrize(
    ("key", "kind", "applications"),
    [
        ("mihon_taro", "my_number", ("jpki", "text", "face")),
        ("smartphone", "phone", ("jpki",)),
        ("juki_card", "juki", ("jpki",)),
        ("driving_licence", "driving_licence", ()),
        ("transit_card", "transit", ()),
    ],
)
def test_a_card_is_seen_with_its_applications(key: str, kind: str, applications: tuple[str, ...]) -> None:
    found = examine_card(SimulatedCard(load_personas()[key]))
    assert isinstance(found, CardSeen)
    assert (found.kind, found.applications) == (kind, applications)


def test_the_tries_of_every_secret_are_seen() -> None:
    person = persona("hanako").model_copy(update={"tries": {"pin": 2, "b": 0, "face_b": 7, "signature": 4}})
    line = Line(SimulatedCard(person, faults=[Fault.parse("status=6A82@select:jpki.authentication_pin")]))
    found = examine_card(line)
    assert isinstance(found, CardSeen)
    assert found.keys == (
        KeySeen("authentication", "absent"),
        KeySeen("signature", "left", 4),
        KeySeen("pin", "left", 2),
        KeySeen("b", "blocked"),
        KeySeen("face_b", "left", 7),
    )
    assert found.blocked
    assert found.certificate is None
    assert found.apdus == len(line.sent)


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ("status=6300@tries:text.pin", KeySeen("pin", "uncounted")),
        ("status=6F01@tries:text.pin", KeySeen("pin", "unreadable")),
    ],
)
def test_a_counter_that_says_nothing_is_no_number(fault: str, key: KeySeen) -> None:
    found = examine_card(SimulatedCard(persona("hanako"), faults=[Fault.parse(fault)]))
    assert isinstance(found, CardSeen)
    assert key in found.keys


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("pulled@4", Removed(4)), ("status=6F01@1", Unreadable("select_jpki", "status_6F01", 1))],
)
def test_a_card_that_cannot_be_looked_at_is_a_value(fault: str, outcome: object) -> None:
    assert examine_card(SimulatedCard(persona("hanako"), faults=[Fault.parse(fault)])) == outcome


@pytest.mark.parametrize(
    ("key", "code", "words"),
    [
        ("mihon_taro", 0, "マイナンバーカード / My Number card"),
        ("mihon_ume", 1, "ロック / blocked"),
        ("mihon_ume", 1, "R033"),
        ("mihon_ume", 1, "照合番号B（券面の数字）で読み取る"),
        ("face_only", 1, "顔認証マイナンバーカードには、暗証番号がありません"),
        ("kaku_misaki", 0, "残り1回です"),
        ("number_b_blocked", 1, "照合番号Bがロックされています"),
        ("driving_licence", 11, "運転免許証"),
        ("smartphone", 11, "スマートフォン"),
        ("transit_card", 11, "交通系"),
        ("mute_card", 1, "応答しない"),
        ("two_cards", 11, "2枚のカード"),
        ("loose_card", 0, "マイナンバーカード"),
        (None, 10, "カードが置かれていません"),
    ],
)
def test_the_doctor_says_in_plain_words_what_is_there(
    readers: dict[str, InProcessReader],
    capsys: pytest.CaptureFixture[str],
    key: str | None,
    code: int,
    words: str,
) -> None:
    if key:
        readers["ACS one"].insert(key)
    assert call("card", "doctor") == code
    shown = capsys.readouterr().out
    assert words in shown
    assert "ACS one" in shown
    assert "ACS two" in shown
    for personal in PERSONAL:
        assert personal not in shown


@pytest.mark.parametrize(
    ("person", "fault", "code", "end", "detail", "words"),
    [
        ("mihon_taro", "status=6F01@1", 1, "unreadable", "select_jpki:status_6F01", "could not be read"),
        ("mihon_taro", "pulled@3", 14, "removed", None, "was removed"),
    ],
)
def test_a_card_that_cannot_be_looked_at_is_told_with_its_step(
    readers: dict[str, InProcessReader],
    capsys: pytest.CaptureFixture[str],
    person: str,
    fault: str,
    code: int,
    end: str,
    detail: str | None,
    words: str,
) -> None:
    readers["ACS one"].insert(load_personas()[person].model_copy(update={"faults": (fault,)}))
    assert call("card", "doctor", "--json") == code
    found = json.loads(capsys.readouterr().out)
    assert (found["end"], found["detail"]) == (end, detail)
    readers["ACS one"].insert(load_personas()[person].model_copy(update={"faults": (fault,)}))
    assert call("card", "doctor") == code
    assert words in capsys.readouterr().out


def test_a_card_that_another_program_holds_is_told(
    readers: dict[str, InProcessReader], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].insert("mihon_taro")

    @contextmanager
    def held() -> Iterator[Transport]:
        raise ReaderFailed("busy")
        yield

    monkeypatch.setattr(readers["ACS one"], "session", held)
    assert call("card", "doctor") == 1
    assert "別のプログラム" in capsys.readouterr().out
    assert call("card", "read", "--mode", "none") == 1
    assert "別のプログラム" in capsys.readouterr().out


def test_the_doctor_speaks_one_language_when_asked(
    readers: dict[str, InProcessReader], capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].insert("mihon_taro")
    assert call("card", "doctor", "--lang", "en") == 0
    english = capsys.readouterr().out
    assert "user authentication PIN: 3\n" in english
    assert not any(0x3040 <= ord(c) <= 0x30FF for c in english)
    assert call("card", "doctor", "--lang", "ja") == 0
    assert "あと3回" in capsys.readouterr().out


def test_the_doctor_prints_one_object_for_programs(
    readers: dict[str, InProcessReader], capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].insert("mihon_taro")
    assert call("card", "doctor", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["end"], found["kind"], found["detail"]) == ("seen", "my_number", None)
    assert found["tries"]["pin"] == {"state": "left", "left": 3}
    assert found["certificate"] is None
    assert [reader["chosen"] for reader in found["readers"]] == [True, False]


def test_the_certificates_expiry_is_told_only_when_asked_for(
    readers: dict[str, InProcessReader], capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].insert("mihon_taro")
    assert call("card", "doctor", "--certificate") == 0
    assert "2027-04-12" in capsys.readouterr().out


def test_two_cards_are_seen(readers: dict[str, InProcessReader], capsys: pytest.CaptureFixture[str]) -> None:
    readers["ACS one"].insert("mihon_taro")
    readers["ACS two"].insert("transit_card")
    assert call("card", "doctor") == 11
    assert "2枚のカード" in capsys.readouterr().out
    assert call("card", "read", "--mode", "none", "--json") == 11
    assert json.loads(capsys.readouterr().out)["other_kind"] == "two_cards"
    # A name that fits both says no more than none; whoever names one means the card on that one.
    assert call("card", "read", "--mode", "none", "--reader", "ACS") == 11
    assert call("card", "read", "--mode", "none", "--reader", "one") == 0


def test_a_service_that_hangs_keeps_nobody_waiting(
    readers: dict[str, InProcessReader], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(commands, "_PATIENCE_S", 0.05)

    def silent() -> ReaderState:
        answers.wait(5)
        return ReaderState.EMPTY

    monkeypatch.setattr(readers["ACS one"], "state", silent)
    assert call("card", "doctor") == 3
    assert "応答しません" in capsys.readouterr().out
    # A secret is not even taken from standard input.
    monkeypatch.setattr(readers["ACS one"], "probe", silent, raising=False)
    monkeypatch.setattr(sys, "stdin", None)
    assert call("card", "read", "--secret-stdin") == 3
    assert "応答しません" in capsys.readouterr().err
    answers.set()


def test_without_service_or_reader_the_environment_is_missing(
    readers: dict[str, InProcessReader], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].unplug()

    def away(name: str = "") -> tuple[str, ...]:
        raise ReaderFailed("no_service")

    monkeypatch.setattr(pcsc, "reader_names", away)
    assert call("card", "doctor") == 3
    assert "カードリーダーが見つかりません" in capsys.readouterr().out
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "smartcard", None)
    assert call("card", "doctor") == 3
    assert "kakanai[pcsc]" in capsys.readouterr().err


def test_a_blocked_card_is_not_said_to_be_readable(
    readers: dict[str, InProcessReader], capsys: pytest.CaptureFixture[str]
) -> None:
    readers["ACS one"].insert("mihon_ume")
    call("card", "doctor")
    assert sentences().kinds["my_number"].staff.ja not in capsys.readouterr().out


def test_a_face_that_cannot_be_opened_is_told_like_the_attributes(
    readers: dict[str, InProcessReader], capsys: pytest.CaptureFixture[str]
) -> None:
    person = load_personas()["mihon_taro"].model_copy(update={"tries": {"face_b": 0}})
    readers["ACS one"].insert(person)
    assert call("card", "doctor", "--lang", "ja") == 1
    shown = capsys.readouterr().out
    assert shown.count("照合番号Bがロックされています") == 1
    assert sentences().kinds["my_number"].staff.ja not in shown


def test_every_kind_that_a_reading_can_tell_has_words() -> None:
    facts = card_facts()
    told = {*facts.labels.values(), facts.without_files, facts.without_text, "two_cards", "unknown", "mute"}
    told |= {other.kind for other in facts.others}
    assert told <= set(sentences().kinds)


def test_every_kind_of_card_has_its_own_words() -> None:
    words = sentences()
    kinds = {
        "phone",
        "juki",
        "driving_licence",
        "residence_card",
        "transit",
        "two_cards",
        "mute",
        "unknown",
        "my_number",
    }
    assert set(words.kinds) == kinds
    said = [text.said("both") for kind in words.kinds.values() for text in (kind.name, kind.resident)]
    assert len(set(said)) == len(said)
    assert words.kind("something new") == words.kinds["unknown"]


def test_a_card_that_lacks_both_secrets_is_not_sent_from_one_to_the_other(
    readers: dict[str, InProcessReader], capsys: pytest.CaptureFixture[str]
) -> None:
    person = load_personas()["mihon_taro"].model_copy(update={"tries": {"pin": 0, "b": 0}})
    readers["ACS one"].insert(person)
    assert call("card", "doctor", "--lang", "ja") == 1
    shown = capsys.readouterr().out
    words = sentences()
    assert [way for way, text in words.instead.items() if text.ja in shown] == ["manual"]


@pytest.mark.parametrize("command", [("doctor",), ("read", "--mode", "none")])
def test_whoever_has_virtual_readers_only_is_told_how_to_use_one(
    command: tuple[str, ...],
    readers: dict[str, InProcessReader],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    readers["ACS one"].unplug()
    virtual = "Virtual PCD 00 00"
    monkeypatch.setattr(pcsc, "reader_names", lambda name="": (virtual,) if name in virtual and name else ())
    assert call("card", *command) == 3
    assert f'--reader "{virtual}"' in capsys.readouterr().out
    assert call("card", *command, "--reader", "ACS") == 3
    assert virtual not in capsys.readouterr().out
