"""`kakanai run`: the whole demo on this machine, with simulated devices."""

import argparse
import contextlib
import os
from pathlib import Path

USAGE = 2
DEFAULT_PORT = 8000
HIGHEST_PORT = 8200


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `run`."""
    parser = subparsers.add_parser(
        "run", help="すべてを模擬機器で動かす / run everything here with simulated devices"
    )
    parser.add_argument(
        "--state-dir", type=Path, help="data of the demo (KAKANAI_STATE_DIR, default ./state)", metavar="DIR"
    )
    parser.add_argument("--port-offset", type=int, default=0, help="move every port up by N", metavar="N")
    parser.add_argument(
        "--reader",
        choices=["simulated", "vpcd"],
        default="simulated",
        help="vpcd: virtual readers behind the real PC/SC service (kiosk-1 slot 0, counter-1 slot 1)",
    )
    parser.add_argument(
        "--database-url", help="KAKANAI_DATABASE_URL; without it SQLite in the state folder", metavar="URL"
    )
    parser.add_argument(
        "--run-json", type=Path, default=Path("build/run.json"), help="where to say what runs", metavar="FILE"
    )
    parser.add_argument(
        "--restarts-per-minute",
        type=int,
        default=5,
        help="how often a part may be killed within a minute before the run ends",
        metavar="N",
    )
    parser.add_argument(
        "--prepare-only",
        action="store_true",
        help="make keys, settings and database, start nothing (compose)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until Ctrl-C or SIGTERM: 0. 1 a part keeps dying, 2 not a demo, 3 ports or folder are not free."""
    from server.demo.plan import make_plan
    from server.demo.supervisor import prepare_only
    from server.demo.supervisor import run as supervise

    if os.environ.get("KAKANAI_ENV", "demo") != "demo":
        _say("`kakanai run` はデモ専用です。 / `kakanai run` is for the demo; see docs/operations.md.")
        return USAGE
    port = os.environ.get("KAKANAI_PORT") or str(DEFAULT_PORT)
    if not port.isdigit():
        _say(f"KAKANAI_PORT は数字で指定してください。 / KAKANAI_PORT is no number: {port}")
        return USAGE
    last = int(port) + args.port_offset
    if not 1 <= last <= 65_535 or not 1 <= HIGHEST_PORT + args.port_offset <= 65_535:
        _say(
            "ポートは1から65535までです。 / "
            "Ports go from 1 to 65535: choose another --port-offset or KAKANAI_PORT."
        )
        return USAGE
    database_url = args.database_url or os.environ.get("KAKANAI_DATABASE_URL", "")
    if database_url and not database_url.startswith(("sqlite:", "postgres")):
        _say(
            "データベースは SQLite か PostgreSQL です。 / "
            "The database is SQLite or PostgreSQL: write --database-url postgresql://…, or leave it out."
        )
        return USAGE
    plan = make_plan(
        args.state_dir or Path(os.environ.get("KAKANAI_STATE_DIR") or "state"),
        server_port=int(port),
        offset=args.port_offset,
        database_url=database_url,
        reader=args.reader,
        restarts_per_minute=args.restarts_per_minute,
    )
    if args.prepare_only:
        return prepare_only(plan, _say)
    return supervise(plan, args.run_json.absolute(), _say)


def _say(text: str) -> None:
    # A closed terminal must not keep us from ending the children.
    with contextlib.suppress(OSError):
        print(text, flush=True)
