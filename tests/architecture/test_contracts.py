"""The import contracts of pyproject.toml hold everything they promise to hold.

`lint-imports` checks the contracts against the code; these tests check the contracts themselves, on a
skeleton of the project (the same module names, empty files) into which one bad import is written.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import PRODUCT, ROOT, sources

PYPROJECT = ROOT / "pyproject.toml"


def contracts() -> dict[str, dict[str, list[str]]]:
    """By name."""
    config = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]
    return {contract["name"]: contract for contract in config["contracts"]}


def skeleton(folder: Path) -> None:
    """Every module of the product, empty."""
    for source in sources():
        path = folder / source.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""Empty."""\n', encoding="utf-8")
    (folder / "pyproject.toml").write_bytes(PYPROJECT.read_bytes())


def broken(folder: Path) -> set[str]:
    """The contracts that this tree breaks."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(folder), "PYTHONUTF8": "1", "COLUMNS": "200"},
    )
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return {name for name in contracts() if re.search(rf"^{re.escape(name)} BROKEN", done.stdout, re.M)}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One skeleton for the module."""
    folder = tmp_path_factory.mktemp("skeleton")
    skeleton(folder)
    return folder


@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("server/kit/clock.py", "import server.db", "Imports go down"),
        ("server/queue/models.py", "import server.submissions", "Imports go down"),
        ("server/web/__init__.py", "import counter", "Imports go down"),
        ("procedures/__init__.py", "import card_reader", "Imports go down"),
        ("printing/__init__.py", "import server.kit.clock", "Imports go down"),
        (
            "procedures/logic/conditions.py",
            "import procedures.engine.catalogue",
            "In procedures the rooms stand on each other",
        ),
        ("station/config.py", "import server.kit.clock", "A station speaks to the server over HTTP alone"),
        ("printing/__init__.py", "import fastapi", "Leaf packages know no web framework and no database"),
        ("core_adapter/models.py", "import sqlmodel", "Leaf packages know no web framework and no database"),
        ("station/config.py", "import smartcard", "Only the PC/SC transport imports pyscard"),
        ("server/queue/models.py", "import core_adapter.sandbox", "Only bootstrap chooses an adapter"),
        ("server/worker.py", "import core_adapter.rest", "Only bootstrap chooses an adapter"),
        ("counter/__init__.py", "import core_adapter.mock", "Only bootstrap chooses an adapter"),
        ("counter/__init__.py", "import procedures", "Screens import neither leaf packages nor tables"),
        (
            "kiosk/__init__.py",
            "import server.queue.models",
            "Screens import neither leaf packages nor tables",
        ),
        ("counter/__init__.py", "import sqlmodel", "Screens import neither leaf packages nor tables"),
    ],
)
def test_each_contract_breaks_on_what_it_forbids(tree: Path, path: str, line: str, contract: str) -> None:
    """A contract that names a module wrongly is kept for ever and says nothing."""
    file = tree / path
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}{line}\n", encoding="utf-8")
    try:
        assert contract in broken(tree)
    finally:
        file.write_text(before, encoding="utf-8")


def test_the_untouched_skeleton_breaks_none(tree: Path) -> None:
    assert broken(tree) == set()


def test_every_part_of_the_server_has_its_place_in_the_order() -> None:
    """A module that the layers do not name may import anything and be imported by anybody."""
    layers = " ".join(contracts()["Imports go down"]["layers"])
    placed = {name.strip("()") for name in layers.replace("|", " ").split()}
    parts = {
        f"server.{Path(source.path).parts[1].removesuffix('.py')}"
        for source in sources("server")
        if not source.path.endswith("server/__init__.py")
    }
    # Alembic's scripts are run by Alembic and imported by nobody.
    assert parts - {"server.__init__", "server.migrations"} - placed == set()
    assert {name for name in placed if not name.startswith("server.")} == set(PRODUCT) - {"server", "station"}
