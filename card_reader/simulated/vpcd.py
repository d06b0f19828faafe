"""Lays a simulated card into vpcd, the virtual reader of the vsmartcard project, behind a real PC/SC service.

Wire protocol (vsmartcard virtualsmartcard/src/vpcd, tried with Debian's 3.3): messages of a two-byte
big-endian length and a body. A body of one byte is control: 00 power off, 01 power on, 02 reset (none of
them answered), 04 the card has to send its answer-to-reset. Any other body is a command APDU. Being
connected is lying on the reader.

vpcd listens on every interface and asks nobody who he is: for development and tests only.
"""

import socket
import threading
from contextlib import suppress
from typing import Self

from card_reader.simulated.card import ATR, SimulatedCard
from card_reader.transport import CardRemoved

FIRST_PORT = 35963
_POWER_OFF, _SEND_ATR = 0, 4
# A longer answer-to-reset than ISO 7816-3 allows: the service then finds a card that it cannot start.
_IMPOSSIBLE_ATR = bytes(40)
_RETRY_SECONDS = 0.2


class NoVirtualReader(OSError):
    """Nothing listens at the port: pcscd does not run, or vsmartcard-vpcd is not installed."""


def slot_port(slot: int) -> int:
    """The port of vpcd's slot 0 or 1 ("Virtual PCD 00 00", "Virtual PCD 00 01")."""
    return FIRST_PORT + slot


class VpcdCard:
    """One card in one slot from start() to stop(). Answers in a thread of its own.

    Puts itself in again when the PC/SC service restarts. `pull_after_apdu`: the card is gone after that many
    answers.
    """

    def __init__(
        self,
        card: SimulatedCard,
        port: int = FIRST_PORT,
        host: str = "127.0.0.1",
        *,
        pull_after_apdu: int | None = None,
    ) -> None:
        self.card = card
        self._answers_left = pull_after_apdu
        self._address = (host, port)
        self._stopping = threading.Event()
        card.wait = self._stopping.wait
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Lay the card in; returns once vpcd has taken the connection. Raises NoVirtualReader."""
        self._stopping.clear()
        self._connect()
        self._thread = threading.Thread(target=self._serve, name="vpcd card", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take the card out, also in the middle of a command. Nothing happens when it is out already."""
        self._stopping.set()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        # The card itself may be the caller, when it leaves in the middle of an answer.
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _connect(self) -> None:
        try:
            connection = socket.create_connection(self._address, timeout=2)
        except OSError as error:
            raise NoVirtualReader(f"no virtual reader at {self._address[0]}:{self._address[1]}") from error
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection

    def _serve(self) -> None:
        while not self._stopping.is_set():
            connection = self._socket
            if connection is None:
                self._stopping.wait(_RETRY_SECONDS)
                with suppress(NoVirtualReader):
                    self._connect()
                continue
            with connection, suppress(OSError):
                self._answer_all(connection)
            self._socket = None
            self.card.power_off()
        if self._socket is not None:
            # Laid in again in the moment in which it was taken out.
            self._socket.close()
            self._socket = None

    def _answer_all(self, connection: socket.socket) -> None:
        """Answer until the other side or stop() ends the connection."""
        while (head := _receive(connection, 2)) is not None:
            body = _receive(connection, int.from_bytes(head, "big"))
            if body is None or self._pulled(body):
                return
            try:
                answer = self._answer(body)
            except CardRemoved:
                self._stopping.set()
                return
            if answer is not None:
                connection.sendall(len(answer).to_bytes(2, "big") + answer)

    def _pulled(self, body: bytes) -> bool:
        """Whether the card is pulled now, before it answers the command `body`."""
        if self._answers_left is None or len(body) == 1:
            return False
        self._answers_left -= 1
        if self._answers_left < 0:
            self._stopping.set()
        return self._answers_left < 0

    def _answer(self, body: bytes) -> bytes | None:
        if len(body) != 1:
            return self.card.transmit(body)
        if body[0] == _SEND_ATR:
            return _IMPOSSIBLE_ATR if self.card.mute else ATR
        if body[0] == _POWER_OFF:
            # Only this one: a warm reset of a real card keeps presented secrets.
            self.card.power_off()
        return None


def _receive(connection: socket.socket, size: int) -> bytes | None:
    """Exactly `size` bytes, or None when the connection ended."""
    data = b""
    while len(data) < size:
        # vpcd 3.3 sends length and body in two pieces; with delayed acknowledgements each command would take
        # 44 ms. The kernel clears the option again, so it is set before every receive. Linux only.
        if hasattr(socket, "TCP_QUICKACK"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        piece = connection.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data
