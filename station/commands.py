"""`kakanai station …`: make a station's key, check its settings, run it."""

import argparse
import json
import sys
from pathlib import Path

OK, FINDING, USAGE, MISSING = 0, 1, 2, 3


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the commands."""
    station = subparsers.add_parser("station", help="端末の鍵と設定 / a station's key and settings")
    verbs = station.add_subparsers(metavar="VERB", required=True)

    key = verbs.add_parser(
        "key", help="端末の鍵を作る / make a key for a new station and show its public half"
    )
    key.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write the private key")
    key.add_argument("--json", action="store_true")
    key.set_defaults(run=_key)

    enrol = verbs.add_parser(
        "enrol", help="登録コードでこの端末の鍵を登録する / register this station's key by a one-time code"
    )
    enrol.add_argument("--server", required=True, metavar="URL", help="the server's scheme, host and port")
    enrol.add_argument("--name", required=True, metavar="NAME", help="the station's name, as on the page")
    enrol.add_argument(
        "--key", type=Path, metavar="FILE", help="where to put the key (NAME.key if not given)"
    )
    enrol.add_argument("--ca", type=Path, metavar="FILE", help="the authority of the server's certificate")
    enrol.add_argument(
        "--config", type=Path, metavar="FILE", help="write first settings here, unless there are any"
    )
    enrol.add_argument("--json", action="store_true")
    enrol.set_defaults(run=_enrol)

    check = verbs.add_parser(
        "check", help="端末の設定を確かめる / check a station's settings without starting it"
    )
    check.add_argument("--config", type=Path, required=True, metavar="FILE")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_check)

    run = verbs.add_parser("run", help="端末を動かす / run a station (the same as python -m station)")
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


def _enrol(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from station.enrolment import BadAddress, NotRegistered, enrol, first_settings
    from station.words import enrolment

    key_file: Path = args.key or Path(f"{args.name}.key")
    try:
        if sys.stdin.isatty():
            print("登録コード / code: ", end="", file=sys.stderr, flush=True)
        outcome = enrol(args.server, args.name, sys.stdin.readline().strip(), key_file, args.ca)
        if not isinstance(outcome, NotRegistered) and args.config and not args.config.exists():
            args.config.write_text(first_settings(outcome, args.server, args.ca), encoding="utf-8")
    except BadAddress as error:
        print(error, file=sys.stderr)
        return USAGE
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return MISSING
    if isinstance(outcome, NotRegistered):
        words = outcome.words
        said = {"ok": False, "code": outcome.code, **words.model_dump()}
        print(json.dumps(said, ensure_ascii=False) if args.json else f"{words.ja}\n{words.en}")
        return MISSING if outcome.away else FINDING
    if args.json:
        print(json.dumps({"ok": True, **asdict(outcome)}, ensure_ascii=False, default=str))
        return OK
    for key in ("registered", "replaced") if outcome.replaced else ("registered",):
        words = enrolment(key, name=outcome.name, fingerprint=outcome.fingerprint)
        print(f"{words.ja}\n{words.en}")
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
