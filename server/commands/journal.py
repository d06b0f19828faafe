"""`kakanai journal verify`: proves that nobody changed, removed or slipped in an entry of the journal."""

import argparse
import json
from pathlib import Path

OK, FINDING, MISSING = 0, 1, 3


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `journal`."""
    parser = subparsers.add_parser("journal", help="記録を調べる / the journal")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    verify = commands.add_parser(
        "verify", help="改ざんがないことを確かめる / prove that no entry was altered"
    )
    verify.add_argument("--json", action="store_true", help="print one JSON object")
    verify.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Walk every tenant's chain; reads only. 0 whole, 1 broken, 3 there is no database."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import DBAPIError

    from server.db import engine as engines
    from server.db.uow import Database
    from server.journal import queries
    from server.settings import Settings

    settings = Settings()
    # Opening a missing SQLite file would make one.
    if settings.on_sqlite and not Path(make_url(settings.url).database or "").is_file():
        print(
            "データベースがありません。サーバーを一度起動してください。 / "
            "There is no database here: start the server once."
        )
        return MISSING
    try:
        with Database(engines.create(settings.url)).read() as unit:
            proofs = [queries.verify(unit, tenant) for tenant in queries.tenants(unit)]
    except DBAPIError as error:
        print(f"データベースを読めません。 / The database cannot be read ({type(error).__name__}).")
        return MISSING
    if args.json:
        print(
            json.dumps(
                {
                    "whole": all(proof.whole for proof in proofs),
                    "tenants": [
                        {
                            "tenant": proof.tenant_id,
                            "entries": proof.entries,
                            "head": proof.head,
                            "broken_at": proof.broken_at,
                            "reason": proof.reason,
                        }
                        for proof in proofs
                    ],
                }
            )
        )
    else:
        for proof in proofs:
            if proof.whole:
                print(
                    f"{proof.tenant_id}: {proof.entries} 件、つながっています。 / "
                    f"{proof.entries} entries, whole."
                )
            else:
                print(
                    f"{proof.tenant_id}: {proof.broken_at} 件目でつながりません。 / "
                    f"broken at entry {proof.broken_at}: {proof.reason}."
                )
    return OK if all(proof.whole for proof in proofs) else FINDING
