"""The command `kakanai`: what it offers, how it refuses, and that asking for help is quick."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from scripts.write_docs import leaves
from server.cli import PACKAGES, main, parser
from server.seed import seed
from server.settings import Settings

ROOT = Path(__file__).parents[2]
HEAVY = (
    "fastapi",
    "sqlalchemy",
    "sqlmodel",
    "reportlab",
    "PIL",
    "cryptography",
    "uvicorn",
    "smartcard",
    "httpx",
)


def test_every_command_has_a_handler_and_a_sentence() -> None:
    found = list(leaves(parser()))
    assert {"kakanai run", "kakanai serve", "kakanai worker", "kakanai journal verify"} <= {
        p.prog for p, _ in found
    }
    for leaf, sentence in found:
        assert callable(leaf.get_default("run")), leaf.prog
        assert sentence, f"{leaf.prog} has no help"


def test_no_package_is_forgotten() -> None:
    """A package gains a commands.py and nobody lists it: its commands would not exist."""
    offering = {path.parent.name for path in ROOT.glob("*/commands.py")}
    assert offering == set(PACKAGES)


def test_wrong_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for typed in ([], ["fly"], ["journal"], ["run", "--reader", "imaginary"]):
        with pytest.raises(SystemExit) as ended:
            main(typed)
        assert ended.value.code == 2
    assert "usage: kakanai" in capsys.readouterr().err


def test_listing_the_commands_loads_nothing_heavy() -> None:
    """Every call of every command pays for it: `kakanai card read` would wait for the web framework."""
    program = f"import sys, server.cli; server.cli.parser(); print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_run_is_for_the_demo_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAKANAI_ENV", "production")
    assert main(["run"]) == 2
    assert "for the demo" in capsys.readouterr().out


def test_a_port_that_is_no_number_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAKANAI_PORT", "http")
    assert main(["run"]) == 2
    assert "KAKANAI_PORT is no number: http" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["run", "--port-offset", "900000"], "Ports go from 1 to 65535"),
        (["run", "--database-url", "mysql://somewhere"], "SQLite or PostgreSQL"),
    ],
)
def test_a_run_that_cannot_be_is_wrong_usage(
    typed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(typed) == 2
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "name", "value", "said"),
    [
        (["doctor"], "KAKANAI_PORT", "http", "KAKANAI_PORT を確かめてください"),
        (["doctor"], "KAKANAI_DATABASE_URL", "foo://x", "no database's URL"),
        (["journal", "verify"], "KAKANAI_ENV", "production", "KAKANAI_PROTECTION_DECLARED"),
        (["run"], "KAKANAI_STATE_DIR", "/dev/null/x", "/dev/null/x を使えません"),
        (["serve"], "KAKANAI_TENANT", "elsewhere", "holds no office elsewhere/honcho"),
        (["serve"], "KAKANAI_MUNICIPALITY", "000000", "no overlay for municipality 000000"),
    ],
)
def test_what_is_set_wrongly_is_a_sentence_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    name: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv("KAKANAI_STATE_DIR", str(tmp_path))
    monkeypatch.setenv(name, value)
    assert main(command) == 3
    assert said in capsys.readouterr().out


def test_a_server_that_is_set_wrongly_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAKANAI_HOST", "0.0.0.0")  # noqa: S104 - the refusal is the point
    assert main(["serve"]) == 3
    assert "KAKANAI_TLS_CERTIFICATE" in capsys.readouterr().out


def test_no_worker_beside_a_server_on_sqlite(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second writing process is what SQLite is slow at."""
    monkeypatch.setenv("KAKANAI_STATE_DIR", str(tmp_path))
    assert main(["worker"]) == 3
    assert "part of the server" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def seeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory with a freshly filled database, and KAKANAI_STATE_DIR set to it."""
    monkeypatch.setenv("KAKANAI_STATE_DIR", str(tmp_path))
    seed(Settings())
    return tmp_path / "kakanai.db"


def test_journal_verify_finds_a_whole_chain(seeded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "verify", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["whole"] is True
    assert [tenant["entries"] > 0 for tenant in found["tenants"]] == [True]


def test_journal_verify_finds_an_altered_entry(seeded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody with the database file takes the triggers off and rewrites what was recorded."""
    engine = create_engine(f"sqlite:///{seeded}")
    with engine.begin() as connection:
        names = (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        )
        for name in names:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        connection.execute(text("UPDATE journal_entry SET payload = '{}' WHERE seq = 1"))
    assert main(["journal", "verify", "--json"]) == 1
    tenant = json.loads(capsys.readouterr().out)["tenants"][0]
    assert (tenant["broken_at"], tenant["reason"]) == (1, "an entry was altered")
    assert main(["journal", "verify"]) == 1


def test_journal_verify_without_a_database_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAKANAI_STATE_DIR", str(tmp_path / "nowhere"))
    assert main(["journal", "verify"]) == 3
    assert not (tmp_path / "nowhere").exists()
    assert capsys.readouterr().out
