"""Commands of this package: `forms preview` draws a form from a sample, for those who design or check
forms."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `forms`."""
    forms = subparsers.add_parser("forms", help="届出書 / the forms that residents sign")
    actions = forms.add_subparsers(dest="forms_action", required=True)
    preview = actions.add_parser(
        "preview", help="見本の届出書を PDF で描く / draw a form as PDF from a sample with fictional people"
    )
    preview.add_argument("form", help="for example residence_change")
    preview.add_argument("--out", required=True, type=Path, help="the PDF file to write")
    preview.add_argument("--sample", help="which sample; without it the first")
    preview.add_argument("--json", action="store_true", help="print one JSON object")
    preview.set_defaults(run=_preview)


def _preview(args: argparse.Namespace) -> int:
    """0 drawn, 1 drawn with characters for which no font has the exact glyph, 2 unknown form or sample, 3
    no fonts."""
    from printing.font_files import FontsMissing
    from printing.forms.registry import FORMS, sample, sample_names

    if args.form not in FORMS:
        print(f"no form {args.form!r}; there are: {', '.join(FORMS)}", file=sys.stderr)
        return 2
    names = sample_names(args.form)
    name = args.sample or names[0]
    if name not in names:
        print(f"no sample {name!r} of {args.form}; there are: {', '.join(names)}", file=sys.stderr)
        return 2
    form = FORMS[args.form]
    content = sample(args.form, name)
    try:
        pdf = form.render(content)
        missing = list(form.fill(content).missing)
    except FontsMissing as error:
        print(error, file=sys.stderr)
        return 3
    try:
        args.out.write_bytes(pdf)
    except OSError as error:
        print(f"cannot write {args.out}: {error.strerror}", file=sys.stderr)
        return 2
    if args.json:
        digest = hashlib.sha256(pdf).hexdigest()
        report = {
            "form": args.form,
            "sample": name,
            "out": str(args.out),
            "bytes": len(pdf),
            "sha256": digest,
        }
        print(json.dumps({**report, "missing_glyphs": missing}, ensure_ascii=False))
    else:
        print(f"{args.out}: {args.form}, sample {name}, {len(pdf)} bytes")
        for cluster in missing:
            print(f"no exact glyph for {cluster} ({'+'.join(f'U+{ord(char):04X}' for char in cluster)})")
    return 1 if missing else 0
