"""The way to a printer: ask how it is, send one job, and say truthfully how much of it arrived.

Status is asked with DLE EOT (real-time status, Epson ESC/POS command reference) over our own connection
with a deadline: a printer that does not answer within two seconds is `silent`, never "adequate"."""

from __future__ import annotations

import enum
import os
import re
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from printing.text import clean

STATUS_TIMEOUT_S = 2.0
SEND_TIMEOUT_S = 10.0
_CHUNK = 4096

_DLE_EOT = b"\x10\x04"
_PRINTER, _OFFLINE_CAUSE, _PAPER = 1, 2, 4


class PrinterStatus(enum.StrEnum):
    """How a printer is. `paper_low` still prints; `silent` means reachable (or not) but without an answer
    in time."""

    OK = "ok"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    SILENT = "silent"

    @property
    def can_print(self) -> bool:
        """True when a job may be sent."""
        return self in (PrinterStatus.OK, PrinterStatus.PAPER_LOW)


@dataclass(frozen=True)
class Sent:
    """The whole job arrived and the printer still answers that it can print."""

    total: int


@dataclass(frozen=True)
class NotSent:
    """Nothing was sent, so nothing was printed: `status` says why."""

    status: PrinterStatus


@dataclass(frozen=True)
class HalfSent:
    """`written` of `total` bytes left this machine and then `status` was found: part of the paper may be
    printed.

    `written == total` means that the job arrived but the printer was not well afterwards; what is printed
    must be looked at."""

    written: int
    total: int
    status: PrinterStatus


SendResult = Sent | NotSent | HalfSent


class Printer(Protocol):
    """A ticket printer: takes ESC/POS bytes. Neither call raises for what a printer or a cable does."""

    def status(self) -> PrinterStatus:
        """Ask the printer now; answers within STATUS_TIMEOUT_S."""

    def send(self, data: bytes) -> SendResult:
        """Print one job. Asks the status first and sends nothing when the printer cannot print."""


class PdfPrinter(Protocol):
    """A page printer: takes one PDF file as bytes. Otherwise as Printer."""

    def status(self) -> PrinterStatus:
        """Ask the printer or its queue now."""

    def send(self, data: bytes) -> SendResult:
        """Print one PDF on A4."""


class Wire(Protocol):
    """An open two-way line to a printer."""

    def write(self, data: bytes, seconds: float) -> int:
        """Write some of `data` within `seconds`; returns how many bytes went out; raises OSError
        (TimeoutError)."""

    def read(self, seconds: float) -> bytes:
        """At least one byte, or empty at the end of the line; raises OSError (TimeoutError)."""


