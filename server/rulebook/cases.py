"""What a version changes for the cases that the municipality keeps, put together by procedure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import procedures
from procedures import Text
from procedures.proving.case_file import CaseFile, read_cases
from procedures.proving.comparison import CaseChange, answered_differently
from procedures.reading.data_files import DataFiles
from server.rulebook.reading import reading

# Of a municipality that keeps none of its own: those that the national table is tested with.
SHIPPED = Path(procedures.__file__).parents[1] / "tests" / "procedures" / "cases"


@dataclass(frozen=True)
class Effect:
    """One change that the same procedure makes in one or more cases.

    kind: appeared | disappeared | outcome | content. before, after: applies, may_apply, needs_confirmation or
    None; both None where only the content differs, in `fields`. `cases`: the title of each, and its deadline
    before and after where that differs.
    """

    procedure_id: str
    name: Text
    kind: str
    before: str | None
    after: str | None
    fields: tuple[str, ...]
    cases: tuple[tuple[str, tuple[Text, Text] | None], ...]


@dataclass(frozen=True)
class Effects:
    """`tried` cases were asked, `differing` came out differently; `failing` (title, why) cannot be answered
    by one of the two.
    """

    tried: int
    differing: int
    effects: tuple[Effect, ...]
    failing: tuple[tuple[str, str], ...]


def kept(municipality: str, data: Path) -> Path | None:
    """The folder of the municipality's cases, else of the shipped ones, else None."""
    own = data / "municipalities" / municipality / "cases"
    return next((folder for folder in (own, SHIPPED) if folder.is_dir()), None)


@lru_cache(maxsize=8)
def effects(
    municipality: str, old: str, new: str, on: date | None, files: DataFiles, data: Path
) -> Effects | None:
    """What the overlay text `new` answers differently from `old`, each case on its own day or all on one.
    Both are read together with `files`; the cases lie below `data`.

    None when there are no cases, or when one of the texts cannot be read. For hundreds of cases it takes
    about a second, several where nearly every rule differs.
    """
    folder = kept(municipality, data)
    before, after = (reading(municipality, one, files).catalogue for one in (old, new))
    if folder is None or before is None or after is None:
        return None
    asked = [file for file in _files(folder) if file.case.municipality == municipality]
    if on is not None:
        asked = [file.on(on) for file in asked]
    found = answered_differently(asked, before, after)
    failing = tuple((one.title, one.fault) for one in found if one.fault)
    return Effects(len(asked), len(found), tuple(_together(found)), failing)


@lru_cache(maxsize=4)
def _files(folder: Path) -> tuple[CaseFile, ...]:
    files, _ = read_cases(folder)
    return tuple(files)


def _together(found: Iterable[CaseChange]) -> list[Effect]:
    groups: dict[tuple[str, str, str | None, str | None, tuple[str, ...]], Effect] = {}
    for case in found:
        for change in case.changes:
            same = change.kind == "content"
            before, after = (None, None) if same else (change.before, change.after)
            key = (change.procedure_id, change.kind, before, after, change.fields)
            effect = groups.setdefault(
                key, Effect(change.procedure_id, change.name, change.kind, before, after, change.fields, ())
            )
            entry = (case.title, case.deadlines.get(change.procedure_id))
            if entry not in effect.cases:
                groups[key] = replace(effect, cases=(*effect.cases, entry))
    order = {"disappeared": 0, "appeared": 1, "outcome": 2, "content": 3}
    return sorted(groups.values(), key=lambda one: (order[one.kind], one.procedure_id, -len(one.cases)))
