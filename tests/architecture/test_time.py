"""Time is a parameter, and one place asks for it."""

import ast

import pytest

from tests.architecture.tree import Source, calls, dotted, sources

# Who may look at a clock, and why. Everybody else is told the time.
MAY_ASK = {
    "server/kit/clock.py": "the one clock of the server",
    "core_adapter/sandbox/__main__.py": "the sandbox core's time is another organisation's",
    "station/process.py": "a signature carries the time of the station that signs",
}
ASKING = {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp"}
CLOCKS = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime", "time.ctime"}


def converts(call: ast.Call) -> bool:
    """Does this call turn a number it is given into a date?"""
    return "fromtimestamp" in dotted(call.func) and bool(call.args)


def looks_at_clock(source: Source) -> list[str]:
    """Calls that ask the machine for the date or the time of day. Measuring a duration (monotonic) is not
    one."""
    if source.path in MAY_ASK:
        return []
    from_time = {
        alias.asname or alias.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
        if f"time.{alias.name}" in CLOCKS
    }
    found = []
    for call in calls(source.tree):
        name = dotted(call.func)
        owner, _, verb = name.rpartition(".")
        asks_datetime = verb in ASKING and owner.rpartition(".")[2] in {"datetime", "date"}
        if name in CLOCKS or name in from_time or (asks_datetime and not converts(call)):
            found.append(source.at(call, f"asks {name}()"))
    return found


def test_nobody_looks_at_the_clock_but_those_named_here() -> None:
    """Deadlines, business days and waiting times are tested at other dates, and a training day runs on
    another date (KAKANAI_NOW). One forgotten now() and such a day is wrong in one corner only."""
    assert [finding for source in sources() for finding in looks_at_clock(source)] == []


def test_the_list_of_exceptions_has_no_dead_rows() -> None:
    """An exception that nobody uses any more is an open door."""
    by_path = {source.path: source for source in sources()}
    for path in MAY_ASK:
        assert path in by_path, f"{path} is gone: take it from the list"
        assert looks_at_clock(Source(f"elsewhere/{path}", by_path[path].text)), f"{path} asks no more"


@pytest.mark.parametrize(
    "bad",
    [
        "from datetime import datetime\nissued = datetime.now()\n",
        "import datetime\nissued = datetime.datetime.utcnow()\n",
        "from datetime import date\nday = date.today()\n",
        "import time\nms = int(time.time() * 1000)\n",
        "from time import time as seconds\nms = seconds()\n",
    ],
)
def test_the_check_finds_what_it_is_for(bad: str) -> None:
    assert looks_at_clock(Source("procedures/engine/evaluation.py", bad)) != []


@pytest.mark.parametrize(
    "good",
    [
        "from server.kit.clock import now\nat = now()\n",
        "from time import monotonic\nbegan = monotonic()\n",
        "from datetime import datetime, UTC\nat = datetime.fromtimestamp(5, UTC)\n",
    ],
)
def test_being_told_and_measuring_are_fine(good: str) -> None:
    assert looks_at_clock(Source("server/queue/service.py", good)) == []
