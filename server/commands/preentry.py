"""`kakanai preentry keys|rotate`: the keys that residents' codes for the counter are sealed to."""

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.preentry.models import PreentryKey

OK, MISSING = 0, 3


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `preentry`."""
    parser = subparsers.add_parser("preentry", help="事前入力の鍵 / keys of the navigator's codes")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, help_text in (
        ("keys", "鍵の一覧を見る / list the keys"),
        ("rotate", "鍵を新しくする / seal to a new key from now on; the old one still opens what it sealed"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("--json", action="store_true", help="print one JSON object")
        command.set_defaults(run=run, what=name)


def run(args: argparse.Namespace) -> int:
    """List the keys, after making a new one for `rotate`. 3 when the settings or the key file do not fit."""
    from server.bootstrap import open_database, open_vault
    from server.db.context import system
    from server.db.vault import VaultDamagedError
    from server.preentry import keys
    from server.settings import Settings, SettingsRefusedError

    try:
        settings = Settings()
        ctx = system(settings.tenant, settings.site)
        database, vault = open_database(settings), open_vault(settings)
    except (SettingsRefusedError, VaultDamagedError) as refusal:
        print(refusal)
        return MISSING
    if args.what == "rotate":
        with database.write() as unit:
            keys.rotate(unit, ctx, vault)
            keys.destroy_old(unit, ctx, vault, settings.preentry_life)
    with database.read() as unit:
        found = keys.listed(unit, ctx)
    if args.json:
        print(json.dumps({"keys": [{"name": key.name, "state": _state(key)[1]} for key in found]}))
    elif not found:
        print(
            "鍵はまだありません。サーバーが起動するときに作ります。 / "
            "There is no key yet; the server makes one when it starts."
        )
    for key in found if not args.json else ():
        print(f"{key.name}  {' / '.join(_state(key))}  {key.made_at:%Y-%m-%d}")
    return OK


def _state(key: "PreentryKey") -> tuple[str, str]:
    if key.destroyed_at:
        return "消去済み", "destroyed"
    return ("読み取りのみ", "opens only") if key.retired_at else ("使用中", "in use")
