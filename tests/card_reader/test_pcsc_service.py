"""The whole way through a real PC/SC service: our reader, pcscd, vpcd, and the card."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import pytest
from smartcard import scard

from card_reader import CardReadMessage, Extras, Mode, ReaderState, pcsc, read_card
from card_reader.apdu import select_application, select_file, verify
from card_reader.cards import card_facts
from card_reader.pcsc import PcscReader
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.faults import Fault
from card_reader.simulated.vpcd import VpcdCard, slot_port
from tests.card_reader.conftest import SLOT
from tests.card_reader.support import RIGHT_PIN, WRONG_PIN, card, persona
from tests.card_reader.test_trace import secret_of, trusted

TEXT = card_facts().text


class Lay(Protocol):
    """Lays a card in; the card is seen by the service when the context begins."""

    def __call__(
        self, simulated: SimulatedCard, pull_after_apdu: int | None = None
    ) -> AbstractContextManager[VpcdCard]: ...


@pytest.fixture
def lay(virtual_reader: PcscReader) -> Lay:
    """See Lay."""

    @contextmanager
    def laid(simulated: SimulatedCard, pull_after_apdu: int | None = None) -> Iterator[VpcdCard]:
        with VpcdCard(simulated, slot_port(SLOT), pull_after_apdu=pull_after_apdu) as inserted:
            assert virtual_reader.wait_change(ReaderState.EMPTY, 5) is not ReaderState.EMPTY
            yield inserted

    return laid


def read(reader: PcscReader, pin: bytes = RIGHT_PIN) -> CardReadMessage:
    secret = bytearray(pin)
    message = read_card(reader, secret)
    assert secret == bytes(4)
    return message


def test_a_card_is_noticed_read_and_noticed_missing(virtual_reader: PcscReader, lay: Lay) -> None:
    with lay(card("hanako")):
        assert virtual_reader.state() is ReaderState.PRESENT
        message = read(virtual_reader)
    assert (message.outcome, message.apdus, message.tries_left) == ("read", 9, 3)
    assert message.attributes is not None
    assert message.attributes.name == persona("hanako").name
    assert virtual_reader.wait_change(ReaderState.PRESENT, 5) is ReaderState.EMPTY
    assert read(virtual_reader).outcome == "no_card"


def test_a_long_file_comes_through_the_service_in_pieces(virtual_reader: PcscReader, lay: Lay) -> None:
    with lay(card("long_address")):
        message = read(virtual_reader)
    assert message.attributes is not None
    assert message.attributes.address == persona("long_address").address


@pytest.mark.parametrize("mode", ["b", "face", "none"])
def test_every_way_of_reading_goes_through_the_service(
    virtual_reader: PcscReader, lay: Lay, mode: Mode
) -> None:
    extras = Extras(certificate_expiry=True, trusted=trusted())
    with lay(card("hanako")):
        message = read_card(virtual_reader, secret_of(mode), mode=mode, extras=extras)
    assert (message.outcome, message.certificate_expires) == ("read", "20321231")
    if mode != "none":
        assert message.authenticity is not None
        assert message.authenticity.result == "verified"


def test_tries_belong_to_the_card_and_not_to_the_slot(virtual_reader: PcscReader, lay: Lay) -> None:
    simulated = card("hanako")
    for left in (2, 1):
        with lay(simulated):
            assert read(virtual_reader, WRONG_PIN).tries_left == left
        assert virtual_reader.wait_change(ReaderState.PRESENT, 5) is ReaderState.EMPTY
    with lay(simulated):
        assert read(virtual_reader).outcome == "last_try_refused"


def test_a_card_pulled_in_the_middle_is_removed_and_seen_when_laid_on_again(
    virtual_reader: PcscReader, lay: Lay
) -> None:
    for answers in (0, 6):
        with lay(card("hanako"), pull_after_apdu=answers):
            assert read(virtual_reader).outcome == "removed"
            assert virtual_reader.wait_change(ReaderState.PRESENT, 5) is ReaderState.EMPTY
    with lay(card("hanako")):
        assert read(virtual_reader).outcome == "read"


@pytest.mark.parametrize(
    ("fault", "outcome", "state"),
    [
        ("status=6984@verify", "blocked", ReaderState.PRESENT),
        ("cut=40@read:text.attributes", "unreadable", ReaderState.PRESENT),
        ("pulled@read:text.attributes", "removed", ReaderState.EMPTY),
    ],
)
def test_faults_reach_a_reader_through_the_service(
    virtual_reader: PcscReader, lay: Lay, fault: str, outcome: str, state: ReaderState
) -> None:
    with lay(SimulatedCard(persona("hanako"), faults=[Fault.parse(fault)])):
        assert read(virtual_reader).outcome == outcome
        if state is ReaderState.EMPTY:
            assert virtual_reader.wait_change(ReaderState.PRESENT, 5) is state
        assert virtual_reader.state() is state


def test_a_card_that_does_not_start_is_mute(virtual_reader: PcscReader, lay: Lay) -> None:
    with lay(card("mute")):
        assert virtual_reader.state() is ReaderState.MUTE
        message = read(virtual_reader)
    assert (message.outcome, message.detail) == ("unreadable", "connect:mute")


def test_after_a_session_the_next_program_finds_a_card_without_its_pin(
    virtual_reader: PcscReader, lay: Lay
) -> None:
    with lay(card("hanako")):
        with virtual_reader.session() as line:
            for command in (select_application(TEXT.aid), select_file(TEXT.pin.reference), verify(RIGHT_PIN)):
                assert line.transmit(command) == b"\x90\x00"
        with virtual_reader.session() as line:
            assert line.transmit(select_file(TEXT.attributes)) == b"\x6a\x82"


@contextmanager
def held_by_another_program() -> Iterator[None]:
    """Another PC/SC client that has the card for itself."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    result, handle, _ = scard.SCardConnect(
        context, f"Virtual PCD 00 0{SLOT}", scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T1
    )
    assert result == scard.SCARD_S_SUCCESS
    yield
    scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
    scard.SCardReleaseContext(context)


