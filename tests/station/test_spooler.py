"""Paper: each job comes out once, whatever happens to the printer, the server or the station in between."""

import base64
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from printing.simulated import SimulatedTicketPrinter
from printing.ticket import PrinterProfile, TicketContent, render_ticket
from printing.transports import PrinterStatus, SendResult, Sent
from station.devices import Devices
from station.job_log import JobLog
from tests.station.conftest import TICKET, Rig, RigMaker, eventually, http

PDF = b"%PDF-1.7\n% nothing\n%%EOF\n"
LEASE = "/api/v1/stations/print-jobs/lease"
BEAT = "/api/v1/stations/heartbeat"


def ticket(job_id: str = "job-1", attempt: int = 1) -> dict[str, Any]:
    return {
        "id": job_id,
        "kind": "ticket",
        "attempt": attempt,
        "ticket": TICKET,
        "pdf_base64": None,
        "title": "",
    }


def form(job_id: str = "form-1", pdf: bytes = PDF) -> dict[str, Any]:
    text = base64.b64encode(pdf).decode()
    return {
        "id": job_id,
        "kind": "form",
        "attempt": 1,
        "ticket": None,
        "pdf_base64": text,
        "title": "住民異動届",
    }


def paper(reissued: bool = False) -> bytes:
    content = TicketContent.model_validate({**TICKET, "reissued": reissued})
    return render_ticket(content, PrinterProfile())


def ticket_printer(station: Rig) -> SimulatedTicketPrinter:
    printer = station.devices.printers["ticket"]
    assert isinstance(printer, SimulatedTicketPrinter)
    return printer


def printed(station: Rig) -> list[bytes]:
    """The whole tickets that came out, oldest first."""
    jobs = [job for job in ticket_printer(station).jobs() if job.outcome == "printed"]
    return [job.path.read_bytes() for job in reversed(jobs)]


def set_printer(station: Rig, state: str, which: str = "ticket") -> None:
    answer = http.put(f"{station.url}/station/dev/printer", json={"printer": which, "state": state})
    assert answer.status_code == 200
    eventually(lambda: station.state()[f"{which}_printer"] == state)


