"""Printers without paper: they behave like the real ones at the level of bytes and keep what they were
given in a folder.

The hardware desk turns their `state`; the tests, the demo and development print on them. `listen` puts the
ticket printer on a TCP port, so that NetworkPrinter can be tried against it as against a device."""

from __future__ import annotations

import io
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from printing import escpos_image
from printing.transports import NotSent, PrinterStatus, SendResult, Sent, query_status, send_job

_KEPT_JOBS = 200

# Answers to DLE EOT 1, 2 and 4 without any fault; fixed bits as in query_status.
_FINE = {1: 0b0001_0110, 2: 0b0001_0010, 4: 0b0001_0010}
_REAL_TIME = re.compile(rb"\x10\x04[\x01\x02\x04]")
_FAULTS: dict[PrinterStatus, dict[int, int]] = {
    PrinterStatus.PAPER_LOW: {4: 0b0000_1100},
    PrinterStatus.PAPER_OUT: {1: 0b0000_1000, 2: 0b0010_0000, 4: 0b0110_1100},
    PrinterStatus.COVER_OPEN: {1: 0b0000_1000, 2: 0b0000_0100},
    PrinterStatus.OFFLINE: {1: 0b0000_1000},
}


@dataclass(frozen=True)
class SimulatedJob:
    """One kept job. `partial`: the printer stopped before the end. `at` is when the file was written
    (UTC)."""

    id: str
    kind: Literal["ticket", "page"]
    outcome: Literal["printed", "partial"]
    at: datetime
    path: Path


class _Folder:
    """Numbered job files, the oldest removed when there are too many."""

    def __init__(self, folder: Path, kind: Literal["ticket", "page"], suffix: str) -> None:
        self._folder = folder
        self._kind = kind
        self._suffix = suffix
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self._kind}-*{self._suffix}"))

    def keep(self, data: bytes, *, partial: bool = False) -> str:
        with self._lock:
            files = self._files()
            number = int(files[-1].name.split("-")[1].split(".")[0]) + 1 if files else 1
            name = f"{self._kind}-{number:06d}"
            path = self._folder / f"{name}{'.partial' if partial else ''}{self._suffix}"
            # Readers list the folder at any time: they see whole files only.
            waiting = path.with_suffix(".new")
            waiting.write_bytes(data)
            waiting.replace(path)
            for old in files[: max(0, len(files) + 1 - _KEPT_JOBS)]:
                old.unlink(missing_ok=True)
            return name

    def jobs(self) -> list[SimulatedJob]:
        """All kept jobs, newest first."""
        found = []
        for path in reversed(self._files()):
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            outcome: Literal["printed", "partial"] = "partial" if ".partial" in path.name else "printed"
            found.append(SimulatedJob(path.name.split(".")[0], self._kind, outcome, at, path))
        return found

    def data(self, job_id: str) -> bytes | None:
        """The bytes of one job, or None when there is none of that id."""
        return next((job.path.read_bytes() for job in self.jobs() if job.id == job_id), None)


