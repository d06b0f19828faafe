"""`kakanai rulebook export | import | compare`: the municipality's own rules between database and file."""

import argparse
import difflib
import json
from pathlib import Path
from typing import Any

OK, FINDING, USAGE, MISSING = 0, 1, 2, 3


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `rulebook`."""
    parser = subparsers.add_parser("rulebook", help="市の規定の版 / versions of the municipality's own rules")
    actions = parser.add_subparsers(metavar="COMMAND", required=True)

    export = actions.add_parser("export", help="ファイルに書き出す / write a version's file")
    export.add_argument("--version", type=int, default=None, help="its number; else what counts now")
    export.add_argument("--out", type=Path, default=None, help="the file; else standard output")
    export.set_defaults(run=run_export)

    taking = actions.add_parser("import", help="ファイルから下書きを作る / make a draft of a file")
    taking.add_argument("file", type=Path)
    taking.add_argument("--title", default="")
    taking.add_argument("--json", action="store_true", help="print one JSON object")
    taking.set_defaults(run=run_import)

    compare = actions.add_parser("compare", help="適用中の版とくらべる / compare a file with what counts now")
    compare.add_argument("file", type=Path, nargs="?", default=None, help="else the file of the program")
    compare.add_argument("--json", action="store_true", help="print one JSON object")
    compare.set_defaults(run=run_compare)


def run_export(args: argparse.Namespace) -> int:
    """0 written, 2 no such version, 3 no database."""
    held = _open()
    if held is None:
        return MISSING
    text = held.text(args.version)
    if text is None:
        print(f"版{args.version}はありません。 / There is no version {args.version}.")
        return USAGE
    if args.out is None:
        print(text, end="")
    else:
        args.out.write_text(text, encoding="utf-8", newline="")
    return OK


def run_import(args: argparse.Namespace) -> int:
    """A draft, with faults or without: staff check, propose and approve it on the screen.

    0 made, 2 no such file, 3 no database.
    """
    from server.rulebook import service

    if not args.file.is_file():
        print(f"{args.file}: ファイルがありません。 / no such file")
        return USAGE
    held = _open()
    if held is None:
        return MISSING
    content = args.file.read_text(encoding="utf-8").replace("\r\n", "\n")
    with held.db.write() as unit:
        title = args.title or args.file.name
        row = service.start(unit, held.ctx, title=title, content=content, based_on=None)
        number = row.number
    faults = held.faults(content)
    if args.json:
        print(json.dumps({"version": number, "faults": [[one.line, one.message] for one in faults]}))
    else:
        print(f"版{number}の下書きを作りました。 / Draft {number} was made.")
        for one in faults:
            print(f"{args.file}:{one.line}: {one.message}")
    return OK


def run_compare(args: argparse.Namespace) -> int:
    """0 the same text, 1 another, 2 no such file, 3 no database."""
    if args.file is not None and not args.file.is_file():
        print(f"{args.file}: ファイルがありません。 / no such file")
        return USAGE
    held = _open()
    if held is None:
        return MISSING
    ours, number = held.text(None) or "", held.number
    theirs = held.shipped if args.file is None else args.file.read_text(encoding="utf-8")
    lines = list(
        difflib.unified_diff(
            theirs.splitlines(),
            ours.splitlines(),
            str(args.file or "overlay.yaml"),
            f"version {number}" if number else "shipped",
            lineterm="",
        )
    )
    if args.json:
        print(json.dumps({"version": number, "same": ours == theirs, "lines": lines}, ensure_ascii=False))
    else:
        print("\n".join(lines) if lines else "同じです。 / the same")
    return OK if ours == theirs else FINDING


class _Held:
    """The database and what counts in it."""

    def __init__(self, settings: Any) -> None:
        from server.db import engine as engines
        from server.db.context import system
        from server.db.uow import Database
        from server.rulebook.current import Rulebook
        from server.rulebook.reading import shipped_text

        # As the server left it: a command brings no database to another release's tables.
        self.db = Database(engines.create(settings.url))
        self.ctx = system(settings.tenant, settings.site)
        self.rulebook = Rulebook(self.db, settings.tenant, settings.municipality)
        self.number = self.rulebook.current().number
        self.shipped = shipped_text(settings.municipality, self.rulebook.files)

    def text(self, number: int | None) -> str | None:
        """The text of a version; of what counts now when no number is given."""
        from server.rulebook import queries

        wanted = number or self.number
        if wanted is None:
            return self.shipped
        with self.db.read() as unit:
            row = queries.numbered(unit, self.ctx.tenant_id, wanted)
        return row.content if row else None

    def faults(self, text: str) -> tuple[Any, ...]:
        from server.rulebook.reading import reading

        return reading(self.rulebook.municipality, text, self.rulebook.files).faults


def _open() -> _Held | None:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import DBAPIError

    from server.kit import clock
    from server.settings import Settings

    settings = Settings()
    clock.start_at(settings.now)
    if settings.on_sqlite and not Path(make_url(settings.url).database or "").is_file():
        print("データベースがありません。 / There is no database here.")
        return None
    try:
        return _Held(settings)
    except DBAPIError as error:
        print(f"データベースを読めません。 / The database cannot be read ({type(error).__name__}).")
        return None
