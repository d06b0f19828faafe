"""Personal values stay out of logs and off the terminal."""

import ast
from pathlib import Path

import pytest

from tests.architecture.tree import Source, calls, dotted, sources

PERSONAL = {
    "address",
    "attributes",
    "birth",
    "kana",
    "name_display",
    "full_name",
    "password",
    "phone",
    "pin",
    "resident",
    "resident_id",
    "secret",
    "sex",
}
LOGGERS = {"log", "logger", "logging", "_log", "_logger"}
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


def personal_in_logs(source: Source) -> list[str]:
    """Log calls in whose arguments a personal value is named, however deep: `log.info("…", card.birth)`."""
    found = []
    for call in calls(source.tree):
        owner, _, verb = dotted(call.func).rpartition(".")
        if verb not in LEVELS or owner.rpartition(".")[2] not in LOGGERS:
            continue
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
            for node in ast.walk(argument):
                named = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
                if named in PERSONAL:
                    found.append(source.at(node, f"logs {named}"))
    return found


def test_no_personal_value_in_a_log_call() -> None:
    """Log files are read by people and machines that may not see residents' data, are copied and kept;
    nothing in them can be forgotten on request."""
    assert [finding for source in sources() for finding in personal_in_logs(source)] == []


@pytest.mark.parametrize(
    "bad",
    [
        "log.info('read %s', card.birth)\n",
        "logger.warning(f'no match for {resident.address}')\n",
        "logging.error('failed', extra={'pin': pin})\n",
        "self.log.debug('x', query.name.upper(), str(person.kana))\n",
    ],
)
def test_the_check_finds_what_it_is_for(bad: str) -> None:
    assert personal_in_logs(Source("server/reception/service.py", bad)) != []


def test_opaque_ids_and_counts_may_be_logged() -> None:
    assert personal_in_logs(Source("x.py", "log.info('sent %s in %d tries', job.id, tries)\n")) == []


def reads_smartcard(source: Source) -> list[str]:
    """Imports of pyscard."""
    found = []
    for node in ast.walk(source.tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
        found += [source.at(node, f"imports {name}") for name in names if name.split(".")[0] == "smartcard"]
    return found


def test_only_the_pcsc_transport_knows_pyscard() -> None:
    """pyscard is built from source and missing on most machines; everything but this one file has to work
    without it. Inside a function, because importing the file must not need it either."""
    for source in sources():
        found = reads_smartcard(source)
        if source.path == "card_reader/pcsc.py":
            top = [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
            assert not reads_smartcard(Source(source.path, "\n".join(ast.unparse(node) for node in top)))
        else:
            assert found == []


def test_that_check_finds_what_it_is_for() -> None:
    assert reads_smartcard(
        Source("station/reader.py", "def f():\n    from smartcard.System import readers\n")
    )
    assert reads_smartcard(Source("station/reader.py", "import smartcard\n"))
    assert not reads_smartcard(Source("station/reader.py", "import card_reader.pcsc\n"))


def test_the_pcsc_transport_is_where_the_rule_says() -> None:
    """If the file moves, the rule above would let everybody through."""
    assert any(
        Path(source.path).name == "pcsc.py" and reads_smartcard(source) for source in sources("card_reader")
    )
