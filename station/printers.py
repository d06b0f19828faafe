"""The printers of one station: how each is, and one job at a time on each, in a thread of its own."""

import asyncio
import base64
import binascii
import logging
from contextlib import suppress
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from printing.slip import SlipContent, render_slip
from printing.ticket import PrinterProfile, TicketContent, render_ticket
from printing.transports import HalfSent, PrinterStatus, SendResult, Sent
from station.board import Board
from station.job_log import JobLog
from station.worker import DeviceThread, Stuck

_STATUS_LIMIT_S = 8.0
_JOB_LIMIT_S = 45.0
# A printer in trouble is asked often, so that it is used as soon as somebody has mended it; one that works is
# asked before each paper anyway, and asking can cost a process (CUPS) or a connection.
_POLL_S = 2.0
_POLL_WORKING_S = 10.0

# The id stands in the path of the report.
JOB_ID = r"^[0-9A-Za-z-]{1,64}$"

Kind = Literal["ticket", "page"]
Outcome = Literal["printed", "paper_out", "cover_open", "offline", "silent", "failed"]

_log = logging.getLogger(__name__)


class Device(Protocol):
    """A ticket or page printer of the printing package."""

    def status(self) -> PrinterStatus:
        """See printing.transports.Printer."""
        ...

    def send(self, data: bytes) -> SendResult:
        """See printing.transports.Printer."""
        ...


class PrintJob(BaseModel):
    """What the server leases: a ticket (or a slip of the navigator) as content, a form as a PDF. `attempt`
    counts from 1."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: Annotated[str, StringConstraints(pattern=JOB_ID)]
    kind: Literal["ticket", "form"]
    attempt: int = 1
    ticket: TicketContent | SlipContent | None = None
    pdf_base64: str | None = None

    @model_validator(mode="after")
    def _has_its_content(self) -> "PrintJob":
        if (self.ticket if self.kind == "ticket" else self.pdf_base64) is None:
            raise ValueError("the job has no content")
        return self

    @property
    def printer(self) -> Kind:
        """Which printer it is for."""
        return "ticket" if self.kind == "ticket" else "page"


class StationPrinter:
    """One printer with its thread. Used from the event loop."""

    def __init__(
        self, kind: Kind, device: Device, board: Board, log: JobLog, profile: PrinterProfile
    ) -> None:
        self.kind = kind
        self._device = device
        self._board = board
        self._log = log
        self._profile = profile
        self._thread = DeviceThread(f"{kind}-printer")
        self._look = asyncio.Event()

    async def watch(self, changed: asyncio.Event) -> None:
        """Asks the printer every few seconds, or when told to look, and sets `changed` when it answers
        otherwise."""
        last: PrinterStatus | None = None
        while True:
            status = await self.status()
            if status is not last:
                last = status
                changed.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_WORKING_S if status.can_print else _POLL_S):
                    await self._look.wait()
            self._look.clear()

    def look(self) -> None:
        """Something happened to the printer: ask it now."""
        self._look.set()

    async def status(self) -> PrinterStatus:
        """How the printer is now; also on the board."""
        try:
            status = await self._thread.call(self._device.status, _STATUS_LIMIT_S)
        except Stuck:
            status = PrinterStatus.SILENT
        except Exception as error:
            _log.error("the %s printer cannot be asked: %s", self.kind, type(error).__name__)
            status = PrinterStatus.SILENT
        self._board.set_printer(self.kind, status.value)
        return status

    async def print(self, job: PrintJob) -> Outcome:
        """Prints `job` and keeps in the log how far it came; its outcome for the server. Never raises for
        a printer."""
        try:
            result = await self._thread.call(lambda: self._print(job), _JOB_LIMIT_S)
        except Stuck:
            # The log still says "sending": nobody knows whether there is paper.
            self._board.set_printer(self.kind, "silent")
            return "silent"
        except Exception as error:
            # A ticket that cannot be drawn is the program's fault, not the printer's. The text may hold
            # its content.
            _log.error("job %s cannot be printed: %s", job.id, type(error).__name__)
            return "failed"
        if isinstance(result, Sent):
            return "printed"
        # A printer that was cut off in the middle may be silent for a moment; asked again, it can say why.
        now = trouble(await self.status())
        if now is None or now == "silent":
            self._board.set_printer(self.kind, result.status.value)
            return trouble(result.status) or "failed"
        return now

    async def close(self, grace_s: float) -> None:
        """Lets a job that is on its way come to its end, for `grace_s` seconds at most."""
        await self._thread.finish(grace_s)

    def _print(self, job: PrintJob) -> SendResult:
        data = self._bytes(job, maybe_on_paper=self._log.state(job.id) == "sending")
        self._log.sending(job.id)
        result = self._device.send(data)
        if isinstance(result, Sent):
            self._log.printed(job.id)
        elif not (isinstance(result, HalfSent) and result.written):
            self._log.nothing_sent(job.id)
        return result

    def _bytes(self, job: PrintJob, *, maybe_on_paper: bool) -> bytes:
        if job.kind == "form" or job.ticket is None:
            return _pdf(job.pdf_base64 or "")
        if isinstance(job.ticket, SlipContent):
            return render_slip(job.ticket, self._profile)
        # A second paper with the same number must say that it is one (再発行).
        content = job.ticket.model_copy(update={"reissued": job.ticket.reissued or maybe_on_paper})
        return render_ticket(content, self._profile)


_TROUBLE: dict[PrinterStatus, Outcome] = {
    PrinterStatus.PAPER_OUT: "paper_out",
    PrinterStatus.COVER_OPEN: "cover_open",
    PrinterStatus.OFFLINE: "offline",
    PrinterStatus.SILENT: "silent",
}


def trouble(status: PrinterStatus) -> Outcome | None:
    """What to report for a printer in this state instead of printing; None when it can print."""
    return _TROUBLE.get(status)


def _pdf(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        data = b""
    if not data.startswith(b"%PDF-"):
        raise ValueError("not a PDF")
    return data
