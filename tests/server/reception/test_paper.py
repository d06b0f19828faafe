"""From the settled intake to the accepted notification: frozen, printed, signed and sent is one thing."""

import hashlib
import io
import json
from datetime import timedelta

import pytest
from pypdf import PdfReader
from sqlmodel import col, select

from core_adapter.models import Notification
from server.db.uow import NotThereError
from server.journal.models import JournalEntry
from server.kit import clock
from server.kit.machine import NotNowError
from server.print_jobs import service as print_jobs
from server.print_jobs.models import PrintJob
from server.reception import confirmation, forms, presenting, service
from server.reception.acceptance import NotSignedError
from server.reception.confirmation import NotReadyError, frozen_of
from server.reception.models import PreparedIntake
from server.submissions.models import Submission
from server.web.services import Services
from server.worklists import service as worklists
from server.worklists.models import WorkItem
from tests.factories.visits import FOUR, Visit


def pdf_of(visit: Visit) -> bytes:
    with visit.services.db.read() as unit:
        reception, key = service.opened(unit, visit.clerk, visit.services.vault, visit.reception_id)
        return confirmation.pdf_of(unit, visit.clerk, key, reception)


def frozen(visit: Visit) -> dict[str, object]:
    with visit.services.db.read() as unit:
        _, key = service.opened(unit, visit.clerk, visit.services.vault, visit.reception_id)
        intake = service.current_intake(unit, visit.reception_id)
        assert intake is not None
        return frozen_of(key, intake)


def rows(visit: Visit, model: type[PrintJob] | type[PreparedIntake]) -> list[object]:
    with visit.services.db.read() as unit:
        return list(unit.session.exec(select(model).order_by(col(model.id))).all())


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    ("gap", "undo"),
    [
        ("movers", lambda visit: movers(visit, set())),
        ("new_address", lambda visit: visit.fact("new_address", None, unknown=True)),
        ("moved_on", lambda visit: visit.fact("event_date", None, unknown=True)),
        (
            "moved_on_future",
            lambda visit: visit.fact("event_date", (clock.today() + timedelta(days=1)).isoformat()),
        ),
        ("filer", lambda visit: visit.identify("agent")),
    ],
)
def test_a_gap_stands_in_the_way_and_is_named(services: Services, gap: str, undo: object) -> None:
    visit = Visit.at(services, "settled")
    assert visit.workspace().gaps == ()
    assert callable(undo)
    undo(visit)
    assert gap in visit.workspace().gaps
    with pytest.raises(NotReadyError) as refused:
        visit.prepare(b"%PDF")
    assert gap in refused.value.gaps
    content = next(step for step in visit.workspace().strip if step.key == "content")
    assert gap in content.why


def movers(visit: Visit, chosen: set[str]) -> None:
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        service.set_movers(unit, visit.clerk, reception, key, chosen)


def test_an_open_question_is_a_gap(services: Services) -> None:
    visit = Visit.at(services, "intake")
    visit.address()
    visit.fact("event_date", clock.today().isoformat())
    assert visit.workspace().gaps == ("questions",)


def test_nobody_in_the_intake_is_a_gap(services: Services) -> None:
    assert "people" in Visit.at(services, "identified").workspace().gaps


def test_the_digest_covers_facts_guidance_and_the_papers_bytes(services: Services) -> None:
    visit = Visit.at(services, "prepared")
    (intake,) = rows(visit, PreparedIntake)
    assert isinstance(intake, PreparedIntake)
    pdf = pdf_of(visit)
    assert intake.form_sha256 == hashlib.sha256(pdf).hexdigest()
    text = json.dumps(frozen(visit), ensure_ascii=False, sort_keys=True, default=str)
    assert intake.digest == hashlib.sha256((text + intake.form_sha256).encode()).hexdigest()
    with services.db.read() as unit:
        entry = unit.session.exec(
            select(JournalEntry).where(JournalEntry.event == "reception.prepared")
        ).one()
    assert intake.digest in entry.payload
    assert intake.catalogue_version == services.catalogue.version


