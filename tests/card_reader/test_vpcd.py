"""The card's side of vpcd's protocol, against a listener that plays vpcd."""

import socket
from collections.abc import Iterator

import pytest

from card_reader.simulated.card import ATR
from card_reader.simulated.vpcd import NoVirtualReader, VpcdCard
from tests.card_reader.support import card


@pytest.fixture
def vpcd() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        yield listener


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def ask(connection: socket.socket, body: bytes) -> bytes:
    # In two pieces, as vpcd 3.3 sends it.
    connection.sendall(len(body).to_bytes(2, "big"))
    connection.sendall(body)
    size = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
    return connection.recv(size, socket.MSG_WAITALL)


def accept(listener: socket.socket) -> socket.socket:
    connection, _ = listener.accept()
    connection.settimeout(5)
    return connection


def test_control_and_commands_are_answered(vpcd: socket.socket) -> None:
    with VpcdCard(card("hanako"), port_of(vpcd)), accept(vpcd) as line:
        line.sendall(b"\x00\x01\x01")
        assert ask(line, b"\x04") == ATR
        assert ask(line, bytes.fromhex("00A4040C0AD3921000310001010408")) == b"\x90\x00"
        assert ask(line, bytes.fromhex("00A4020C020011")) == b"\x90\x00"
        line.sendall(b"\x00\x01\x02")
        assert ask(line, bytes.fromhex("00200080")) == b"\x63\xc3"
        line.sendall(b"\x00\x01\x00")
        assert ask(line, bytes.fromhex("00200080")) == b"\x69\x86"


def test_a_mute_card_gives_no_usable_answer_to_reset(vpcd: socket.socket) -> None:
    with VpcdCard(card("mute"), port_of(vpcd)), accept(vpcd) as line:
        # ISO 7816-3 8.2: an answer-to-reset has at most 33 bytes.
        assert len(ask(line, b"\x04")) > 33


class TakenOutAtOnce(VpcdCard):
    """Is stopped while it is being laid in."""

    def _connect(self) -> None:
        super()._connect()
        self._stopping.set()


def test_a_card_that_is_taken_out_while_it_is_laid_in_does_not_stay(vpcd: socket.socket) -> None:
    inserted = TakenOutAtOnce(card("hanako"), port_of(vpcd)).start()
    with accept(vpcd) as line:
        assert line.recv(1) == b""
    inserted.stop()


def test_stopping_is_taking_the_card_out(vpcd: socket.socket) -> None:
    inserted = VpcdCard(card("hanako"), port_of(vpcd)).start()
    with accept(vpcd) as line:
        inserted.stop()
        assert line.recv(1) == b""
    inserted.stop()


def test_a_pulled_card_leaves_before_it_answers(vpcd: socket.socket) -> None:
    with VpcdCard(card("hanako"), port_of(vpcd), pull_after_apdu=1), accept(vpcd) as line:
        assert ask(line, bytes.fromhex("00200080")) == b"\x69\x86"
        assert ask(line, b"\x04") == ATR
        line.sendall(bytes.fromhex("000400200080"))
        assert line.recv(1) == b""


def test_a_restarted_service_gets_the_card_again_without_its_selection(vpcd: socket.socket) -> None:
    with VpcdCard(card("hanako"), port_of(vpcd)):
        with accept(vpcd) as line:
            assert ask(line, bytes.fromhex("00A4040C0AD3921000310001010408")) == b"\x90\x00"
        with accept(vpcd) as line:
            assert ask(line, bytes.fromhex("00A4020C020011")) == b"\x6a\x82"


def test_without_a_listener_the_card_cannot_be_laid_in(vpcd: socket.socket) -> None:
    port = port_of(vpcd)
    vpcd.close()
    with pytest.raises(NoVirtualReader, match=str(port)):
        VpcdCard(card("hanako"), port).start()
