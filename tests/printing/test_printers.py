"""Transports against simulated printers: states, half-written jobs, silence."""

from __future__ import annotations

import os
import pty
import socket
import threading
import tty
from collections.abc import Callable
from pathlib import Path

import pytest

from printing.escpos_image import pages
from printing.simulated import Line, SimulatedPagePrinter, SimulatedTicketPrinter, listen
from printing.ticket import PrinterProfile, TicketContent, render_ticket
from printing.transports import (
    CupsPrinter,
    FilePrinter,
    HalfSent,
    NetworkPrinter,
    NotSent,
    PrinterStatus,
    Sent,
    UsbPrinter,
    query_status,
)

Make = Callable[..., TicketContent]
STOPPED = [PrinterStatus.PAPER_OUT, PrinterStatus.COVER_OPEN, PrinterStatus.OFFLINE, PrinterStatus.SILENT]


def _patience(state: PrinterStatus) -> float:
    """Seconds to wait for an answer: few where none comes, plenty where one does."""
    return 0.1 if state is PrinterStatus.SILENT else 10.0


@pytest.fixture
def job(ticket: Make) -> bytes:
    return render_ticket(ticket(), PrinterProfile())


@pytest.mark.parametrize("state", list(PrinterStatus))
def test_every_state_is_told_over_the_network(tmp_path: Path, state: PrinterStatus) -> None:
    printer = SimulatedTicketPrinter(tmp_path)
    printer.state = state
    with listen(printer) as port:
        assert NetworkPrinter("127.0.0.1", port, answer_within=_patience(state)).status() is state
    assert printer.status() is state


@pytest.mark.parametrize("state", STOPPED)
def test_nothing_is_sent_to_a_printer_that_cannot_print(
    tmp_path: Path, job: bytes, state: PrinterStatus
) -> None:
    printer = SimulatedTicketPrinter(tmp_path)
    printer.state = state
    with listen(printer) as port:
        assert NetworkPrinter("127.0.0.1", port, answer_within=_patience(state)).send(job) == NotSent(state)
    assert printer.send(job) == NotSent(state)
    assert printer.jobs() == []


def test_a_job_over_the_network_arrives_whole(tmp_path: Path, job: bytes) -> None:
    printer = SimulatedTicketPrinter(tmp_path)
    printer.state = PrinterStatus.PAPER_LOW
    with listen(printer) as port:
        assert NetworkPrinter("127.0.0.1", port).send(job) == Sent(len(job))
    kept = printer.jobs()
    assert [(each.kind, each.outcome) for each in kept] == [("ticket", "printed")]
    assert printer.data(kept[0].id) == job
    png = printer.png(kept[0].id)
    assert png is not None
    assert png.startswith(b"\x89PNG")


def test_paper_that_ends_in_the_middle_is_reported_as_half_sent(tmp_path: Path, job: bytes) -> None:
    printer = SimulatedTicketPrinter(tmp_path)
    printer.paper_lasts = len(job) // 2
    result = printer.send(job)
    assert isinstance(result, HalfSent)
    assert 0 < result.written < result.total == len(job)
    assert result.status is PrinterStatus.PAPER_OUT
    # The same over the network, where the line swallows every byte: only the status afterwards tells.
    printer.state = PrinterStatus.OK
    printer.paper_lasts = len(job) // 2
    with listen(printer) as port:
        result = NetworkPrinter("127.0.0.1", port).send(job)
    assert result == HalfSent(len(job), len(job), PrinterStatus.PAPER_OUT)
    assert {each.outcome for each in printer.jobs()} == {"partial"}
    assert printer.png(printer.jobs()[0].id) is None


