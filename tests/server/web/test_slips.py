"""The list's short form at the kiosk: printed at once or never, read by the counter, kept nowhere."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from sqlmodel import select

from printing.escpos_image import pages
from printing.slip import SlipContent, render_slip
from printing.ticket import PrinterProfile
from server.kit import clock
from server.preentry import keys
from server.preentry.codes import Opened, open_code
from server.print_jobs import service as print_jobs
from server.print_jobs.models import PrintJob as Job
from server.print_jobs.service import LEASE, SLIP_LIFE
from server.web.services import Services
from station.printers import PrintJob, StationPrinter
from tests.factories.people import SYSTEM
from tests.server.web.test_navigator import everything
from tests.support_asgi import Answer, Browser

ANSWERS = json.dumps(
    {
        "v": 1,
        "e": ["MOVE"],
        "p": ["you", "child1"],
        "a": [["birth", ["1973-04", "2016-06"], 1], ["moves", [True, True], 1], ["event_date", "2026-11-20"]],
    }
)
TROUBLES = {
    "paper_out": "紙がなくなっています",
    "cover_open": "ふたが開いています",
    "offline": "電源が入っていません",
    "silent": "返事がありません",
}
At = Callable[[str], Browser]


@pytest.fixture
def kiosk(at_station: At, services: Services) -> Browser:
    """The kiosk, in an office that has its key."""
    with services.db.write() as unit:
        keys.ensure(unit, SYSTEM, services.vault)
    return at_station("kiosk-1")


def ask_for(kiosk: Browser, key: str = "k1", lang: str = "ja", answers: str = ANSWERS) -> Answer:
    return kiosk.post("/kiosk/slips/", {"answers": answers, "lang": lang}, key=key)


def said(answer: Answer) -> str:
    """The state that the part of the page is in."""
    assert answer.status == 200
    return answer.text.partition('data-print-state="')[2].partition('"')[0]


def address(answer: Answer) -> str:
    """Where the page asks what became of it."""
    return answer.text.partition('hx-get="')[2].partition('"')[0]


def call(kiosk: Browser, path: str, **body: Any) -> Answer:
    target = f"/api/v1/stations/{path}"
    return kiosk.send("POST", target, json.dumps(body).encode(), {"content-type": "application/json"})


def lease(kiosk: Browser) -> Answer:
    return call(kiosk, "print-jobs/lease", kinds=["ticket"])


def paper(services: Services) -> tuple[str, str]:
    """State and content of the one job."""
    with services.db.read() as unit:
        (job,) = unit.all(select(Job))
    return job.state, job.content


def test_the_paper_holds_the_sealed_answers_and_what_to_bring(kiosk: Browser, services: Services) -> None:
    asked = ask_for(kiosk)
    assert said(asked) == "queued"
    job = PrintJob.model_validate(lease(kiosk).json())
    assert isinstance(job.ticket, SlipContent)
    assert any(line.startswith("届出人の本人確認書類") for line in job.ticket.bring)
    (picture,) = pages(render_slip(job.ticket, PrinterProfile()))
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    with services.db.read() as unit:
        private = keys.private_keys(unit, SYSTEM, services.vault)
    opened = open_code(str(found.text), private, services.settings.municipality, clock.now())
    assert isinstance(opened, Opened)
    assert json.loads(opened.plain)["a"][0] == ["birth", ["1973-04", "2016-06"], 1]
    clear = job.ticket.model_copy(update={"code": "A"}).model_dump_json()
    assert not any(word in clear for word in ("1973", "2016", "child", "2026-11-20"))
    assert said(kiosk.get(address(asked))) == "queued"
    assert call(kiosk, f"print-jobs/{job.id}/result", outcome="printed").status == 204
    done = kiosk.get(address(asked))
    assert said(done) == "printed"
    assert "紙をお取りください" in done.text
    assert "data-wipe" in done.text
    assert "hx-get" not in done.text


def test_nothing_of_it_stays_behind(kiosk: Browser, services: Services) -> None:
    ask_for(kiosk)
    job = lease(kiosk).json()
    call(kiosk, f"print-jobs/{job['id']}/result", outcome="printed")
    assert paper(services) == ("printed", "")
    rows = str(everything(services))
    assert not any(word in rows for word in (job["ticket"]["code"], job["ticket"]["until"], "1973"))


def test_a_second_press_prints_nothing_more(kiosk: Browser) -> None:
    first, second = ask_for(kiosk), ask_for(kiosk)
    assert address(first) == address(second) != ""
    assert lease(kiosk).status == 200
    assert lease(kiosk).status == 204


def test_a_printer_in_trouble_is_said_at_once_and_prints_nothing_later(
    kiosk: Browser, services: Services
) -> None:
    beat = {"reader": "empty", "page_printer": "none"}
    for printer, sentence in TROUBLES.items():
        assert call(kiosk, "heartbeat", **beat, ticket_printer=printer).status == 200
        told = ask_for(kiosk)
        assert said(told) == printer
        assert sentence in told.text
        assert "係員を呼ぶ" in told.text
        assert 'value="code" form="f-edit"' in told.text, "the code can be had on the screen instead"
    assert everything(services)["print_job"] == []
    call(kiosk, "heartbeat", **beat, ticket_printer="ok")
    assert said(ask_for(kiosk)) == "queued"


def test_paper_that_runs_out_in_between_ends_the_slip(kiosk: Browser, services: Services) -> None:
    asked = ask_for(kiosk, lang="en")
    job = lease(kiosk).json()
    call(kiosk, f"print-jobs/{job['id']}/result", outcome="paper_out")
    told = kiosk.get(address(asked))
    assert said(told) == "paper_out"
    assert "There is no paper" in told.text
    assert paper(services) == ("cancelled", "")
    assert lease(kiosk).status == 204


def test_a_slip_that_nobody_fetched_comes_out_for_nobody_else(kiosk: Browser, services: Services) -> None:
    asked = ask_for(kiosk)
    clock.start_at(clock.now() + SLIP_LIFE + timedelta(seconds=1))
    assert said(kiosk.get(address(asked))) == "failed"
    assert lease(kiosk).status == 204
    clock.start_at(clock.now() + LEASE)
    with services.db.write() as unit:
        print_jobs.drop_slips(unit, SYSTEM)
    assert paper(services) == ("cancelled", "")


def test_another_kiosk_knows_nothing_of_it(kiosk: Browser, at_station: At) -> None:
    asked = ask_for(kiosk)
    assert at_station("counter-1").get(address(asked)).status == 404


def test_without_answers_or_a_key_there_is_no_paper(kiosk: Browser, services: Services) -> None:
    for answers in ("", "{}", '{"v":1,"e":["MOVE"],"p":[],"a":[]}'):
        told = ask_for(kiosk, answers=answers)
        assert said(told) == "none"
        assert "窓口でお見せください" in told.text
    with services.db.write() as unit:
        for key in keys.listed(unit, SYSTEM):
            key.retired_at = clock.now()
            unit.add(key)
    assert said(ask_for(kiosk)) == "none"


def test_the_slip_speaks_the_readers_language(kiosk: Browser) -> None:
    for lang, word in (("easy", "もって くる もの"), ("en", "Bring to the counter")):
        ask_for(kiosk, key=lang, lang=lang)
        slip = lease(kiosk).json()["ticket"]
        assert word in slip["bring_title"]
        assert ("届出人の本人確認書類" in slip["bring"][0]) is (lang == "en"), "both names on an English slip"


def test_the_button_is_the_kiosks_alone(kiosk: Browser, browser: Browser) -> None:
    sent = {"answers": ANSWERS, "view": "list", "at": "0", "lang": "ja", "act": "list"}
    assert 'id="f-slip"' in kiosk.post("/navigator/", sent).text
    assert 'id="f-slip"' not in browser.post("/navigator/", sent).text


def test_a_station_turns_a_slip_into_raster_alone() -> None:
    printer = StationPrinter.__new__(StationPrinter)
    printer._profile = PrinterProfile()
    slip = SlipContent(
        office="役所",
        title="メモ",
        not_filed="届出ではない",
        code="ABC",
        show="見せる",
        until="まで",
        bring_title="もの",
        foot="終",
    )
    job = PrintJob(id="j1", kind="ticket", ticket=slip)
    assert printer._bytes(job, maybe_on_paper=True) == render_slip(slip, PrinterProfile())
