"""What `kakanai run` prints and writes for others to read."""

import json
from pathlib import Path

from server.demo import words
from server.demo.children import Child
from server.demo.plan import make_plan
from server.demo.programs import Command


def test_the_summary_ends_with_the_line_others_wait_for() -> None:
    lines = words.summary(make_plan(Path("state"))).splitlines()
    assert lines[-1] == "KAKANAI READY"
    assert sum("http://127.0.0.1:8101/kiosk/" in line for line in lines) == 1
    assert sum("http://127.0.0.1:8111/counter/" in line for line in lines) == 1
    assert sum("kakanai-demo" in line for line in lines) == 1


def test_run_json_has_urls_accounts_stations_and_pids(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, offset=100)
    child = Child("server", "サーバー", "the server", Command([]), {}, tmp_path / "server.log")
    document = json.loads(words.run_json(plan, [child], supervisor=41))
    assert document["urls"]["server"] == "http://127.0.0.1:8100/"
    assert document["urls"]["kiosk"] == "http://127.0.0.1:8201/kiosk/"
    logins = {account["login"]: account["role"] for account in document["accounts"]}
    assert logins == {
        "clerk1": "clerk",
        "clerk2": "clerk",
        "supervisor1": "supervisor",
        "kokuho1": "department",
        "admin1": "administrator",
    }
    assert [station["port"] for station in document["stations"]] == [8201, 8211, 8212]
    assert document["pids"] == {"supervisor": 41, "server": None}


def test_a_database_address_with_its_password_is_not_written(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, database_url="postgresql://kakanai:hirameki@localhost/kakanai")
    assert "hirameki" not in words.run_json(plan, [], supervisor=1) + words.summary(plan)
    assert plan.worker_is_separate
