"""`kakanai procedures check | explain | docs | schema | diff`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procedures.reading.yaml_lines import Problem

OK, FINDING, USAGE = 0, 1, 2


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands of this package."""
    parser = subparsers.add_parser("procedures", help="手続きの規則 / rules of the procedure guidance")
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    check = actions.add_parser(
        "check", help="規則と事例を確かめる / check the rule data and the cases; faults with file and line"
    )
    check.add_argument(
        "--cases", type=Path, default=None, help="folder of CASE.yaml (tests/procedures/cases)"
    )
    check.add_argument("--data", type=Path, default=None, help="folder of the rule data")
    check.add_argument("--quick", action="store_true", help="leave the proofs out")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=run_check)

    explain = actions.add_parser(
        "explain", help="事例の案内と理由を見る / show the guidance for a case and why"
    )
    explain.add_argument("case", type=Path, metavar="CASE.yaml")
    explain.add_argument("--on", type=_day, default=None, metavar="DATE", help="as if filed on DATE")
    explain.add_argument("--json", action="store_true")
    explain.set_defaults(run=run_explain)

    docs = actions.add_parser(
        "docs", help="手続きの一覧を書き出す / write the catalogue of procedures as Markdown"
    )
    docs.add_argument("--municipality", default="992011")
    docs.add_argument("--out", type=Path, default=Path("docs/procedures"), help="folder to write to")
    docs.add_argument("--json", action="store_true")
    docs.set_defaults(run=run_docs)

    schema = actions.add_parser(
        "schema", help="規則の JSON Schema を書き出す / write the JSON Schemas of the rule data for editors"
    )
    schema.add_argument("--out", type=Path, default=None, help="folder to write to")
    schema.add_argument("--json", action="store_true")
    schema.set_defaults(run=run_schema)

    diff = actions.add_parser(
        "diff", help="規則の変更で変わることを見る / show what a change of the rules changes"
    )
    diff.add_argument("old", type=Path, metavar="OLD", help="folder of rule data")
    diff.add_argument("new", type=Path, metavar="NEW", help="folder of rule data")
    diff.add_argument("--cases", type=Path, default=None, metavar="FOLDER", help="cases to answer with both")
    diff.add_argument("--json", action="store_true")
    diff.set_defaults(run=run_diff)


def run_check(args: argparse.Namespace) -> int:
    """0 when nothing is wrong, 1 with a list of what is, 2 when a folder does not exist.

    Texts that residents read and that have no やさしい日本語 are wrong too. What could not be proven (no z3,
    events whose rules are not complete) is named, and is no fault.
    """
    from procedures.pages.resident_words import unspoken_in
    from procedures.proving.checker import check, proofs
    from procedures.reading.data_files import DATA

    usual = Path("tests/procedures/cases")
    cases: Path | None = args.cases or (usual if usual.is_dir() else None)
    data: Path = args.data or DATA
    for folder in (cases, data):
        if folder is not None and not folder.is_dir():
            print(f"{folder}: no such folder")
            return USAGE
    problems = check(cases, data) + unspoken_in(data)
    unproven: tuple[str, ...] = ("nothing was proven (--quick)",)
    if not args.quick:
        proof = proofs(data)
        problems += proof.problems
        unproven = proof.unproven
    if args.json:
        faults = [{"file": p.file, "line": p.line, "message": p.message} for p in problems]
        answer = {"ok": not problems, "problems": faults, "not_proven": list(unproven)}
        print(json.dumps(answer, ensure_ascii=False))
    else:
        for problem in problems:
            print(problem)
        for claim in unproven:
            print(f"not proven: {claim}")
        print(f"{len(problems)} problem(s)" if problems else "procedures: ok")
    return FINDING if problems else OK


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day; a day is written YYYY-MM-DD") from None


def _refuse(problems: Sequence[Problem], *, as_json: bool) -> int:
    """Say why nothing could be done, where it stands."""
    if as_json:
        faults = [{"file": one.file, "line": one.line, "message": one.message} for one in problems]
        print(json.dumps({"problems": faults}, ensure_ascii=False))
    else:
        for problem in problems:
            print(problem if problem.line else f"{problem.file}: {problem.message}")
    return USAGE


