"""docker-compose.yml starts what there is, with settings that exist."""

import argparse
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from server.cli import parser
from server.demo.plan import make_plan
from server.demo.state_dir import settings_file
from tests.architecture.tree import ROOT

COMPOSE = ROOT / "docker-compose.yml"
STATE_IN_CONTAINER = Path("/var/lib/kakanai/state")
# The words of the compose specification that this file uses; a mistyped one would be ignored or refused.
TOP = {"services", "volumes"}
SERVICE = {
    "image",
    "build",
    "network_mode",
    "restart",
    "stop_grace_period",
    "volumes",
    "environment",
    "depends_on",
    "command",
    "healthcheck",
}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


def compose() -> dict[str, Any]:
    """The file, merged as a client merges it."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def unknown_words(document: dict[str, Any]) -> list[str]:
    """Keys that the specification does not have, and references that lead nowhere."""
    found = [key for key in document if key not in TOP and not key.startswith("x-")]
    services = document["services"]
    for name, service in services.items():
        found += [f"{name}.{key}" for key in service if key not in SERVICE]
        for other, how in service.get("depends_on", {}).items():
            if other not in services or how.get("condition") not in CONDITIONS:
                found.append(f"{name}.depends_on.{other}")
            if how.get("condition") == "service_healthy" and "healthcheck" not in services.get(other, {}):
                found.append(f"{name} waits for the health of {other}, which has no healthcheck")
        for volume in service.get("volumes", []):
            if volume.split(":")[0] not in document["volumes"]:
                found.append(f"{name}.volumes: {volume}")
    return found


def bad_command(command: list[str]) -> str:
    """Why this command of our image would not start, or nothing."""
    if command[0] == "kakanai":
        try:
            parser().parse_args(command[1:])
        except (SystemExit, argparse.ArgumentError):
            return f"kakanai does not know {command[1:]}"
        return ""
    if command[:2] == ["python", "-m"] and len(command) > 2:
        return "" if importlib.util.find_spec(command[2]) else f"no module {command[2]}"
    return f"what is {command[0]}?"


def test_every_word_is_one_of_the_specification() -> None:
    """Clients ignore some mistyped keys without a word: the health check is then never run."""
    assert unknown_words(compose()) == []


def test_that_check_finds_what_it_is_for() -> None:
    good: dict[str, Any] = {"image": "x", "healthcheck": {}}
    bads: list[dict[str, Any]] = [
        {"services": {"a": {"imgae": "x"}}, "volumes": {}},
        {"services": {"a": {"depends_on": {"b": {"condition": "service_healthy"}}}}, "volumes": {}},
        {"services": {"a": {"depends_on": {"b": {"condition": "soon"}}}, "b": good}, "volumes": {}},
        {"services": {"a": {"volumes": ["state:/state"]}}, "volumes": {}},
        {"services": {}, "volumes": {}, "volume": {}},
    ]
    for bad in bads:
        assert unknown_words(bad)
    assert not unknown_words(
        {"services": {"a": {"depends_on": {"b": {"condition": "service_healthy"}}}, "b": good}, "volumes": {}}
    )


def test_every_command_exists() -> None:
    ours = {name: s for name, s in compose()["services"].items() if s["image"].startswith("kakanai:")}
    assert {name: bad_command(service["command"]) for name, service in ours.items()} == dict.fromkeys(
        ours, ""
    )
    assert bad_command(["kakanai", "severs"])
    assert bad_command(["python", "-m", "core_adapter.sandpit"])
    assert bad_command(["bash", "-c", "true"])


def test_it_is_the_demo_that_kakanai_run_starts() -> None:
    """The same stations with the settings that `kakanai run --prepare-only` writes, core and server on
    their ports."""
    services = compose()["services"]
    plan = make_plan(STATE_IN_CONTAINER, database_url="postgresql://x")
    for station in plan.stations:
        assert services[station.name]["command"][-1] == str(settings_file(plan, station))
    assert services["prepare"]["command"] == ["kakanai", "run", "--prepare-only"]
    assert services["core"]["command"][-4:] == ["--port", "8200", "--state-dir", str(plan.state_dir / "core")]
    assert plan.worker_is_separate
    assert {"db", "server", "worker"} <= set(services)
    settings = services["server"]["environment"]
    assert settings["KAKANAI_CORE_URL"] == plan.core_url
    assert settings["KAKANAI_PORT"] == str(plan.server_port)
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"KAKANAI_STATE_DIR={STATE_IN_CONTAINER}" in dockerfile


def test_the_database_address_is_the_database() -> None:
    services = compose()["services"]
    url = make_url(services["server"]["environment"]["KAKANAI_DATABASE_URL"])
    database = services["db"]["environment"]
    assert (url.username, url.password, url.database) == (
        database["POSTGRES_USER"],
        database["POSTGRES_PASSWORD"],
        database["POSTGRES_DB"],
    )
    assert f"port={url.port}" in services["db"]["command"]
    assert f"listen_addresses={url.host}" in services["db"]["command"]


def test_every_setting_is_documented() -> None:
    """A name that the server does not read is a setting that silently does nothing."""
    documented = set(
        re.findall(r"KAKANAI_[A-Z_]+", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"))
    )
    for name, service in compose()["services"].items():
        ours = {key for key in service.get("environment", {}) if key.startswith("KAKANAI_")}
        assert ours <= documented, name


@pytest.mark.parametrize("client", [["docker-compose"], ["docker", "compose"]])
def test_a_client_on_this_machine_agrees(client: list[str]) -> None:
    """Where there is a compose client, it has the last word; where there is none, the tests above have."""
    if shutil.which(client[0]) is None:
        return
    if subprocess.run([*client, "version"], capture_output=True).returncode != 0:
        return
    done = subprocess.run(
        [*client, "-f", str(COMPOSE), "config", "--quiet"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
