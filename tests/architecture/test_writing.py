"""Rules about code that writes: who commits, who moves a state, how SQL is made."""

import ast

import pytest

from tests.architecture.tree import Source, calls, dotted, sources

SERVER = ("server", "kiosk", "counter")


def commits(source: Source) -> list[str]:
    """Calls of `.commit(`, outside server/db."""
    if source.path.startswith("server/db/"):
        return []
    found = (call for call in calls(source.tree) if dotted(call.func).endswith(".commit"))
    return [source.at(call, "commits by itself") for call in found]


def names_state(arguments: list[ast.expr]) -> bool:
    """Is the second argument the word state?"""
    return any(isinstance(a, ast.Constant) and a.value == "state" for a in arguments[1:2])


def state_changes(source: Source) -> list[str]:
    """Assignments to an attribute `state`, outside a states.py."""
    if source.path.endswith("/states.py"):
        return []
    found = []
    for node in ast.walk(source.tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Call) and dotted(node.func) == "setattr" and names_state(node.args):
            found.append(source.at(node, "moves a state by setattr"))
        if any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets):
            # `self.state = …` in a class of its own that is no table is that class's affair.
            if all(dotted(target) == "self.state" for target in targets):
                continue
            found.append(source.at(node, "moves a state outside its transition table"))
    return found


def built_sql(source: Source) -> list[str]:
    """SQL put together from pieces where it is executed: f-strings, +, %, .format( or a join."""
    found = []
    for call in calls(source.tree):
        name = dotted(call.func).rpartition(".")[2]
        if name in {"text", "execute", "executemany", "executescript", "exec_driver_sql"} and call.args:
            first = call.args[0]
            built = isinstance(first, ast.JoinedStr | ast.BinOp) or (
                isinstance(first, ast.Call) and dotted(first.func).rpartition(".")[2] in {"format", "join"}
            )
            if built:
                found.append(source.at(call, "builds SQL from pieces"))
    return found


def test_only_the_unit_of_work_commits() -> None:
    """A verb that commits in the middle leaves half a decision behind when the next line fails: a number
    without its print job, a change without its journal row. So one place commits, at the end."""
    assert [finding for source in sources(*SERVER) for finding in commits(source)] == []


def test_states_move_in_their_table_only() -> None:
    """Buttons are drawn from the transition table and services refuse by it. A state set elsewhere is a
    transition that neither knows."""
    assert [finding for source in sources(*SERVER) for finding in state_changes(source)] == []


def test_sql_is_never_put_together() -> None:
    """Names of residents end up in queries; a query built from pieces is one forgotten quote from an
    injection, and no reader can tell which pieces are safe."""
    assert [finding for source in sources() for finding in built_sql(source)] == []


@pytest.mark.parametrize(
    ("check", "bad"),
    [
        (commits, "def issue(unit):\n    unit.session.commit()\n"),
        (state_changes, "def call(ticket):\n    ticket.state = 'called'\n"),
        (state_changes, "def call(ticket):\n    setattr(ticket, 'state', 'called')\n"),
        (built_sql, "def find(db, name):\n    db.execute(f\"SELECT * FROM t WHERE n = '{name}'\")\n"),
        (built_sql, "def find(name):\n    return text('SELECT ' + name)\n"),
        (built_sql, "def find(db, name):\n    db.execute('SELECT %s' % name)\n"),
    ],
)
def test_the_checks_find_what_they_are_for(check, bad) -> None:  # type: ignore[no-untyped-def]
    assert check(Source("server/queue/service.py", bad)) != []


def test_the_places_that_may_are_let_through() -> None:
    assert commits(Source("server/db/uow.py", "session.commit()")) == []
    assert state_changes(Source("server/queue/states.py", "ticket.state = 'called'")) == []
    assert built_sql(Source("server/db/engine.py", "c.execute('PRAGMA x', {})\nc.execute(QUERY)")) == []