class Line:
    """One connection to the simulated printer. Follows the byte stream: answers status requests, cuts it
    into jobs. A status request is recognised only between commands, so picture bytes that look like one are
    left alone."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self.job = bytearray()

    def _command_length(self) -> int | None:
        """Length of the command at the head of the pending bytes; None when more bytes are needed to know."""
        head = bytes(self._pending[:8])
        if head[:1] not in (b"\x10", b"\x1b", b"\x1d"):
            return 1
        if len(head) < 2:
            return None
        if head[:2] == b"\x1b@":
            return 2
        if head[:2] != b"\x1dv":
            return 3
        return None if len(head) < 8 else 8 + (head[4] + 256 * head[5]) * (head[6] + 256 * head[7])

    def commands(self, data: bytes) -> Iterator[bytes]:
        """Take in `data`, yield each command that is now complete."""
        self._pending += data
        while self._pending:
            length = self._command_length()
            if length is None or len(self._pending) < length:
                return
            command = bytes(self._pending[:length])
            del self._pending[:length]
            yield command

    def rest(self) -> bytes:
        """What has arrived of an unfinished job; forgotten afterwards."""
        rest = bytes(self.job + self._pending)
        self.job.clear()
        self._pending.clear()
        return rest


class SimulatedTicketPrinter:
    """An ESC/POS printer. Set `state` to change how it is; set `paper_lasts` to let the paper end after
    that many more bytes of print data (the middle of a job). Implements the Printer protocol with the same
    status and send code as a real printer uses."""

    def __init__(self, folder: Path) -> None:
        self._folder = _Folder(folder, "ticket", ".bin")
        self._lock = threading.RLock()
        self.state = PrinterStatus.OK
        self.paper_lasts: int | None = None

    def _answer(self, question: int) -> bytes:
        if self.state is PrinterStatus.SILENT or question not in _FINE:
            return b""
        return bytes([_FINE[question] | _FAULTS.get(self.state, {}).get(question, 0)])

    def _print(self, line: Line, command: bytes) -> None:
        if self.paper_lasts is not None and self.state.can_print:
            self.paper_lasts -= len(command)
            if self.paper_lasts <= 0:
                self.paper_lasts = None
                self.state = PrinterStatus.PAPER_OUT
                self._folder.keep(bytes(line.job) + command, partial=True)
                line.job.clear()
        if not self.state.can_print:
            return
        line.job += command
        if command.startswith(b"\x1dV"):
            self._folder.keep(bytes(line.job))
            line.job.clear()

    def receive(self, line: Line, data: bytes) -> bytes:
        """What the printer answers to these bytes of one connection (`line` is that connection's state)."""
        answers = b""
        with self._lock:
            if not self.state.can_print:
                # A printer that has stopped listens for real-time requests alone, wherever they stand.
                return b"".join(self._answer(request[2]) for request in _REAL_TIME.findall(data))
            for command in line.commands(data):
                if command.startswith(b"\x10\x04"):
                    answers += self._answer(command[2])
                else:
                    self._print(line, command)
        return answers

    def hang_up(self, line: Line) -> None:
        """The connection ended: an unfinished job is kept as partial."""
        with self._lock:
            rest = line.rest()
            if rest and self.state.can_print:
                self._folder.keep(rest, partial=True)

    @contextmanager
    def _wire(self) -> Iterator[_MemoryWire]:
        wire = _MemoryWire(self)
        try:
            yield wire
        finally:
            self.hang_up(wire.line)

    def status(self) -> PrinterStatus:
        """Ask it with DLE EOT, as one asks a real one; a silent printer is known at once, without the two
        seconds."""
        with self._wire() as wire:
            return query_status(wire)

    def send(self, data: bytes) -> SendResult:
        """Print one ESC/POS job."""
        with self._wire() as wire:
            return send_job(wire, data)

    def jobs(self) -> list[SimulatedJob]:
        """All kept jobs, newest first."""
        return self._folder.jobs()

    def data(self, job_id: str) -> bytes | None:
        """The bytes of one job, or None."""
        return self._folder.data(job_id)

    def png(self, job_id: str) -> bytes | None:
        """The ticket of one whole job as a PNG file, or None."""
        job = next((job for job in self.jobs() if job.id == job_id and job.outcome == "printed"), None)
        pictures = escpos_image.pages(job.path.read_bytes()) if job else []
        if not pictures:
            return None
        out = io.BytesIO()
        pictures[0].save(out, "PNG")
        return out.getvalue()


class _MemoryWire:
    """A line to the simulated printer that never waits: what would time out does so at once."""

    def __init__(self, printer: SimulatedTicketPrinter) -> None:
        self._printer = printer
        self._answers = b""
        self.line = Line()

    def write(self, data: bytes, seconds: float) -> int:
        if not data.startswith(b"\x10\x04") and not self._printer.state.can_print:
            raise TimeoutError("the printer takes no more bytes")
        self._answers += self._printer.receive(self.line, data)
        return len(data)

    def read(self, seconds: float) -> bytes:
        if not self._answers:
            raise TimeoutError("no answer")
        answers, self._answers = self._answers, b""
        return answers


@contextmanager
def listen(printer: SimulatedTicketPrinter, port: int = 0) -> Iterator[int]:
    """Put `printer` on 127.0.0.1:`port` (0: any free one) until the block ends; yields the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            line = Line()
            try:
                while data := self.request.recv(65536):
                    answers = printer.receive(line, data)
                    if answers:
                        self.request.sendall(answers)
            except ConnectionError:
                pass  # the other side is gone; the unfinished job is kept below
            finally:
                printer.hang_up(line)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class SimulatedPagePrinter:
    """A page printer that keeps each PDF. Set `state` to change how it is. Implements the PdfPrinter
    protocol."""

    def __init__(self, folder: Path) -> None:
        self._folder = _Folder(folder, "page", ".pdf")
        self.state = PrinterStatus.OK

    def status(self) -> PrinterStatus:
        """The state it was set to."""
        return self.state

    def send(self, data: bytes) -> SendResult:
        """Keep one PDF; refuses (OFFLINE) what is not a PDF, as a page printer would print rubbish."""
        if not self.state.can_print:
            return NotSent(self.state)
        if not data.startswith(b"%PDF-"):
            return NotSent(PrinterStatus.OFFLINE)
        self._folder.keep(data)
        return Sent(len(data))

    def jobs(self) -> list[SimulatedJob]:
        """All kept jobs, newest first."""
        return self._folder.jobs()

    def data(self, job_id: str) -> bytes | None:
        """The bytes of one job, or None."""
        return self._folder.data(job_id)
