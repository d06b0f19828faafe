"""What a change of the rules changes: for every rule, and for every case of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procedures.case import CaseError
from procedures.case_file import read_cases
from procedures.engine import evaluate
from procedures.guidance_changes import Change, changes
from procedures.loading import load_catalogue
from procedures.yaml_lines import CatalogueInvalid, read_yaml


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that is new, gone, or has other values under `keys`. `where` is national or a municipality."""

    where: str
    rule: str
    kind: str  # added | removed | changed
    keys: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Every field by its name."""
        return {"where": self.where, "rule": self.rule, "kind": self.kind, "keys": list(self.keys)}


@dataclass(frozen=True, slots=True)
class CaseChange:
    """What a case answers differently; `fault` when it can be answered under one catalogue only."""

    case: str
    title: str
    changes: tuple[Change, ...]
    fault: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Every field by its name."""
        return {
            "case": self.case,
            "title": self.title,
            "changes": [change.to_dict() for change in self.changes],
            "fault": self.fault,
        }


def rule_changes(old: Path, new: Path) -> list[RuleChange]:
    """The rules and overlays that differ between two data folders. Raises CatalogueInvalid for broken
    YAML.
    """
    found = list(_differing("national", _rules(old), _rules(new)))
    names = {path.name for data in (old, new) for path in (data / "municipalities").iterdir()}
    for name in sorted(names):
        found += _differing(name, _overlay(old, name), _overlay(new, name))
    return found


def case_changes(old: Path, new: Path, cases: Path) -> list[CaseChange]:
    """The cases of a folder that come out differently. Raises CatalogueInvalid when either catalogue or a
    case cannot be read.
    """
    files, problems = read_cases(cases)
    if problems:
        raise CatalogueInvalid(problems)
    found = []
    for file in files:
        name = Path(file.source.file).stem
        answers, faults = [], []
        for data in (old, new):
            try:
                answers.append(evaluate(file.case, load_catalogue(file.case.municipality, data)))
            except CaseError as error:
                faults.append(str(error))
        if len(faults) == 1:
            found.append(CaseChange(name, file.title, (), faults[0]))
        elif not faults:
            different = changes(*answers)
            if different:
                found.append(CaseChange(name, file.title, different))
    return found


def _rules(data: Path) -> dict[str, Any]:
    found = {}
    for path in sorted((data / "national").glob("*.yaml")):
        for raw in (read_yaml(path).data or {}).get("rules", []):
            since = raw.get("effective_from")
            found[f"{raw.get('id')}@{since}" if since else str(raw.get("id"))] = raw
    return found


def _overlay(data: Path, name: str) -> dict[str, Any]:
    """Each decision of a municipality under a name of its own: procedures.R126, departments.kokuho …"""
    path = data / "municipalities" / name / "overlay.yaml"
    found: dict[str, Any] = {}
    for key, value in (read_yaml(path).data if path.is_file() else {}).items():
        if isinstance(value, dict):
            found |= {f"{key}.{below}": entry for below, entry in value.items()}
        else:
            found[str(key)] = value
    return found


def _differing(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[RuleChange]:
    for name in sorted({*old, *new}):
        if name not in old or name not in new:
            yield RuleChange(where, name, "removed" if name in old else "added", ())
        elif old[name] != new[name]:
            was, now = old[name], new[name]
            keys: tuple[str, ...] = ()
            if isinstance(was, dict) and isinstance(now, dict):
                keys = tuple(sorted(str(key) for key in {*was, *now} if was.get(key) != now.get(key)))
            yield RuleChange(where, name, "changed", keys)
