"""The processes of the demo: what is started, with what settings, and how one sees that it is ready."""

import os
from collections.abc import Callable
from functools import partial

from server.demo import pcsc_service
from server.demo.children import Child, answers
from server.demo.plan import HOST, Plan
from server.demo.programs import Module, load
from server.demo.state_dir import policy_file, settings_file

# What fills the database first, and what then keeps running.
Parts = tuple[Child, list[Child]]

# What the parts are made of, loaded once before the first of them starts.
LOADED = ("server.app", "server.auth.service", "station.process", "core_adapter.sandbox.app")


def environment(plan: Plan) -> dict[str, str]:
    """What the children are told, on top of our own environment."""
    told = {
        "KAKANAI_ENV": "demo",
        "KAKANAI_STATE_DIR": str(plan.state_dir),
        "KAKANAI_HOST": HOST,
        "KAKANAI_PORT": str(plan.server_port),
        "KAKANAI_CORE_URL": plan.core_url,
        "KAKANAI_CORE_ADAPTER": "rest",
        "KAKANAI_CARD_POLICY": str(policy_file(plan)),
        "PYTHONUNBUFFERED": "1",
    }
    if plan.database_url:
        told["KAKANAI_DATABASE_URL"] = plan.database_url
    return {**os.environ, **told}


def parts(plan: Plan) -> Parts:
    """The real demo. Raises pcsc_service.NoServiceError when virtual readers are asked for in vain."""
    load(LOADED)
    return seed_of(plan), _children_of(plan)


def seed_of(plan: Plan) -> Child:
    """Tables, accounts, stations, an open business day."""
    log = plan.state_dir / "logs" / "seed.log"
    return Child("seed", "データベース", "the database", Module("server.seed"), environment(plan), log)


def _children_of(plan: Plan) -> list[Child]:
    """In the order in which they start."""
    told, logs = environment(plan), plan.state_dir / "logs"

    def child(name: str, ja: str, en: str, module: str, *arguments: str, port: int | None) -> Child:
        is_ready: Callable[[], bool] | None = partial(answers, port) if port else None
        program, log = Module(module, arguments), logs / f"{name}.log"
        return Child(name, ja, en, program, told, log, is_ready, plan.restarts_per_minute)

    found = []
    if plan.reader == "vpcd" and not pcsc_service.is_running():
        found.append(pcsc_service.child(told, logs / "pcscd.log"))
    core = ("--port", str(plan.core_port), "--state-dir", str(plan.state_dir / "core"))
    found.append(
        child("core", "模擬の基幹", "the sandbox core", "core_adapter.sandbox", *core, port=plan.core_port)
    )
    found.append(child("server", "サーバー", "the server", "server.cli", "serve", port=plan.server_port))
    if plan.worker_is_separate:
        found.append(child("worker", "送信係", "the worker", "server.cli", "worker", port=None))
    for station in plan.stations:
        ja, en = f"端末 {station.name}", f"station {station.name}"
        settings = ("--config", str(settings_file(plan, station)))
        found.append(child(station.name, ja, en, "station", *settings, port=station.port))
    return found
