"""An overlay's text, read: the catalogue it makes and everything that is wrong with it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from procedures import Catalogue, Problem
from procedures.proving.checker import read
from procedures.reading.data_files import DATA, DataFiles, overlay_name
from procedures.reading.loading import Loader, overlay_path
from server.rulebook.fault_words import worded

LONGEST = 400_000


@dataclass(frozen=True)
class Fault:
    """One fault of a text; `line` counts from 1, 0 where the whole file is meant; `source` is that line.

    `key` and `what` word it: rules.fault.<key>, and what the sentence names. `file`: its name, empty for the
    text that was asked about.
    """

    line: int
    message: str
    source: str
    key: str
    what: str
    file: str = ""


@dataclass(frozen=True)
class Reading:
    """`catalogue` is None when there are faults."""

    catalogue: Catalogue | None = field(repr=False)
    faults: tuple[Fault, ...]


def digest_of(text: str) -> str:
    """SHA-256 of a file with this text."""
    return hashlib.sha256(text.encode()).hexdigest()


def shipped_text(municipality: str, data: Path | DataFiles = DATA) -> str:
    """The overlay.yaml that came with the program; empty when there is none."""
    if isinstance(data, DataFiles):
        return data.texts.get(overlay_name(municipality), "")
    path = overlay_path(municipality, data)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@lru_cache(maxsize=12)
def reading(municipality: str, text: str, data: Path | DataFiles = DATA) -> Reading:
    """The rules as they are with this overlay. Takes about a tenth of a second, once for each text."""
    catalogue, problems = read(Loader(municipality, data, text))
    if problems or catalogue is None:
        lines = text.splitlines()
        return Reading(
            None, tuple(sorted((_fault(one, lines) for one in problems), key=lambda one: one.line))
        )
    return Reading(catalogue, ())


def _fault(problem: Problem, lines: list[str]) -> Fault:
    if problem.file != "overlay.yaml":
        # A fault of the national files that this overlay brings out.
        return Fault(0, str(problem), "", "national", problem.message)
    source = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
    return Fault(problem.line, problem.message, source.strip(), *worded(problem.message))


def faults_of(problems: Iterable[Problem], files: DataFiles | None) -> tuple[Fault, ...]:
    """Faults of the program's own files, in the order of files and lines."""
    found = []
    for one in sorted(problems, key=lambda problem: (problem.file, problem.line)):
        text = files.texts.get(one.file.removeprefix(files.shown_in), "") if files else ""
        lines = text.splitlines()
        source = lines[one.line - 1].strip() if 0 < one.line <= len(lines) else ""
        found.append(Fault(one.line, one.message, source, *worded(one.message), file=one.file))
    return tuple(found)
