"""A TCP server that says to the adapter whatever a test wants it to hear."""

import json
import socket
import threading
from collections.abc import Callable

Answer = Callable[[socket.socket, bytes], None]


class Peer:
    """A TCP server that reads a request and then does whatever `answer` does. /healthz is always well."""

    def __init__(self) -> None:
        self.answer: Answer = lambda connection, request: None
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65536)
            head, _, body = request.partition(b"\r\n\r\n")
            size = next(
                (int(h[16:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0
            )
            while len(body) < size:
                body += connection.recv(65536)
            self.requests.append(head + b"\r\n\r\n" + body)
            try:
                if head.startswith(b"GET /healthz"):
                    connection.sendall(http(b'{"status":"ok"}'))
                else:
                    self.answer(connection, body)
            except OSError:
                pass

    def close(self) -> None:
        self._listener.close()


def http(body: bytes, status: int = 200, kind: bytes = b"application/json", extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s" % (
        status,
        kind,
        len(body),
        extra,
        body,
    )


def says(raw: bytes) -> Answer:
    return lambda connection, _: connection.sendall(raw)


def says_json(value: object, status: int = 200) -> Answer:
    return says(http(json.dumps(value).encode(), status))
