"""The PC/SC reader against a library that answers as measured: states, retries, ends of sessions."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
import smartcard
import smartcard.scard

from card_reader import CardRemoved, ReaderFailed, ReaderState, pcsc, read_card
from card_reader.pcsc import PcscNotInstalled, PcscReader
from tests.card_reader.support import RIGHT_PIN

READER = "ACS ACR1252"
EMPTY, PRESENT, MUTE = 0x10, 0x20, 0x220


class Scard:
    """smartcard.scard as far as the reader uses it; every function's answer can be replaced by a test."""

    SCARD_SCOPE_USER = 0
    SCARD_STATE_UNAWARE, SCARD_STATE_EMPTY, SCARD_STATE_PRESENT, SCARD_STATE_MUTE = 0x0, 0x10, 0x20, 0x200
    SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1, SCARD_UNPOWER_CARD = 1, 1, 2, 2

    def __init__(self, **answers: Callable[..., Any]) -> None:
        self.calls: list[tuple[Any, ...]] = []
        usual: dict[str, Callable[..., Any]] = {
            "SCardEstablishContext": lambda scope: (0, 77),
            "SCardListReaders": lambda context, groups: (0, [READER]),
            "SCardGetStatusChange": lambda context, ms, states: (0, [(READER, PRESENT, [])]),
            "SCardConnect": lambda context, reader, share, protocols: (0, 5, 2),
            "SCardTransmit": lambda handle, protocol, apdu: (0, [0x90, 0x00]),
            "SCardDisconnect": lambda handle, disposition: 0,
            "SCardReleaseContext": lambda context: 0,
        }
        self._answers = usual | answers

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.calls.append((name, *arguments))
            return self._answers[name](*arguments)

        return call

    def names(self) -> list[str]:
        return [call[0] for call in self.calls]


@pytest.fixture
def reader_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[PcscReader, Scard]]:
    def make(wanted: str = "ACS", **answers: Callable[..., Any]) -> tuple[PcscReader, Scard]:
        library = Scard(**answers)
        monkeypatch.setattr(smartcard, "scard", library)
        return PcscReader(wanted), library

    return make


Make = Callable[..., tuple[PcscReader, Scard]]


def signed(code: int) -> int:
    return code - (1 << 32)


@pytest.mark.parametrize("code", [0x8010001D, 0x8010001E, 0x80100003])
@pytest.mark.parametrize("form", [int, signed])
def test_a_service_that_is_away_is_a_state(reader_with: Make, code: int, form: Callable[[int], int]) -> None:
    reader, library = reader_with(SCardEstablishContext=lambda scope: (form(code), 0))
    assert reader.state() is ReaderState.NO_SERVICE
    assert read_card(reader, bytearray(RIGHT_PIN)).outcome == "no_service"
    assert reader.name == "ACS"
    assert "SCardReleaseContext" not in library.names()


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (EMPTY, ReaderState.EMPTY),
        (PRESENT, ReaderState.PRESENT),
        (MUTE, ReaderState.MUTE),
        (0, ReaderState.NO_READER),
    ],
)
def test_events_mean_states_and_the_context_is_given_back(
    reader_with: Make, event: int, state: ReaderState
) -> None:
    reader, library = reader_with(
        SCardGetStatusChange=lambda c, ms, states: (0, [(READER, event | 3 << 16, [])])
    )
    assert reader.state() is state
    assert library.names()[-1] == "SCardReleaseContext"


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("", "ACS ACR1252"),
        ("RC-S300", "SONY RC-S300"),
        ("Virtual PCD 00 01", "Virtual PCD 00 01"),
        ("nothing", None),
    ],
)
def test_a_reader_is_chosen_by_part_of_its_name_and_a_virtual_one_only_on_purpose(
    reader_with: Make, wanted: str, chosen: str | None
) -> None:
    attached = ["Virtual PCD 00 00", "Virtual PCD 00 01", "ACS ACR1252", "SONY RC-S300"]
    reader, _ = reader_with(wanted, SCardListReaders=lambda context, groups: (0, attached))
    assert reader.name == (chosen or wanted)
    assert pcsc.reader_names(wanted)[:1] == ((chosen,) if chosen else ())
    assert (reader.state() is ReaderState.NO_READER) is (chosen is None)