def run_explain(args: argparse.Namespace) -> int:
    """0 when the case comes out as it expects (or expects nothing), 1 when not, 2 for an unreadable
    case.
    """
    from procedures.engine.evaluation import evaluate
    from procedures.logic.case import CaseError
    from procedures.pages.explanation import lines
    from procedures.proving.case_file import differences, fault, read_case
    from procedures.reading.loading import load_catalogue
    from procedures.reading.yaml_lines import CatalogueInvalid, Problem

    try:
        file = read_case(args.case)
        if args.on is not None:
            file = file.on(args.on)
        catalogue = load_catalogue(file.case.municipality)
    except FileNotFoundError:
        return _refuse([Problem(str(args.case), 0, "no such file")], as_json=args.json)
    except (OSError, UnicodeDecodeError):
        return _refuse([Problem(str(args.case), 0, "this is no text file")], as_json=args.json)
    except CatalogueInvalid as error:
        return _refuse(error.problems, as_json=args.json)
    try:
        guidance = evaluate(file.case, catalogue)
    except CaseError as error:
        return _refuse([fault(file.source, error)], as_json=args.json)
    found = differences(file, guidance)
    first = min((rule.effective_from for rule in catalogue.rules if rule.effective_from), default=None)
    before = first if first and file.case.date < first else None
    if args.json:
        answer = {"guidance": guidance.to_dict(), "differences": [str(problem) for problem in found]}
        if before:
            answer["changes_known_from"] = before.isoformat()
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        if before:
            print(f"! {before} より前の法令の変更は、この規則に入っていません")
            print(f"! changes of the law before {before} are not in these rules")
        for line in lines(file.case, guidance):
            print(line)
        for problem in found:
            print(f"! {problem}")
    return FINDING if found else OK


def run_docs(args: argparse.Namespace) -> int:
    """Write the pages into the folder; 2 for an unknown municipality."""
    from procedures.pages.catalogue_page import pages
    from procedures.reading.loading import load_catalogue
    from procedures.reading.yaml_lines import CatalogueInvalid

    try:
        catalogue = load_catalogue(args.municipality)
    except CatalogueInvalid as error:
        print(error)
        return USAGE
    args.out.mkdir(parents=True, exist_ok=True)
    made = pages(catalogue)
    for name, text in made.items():
        (args.out / name).write_text(text, encoding="utf-8")
    written = [str(args.out / name) for name in made]
    print(json.dumps({"written": written}) if args.json else f"wrote {len(written)} pages to {args.out}")
    return OK


def run_schema(args: argparse.Namespace) -> int:
    """Write one schema per kind of file into the folder (by default beside the data)."""
    from procedures.reading.data_files import DATA
    from procedures.reading.json_schema import schemas
    from procedures.reading.loading import load_catalogue
    from procedures.reading.yaml_lines import CatalogueInvalid

    out: Path = args.out or DATA / "schema"
    try:
        made = schemas(load_catalogue())
    except CatalogueInvalid as error:
        print(error)
        return USAGE
    out.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (out / name).write_text(text, encoding="utf-8")
    written = [str(out / name) for name in made]
    print(json.dumps({"written": written}) if args.json else f"wrote {len(written)} schemas to {out}")
    return OK


def run_diff(args: argparse.Namespace) -> int:
    """0 when nothing differs, 1 when something does, 2 when a folder is missing or cannot be read."""
    from procedures.proving.comparison import case_changes, rule_changes
    from procedures.reading.yaml_lines import CatalogueInvalid

    usual = Path("tests/procedures/cases")
    cases: Path | None = args.cases or (usual if usual.is_dir() else None)
    for folder in (args.old, args.new, cases):
        if folder is not None and not folder.is_dir():
            print(f"{folder}: no such folder")
            return USAGE
    try:
        rules = rule_changes(args.old, args.new)
        answers = case_changes(args.old, args.new, cases) if cases else []
    except CatalogueInvalid as error:
        print(error)
        return USAGE
    if args.json:
        answer = {"rules": [one.to_dict() for one in rules], "cases": [one.to_dict() for one in answers]}
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return FINDING if rules or answers else OK
    for rule in rules:
        keys = f" ({', '.join(rule.keys)})" if rule.keys else ""
        print(f"{rule.kind:8}  {rule.where}  {rule.rule}{keys}")
    for case in answers:
        print(f"{case.case}  {case.title}" + (f": {case.fault}" if case.fault else ""))
        for change in case.changes:
            people = f" [{', '.join(change.person_ids)}]" if change.person_ids else ""
            print(f"    {change.procedure_id} {change.text.ja} / {change.text.en}{people}")
    print(f"{len(rules)} change(s) of rules, {len(answers)} case(s) answered differently")
    return FINDING if rules or answers else OK
