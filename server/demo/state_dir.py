"""The demo's folder: who uses it, the stations' keys and settings, logs. Made once, used again later."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from card_reader.simulated.hierarchy import Hierarchy
from card_reader.simulated.slot import keys_folder
from server.demo.plan import HOST, Plan, StationPlan

# scripts/reset.py knows both names: it deletes only a folder with the marker, and none that is locked.
MARKER = "kakanai-state.json"
LOCK = "run.lock"
STATIONS = "stations"
WAYS_OF_READING = ["pin", "b", "face", "none"]
VIRTUAL_READERS = 2  # Debian's vpcd offers two slots; the third station keeps a simulated reader


class InUseError(Exception):
    """Another run uses this folder; the text is a sentence for the person who started the second one."""


class NotOursError(Exception):
    """The folder holds something else."""


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder for this run. The lock ends with the process, however it ends.

    Raises InUseError, and NotOursError for a folder with contents that no run made.
    """
    marker = folder / MARKER
    if folder.exists() and not marker.exists() and any(folder.iterdir()):
        raise NotOursError(
            f"{folder} には Kakanai のものではないデータがあります。別のフォルダーを選んでください。 / "
            f"{folder} holds something that is not Kakanai's: choose another folder."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    marker.write_text(json.dumps({"made_by": "kakanai run", "format": 1}) + "\n", encoding="utf-8")
    with (folder / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            who = lock.read().strip() or "?"
            raise InUseError(
                f"{folder} はすでに動いている Kakanai（プロセス {who}）が使っています。 / "
                f"{folder} is in use by a running Kakanai (process {who})."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def prepare(plan: Plan) -> None:
    """Make what is not there yet, and write the stations' settings for this run's ports."""
    folder = plan.state_dir / STATIONS
    for made in (folder, plan.state_dir / "logs", plan.state_dir / "core"):
        made.mkdir(parents=True, exist_ok=True)
    keys = Hierarchy(keys_folder(plan.state_dir))
    policy_file(plan).write_text(keys.policy(modes=WAYS_OF_READING) + "\n", encoding="utf-8")
    register = []
    for station in plan.stations:
        public = _public_key(key_file(plan, station))
        settings_file(plan, station).write_text(_settings(plan, station), encoding="utf-8")
        register.append(
            {
                "name": station.name,
                "kind": station.kind,
                "desk": station.desk,
                "public_key": public,
                "base_url": f"http://{HOST}:{station.port}",
            }
        )
    register_file(plan).write_text(json.dumps(register, indent=1) + "\n", encoding="utf-8")


def key_file(plan: Plan, station: StationPlan) -> Path:
    """The station's private key."""
    return plan.state_dir / STATIONS / f"{station.name}.key"


def settings_file(plan: Plan, station: StationPlan) -> Path:
    """The station's settings (station/config.py)."""
    return plan.state_dir / STATIONS / f"{station.name}.toml"


def register_file(plan: Plan) -> Path:
    """The stations and their public keys, for server.seed."""
    return plan.state_dir / STATIONS / "stations.json"


def policy_file(plan: Plan) -> Path:
    """How 見本市 reads cards (docs/card-reader.md): checked against the authorities of the demo's own."""
    return plan.state_dir / "card-policy.yaml"


def _public_key(path: Path) -> str:
    """The public half (PEM) of the key in `path`, which is made when it is not there."""
    if not path.exists():
        private = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # Written beside and moved, so that a run killed here leaves no half a key.
        beside = path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(private)
        beside.replace(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public.decode("ascii")


def _settings(plan: Plan, station: StationPlan) -> str:
    """The TOML of one station: devices simulated, but for the reader when a virtual one was asked for."""
    reader = plan.reader if station.slot < VIRTUAL_READERS else "simulated"
    top = {
        "name": station.name,
        "kind": station.kind,
        **({"desk": station.desk} if station.desk else {}),
        "port": station.port,
        "server_url": plan.server_url,
        "key_file": f"{station.name}.key",
        "state_dir": f"{station.name}",
        "dev": True,
    }
    sections: dict[str, dict[str, object]] = {
        "reader": {
            "backend": reader,
            **({"slot": station.slot} if reader == "vpcd" else {}),
            "keys_dir": str(keys_folder(plan.state_dir)),
        },
        # As in an office: the kiosk gives tickets, the counters print forms.
        "ticket_printer": {"backend": "simulated" if station.kind == "kiosk" else "none"},
        "page_printer": {"backend": "simulated" if station.kind == "counter" else "none"},
    }
    # A JSON string, number or boolean is a TOML one as well.
    lines = [f"{key} = {json.dumps(value)}" for key, value in top.items()]
    for name, section in sections.items():
        lines += ["", f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in section.items())]
    return "# Written by `kakanai run` at every start.\n" + "\n".join(lines) + "\n"
