"""The rules between file and database, from a shell."""

import json
from pathlib import Path

import pytest

from server.cli import main
from server.db import engine as engines
from server.db.uow import Database
from server.rulebook import queries
from server.rulebook.reading import shipped_text
from tests.factories.people import SYSTEM


@pytest.fixture
def office(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The settings of a shell beside the server."""
    monkeypatch.setenv("KAKANAI_DATABASE_URL", database_url)
    monkeypatch.setenv("KAKANAI_STATE_DIR", str(tmp_path))
    return database_url


def test_out_and_in_again_is_the_same_file(
    office: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ours.yaml"
    assert main(["rulebook", "export", "--out", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == shipped_text("992011")
    assert main(["rulebook", "compare"]) == 0
    file.write_text(file.read_text(encoding="utf-8").replace("  C01:", "  C99:", 1), encoding="utf-8")
    assert main(["rulebook", "compare", str(file)]) == 1
    assert "-  C99:" in capsys.readouterr().out
    assert main(["rulebook", "import", str(file), "--title", "条例の改正", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == 1
    assert "C99" in told["faults"][0][1]
    with Database(engines.create(office)).read() as unit:
        row = queries.numbered(unit, SYSTEM.tenant_id, 1)
    assert row is not None
    assert (row.state, row.title, row.content) == ("draft", "条例の改正", file.read_text(encoding="utf-8"))
    assert main(["rulebook", "export", "--version", "1"]) == 0
    assert capsys.readouterr().out == row.content


def test_what_is_not_there(office: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["rulebook", "export", "--version", "7"]) == 2
    assert main(["rulebook", "import", str(tmp_path / "none.yaml")]) == 2
    monkeypatch.setenv("KAKANAI_DATABASE_URL", f"sqlite:///{tmp_path / 'nothing.db'}")
    assert main(["rulebook", "compare"]) == 3