def test_a_card_held_by_another_program_is_busy(
    virtual_reader: PcscReader, lay: Lay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc, "_BUSY_SECONDS", 0.2)
    with lay(card("hanako")), held_by_another_program():
        message = read(virtual_reader)
    assert (message.outcome, message.detail) == ("unreadable", "connect:busy")


def test_a_card_that_another_program_lets_go_in_time_is_read(virtual_reader: PcscReader, lay: Lay) -> None:
    messages: list[CardReadMessage] = []
    with lay(card("hanako")):
        with held_by_another_program():
            waiting = threading.Thread(target=lambda: messages.append(read(virtual_reader)))
            waiting.start()
            waiting.join(0.3)
            assert messages == []
        waiting.join(5)
    assert [message.outcome for message in messages] == ["read"]


def test_virtual_readers_are_used_only_when_asked_for(virtual_reader: PcscReader) -> None:
    assert virtual_reader.name == f"Virtual PCD 00 0{SLOT}"
    anything = PcscReader()
    assert "Virtual" not in anything.name
    assert PcscReader("no such reader").state() is ReaderState.NO_READER
    assert read(PcscReader("no such reader")).outcome == "no_reader"


def test_opensc_binds_a_card_without_a_signature_certificate(virtual_reader: PcscReader, lay: Lay) -> None:
    """A child's, for example. What else OpenSC says is in test_opensc.py."""
    with lay(card("long_address")):
        done = subprocess.run(
            ["pkcs15-tool", "--reader", virtual_reader.name, "--list-pins"],
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert re.findall(r"Tries left\s*: (\d+)", done.stdout) == ["3", "5"], done.stderr
