"""Write the generated parts of the documents: `.venv/bin/python scripts/write_docs.py`, called by `make
docs`.

A document marks such a part with `<!-- generated: NAME -->` and `<!-- end -->`; what stands between is
replaced by the list of that name. tests/architecture/test_docs.py compares, so that a document cannot
fall behind its source.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def debian_packages() -> str:
    """scripts/debian-packages.toml."""
    rows = tomllib.loads((ROOT / "scripts" / "debian-packages.toml").read_text(encoding="utf-8"))["package"]
    return table(
        ["package", "needed by", "what for", "without it"],
        [
            [
                f"`{row['name']}`",
                ", ".join(f"make {purpose}" for purpose in row["needed_by"]),
                f"{row['for_ja']} / {row['for_en']}",
                f"{row['without_ja']} / {row['without_en']}",
            ]
            for row in rows
        ],
    )


def leaves(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Every command that does something, with its help sentence."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, child in action.choices.items():
                below = list(leaves(child))
                yield from below or [(child, helps.get(name, ""))]


def options(parser: argparse.ArgumentParser) -> str:
    """What a command takes, as it is typed."""
    typed = []
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        word = action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest)
        if action.choices and not action.option_strings:
            word = "|".join(str(choice) for choice in action.choices)
        elif action.option_strings and action.nargs != 0:
            value = (
                "|".join(map(str, action.choices))
                if action.choices
                else action.metavar or action.dest.upper()
            )
            word = f"{word} {value}"
        typed.append(word if action.required or not action.option_strings else f"[{word}]")
    return " ".join(typed)


def commands() -> str:
    """Every command of `kakanai`."""
    from server.cli import parser

    rows = [
        [f"`{leaf.prog} {options(leaf)}`".replace(" `", "`"), sentence] for leaf, sentence in leaves(parser())
    ]
    return table(["command", "what it does"], rows)


def events() -> str:
    """server/journal/events.yaml."""
    from server.journal.catalogue import event_kinds

    rows = [
        [
            f"`{kind.name}`",
            f"{kind.meaning_ja} / {kind.meaning_en}",
            ", ".join(sorted(kind.fields)),
            ", ".join(sorted(kind.personal)),
        ]
        for kind in event_kinds().values()
    ]
    return table(["event", "what happened", "fields", "sealed fields"], rows)


LISTS: dict[str, Callable[[], str]] = {
    "debian-packages": debian_packages,
    "commands": commands,
    "events": events,
}


def rewritten(text: str) -> str:
    """The document with its generated parts as they should be."""
    return PART.sub(lambda part: f"{part[1]}{LISTS[part[2]]()}{part[4]}", text)


def main() -> int:
    """Rewrite what has changed."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        new = rewritten(text)
        if new != text:
            path.write_text(new, encoding="utf-8")
            print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
