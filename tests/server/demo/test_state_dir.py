"""The demo's folder: whose it is, and what the stations find in it."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from card_reader.policy import load_policy
from card_reader.simulated.hierarchy import Hierarchy
from server.demo import state_dir
from server.demo.plan import Plan, make_plan
from station.config import load_config

ROOT = Path(__file__).parents[3]


def prepared(folder: Path, **options: str) -> Plan:
    plan = make_plan(folder, offset=40, **options)  # type: ignore[arg-type]
    state_dir.prepare(plan)
    return plan


def test_stations_start_from_the_files_and_the_register_has_their_keys(tmp_path: Path) -> None:
    plan = prepared(tmp_path)
    register = {row["name"]: row for row in json.loads(state_dir.register_file(plan).read_text("utf-8"))}
    assert list(register) == ["kiosk-1", "counter-1", "counter-2"]
    for station in plan.stations:
        config = load_config(state_dir.settings_file(plan, station))
        row = register[station.name]
        assert (config.name, config.kind, config.desk) == (row["name"], row["kind"], row["desk"])
        assert (config.port, config.server_url) == (station.port, "http://127.0.0.1:8040")
        assert config.state_dir.is_relative_to(tmp_path)
        assert config.reader.backend == "simulated"
        assert config.key_file.stat().st_mode & 0o777 == 0o600
        private = serialization.load_pem_private_key(config.key_file.read_bytes(), None)
        public = serialization.load_pem_public_key(row["public_key"].encode())
        assert isinstance(private, Ed25519PrivateKey)
        assert isinstance(public, Ed25519PublicKey)
        public.verify(private.sign(b"a ticket"), b"a ticket")


def test_a_card_on_any_reader_of_the_demo_comes_from_the_authorities_that_its_policy_trusts(
    tmp_path: Path,
) -> None:
    plan = prepared(tmp_path)
    policy = load_policy(state_dir.policy_file(plan))
    assert policy.authenticity
    assert policy.modes == ("pin", "b", "face", "none")
    # Such keys are for a demonstration: the policy is refused in production.
    assert policy.trusts_test_cards
    found = []
    for station in plan.stations:
        keys = load_config(state_dir.settings_file(plan, station)).reader.keys_dir
        found.append({key.key_id: key.modulus for key in Hierarchy(keys).trusted()})
    assert found == [{bytes.fromhex(k.id): bytes.fromhex(k.modulus) for k in policy.ca_keys}] * 3


def test_a_later_run_keeps_the_keys(tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in prepared(tmp_path).state_dir.glob("stations/*.key")}
    prepared(tmp_path)
    assert len(before) == 3
    assert all(path.read_bytes() == key for path, key in before.items())


def test_virtual_readers_go_to_the_two_slots_there_are(tmp_path: Path) -> None:
    plan = prepared(tmp_path, reader="vpcd")
    readers = [load_config(state_dir.settings_file(plan, s)).reader for s in plan.stations]
    assert [(r.backend, r.slot) for r in readers] == [("vpcd", 0), ("vpcd", 1), ("simulated", 0)]


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with state_dir.claimed(tmp_path), pytest.raises(state_dir.InUseError), state_dir.claimed(tmp_path):
        pytest.fail("claimed twice")
    with state_dir.claimed(tmp_path):
        pass


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(state_dir.NotOursError), state_dir.claimed(tmp_path):
        pytest.fail("claimed somebody else's folder")
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def reset(folder: Path) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(ROOT / "scripts" / "reset.py")]
    return subprocess.run(
        script, env={"KAKANAI_STATE_DIR": str(folder), "PYTHONUTF8": "1"}, capture_output=True, text=True
    )


def test_reset_deletes_a_folder_of_ours_only_and_never_one_in_use(tmp_path: Path) -> None:
    """scripts/reset.py cannot import the project; this holds its two file names to ours."""
    ours, others = tmp_path / "state", tmp_path / "home"
    others.mkdir()
    (others / "letters.txt").write_text("dear", encoding="utf-8")
    assert reset(others).returncode == 1
    assert (others / "letters.txt").exists()
    with state_dir.claimed(ours):
        refused = reset(ours)
        assert refused.returncode == 1
        assert "in use" in refused.stderr
        assert ours.exists()
    assert reset(ours).returncode == 0
    assert not ours.exists()
    assert reset(ours).returncode == 0


def test_the_private_key_is_not_in_the_register(tmp_path: Path) -> None:
    plan = prepared(tmp_path)
    text = state_dir.register_file(plan).read_text("utf-8")
    for key in plan.state_dir.glob("stations/*.key"):
        body = "".join(key.read_text("ascii").splitlines()[1:-1])
        assert base64.b64decode(body)
        assert body not in text.replace("\\n", "")
