"""Fetches this station's papers from the server, prints them, and reports what became of each.

The job stays with the server until it is reported as printed; a printer in trouble or a server that is
away loses nothing. No job is fetched while its printer cannot print.
"""

import asyncio
import logging
import re
from contextlib import suppress

from pydantic import ValidationError

from station.board import CAN_PRINT, Board
from station.job_log import JobLog
from station.link import Answer, ServerAway, ServerLink
from station.printers import JOB_ID, Kind, Outcome, PrintJob, StationPrinter, trouble

_POLL_S = 2.0
# With the line for wake-up events open, only what nobody announces is found by asking.
_POLL_LISTENING_S = 10.0
_AWAY_S = 10.0
# Refusals that pass: not signed in a way it accepts, too slow, too many. After any other 4xx the server
# has had its word on this job (cancelled, already reported, gone), and saying it again changes nothing.
_PASSING = frozenset({401, 403, 408, 429})

_KIND_ON_WIRE: dict[Kind, str] = {"ticket": "ticket", "page": "form"}

_log = logging.getLogger(__name__)


class Spooler:
    """One station's spooler. `wake` is set by whoever knows that there may be something to do."""

    def __init__(
        self, link: ServerLink, board: Board, printers: dict[Kind, StationPrinter], log: JobLog
    ) -> None:
        self._link = link
        self._board = board
        self._printers = printers
        self._jobs = log
        # Whatever was fetched before this process began is in nobody's hands any more.
        self._fresh = True
        self.wake = asyncio.Event()

    async def run(self) -> None:
        """Works until cancelled. One job at a time, in the order in which the server gives them."""
        while True:
            try:
                await self._settle()
                pause = await self._next_job()
            except ServerAway:
                # The heartbeat finds out when it is back, and wakes us.
                self._board.set_server("down")
                pause = _AWAY_S
            if pause:
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        self.wake.clear()

    async def _settle(self) -> None:
        """Reports what was printed while the server could not be told."""
        for job_id in self._jobs.unreported():
            await self._report(job_id, "printed")

    async def _next_job(self) -> float:
        """Fetches and prints one job; how many seconds to wait for the next, 0 after one that went well."""
        idle = _POLL_LISTENING_S if self._board.line_open else _POLL_S
        kinds = [kind for kind in self._printers if self._word(kind) in CAN_PRINT]
        if not kinds:
            return idle
        answer = await self._link.post(
            "/print-jobs/lease", {"kinds": [_KIND_ON_WIRE[kind] for kind in kinds], "fresh": self._fresh}
        )
        self._fresh = self._fresh and not answer.accepted
        if answer.status != 200:
            _refused("lease", answer)
            return idle if answer.accepted else _POLL_S
        job = _job(answer)
        if isinstance(job, str):
            _log.error("job %s has content that this station cannot print", job)
            await self._report(job, "failed")
            return _POLL_S
        if job is None:
            _log.error("the server gave a print job that cannot be read")
            return _POLL_S
        outcome = await self._do(job)
        if outcome != "printed":
            _log.warning("job %s (%s): %s", job.id, job.kind, outcome)
        return 0.0 if await self._report(job.id, outcome) and outcome == "printed" else _POLL_S

    async def _do(self, job: PrintJob) -> Outcome:
        if self._jobs.state(job.id) == "printed":
            _log.warning("job %s was given again and is already on paper", job.id)
            return "printed"
        printer = self._printers.get(job.printer)
        if printer is None:
            return "failed"
        found = trouble(await printer.status())
        return found or await printer.print(job)

    async def _report(self, job_id: str, outcome: Outcome) -> bool:
        answer = await self._link.post(f"/print-jobs/{job_id}/result", {"outcome": outcome})
        taken = answer.accepted or (400 <= answer.status < 500 and answer.status not in _PASSING)
        if taken and outcome == "printed":
            self._jobs.reported(job_id)
        if not answer.accepted:
            _refused("result", answer)
        return taken

    def _word(self, kind: Kind) -> str:
        state = self._board.state
        return state.ticket_printer if kind == "ticket" else state.page_printer


def _job(answer: Answer) -> PrintJob | str | None:
    """The job; only its id when the rest of it is wrong; None when not even that is there."""
    found = answer.json()
    try:
        return PrintJob.model_validate(found)
    except ValidationError:
        job_id = found.get("id") if isinstance(found, dict) else None
        return job_id if isinstance(job_id, str) and re.fullmatch(JOB_ID, job_id) else None


def _refused(what: str, answer: Answer) -> None:
    if answer.status in (401, 403):
        _log.error(
            "the server does not accept this station (%s: %d): check its key and clock", what, answer.status
        )
    elif not answer.accepted:
        _log.error("the server refused %s: %d", what, answer.status)
