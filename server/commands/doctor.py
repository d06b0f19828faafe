"""`kakanai doctor`: is everything ready for today's counter?"""

import argparse
import json
from dataclasses import asdict

OK, FINDING = 0, 1


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `doctor`."""
    parser = subparsers.add_parser(
        "doctor", help="準備が整っているか確かめる / is everything ready for today?"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look at everything, change nothing. 0 all well, 1 findings."""
    from server.doctor import examine
    from server.settings import Settings

    findings = examine(Settings())
    well = all(finding.grade == "ok" for finding in findings)
    if args.json:
        print(json.dumps({"ok": well, "checks": [asdict(f) for f in findings]}, ensure_ascii=False))
        return OK if well else FINDING
    for finding in findings:
        sign = {"ok": "✓", "note": "・", "fault": "✗"}[finding.grade]
        print(f"{sign} {finding.check}: {finding.ja} / {finding.en}")
        if finding.do_ja:
            print(f"    → {finding.do_ja} / {finding.do_en}")
    return OK if well else FINDING