def test_the_paper_says_what_will_be_sent(services: Services) -> None:
    visit = Visit.at(services, "prepared", FOUR, pdf=None)
    said = text_of(pdf_of(visit)).replace(" ", "").replace("　", "")
    for expected in (
        "見本太郎",
        "見本花子",
        "見本さくら",
        "見本ウメ",
        "若葉町一丁目５番６号",
        visit.workspace().number,
    ):
        assert expected in said, expected
    draft = frozen(visit)["draft"]
    assert isinstance(draft, dict)
    assert [subject["name"] for subject in draft["subjects"]] == [
        "見本　太郎",
        "見本　花子",
        "見本　さくら",
        "見本　ウメ",
    ]
    assert draft["form"]["sha256"] == hashlib.sha256(pdf_of(visit)).hexdigest()


def test_what_is_frozen_does_not_change_with_the_intake(services: Services) -> None:
    """Facts that are settled after the paper was made are on no paper."""
    visit = Visit.at(services, "prepared")
    before = frozen(visit)
    with pytest.raises(NotNowError):
        visit.fact("phone", "0999")
    assert frozen(visit) == before


def test_the_same_intake_makes_the_same_bytes(services: Services) -> None:
    visit = Visit.at(services, "settled")
    state, paper = visit.state(), visit.paper()
    assert confirmation.render(state, paper) == confirmation.render(state, paper)


def test_the_printed_file_is_the_frozen_one(services: Services) -> None:
    visit = Visit.at(services, "confirmed")
    (intake,) = rows(visit, PreparedIntake)
    jobs = [job for job in rows(visit, PrintJob) if isinstance(job, PrintJob) and job.kind == "form"]
    assert isinstance(intake, PreparedIntake)
    assert [(job.document, job.station, job.content) for job in jobs] == [(intake.id, "counter-1", "")]


@pytest.mark.parametrize("station", ["kiosk-1", "nowhere", ""])
def test_a_form_comes_out_at_a_counter_or_not_at_all(services: Services, station: str) -> None:
    visit = Visit.at(services, "confirmed")
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        with pytest.raises(NotThereError):
            confirmation.print_form(unit, visit.clerk, reception, station)


def test_printing_again_takes_the_waiting_paper_back_and_counts(services: Services) -> None:
    visit = Visit.at(services, "confirmed")
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        confirmation.print_form(unit, visit.clerk, reception, "counter-1")
    jobs = [job for job in rows(visit, PrintJob) if isinstance(job, PrintJob) and job.kind == "form"]
    assert [(job.state, job.copy_no) for job in jobs] == [("cancelled", 1), ("queued", 2)]


def test_disputing_withdraws_the_paper_and_says_where(services: Services) -> None:
    visit = Visit.at(services, "prepared")
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        confirmation.dispute(unit, visit.clerk, reception, ["moved_on", "name:2"])
    workspace = visit.workspace()
    assert (workspace.state, workspace.disputed, workspace.prepared) == (
        "intake",
        ("moved_on", "name:2"),
        None,
    )
    visit.prepare()
    assert visit.workspace().disputed == ()


def test_reopening_takes_the_paper_back(services: Services) -> None:
    visit = Visit.at(services, "confirmed")
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        confirmation.reopen(unit, visit.clerk, reception, key, "日付の直し")
    workspace = visit.workspace()
    assert (workspace.state, workspace.prepared, workspace.confirmed_how) == ("intake", None, None)
    with services.db.read() as unit:
        assert not print_jobs.anything_for(unit, visit.clerk, "counter-1")
    visit.fact("event_date", (clock.today() - timedelta(days=3)).isoformat())
    visit.prepare()
    intakes = [row for row in rows(visit, PreparedIntake) if isinstance(row, PreparedIntake)]
    assert [row.dropped for row in intakes] == [True, False]
    assert intakes[0].digest != intakes[1].digest


def test_nothing_is_accepted_without_the_signed_sheet(services: Services) -> None:
    visit = Visit.at(services, "confirmed")
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        with pytest.raises(NotSignedError):
            worklists.take_in(unit, visit.clerk, services.vault, reception, key, signed=False)
        assert reception.state == "confirmed"


def test_acceptance_is_one_decision(services: Services) -> None:
    visit = Visit.at(services, "accepted", FOUR)
    with pytest.raises(NotNowError):
        visit.accept()
    with services.db.read() as unit:
        assert len(unit.all(select(Submission))) == 1
        accepted = unit.session.exec(
            select(JournalEntry).where(JournalEntry.event == "reception.accepted")
        ).one()
        items = unit.all(select(WorkItem))
        assert json.loads(accepted.payload)["work_items"] == len(items) > 3
        assert {item.state for item in items} == {"open"}
        assert json.loads(accepted.payload)["signed"] is True
    assert visit.workspace().accepted_at is not None


