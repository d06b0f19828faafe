"""`kakanai doctor`: each thing that can be wrong in the morning is found, and named by its own check."""

import json
import secrets
import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from procedures import Catalogue, CatalogueInvalid, Problem, load_catalogue
from server.cli import main
from server.demo.plan import make_plan
from server.demo.state_dir import prepare
from server.doctor import Finding, examine, file_system
from server.seed import seed
from server.settings import Settings

# What is away when nothing but a database is there.
ALWAYS = {"core": "note", "stations": "note"}


def settings(folder: Path) -> Settings:
    # A port on which nobody listens: the core is away.
    return Settings(state_dir=folder, core_url="http://127.0.0.1:9")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state directory of a municipality that has just been set up, with stations that never reported."""
    made = tmp_path_factory.mktemp("seeded") / "state"
    prepare(make_plan(made))
    seed(settings(made))
    return made


@pytest.fixture
def folder(seeded: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return shutil.copytree(seeded, tmp_path / "state")


def wrong(folder: Path) -> dict[str, str]:
    """Check -> grade of what is not well."""
    return {finding.check: finding.grade for finding in examine(settings(folder)) if finding.grade != "ok"}


def sql(folder: Path, *statements: str) -> None:
    engine = create_engine(f"sqlite:///{folder / 'kakanai.db'}")
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_healthy_server_without_core_and_stations(folder: Path) -> None:
    assert wrong(folder) == ALWAYS


def test_looking_changes_nothing(folder: Path) -> None:
    def bytes_of() -> dict[str, bytes]:
        return {
            p.name: p.read_bytes() for p in folder.iterdir() if p.is_file() and not p.name.endswith("-shm")
        }

    examine(settings(folder))
    before = bytes_of()
    examine(settings(folder))
    assert bytes_of() == before


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    assert wrong(tmp_path / "nowhere") == {"state directory": "fault", "core": "note", "database": "fault"}
    assert not (tmp_path / "nowhere").exists()


def test_a_key_file_that_others_can_read(folder: Path) -> None:
    (folder / "master.key").chmod(0o644)
    assert wrong(folder) == {**ALWAYS, "key file": "fault"}


@pytest.mark.parametrize("content", [b"", b"too short", None])
def test_a_key_file_that_is_damaged_or_gone(folder: Path, content: bytes | None) -> None:
    key = folder / "master.key"
    key.unlink() if content is None else key.write_bytes(content)
    assert wrong(folder) == {**ALWAYS, "key file": "fault"}


def test_a_key_file_of_another_database(folder: Path) -> None:
    """The mistake of a hurried restore: everything starts, and no personal value opens."""
    sql(
        folder,
        "INSERT INTO data_key (id, tenant_id, site_id, purpose, master_id, wrapped, created_at)"
        " VALUES ('k1', 'mihon', 'honcho', 'reception', 'of another', X'00', '2026-11-23 00:00:00')",
    )
    assert wrong(folder) == {**ALWAYS, "key file": "fault"}
    (folder / "master.key").write_bytes(secrets.token_bytes(32))
    assert wrong(folder)["key file"] == "fault"


def test_a_journal_that_was_rewritten(folder: Path) -> None:
    engine = create_engine(f"sqlite:///{folder / 'kakanai.db'}")
    with engine.begin() as connection:
        names = (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        )
    sql(folder, *(f'DROP TRIGGER "{name}"' for name in names), "UPDATE journal_entry SET actor = 'nobody'")
    assert wrong(folder) == {**ALWAYS, "journal": "fault"}


def test_no_open_business_day(folder: Path) -> None:
    sql(folder, "UPDATE business_day SET closed_at = '2026-11-23 08:15:00'")
    assert wrong(folder) == {**ALWAYS, "business day": "note"}


@pytest.mark.parametrize("revision", ["made by a later release", None])
def test_a_database_of_another_release(folder: Path, revision: str | None) -> None:
    """Later: refuse. Earlier (here: without any table of ours recorded): start the server once."""
    sql(folder, "DELETE FROM alembic_version")
    if revision:
        sql(folder, f"INSERT INTO alembic_version VALUES ('{revision}')")
    assert wrong(folder) == {"core": "note", "database": "fault"}


def test_a_file_that_is_no_database(folder: Path) -> None:
    for path in folder.glob("kakanai.db*"):
        path.unlink()
    (folder / "kakanai.db").write_bytes(b"this was a spreadsheet" * 100)
    assert wrong(folder) == {"core": "note", "database": "fault"}


def test_rules_of_an_unknown_municipality(folder: Path) -> None:
    found = examine(Settings(state_dir=folder, core_url="http://127.0.0.1:9", municipality="000000"))
    assert {f.check: f.grade for f in found}["rules"] == "fault"


def test_rules_of_another_municipality_that_is_installed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Today's counter works; whoever installed them should know."""

    def load(code: str) -> Catalogue:
        if code == "992038":
            raise CatalogueInvalid([Problem("overlay.yaml", 3, "no such department: gasu")])
        return load_catalogue(code)

    monkeypatch.setattr("server.doctor.load_catalogue", load)
    (rules,) = (finding for finding in examine(settings(folder)) if finding.check == "rules")
    assert rules.grade == "note"
    assert "992038: overlay.yaml:3: no such department: gasu" in rules.en


def test_a_network_disk_is_recognised(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\nserver:/export /srv nfs4 rw 0 0\n/dev/vdb /srv/kakanai ext4 rw 0 0\n",
        encoding="utf-8",
    )
    assert file_system(Path("/var/lib/kakanai"), mounts) == "ext4"
    assert file_system(Path("/srv/state"), mounts) == "nfs4"
    assert file_system(Path("/srv/kakanai/state"), mounts) == "ext4"
    assert file_system(Path("/srv"), tmp_path / "no such table") == ""


def test_the_command_names_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAKANAI_STATE_DIR", str(folder))
    monkeypatch.setenv("KAKANAI_CORE_URL", "http://127.0.0.1:9")
    (folder / "master.key").chmod(0o644)
    assert main(["doctor"]) == 1
    assert f"→ chmod 600 {folder / 'master.key'}" in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert all(set(check) == set(Finding.__dataclass_fields__) for check in found["checks"])
    monkeypatch.setenv("KAKANAI_HOST", "192.0.2.1")
    assert main(["doctor"]) == 3
