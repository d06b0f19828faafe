"""`kakanai station …`: make a station's key, check its settings, run it."""

import argparse
import json
import sys
from pathlib import Path

OK, FINDING, USAGE = 0, 1, 2


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the commands."""
    station = subparsers.add_parser("station", help="端末の鍵と設定 / a station's key and settings")
    verbs = station.add_subparsers(metavar="VERB", required=True)

    key = verbs.add_parser("key", help="make a key for a new station and show its public half")
    key.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write the private key")
    key.add_argument("--json", action="store_true")
    key.set_defaults(run=_key)

    check = verbs.add_parser("check", help="check a station's settings without starting it")
    check.add_argument("--config", type=Path, required=True, metavar="FILE")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_check)

    run = verbs.add_parser("run", help="run a station (the same as python -m station)")
    run.add_argument("--config", type=Path, required=True, metavar="FILE")
    run.set_defaults(run=_run)


def _key(args: argparse.Namespace) -> int:
    from station.signing import create_key, public_pem

    try:
        public = public_pem(create_key(args.out))
    except OSError as error:
        print(f"{args.out}: {error.strerror}", file=sys.stderr)
        return USAGE
    print(
        json.dumps({"file": str(args.out), "public_key": public}) if args.json else public,
        end="\n" if args.json else "",
    )
    return OK


def _check(args: argparse.Namespace) -> int:
    from station.config import BadConfig, load_config
    from station.signing import load_key

    try:
        config = load_config(args.config)
        load_key(config.key_file)
        finding = ""
    except BadConfig as error:
        finding = str(error)
    except (OSError, ValueError):
        finding = f"{args.config}: key_file is not an Ed25519 private key in PEM that can be read"
    if args.json:
        print(json.dumps({"ok": not finding, "finding": finding or None}, ensure_ascii=False))
    else:
        print(finding or "ok")
    return FINDING if finding else OK


def _run(args: argparse.Namespace) -> int:
    from station.process import run

    return run(args.config)
