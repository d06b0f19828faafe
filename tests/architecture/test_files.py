"""Rules about every file: size, a first sentence, nothing left for later, nothing of one machine."""

import ast
import re

import pytest

from tests.architecture.tree import Source, calls, dotted, sources, texts

LINES = 400
WITH_TESTS = (
    "server",
    "kiosk",
    "counter",
    "procedures",
    "card_reader",
    "printing",
    "station",
    "core_adapter",
)
EVERYWHERE = (*WITH_TESTS, "tests", "scripts")

# Put together, so that this file does not find itself.
FORBIDDEN = {
    "a package index": ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com"],
    "a path of one machine": ["/" + "work/", "/" + "root/", "/" + "home/", "/" + "Users/", "/" + "opt/"],
    "a note for later": ["TO" + "DO", "FIX" + "ME", "X" + "XX"],
}
# Where such a word is a fact and not a slip.
LET_THROUGH = {
    "server/web/static/vendor/": "other people's files, kept as published",
    "tests/browser/vendor/": "other people's files, kept as published",
}


def too_long(path: str, text: str) -> list[str]:
    """More than 400 lines."""
    count = len(text.splitlines())
    return [f"{path}: {count} lines"] if count > LINES else []


def without_first_sentence(source: Source) -> list[str]:
    """A module that does not say what it is for."""
    return [] if ast.get_docstring(source.tree) else [f"{source.path}: no docstring"]


def slips(path: str, text: str) -> list[str]:
    """Words that do not belong into a file of the project."""
    if path.startswith(tuple(LET_THROUGH)):
        return []
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        for kind, words in FORBIDDEN.items():
            for word in words:
                pattern = rf"\b{word}\b" if word.isalpha() else re.escape(word)
                if re.search(pattern, line):
                    found.append(f"{path}:{number}: {kind} ({word})")
    return found


def skipped(source: Source) -> list[str]:
    """Tests that are switched off."""
    names = {"pytest.skip", "pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail", "pytest.xfail"}
    names |= {"pytest.importorskip", "unittest.skip"}
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.Attribute)]
    return [source.at(node, f"{dotted(node)}") for node in nodes if dotted(node) in names]


def imports_tests(source: Source) -> list[str]:
    """Product code that leans on a test helper."""
    found = []
    for node in ast.walk(source.tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
        found += [source.at(node, f"imports {name}") for name in names if name.split(".")[0] == "tests"]
    return found


def sleeps(source: Source) -> list[str]:
    """Sleeping where one could wait for what happens."""
    named = {"time.sleep"}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            named |= {alias.asname or alias.name for alias in node.names if alias.name == "sleep"}
    return [source.at(call, "sleeps") for call in calls(source.tree) if dotted(call.func) in named]


MAY_SLEEP = {
    "server/demo/supervisor.py": "a port that a killed process still holds tells nobody when it gets free",
}


def test_no_file_is_longer_than_400_lines() -> None:
    """Every grown project has one file that ran away: the models, the views. Nobody reads it, everybody
    edits it."""
    found = [f for s in sources(*EVERYWHERE) for f in too_long(s.path, s.text)]
    found += [
        f
        for path, text in texts()
        if path.endswith((".js", ".css", ".html")) and not path.startswith(tuple(LET_THROUGH))
        for f in too_long(path, text)
    ]
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    """The first sentence of a file is the only documentation that everybody reads."""
    assert [f for source in sources(*EVERYWHERE) for f in without_first_sentence(source)] == []


def test_nothing_of_one_machine_and_nothing_left_for_later() -> None:
    """A path of somebody's machine works there only; an index's address bypasses the locks; a note for
    later is a promise without a date."""
    assert [f for path, text in texts() for f in slips(path, text)] == []


def test_no_test_is_switched_off() -> None:
    """A skipped test reads as a passed one in the summary."""
    assert [f for source in sources("tests") for f in skipped(source)] == []


def test_product_code_does_not_import_tests() -> None:
    """It works in the checkout and fails where only the product is installed."""
    assert [f for source in sources() for f in imports_tests(source)] == []


def test_product_code_waits_for_events_instead_of_sleeping() -> None:
    """A sleep is too long on a fast machine and too short on a slow one; those who may are named with the
    reason."""
    found = {source.path: sleeps(source) for source in sources()}
    assert [f for path, of_file in found.items() if path not in MAY_SLEEP for f in of_file] == []
    assert [path for path in MAY_SLEEP if not found.get(path)] == [], "exceptions that nobody needs any more"


@pytest.mark.parametrize(
    ("check", "bad"),
    [
        (without_first_sentence, "import os\n"),
        (skipped, "import pytest\n\n@pytest.mark.skip(reason='later')\ndef test_x(): ...\n"),
        (skipped, "import pytest\npcsc = pytest.importorskip('smartcard')\n"),
        (imports_tests, "from tests.factories import people\n"),
        (sleeps, "from time import sleep as doze\ndoze(1)\n"),
        (sleeps, "import time\ntime.sleep(1)\n"),
    ],
)
def test_the_checks_of_code_find_what_they_are_for(check, bad) -> None:  # type: ignore[no-untyped-def]
    assert check(Source("server/queue/service.py", bad)) != []


def test_the_checks_of_text_find_what_they_are_for() -> None:
    assert too_long("a.py", "x = 1\n" * 401)
    assert not too_long("a.py", "x = 1\n" * 400)
    for kind, words in FORBIDDEN.items():
        for word in words:
            assert slips("README.md", f"see {word} for that"), kind
    assert not slips("README.md", "a network, a homepage, /healthz, XXXL")
