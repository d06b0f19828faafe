"""What the architecture tests look at: the files of this checkout, and their syntax trees."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("server", "kiosk", "counter", "procedures", "card_reader", "printing", "station", "core_adapter")
# What is made on this machine, never kept (see .gitignore).
MADE = {".git", ".venv", "build", "dist", "state", "__pycache__", "node_modules"}


@dataclass(frozen=True)
class Source:
    """One Python file, by its path from the root of the project."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return _parsed(self.text)

    def at(self, node: ast.AST, what: str) -> str:
        """A finding that an editor can jump to."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what}"


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project that is kept."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in MADE and not name.endswith((".egg-info", "_cache")) and name != ".hypothesis"
        ]
        found += [Path(folder) / name for name in names]
    return tuple(sorted(found))


def sources(*packages: str) -> list[Source]:
    """The Python files of these top-level folders (all product packages when none is named)."""
    wanted = packages or PRODUCT
    return [
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in wanted
    ]


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every kept file that is text."""
    for path in files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a name or an attribute chain, with `?` where a call or an index stands in between."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "?"


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call in it."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))
