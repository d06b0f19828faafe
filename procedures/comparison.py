"""What a change of the rules changes: for every rule, and for every case of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from procedures.case import CaseError
from procedures.case_file import CaseFile, read_cases
from procedures.catalogue import Catalogue
from procedures.engine import evaluate
from procedures.guidance import Guidance, Item
from procedures.guidance_changes import Change, changes
from procedures.loading import load_catalogue
from procedures.text import Text
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
    """What a case answers differently; `fault` when it can be answered under one catalogue only.

    `deadlines`, by procedure: before and after, where they differ.
    """

    case: str
    title: str
    changes: tuple[Change, ...]
    fault: str | None = None
    deadlines: Mapping[str, tuple[Text, Text]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Every field by its name."""
        return {
            "case": self.case,
            "title": self.title,
            "changes": [change.to_dict() for change in self.changes],
            "deadlines": {
                name: [before.to_dict(), after.to_dict()] for name, (before, after) in self.deadlines.items()
            },
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
        code = file.case.municipality
        found += answered_differently([file], load_catalogue(code, old), load_catalogue(code, new))
    return found


def answered_differently(files: Iterable[CaseFile], old: Catalogue, new: Catalogue) -> list[CaseChange]:
    """Those of the cases, all of one municipality, that come out differently by two of its catalogues."""
    found = []
    for file in files:
        name = Path(file.source.file).stem
        answers, faults = [], []
        for catalogue in (old, new):
            try:
                answers.append(evaluate(file.case, catalogue))
            except CaseError as error:
                faults.append(str(error))
        if len(faults) == 1:
            found.append(CaseChange(name, file.title, (), faults[0]))
        elif not faults:
            different = changes(*answers)
            if different:
                found.append(
                    CaseChange(name, file.title, different, deadlines=_deadlines(different, *answers))
                )
    return found


def _deadlines(
    different: Iterable[Change], before: Guidance, after: Guidance
) -> dict[str, tuple[Text, Text]]:
    """By procedure, the deadlines that are not what they were."""
    ids = {change.procedure_id for change in different if "deadline" in change.fields}
    old, new = (
        {item.procedure_id: item.deadline.text for item in _items(guidance)} for guidance in (before, after)
    )
    return {name: (old[name], new[name]) for name in sorted(ids)}


def _items(guidance: Guidance) -> list[Item]:
    return [*guidance.needs_confirmation, *guidance.may_apply, *guidance.applies]


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
