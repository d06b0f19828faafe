"""A part of the tiny demo that begins as a copy of its supervisor: answers /healthz, and says who it is."""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer(BaseHTTPRequestHandler):
    """200 for /healthz."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing: the log is looked at by a test."""


if __name__ == "__main__":
    print(f"core of {os.environ['KAKANAI_STATE_DIR']} in group {os.getpgrp()}")  # noqa: T201 - for its log
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