def test_all_real_readers_are_named_and_a_service_that_is_away_is_told(reader_with: Make) -> None:
    attached = ["Virtual PCD 00 00", "ACS ACR1252", "SONY RC-S300"]
    reader_with("", SCardListReaders=lambda context, groups: (0, attached))
    assert pcsc.reader_names() == ("ACS ACR1252", "SONY RC-S300")
    reader_with("", SCardEstablishContext=lambda scope: (0x8010001D, 0))
    with pytest.raises(ReaderFailed) as caught:
        pcsc.reader_names()
    assert caught.value.reason == "no_service"


def test_no_reader_at_all_is_a_state(reader_with: Make) -> None:
    reader, _ = reader_with(SCardListReaders=lambda context, groups: (0x8010002E, []))
    assert reader.state() is ReaderState.NO_READER
    with pytest.raises(ReaderFailed, match="no_reader"), reader.session():
        pass


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (0x8010000F, "mute"),
        (0x80100065, "mute"),
        (0x80100066, "mute"),
        (0x80100067, "mute"),
        (0x80100009, "no_reader"),
        (0x80100017, "no_reader"),
        (0x8010001D, "no_service"),
        (0x80100001, "transmit"),
    ],
)
def test_a_connect_that_fails_says_why_and_disconnects_nothing(
    reader_with: Make, code: int, reason: str
) -> None:
    reader, library = reader_with(SCardConnect=lambda *arguments: (code, 0, 0))
    with pytest.raises(ReaderFailed) as caught, reader.session():
        pass
    assert caught.value.reason == reason
    assert "SCardDisconnect" not in library.names()
    assert library.names()[-1] == "SCardReleaseContext"


def test_no_card_at_connect_is_a_removed_card(reader_with: Make) -> None:
    reader, _ = reader_with(SCardConnect=lambda *arguments: (0x8010000C, 0, 0))
    with pytest.raises(CardRemoved), reader.session():
        pass


def test_a_busy_card_is_asked_for_again_until_it_is_free(reader_with: Make) -> None:
    answers = iter([(0x8010000B, 0, 0), (0x8010000B, 0, 0), (0, 5, 2)])
    reader, library = reader_with(SCardConnect=lambda *arguments: next(answers))
    with reader.session() as card:
        assert card.transmit(b"\x00\x20\x00\x80") == b"\x90\x00"
    assert library.names().count("SCardConnect") == 3


def test_a_card_that_stays_busy_is_given_up(reader_with: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc, "_BUSY_SECONDS", 0.1)
    reader, library = reader_with(SCardConnect=lambda *arguments: (0x8010000B, 0, 0))
    with pytest.raises(ReaderFailed, match="busy"), reader.session():
        pass
    assert library.names().count("SCardConnect") >= 2


def test_a_session_is_exclusive_and_ends_without_power(reader_with: Make) -> None:
    reader, library = reader_with()
    with reader.session() as card:
        card.transmit(b"\x00\xa4\x04\x0c")
    connect = next(call for call in library.calls if call[0] == "SCardConnect")
    assert connect[1:] == (77, READER, Scard.SCARD_SHARE_EXCLUSIVE, 3)
    assert ("SCardTransmit", 5, 2, [0x00, 0xA4, 0x04, 0x0C]) in library.calls
    assert library.calls[-2:] == [
        ("SCardDisconnect", 5, Scard.SCARD_UNPOWER_CARD),
        ("SCardReleaseContext", 77),
    ]


