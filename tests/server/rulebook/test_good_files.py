"""A file of the rules that breaks while the server is down: the next start uses what was read last."""

import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from procedures import CatalogueInvalid, Problem
from procedures.reading.data_files import DATA
from procedures.reading.overlay_edit import put
from server.app import mount
from server.bootstrap import build
from server.doctor import examine
from server.journal.models import JournalEntry
from server.kit import clock
from server.rulebook.reading import shipped_text
from server.settings import Settings
from server.web.services import COOKIE, Services
from tests.server.rulebook.test_open_receptions import approved
from tests.server.web.conftest import session
from tests.support_asgi import Browser

AWAY = "http://127.0.0.1:9"  # nobody listens there
RESIDENCE = "national/1_residence.yaml"
Start = Callable[..., Services]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The files of the rules, to spoil."""
    return Path(shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("schema")))


@pytest.fixture
def start(database_url: str, tmp_path: Path, data: Path) -> Iterator[Start]:
    """Starts the server as a new process does; the one before is gone."""
    running: list[Services] = []

    def starting(hour: int = 8) -> Services:
        while running:
            running.pop().db.engine.dispose()
        moment = datetime(2026, 11, 24, hour, tzinfo=clock.JST)
        settings = Settings(
            env="test", state_dir=tmp_path, database_url=database_url, core_url=AWAY, now=moment
        )
        running.append(build(settings, data))
        return running[0]

    yield starting
    while running:
        running.pop().db.engine.dispose()


def spoil(data: Path, file: str = RESIDENCE) -> int:
    """Break a file; the line that is wrong."""
    path = data / file
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[9] = "\t" + lines[9]
    path.write_text("\n".join(lines), encoding="utf-8")
    return 10


def pages(services: Services, *wanted: tuple[str, str]) -> list[str]:
    """What each of these people is told on the page beside their login."""
    browser, found = Browser(mount(services)), []
    for login, path in wanted:
        browser.cookies[COOKIE] = session(services, login).token
        found.append(browser.get(path).text)
    return found


def events(services: Services) -> list[str]:
    with services.db.read() as unit:
        query = select(JournalEntry).where(JournalEntry.subject == "992011")
        return [entry.event for entry in unit.all(query)]


def test_a_restarted_server_goes_on_with_what_it_read_last(
    start: Start, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = start().catalogue.version
    line = spoil(data)
    with caplog.at_level(logging.ERROR, "kakanai.rules"):
        services = start(9)
    assert services.catalogue.version == good
    assert f"{RESIDENCE}:{line}: not YAML" in caplog.text
    assert "2026-11-24 08:00+09:00 stand in for those on disk since 2026-11-24 09:00+09:00" in caplog.text
    for told in pages(services, ("admin1", "/admin/stations"), ("clerk1", "/admin/rules")):
        assert f"{RESIDENCE}</code> {line}行目" in told
        assert "令和8年11月24日（火） 9:00から、前に読めたものを代わりに使っています" in told
        assert "ここに書けない文字があります" in told
    services = start(10)
    assert services.rulebook.standing.stand_in is not None
    assert services.rulebook.standing.stand_in.since.astimezone(clock.JST).hour == 9, "since the first one"
    shutil.copy(DATA / RESIDENCE, data / RESIDENCE)
    services = start()
    assert services.rulebook.standing.faults == ()
    assert events(services) == ["rules.files_read", "rules.files_faulty"]


def test_approved_versions_and_drafts_are_read_with_the_kept_files(start: Start, data: Path) -> None:
    one_yen = put(shipped_text("992011"), ("procedures", "C01", "fee", "yen"), 1)
    approved(start(), one_yen, date(2026, 11, 24))
    spoil(data, "departments.yaml")
    (data / "municipalities/992011/overlay.yaml").write_bytes("code: '見本'".encode("cp932"))
    services = start()
    assert {fault.key for fault in services.rulebook.standing.faults} == {"not_utf8"}
    assert shipped_text("992011", services.rulebook.files) == shipped_text("992011")
    assert services.rulebook.current().number == 1
    fee = next(rule for rule in services.catalogue.rules if rule.id == "C01").face.fee
    assert fee is not None
    assert fee.yen == 1


def test_mended_files_count_from_the_next_start_and_are_kept_in_their_turn(start: Start, data: Path) -> None:
    first = start().catalogue.version
    path = data / "municipalities/992011/overlay.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    services = start()
    second = services.catalogue.version
    assert second != first
    (data / "codes.yaml").unlink()
    services = start()
    assert services.catalogue.version == second
    assert [fault.key for fault in services.rulebook.standing.faults] == ["no_file"]
    assert events(services) == ["rules.files_read", "rules.files_read", "rules.files_faulty"]


def test_a_first_start_without_anything_good_names_file_and_line(start: Start, data: Path) -> None:
    line = spoil(data)
    with pytest.raises(CatalogueInvalid, match=f"{RESIDENCE}:{line}: not YAML"):
        start()


def test_the_doctor_says_what_stands_in(
    start: Start, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()

    def load(code: str) -> None:
        raise CatalogueInvalid([Problem("overlay.yaml", 3, "no such department: gasu")])

    monkeypatch.setattr("server.doctor.load_catalogue", load)
    known = Settings(env="test", state_dir=tmp_path, database_url=database_url, core_url=AWAY)
    (rules,) = (finding for finding in examine(known) if finding.check == "rules")
    assert rules.grade == "note"
    assert "overlay.yaml:3: no such department: gasu" in rules.en
    assert "read on 2026-11-24 08:00 stand in from the next start on" in rules.en