class _Clock:
    """What is left of a time limit."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the printer did not answer in time")
        return left


def _ask(wire: Wire, question: int, clock: _Clock) -> int:
    """One DLE EOT round: the status byte. Bytes without the fixed pattern 0xx1xx10 are not status and are
    passed over."""
    request = _DLE_EOT + bytes([question])
    if wire.write(request, clock.left()) != len(request):
        raise OSError("the status request was cut short")
    while True:
        answer = wire.read(clock.left())
        if not answer:
            raise OSError("the printer closed the line")
        for byte in answer:
            if byte & 0b1001_0011 == 0b0001_0010:
                return byte


def _drain(wire: Wire) -> None:
    """Forget what was answered before: a picture may hold bytes that a printer takes for a status request."""
    try:
        while wire.read(0.001):
            pass
    except (TimeoutError, BlockingIOError):
        return


def query_status(wire: Wire, seconds: float = STATUS_TIMEOUT_S) -> PrinterStatus:
    """Ask an ESC/POS printer how it is. Bits: DLE EOT 1 bit 3 off-line; 2 bit 2 cover open, bit 5 stopped
    for paper; 4 bits 2-3 near end, bits 5-6 end of paper. Any failure or delay is SILENT."""
    try:
        clock = _Clock(seconds)
        _drain(wire)
        printer = _ask(wire, _PRINTER, clock)
        paper = _ask(wire, _PAPER, clock)
        cause = _ask(wire, _OFFLINE_CAUSE, clock)
    except OSError:
        return PrinterStatus.SILENT
    if cause & 0b0000_0100:
        return PrinterStatus.COVER_OPEN
    if paper & 0b0110_0000 or cause & 0b0010_0000:
        return PrinterStatus.PAPER_OUT
    if printer & 0b0000_1000:
        return PrinterStatus.OFFLINE
    return PrinterStatus.PAPER_LOW if paper & 0b0000_1100 else PrinterStatus.OK


def send_job(
    wire: Wire, data: bytes, answer_within: float = STATUS_TIMEOUT_S, seconds: float = SEND_TIMEOUT_S
) -> SendResult:
    """Status, job, status: the one way a job goes over an open line.

    The second status is asked after the last byte: a printer that ran out of paper in the middle says so
    there, and a line that only swallowed the bytes is found out."""
    before = query_status(wire, answer_within)
    if not before.can_print:
        return NotSent(before)
    written = 0
    try:
        clock = _Clock(seconds)
        while written < len(data):
            written += wire.write(data[written : written + _CHUNK], clock.left())
    except OSError:
        after = query_status(wire, answer_within)
        # Its answer can still be "ok" (a full buffer): the job is incomplete all the same.
        return HalfSent(written, len(data), PrinterStatus.SILENT if after.can_print else after)
    after = query_status(wire, seconds)
    return Sent(len(data)) if after.can_print else HalfSent(len(data), len(data), after)


class _SocketWire:
    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def write(self, data: bytes, seconds: float) -> int:
        self._line.settimeout(seconds)
        return self._line.send(data)

    def read(self, seconds: float) -> bytes:
        self._line.settimeout(seconds)
        return self._line.recv(64)


class NetworkPrinter:
    """An ESC/POS printer on raw TCP, usually port 9100. One connection for each question or job, closed at
    once."""

    def __init__(self, host: str, port: int = 9100, answer_within: float = STATUS_TIMEOUT_S) -> None:
        self._address = (host, port)
        self._seconds = answer_within

    @contextmanager
    def _wire(self) -> Iterator[Wire]:
        with socket.create_connection(self._address, timeout=self._seconds) as line:
            yield _SocketWire(line)

    def status(self) -> PrinterStatus:
        """OFFLINE when nothing listens at the address, SILENT when it listens and does not answer."""
        try:
            with self._wire() as wire:
                return query_status(wire, self._seconds)
        except TimeoutError:
            return PrinterStatus.SILENT
        except OSError:
            return PrinterStatus.OFFLINE

    def send(self, data: bytes) -> SendResult:
        """Print one ESC/POS job."""
        try:
            with self._wire() as wire:
                return send_job(wire, data, self._seconds)
        except TimeoutError:
            return NotSent(PrinterStatus.SILENT)
        except OSError:
            return NotSent(PrinterStatus.OFFLINE)


class _DeviceWire:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes, seconds: float) -> int:
        if not select.select([], [self._descriptor], [], seconds)[1]:
            raise TimeoutError("the device takes no more bytes")
        return os.write(self._descriptor, data)

    def read(self, seconds: float) -> bytes:
        if not select.select([self._descriptor], [], [], seconds)[0]:
            raise TimeoutError("the device does not answer")
        return os.read(self._descriptor, 64)


class UsbPrinter:
    """An ESC/POS printer behind the Linux printer class driver, for example /dev/usb/lp0."""

    def __init__(self, device: Path) -> None:
        self._device = device

    @contextmanager
    def _wire(self) -> Iterator[Wire]:
        descriptor = os.open(self._device, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            yield _DeviceWire(descriptor)
        finally:
            os.close(descriptor)

    def status(self) -> PrinterStatus:
        """OFFLINE when the device is not there (unplugged, switched off)."""
        try:
            with self._wire() as wire:
                return query_status(wire)
        except OSError:
            return PrinterStatus.OFFLINE

    def send(self, data: bytes) -> SendResult:
        """Print one ESC/POS job."""
        try:
            with self._wire() as wire:
                return send_job(wire, data)
        except OSError:
            return NotSent(PrinterStatus.OFFLINE)


class FilePrinter:
    """Appends each job to a file: for a look at the bytes, or for a one-way device that cannot be asked
    anything."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def status(self) -> PrinterStatus:
        """OK when the file can be written; a file has no paper to run out of."""
        target = self._path if self._path.exists() else self._path.parent
        return PrinterStatus.OK if os.access(target, os.W_OK) else PrinterStatus.OFFLINE

    def send(self, data: bytes) -> SendResult:
        """Append one job."""
        if not self.status().can_print:
            return NotSent(PrinterStatus.OFFLINE)
        written = 0
        try:
            with self._path.open("ab", buffering=0) as file:
                while written < len(data):
                    written += file.write(data[written : written + _CHUNK])
        except OSError:
            return HalfSent(written, len(data), PrinterStatus.OFFLINE)
        return Sent(len(data))


class CupsPrinter:
    """A page printer behind the local print system (CUPS `lp` and `lpstat`), addressed by its queue name."""

    def __init__(self, queue: str, title: str = "Kakanai") -> None:
        if not re.fullmatch(r"[0-9A-Za-z_.][0-9A-Za-z_.-]*", queue):
            raise ValueError(f"{queue!r} is not the name of a print queue")
        self._queue = queue
        self._title = clean(title)

    def _run(self, command: list[str], data: bytes = b"") -> bytes | None:
        """Standard output, or None when the command is missing, refuses or takes too long. C locale: words
        are parsed."""
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program with a list of arguments, never a shell
                command,
                input=data,
                capture_output=True,
                timeout=SEND_TIMEOUT_S,
                check=False,
                env={"PATH": os.environ.get("PATH", "/usr/bin"), "LC_ALL": "C"},
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None

    def status(self) -> PrinterStatus:
        """What the queue knows: enabled, disabled, or that it does not exist. CUPS does not promise paper
        or cover states; the reasons it does report (media-empty, cover-open) are used."""
        answer = self._run(["lpstat", "-l", "-p", self._queue])
        if answer is None:
            return PrinterStatus.OFFLINE
        words = answer.decode("utf-8", "replace")
        if "media-empty" in words or "media-needed" in words:
            return PrinterStatus.PAPER_OUT
        if "cover-open" in words or "door-open" in words:
            return PrinterStatus.COVER_OPEN
        if "disabled" in words or "offline" in words:
            return PrinterStatus.OFFLINE
        return PrinterStatus.PAPER_LOW if "media-low" in words else PrinterStatus.OK

    def send(self, data: bytes) -> SendResult:
        """Give one PDF to the queue. Sent means that the queue took it: CUPS prints later, by itself."""
        before = self.status()
        if not before.can_print:
            return NotSent(before)
        command = ["lp", "-d", self._queue, "-t", self._title, "-o", "media=A4", "-o", "sides=one-sided", "-"]
        return NotSent(PrinterStatus.OFFLINE) if self._run(command, data) is None else Sent(len(data))
