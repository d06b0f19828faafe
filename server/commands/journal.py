"""`kakanai journal`: prove that nobody changed, removed or slipped in an entry; note where it stands."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.db.uow import Unit
    from server.journal.anchors import Anchor

OK, FINDING, USAGE, MISSING = 0, 1, 2, 3


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `journal`."""
    parser = subparsers.add_parser("journal", help="記録を調べる / the journal")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    verify = commands.add_parser(
        "verify", help="改ざんがないことを確かめる / prove that no entry was altered"
    )
    verify.add_argument(
        "--anchor", type=Path, metavar="FILE", help="a file of `journal anchor` to compare with"
    )
    verify.add_argument(
        "--noted", metavar="NUMBER:HASH", help="an anchor from paper, 16 digits of it or more"
    )
    verify.add_argument(
        "--key", type=Path, metavar="FILE", help="the public key that signed the anchors (PEM)"
    )
    verify.add_argument("--json", action="store_true", help="print one JSON object")
    verify.set_defaults(run=run)
    anchor = commands.add_parser(
        "anchor", help="記録の現在位置を外に控える / note outside where the journal stands"
    )
    anchor.add_argument("--out", type=Path, metavar="FILE", help="append to this file as well")
    anchor.add_argument("--key", type=Path, metavar="FILE", help="sign with this Ed25519 key (PEM)")
    anchor.add_argument("--json", action="store_true", help="print one JSON object")
    anchor.set_defaults(run=run_anchor)


class Refused(Exception):
    """Ends a command with this sentence and this exit code."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


def run(args: argparse.Namespace) -> int:
    """Walk every tenant's chain; reads only. 0 whole, 1 broken, 2 unusable anchor or key, 3 no database."""
    from server.journal import anchors, queries

    try:
        known, key = _anchors(args), _public(args.key)
        with _reading() as unit:
            proofs = [queries.verify(unit, tenant) for tenant in queries.tenants(unit)]
            faults = [(one, wrong) for one in known if (wrong := anchors.fault(unit, one, key))]
    except Refused as refused:
        print(refused.sentence)
        return refused.code
    whole = all(proof.whole for proof in proofs) and not faults
    if args.json:
        told = [
            {
                "tenant": proof.tenant_id,
                "entries": proof.entries,
                "head": proof.head,
                "broken_at": proof.broken_at,
                "reason": proof.reason,
            }
            for proof in proofs
        ]
        broken = [{"tenant": one.tenant, "seq": one.seq, "reason": wrong} for one, wrong in faults]
        print(json.dumps({"whole": whole, "tenants": told, "anchors": len(known), "broken_anchors": broken}))
        return OK if whole else FINDING
    for proof in proofs:
        if proof.whole:
            print(
                f"{proof.tenant_id}: {proof.entries} 件、つながっています。 / {proof.entries} entries, whole."
            )
        else:
            print(
                f"{proof.tenant_id}: {proof.broken_at} 件目でつながりません。 / "
                f"broken at entry {proof.broken_at}: {proof.reason}."
            )
    if known:
        print(
            f"控え {len(known)} 件のうち {len(faults)} 件が合いません。 / "
            f"{len(faults)} of {len(known)} anchors fail."
        )
    for one, wrong in faults:
        print(f"{one.tenant}: {one.seq} 件目が控えと違います。 / entry {one.seq}: {wrong}.")
    return OK if whole else FINDING


def run_anchor(args: argparse.Namespace) -> int:
    """Say where each chain stands; reads only. 0 done, 2 unusable key or file, 3 there is no database."""
    from server.journal import anchors, queries

    try:
        key = _private(args.key)
        with _reading() as unit:
            stands = [anchors.anchor(unit, tenant, key) for tenant in queries.tenants(unit)]
        found = [one for one in stands if one is not None]
        if args.out is not None:
            _append(args.out, [one.line for one in found])
    except Refused as refused:
        print(refused.sentence)
        return refused.code
    if args.json:
        print(json.dumps({"anchors": [json.loads(one.line) for one in found]}))
        return OK
    for one in found:
        parts = " ".join(one.digest[at : at + 8] for at in range(0, len(one.digest), 8))
        print(f"{one.at} {one.tenant} {one.seq}: {parts}")
    return OK


@contextmanager
def _reading() -> "Iterator[Unit]":
    """The database of the settings, read only. Raises Refused."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import DBAPIError

    from server.db import engine as engines
    from server.db.uow import Database
    from server.settings import Settings

    settings = Settings()
    # Opening a missing SQLite file would make one.
    if settings.on_sqlite and not Path(make_url(settings.url).database or "").is_file():
        raise Refused(
            "データベースがありません。サーバーを一度起動してください。 / "
            "There is no database here: start the server once.",
            MISSING,
        )
    try:
        with Database(engines.create(settings.url)).read() as unit:
            yield unit
    except DBAPIError as error:
        kind = type(error).__name__
        sentence = f"データベースを読めません。 / The database cannot be read ({kind})."
        raise Refused(sentence, MISSING) from error


def _anchors(args: argparse.Namespace) -> "list[Anchor]":
    from server.journal.anchors import AnchorUnreadableError, noted, read_anchors
    from server.settings import Settings

    try:
        lines = args.anchor.read_text(encoding="utf-8").splitlines() if args.anchor else []
        typed = [noted(Settings().tenant, args.noted)] if args.noted else []
        return [*read_anchors(lines), *typed]
    except (OSError, UnicodeDecodeError, AnchorUnreadableError) as error:
        raise Refused(f"控えを読めません。 / The anchor cannot be read: {error}", USAGE) from error


def _append(file: Path, lines: list[str]) -> None:
    try:
        with file.open("a", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise Refused(f"控えを書けません。 / The anchor cannot be written: {error}", USAGE) from error


def _private(file: Path | None) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return _key(file, lambda pem: load_pem_private_key(pem, None), Ed25519PrivateKey)


def _public(file: Path | None) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return _key(file, load_pem_public_key, Ed25519PublicKey)


def _key(file: Path | None, load: Any, kind: type) -> Any:
    try:
        found = None if file is None else load(file.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise Refused(f"鍵を読めません。 / The key cannot be read: {type(error).__name__}", USAGE) from error
    if found is not None and not isinstance(found, kind):
        raise Refused("鍵は Ed25519 の PEM ファイルです。 / The key is an Ed25519 key in PEM.", USAGE)
    return found