def test_power_goes_also_when_the_reading_breaks(reader_with: Make) -> None:
    reader, library = reader_with()
    with pytest.raises(ZeroDivisionError), reader.session():
        raise ZeroDivisionError
    assert ("SCardDisconnect", 5, Scard.SCARD_UNPOWER_CARD) in library.calls


@pytest.mark.parametrize(
    "answer", [(0x80100069, []), (0x80100016, []), (0x8010000C, []), (0, []), (0, [0x90])], ids=str
)
def test_a_card_lifted_in_a_command_is_removed(reader_with: Make, answer: tuple[int, list[int]]) -> None:
    reader, library = reader_with(SCardTransmit=lambda *arguments: answer)
    assert read_card(reader, bytearray(RIGHT_PIN)).outcome == "removed"
    assert ("SCardDisconnect", 5, Scard.SCARD_UNPOWER_CARD) in library.calls


@pytest.mark.parametrize(
    ("code", "outcome", "detail"),
    [
        (0x80100068, "unreadable", "select_jpki:reset"),
        (0x80100001, "unreadable", "select_jpki:transmit"),
        (0x80100017, "no_reader", None),
        (0x8010001E, "no_service", None),
    ],
)
def test_a_line_that_fails_in_a_command_says_why(
    reader_with: Make, code: int, outcome: str, detail: str | None
) -> None:
    reader, _ = reader_with(SCardTransmit=lambda *arguments: (code, []))
    message = read_card(reader, bytearray(RIGHT_PIN))
    assert (message.outcome, message.detail, message.apdus) == (outcome, detail, 1)


def test_a_wait_survives_a_service_that_comes_back(
    reader_with: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc, "_WATCH_SECONDS", 0.01)
    contexts = iter([(0x8010001D, 0), (0x8010001D, 0)])
    reader, _ = reader_with(SCardEstablishContext=lambda scope: next(contexts, (0, 77)))
    assert reader.wait_change(ReaderState.NO_SERVICE, 5) is ReaderState.PRESENT


def test_a_service_that_dies_in_a_wait_is_a_change(reader_with: Make) -> None:
    def status(context: int, ms: int, states: list[tuple[str, int]]) -> tuple[int, list[Any]]:
        return (0x8010001E, []) if ms else (0, [(READER, EMPTY, [])])

    reader, _ = reader_with(SCardGetStatusChange=status)
    assert reader.wait_change(ReaderState.EMPTY, 5) is ReaderState.NO_SERVICE


def test_a_timeout_of_the_library_is_no_change(reader_with: Make) -> None:
    reader, _ = reader_with(
        SCardGetStatusChange=lambda c, ms, s: (0x8010000A if ms else 0, [(READER, EMPTY, [])])
    )
    assert reader.wait_change(ReaderState.EMPTY, 0.01) is ReaderState.EMPTY


def test_closing_ends_a_wait(reader_with: Make) -> None:
    reader, _ = reader_with(SCardEstablishContext=lambda scope: (0x8010001D, 0))
    reader.close()
    assert reader.wait_change(ReaderState.NO_SERVICE, 60) is ReaderState.NO_SERVICE


def test_closing_ends_the_wait_for_a_card_that_another_program_holds(reader_with: Make) -> None:
    reader, library = reader_with(SCardConnect=lambda c, r, share, protocols: (0x8010000B, 0, 0))
    reader.close()
    with pytest.raises(ReaderFailed, match="busy"), reader.session():
        pass
    assert library.names().count("SCardConnect") == 1


def test_a_card_that_goes_while_the_reader_is_looked_at_leaves_it_empty(reader_with: Make) -> None:
    reader, _ = reader_with(SCardGetStatusChange=lambda c, ms, s: (0x80100069, []))
    assert reader.state() is ReaderState.EMPTY


def test_without_pyscard_the_reader_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(PcscNotInstalled, match="kakanai"):
        PcscReader("ACS")