def test_a_line_that_breaks_in_the_middle_leaves_a_partial_job(tmp_path: Path, job: bytes) -> None:
    printer = SimulatedTicketPrinter(tmp_path)
    with listen(printer) as port, socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(job[: len(job) // 2])
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""
    assert [each.outcome for each in printer.jobs()] == ["partial"]


def test_a_stopped_printer_still_tells_its_state_in_the_middle_of_a_job(tmp_path: Path, job: bytes) -> None:
    printer = SimulatedTicketPrinter(tmp_path)
    printer.paper_lasts = 100
    line = Line()
    assert printer.receive(line, job[: len(job) // 2]) == b""
    assert printer.receive(line, b"\x10\x04\x04") == b"\x7e"


def test_picture_bytes_that_look_like_a_status_request_are_not_one(tmp_path: Path) -> None:
    band = b"\x1dv0\x00\x03\x00\x01\x00" + b"\x10\x04\x01"
    printer = SimulatedTicketPrinter(tmp_path)
    assert printer.send(b"\x1b@" + band + b"\x1dV\x00") == Sent(len(band) + 5)
    assert len(pages(printer.data(printer.jobs()[0].id) or b"")) == 1


def test_a_closed_port_is_offline_and_a_listener_without_answer_is_silent(job: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        printer = NetworkPrinter("127.0.0.1", port, answer_within=0.1)
        assert printer.status() is PrinterStatus.SILENT
        assert printer.send(job) == NotSent(PrinterStatus.SILENT)
    assert printer.status() is PrinterStatus.OFFLINE
    assert printer.send(job) == NotSent(PrinterStatus.OFFLINE)


class _Scripted:
    """A line that answers each request with the next of the given bytes, and then no more. Before the first
    request it has something to say that nobody asked for."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self._ready = [b"\x1e\x7e"]
        self.asked = b""

    def write(self, data: bytes, seconds: float) -> int:
        self.asked += data
        if self._answers:
            self._ready.append(self._answers.pop(0))
        return len(data)

    def read(self, seconds: float) -> bytes:
        if not self._ready:
            raise TimeoutError
        return self._ready.pop(0)


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([b"\x16", b"\x12", b"\x12"], PrinterStatus.OK),
        ([b"\x16", b"\x1e", b"\x12"], PrinterStatus.PAPER_LOW),
        ([b"\x1e", b"\x7e", b"\x12"], PrinterStatus.PAPER_OUT),
        ([b"\x1e", b"\x12", b"\x16"], PrinterStatus.COVER_OPEN),
        ([b"\x1e", b"\x12", b"\x12"], PrinterStatus.OFFLINE),
        # Noise without the fixed bits of a status byte is passed over.
        ([b"\x00\xff\x16", b"\x12", b"\x12"], PrinterStatus.OK),
        # A line that closes, or stops answering, is never "adequate".
        ([b""], PrinterStatus.SILENT),
        ([b"\x16", b"\x12"], PrinterStatus.SILENT),
    ],
)
def test_status_bytes_are_read_by_their_bits(answers: list[bytes], status: PrinterStatus) -> None:
    line = _Scripted(*answers)
    assert query_status(line) is status
    assert b"\x10\x04\x01\x10\x04\x04\x10\x04\x02".startswith(line.asked)


def test_a_printer_behind_a_device_file(tmp_path: Path, job: bytes) -> None:
    """A pseudo-terminal stands for /dev/usb/lp0, the simulated printer for the device behind it."""
    inner, outer = pty.openpty()
    tty.setraw(outer)
    simulated = SimulatedTicketPrinter(tmp_path)

    def device() -> None:
        line = Line()
        try:
            while data := os.read(inner, 4096):
                os.write(inner, simulated.receive(line, data))
        except OSError:
            return

    thread = threading.Thread(target=device, daemon=True)
    thread.start()
    printer = UsbPrinter(Path(os.ttyname(outer)))
    assert printer.status() is PrinterStatus.OK
    assert printer.send(job) == Sent(len(job))
    assert simulated.data(simulated.jobs()[0].id) == job
    os.close(outer)
    os.close(inner)
    assert UsbPrinter(tmp_path / "lp0").status() is PrinterStatus.OFFLINE
    assert UsbPrinter(tmp_path / "lp0").send(job) == NotSent(PrinterStatus.OFFLINE)


def test_a_file_takes_jobs_one_after_the_other(tmp_path: Path) -> None:
    printer = FilePrinter(tmp_path / "jobs.bin")
    assert printer.status() is PrinterStatus.OK
    assert printer.send(b"one") == Sent(3)
    assert printer.send(b"two") == Sent(3)
    assert (tmp_path / "jobs.bin").read_bytes() == b"onetwo"
    assert FilePrinter(tmp_path / "none" / "jobs.bin").send(b"one") == NotSent(PrinterStatus.OFFLINE)


_LPSTAT = """#!/bin/sh
[ "$4" = "gone" ] && exit 1
echo "printer $3 is idle.  enabled since today"
echo "	Alerts: $(cat {folder}/alerts 2>/dev/null)"
"""
_LP = """#!/bin/sh
echo "$@" > {folder}/arguments
cat > {folder}/printed.pdf
"""


@pytest.fixture
def cups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `lp` and `lpstat` of our own, first in PATH."""
    for name, text in (("lpstat", _LPSTAT), ("lp", _LP)):
        path = tmp_path / name
        path.write_text(text.replace("{folder}", str(tmp_path)))
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def test_a_pdf_goes_through_the_print_system(cups: Path) -> None:
    printer = CupsPrinter("window-3", title="住民異動届\x1b")
    assert printer.status() is PrinterStatus.OK
    assert printer.send(b"%PDF-1.4 sample") == Sent(15)
    assert (cups / "printed.pdf").read_bytes() == b"%PDF-1.4 sample"
    assert (cups / "arguments").read_text().split() == [
        *("-d", "window-3", "-t", "住民異動届", "-o", "media=A4", "-o", "sides=one-sided", "-")
    ]


@pytest.mark.parametrize(
    ("alert", "status"),
    [
        ("media-empty-error", PrinterStatus.PAPER_OUT),
        ("cover-open", PrinterStatus.COVER_OPEN),
        ("offline-report", PrinterStatus.OFFLINE),
        ("media-low-warning", PrinterStatus.PAPER_LOW),
        ("none", PrinterStatus.OK),
    ],
)
def test_the_print_system_says_why_it_cannot_print(cups: Path, alert: str, status: PrinterStatus) -> None:
    (cups / "alerts").write_text(alert)
    printer = CupsPrinter("window-3")
    assert printer.status() is status
    if not status.can_print:
        assert printer.send(b"%PDF-1.4") == NotSent(status)
        assert not (cups / "printed.pdf").exists()


def test_a_queue_that_is_not_there_is_offline(cups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cups / "lpstat").write_text("#!/bin/sh\nexit 1\n")
    assert CupsPrinter("gone").status() is PrinterStatus.OFFLINE
    monkeypatch.setenv("PATH", "/nowhere")
    assert CupsPrinter("gone").send(b"%PDF-1.4") == NotSent(PrinterStatus.OFFLINE)
    with pytest.raises(ValueError, match="print queue"):
        CupsPrinter("-o sides=two-sided")


def test_the_simulated_page_printer_keeps_pdfs(tmp_path: Path) -> None:
    printer = SimulatedPagePrinter(tmp_path)
    assert printer.send(b"%PDF-1.4 one") == Sent(12)
    assert printer.send(b"%PDF-1.4 two") == Sent(12)
    assert [printer.data(job.id) for job in printer.jobs()] == [b"%PDF-1.4 two", b"%PDF-1.4 one"]
    assert printer.send(b"\x1b@") == NotSent(PrinterStatus.OFFLINE)
    printer.state = PrinterStatus.PAPER_OUT
    assert printer.send(b"%PDF-1.4 three") == NotSent(PrinterStatus.PAPER_OUT)
    assert printer.data("page-999999") is None
    # Another process on the same folder goes on counting.
    again = SimulatedPagePrinter(tmp_path)
    again.send(b"%PDF-1.4 four")
    assert [job.id for job in again.jobs()] == ["page-000003", "page-000002", "page-000001"]


def test_the_folder_of_a_simulated_printer_does_not_grow_for_ever(tmp_path: Path) -> None:
    printer = SimulatedPagePrinter(tmp_path)
    for _ in range(203):
        printer.send(b"%PDF-1.4")
    jobs = printer.jobs()
    assert len(jobs) == 200
    assert jobs[0].id == "page-000203"