def test_a_ticket_and_a_form_come_out_and_are_reported(rig: RigMaker) -> None:
    station = rig()
    station.server.jobs = [ticket(), form()]
    eventually(lambda: sorted(station.server.results) == [("form-1", "printed"), ("job-1", "printed")])
    assert printed(station) == [paper()]
    rows = http.get(f"{station.url}/station/dev/prints").json()
    assert sorted((row["kind"], row["state"]) for row in rows) == [("form", "printed"), ("ticket", "printed")]
    by_kind = {row["kind"]: row["id"] for row in rows}
    picture = http.get(f"{station.url}/station/dev/prints/{by_kind['ticket']}.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert http.get(f"{station.url}/station/dev/prints/{by_kind['ticket']}.bin").content == paper()
    assert http.get(f"{station.url}/station/dev/prints/{by_kind['form']}.pdf").content == PDF
    for absent in (f"{by_kind['form']}.png", f"{by_kind['ticket']}.pdf", "ticket-999999.png", "..%2Fx.bin"):
        assert http.get(f"{station.url}/station/dev/prints/{absent}").status_code == 404


def test_no_job_is_fetched_without_paper_and_one_paper_comes_out_with_it(rig: RigMaker) -> None:
    station = rig()
    eventually(lambda: station.state()["ticket_printer"] == "ok")
    set_printer(station, "paper_out")
    set_printer(station, "paper_out", which="page")
    asked = len(station.server.of(LEASE))
    station.server.jobs = [ticket()]
    eventually(lambda: "paper_out" in [beat.json()["ticket_printer"] for beat in station.server.of(BEAT)])
    assert len(station.server.of(LEASE)) <= asked + 1
    assert (("job-1", "printed") in station.server.results, printed(station)) == (False, [])
    set_printer(station, "ok")
    eventually(lambda: ("job-1", "printed") in station.server.results)
    assert printed(station) == [paper()]


def test_one_printer_in_trouble_does_not_hold_up_the_other(rig: RigMaker) -> None:
    station = rig()
    set_printer(station, "cover_open", which="page")
    station.server.jobs = [form(), ticket()]
    eventually(lambda: station.server.results == [("job-1", "printed")])
    assert station.server.of(LEASE)[-1].json() == {"kinds": ["ticket"], "fresh": False}


def test_a_ticket_that_may_be_half_on_paper_is_marked_when_it_is_printed_again(rig: RigMaker) -> None:
    station = rig()
    ticket_printer(station).paper_lasts = len(paper()) // 2
    station.server.jobs = [ticket()]
    eventually(lambda: ("job-1", "paper_out") in station.server.results)
    set_printer(station, "ok")
    eventually(lambda: station.server.results[-1] == ("job-1", "printed"))
    assert printed(station) == [paper(reissued=True)]


def test_the_server_goes_away_between_paper_and_report(rig: RigMaker) -> None:
    hold: list[Callable[[], float]] = []

    def with_it(devices: Devices) -> Devices:
        return replace(devices, printers={**devices.printers, "ticket": _Unplugging(devices, hold)})

    station = rig(hook=with_it)
    hold.append(station.server_live.stop)
    station.server.jobs = [ticket()]
    eventually(lambda: station.state()["server"] == "down" and not hold)
    assert station.server.results == []
    station.server_live.start()
    eventually(lambda: station.server.results == [("job-1", "printed")], seconds=12)
    assert len(station.devices.simulated["ticket"].jobs()) == 1


class _Unplugging:
    """A ticket printer; the server goes away while it prints."""

    def __init__(self, devices: Devices, hold: list[Callable[[], float]]) -> None:
        self._printer = devices.printers["ticket"]
        self._hold = hold

    def status(self) -> PrinterStatus:
        return self._printer.status()

    def send(self, data: bytes) -> SendResult:
        result = self._printer.send(data)
        self._hold[0]()
        self._hold.clear()
        return result


def test_a_printer_that_hangs_does_not_keep_the_station_from_stopping(rig: RigMaker) -> None:
    printer = _Hanging()

    def with_it(devices: Devices) -> Devices:
        return replace(devices, printers={"ticket": printer}, simulated={})

    station = rig(hook=with_it)
    station.server.jobs = [ticket()]
    assert printer.asked.wait(5)
    assert station.live.stop() < 2
    # Nobody knows whether there is paper, and the log says so.
    log = JobLog(station.folder / "state" / "print-jobs.db")
    assert (log.state("job-1"), log.unreported()) == ("sending", [])
    log.close()
    printer.let_go.set()


class _Hanging:
    """A ticket printer that takes a job and does not come back."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.let_go = threading.Event()

    def status(self) -> PrinterStatus:
        return PrinterStatus.OK

    def send(self, data: bytes) -> SendResult:
        self.asked.set()
        self.let_go.wait(10)
        return Sent(len(data))


def test_a_job_that_is_given_again_is_not_printed_again(rig: RigMaker) -> None:
    station = rig()
    station.server.broken["/api/v1/stations/print-jobs/job-1/result"] = 503
    station.server.jobs = [ticket()]
    eventually(lambda: len(station.server.of("/api/v1/stations/print-jobs/job-1/result")) >= 3)
    station.server.broken.clear()
    eventually(lambda: ("job-1", "printed") in station.server.results)
    assert printed(station) == [paper()]


@pytest.mark.parametrize(
    ("known", "comes_out"),
    [("printed", []), ("sending", [paper(reissued=True)]), ("nothing_sent", [paper()])],
)
def test_after_a_crash_the_log_knows_what_is_on_paper(
    rig: RigMaker, tmp_path: Path, known: str, comes_out: list[bytes]
) -> None:
    log = JobLog(tmp_path / "state" / "print-jobs.db")
    log.sending("job-1")
    if known != "sending":
        getattr(log, known)("job-1")
    log.close()
    station = rig(server_up=False)
    station.server.jobs = [ticket(attempt=2)]
    station.server_live.start()
    eventually(lambda: ("job-1", "printed") in station.server.results, seconds=10)
    assert printed(station) == comes_out


def test_jobs_wait_for_a_server_that_is_away(rig: RigMaker) -> None:
    station = rig(server_up=False)
    eventually(lambda: station.state()["ticket_printer"] == "ok")
    station.server.jobs = [ticket("job-1"), ticket("job-2")]
    station.server_live.start()
    eventually(lambda: station.server.results == [("job-1", "printed"), ("job-2", "printed")], seconds=10)


@pytest.mark.parametrize(
    "bad",
    [
        {**ticket("bad-1"), "ticket": {"label": "B012"}},
        {**ticket("bad-1"), "ticket": None},
        form("bad-1", pdf=b"MZ not a PDF"),
    ],
)
def test_a_job_that_cannot_be_printed_is_reported(rig: RigMaker, bad: dict[str, Any]) -> None:
    station = rig()
    station.server.jobs = [bad]
    eventually(lambda: ("bad-1", "failed") in station.server.results)
    assert all(printer.jobs() == [] for printer in station.devices.simulated.values())


def test_the_server_hears_of_every_change(rig: RigMaker) -> None:
    station = rig()
    said = {"reader": "empty", "ticket_printer": "ok", "page_printer": "ok"}
    eventually(lambda: [beat.json() for beat in station.server.of(BEAT)][-1:] == [said])
    set_printer(station, "paper_low")
    station.insert("mihon_taro")
    said = {"reader": "present", "ticket_printer": "paper_low", "page_printer": "ok"}
    eventually(lambda: station.server.of(BEAT)[-1].json() == said)


def test_a_station_without_printers_asks_for_no_jobs(rig: RigMaker) -> None:
    station = rig(extra='[reader]\nbackend = "simulated"\n')
    eventually(lambda: station.state()["server"] == "up")
    assert station.state()["ticket_printer"] == "none"
    assert station.server.of(LEASE) == []
    assert http.put(f"{station.url}/station/dev/printer", json={"state": "ok"}).status_code == 409


def test_a_station_says_once_that_it_has_just_started(rig: RigMaker) -> None:
    station = rig()
    eventually(lambda: len(station.server.of(LEASE)) > 1)
    assert [one.json()["fresh"] for one in station.server.of(LEASE)][:2] == [True, False]


def test_a_log_that_cannot_be_read_is_said_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "print-jobs.db"
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(OSError, match="Move it away and start again") as said:
        JobLog(file)
    assert str(file) in str(said.value)
    assert "起動し直してください" in str(said.value)