def test_an_acceptance_that_fails_leaves_nothing(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notification, the departments' work and the state are one transaction."""
    visit = Visit.at(services, "confirmed")

    def broken(*_: object) -> list[dict[str, object]]:
        raise OSError("no space left on device")

    monkeypatch.setattr(worklists, "parts_of", broken)
    with pytest.raises(OSError, match="no space"):
        visit.accept()
    with services.db.read() as unit:
        assert unit.all(select(Submission)) == []
        assert unit.all(select(WorkItem)) == []
    assert visit.workspace().state == "confirmed"


PERSONAS = [
    "mihon_taro",
    "kaku_kenichi",
    "reiji_haruto",
    "tehon_susumu",
    "kamei_mio",
    "yoshimi_minoru",
    "mitate_ryo",
    "takahashi_sho",
    "katsuragi_rin",
    "miyazaki_kei",
    "watanabe_fumi",
    "mihonsky_alexander",
    "kim_yoshio",
    "nguyen_mihon",
]


@pytest.mark.parametrize("persona", PERSONAS)
def test_what_was_accepted_is_a_notification_the_core_takes(services: Services, persona: str) -> None:
    """Every kind of household: rare characters, forty letters, aliases, three generations."""
    visit = Visit.at(services, "accepted", persona)
    with services.db.read() as unit:
        row = unit.session.exec(select(Submission)).one()
        draft = services.vault.key(unit, visit.clerk, row.key_id).open(row.draft, f"submission:{row.id}")
    notification = Notification.model_validate(draft)
    assert notification.key == row.id
    assert notification.filer.relation == "世帯主"
    assert services.core.submit(notification).provisional_no


@pytest.mark.parametrize(
    ("value", "text", "western", "cell"),
    [
        ("1973-04-12", None, False, ("昭和", "48", "4", "12", None)),
        ("2019-05-01", None, False, ("令和", "元", "5", "1", None)),
        ("1986-12-05", None, True, ("西暦", "1986", "12", "5", None)),
        ("1951", "昭和26年月日不詳", False, (None, None, None, None, "昭和26年月日不詳")),
        (None, "年月日不詳", False, (None, None, None, None, "年月日不詳")),
        ("1926", None, False, ("昭和", "元", None, None, None)),
        (None, None, False, (None, None, None, None, None)),
    ],
)
def test_dates_on_the_form(
    value: str | None, text: str | None, western: bool, cell: tuple[str | None, ...]
) -> None:
    found = forms.date_cell(value, text, western=western)
    assert (found.era, found.year, found.month, found.day, found.text) == cell


def test_the_resident_sees_what_is_on_the_paper_and_nothing_else(services: Services) -> None:
    visit = Visit.at(services, "prepared", FOUR)
    with services.db.read() as unit:
        reception, _ = service.opened(unit, visit.clerk, services.vault, visit.reception_id)
        shown = presenting.rows_of(unit, visit.clerk, services.vault, reception)
    assert [row.key for row in shown[:4]] == ["moved_on", "new_address", "old_address", "filer"]
    assert [row.value for row in shown if row.key.startswith("name:")] == [
        "見本　太郎",
        "見本　花子",
        "見本　さくら",
        "見本　ウメ",
    ]
    assert {row.person for row in shown} == {None, 1, 2, 3, 4}
    everything = repr([(row.key, row.value) for row in shown])
    for unseen in ("2100000019", "5100000018", "要介護", "国保"):
        assert unseen not in everything
    assert "見本" not in repr(shown)


@pytest.mark.parametrize(
    ("relation", "document"),
    [("agent", "letter_of_authority"), ("legal_representative", "authority_proof"), ("member", None)],
)
def test_who_files_for_somebody_is_asked_for_the_authority(
    services: Services, relation: str, document: str | None
) -> None:
    """住基法27条3項: R016 appears as soon as staff have said who came, and only for representatives."""
    visit = Visit.at(services, "intake")
    visit.identify(relation)
    guided = visit.workspace().guidance
    assert guided is not None
    asked = [item for item in guided.applies if item.procedure_id == "R016"]
    documents = {one.id for item in asked for one in item.documents}
    assert (document in documents) if document else not asked
