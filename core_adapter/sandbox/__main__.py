"""`python -m core_adapter.sandbox --port 8200 --state-dir DIR [--register-after SECONDS]`: the invented core.

Listens on the loopback address only unless --host says otherwise: there is no login.
No access log: a core's URLs and queries name people.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from core_adapter.sandbox.app import create_app
from core_adapter.sandbox.faults import AbortableProtocol, Control
from core_adapter.sandbox.seed import SeedError, load_seed
from core_adapter.sandbox.store import Store


def wall_clock() -> datetime:
    """The core's own time. It is another organisation's machine, so the counter's clock does not reach it."""
    return datetime.fromtimestamp(time.time(), UTC)


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM or Ctrl-C. 2: the seed data or the arguments are wrong."""
    parser = argparse.ArgumentParser(prog="python -m core_adapter.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8200)
    parser.add_argument("--state-dir", type=Path, required=True)
    after = "seconds from 仮登録 to 本登録; negative: never by itself"
    parser.add_argument("--register-after", type=float, default=8.0, help=after)
    given = parser.parse_args(arguments)
    given.state_dir.mkdir(parents=True, exist_ok=True)
    try:
        seed = load_seed()
    except SeedError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    store = Store(given.state_dir / "core.sqlite3", seed, wall_clock())
    register_after = timedelta(seconds=given.register_after) if given.register_after >= 0 else None
    uvicorn.run(
        create_app(store, seed, Control(), wall_clock, register_after),
        host=given.host,
        port=given.port,
        http=AbortableProtocol,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
