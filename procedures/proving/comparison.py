"""What a change of the rules changes: for every rule, and for every case of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from procedures.engine.catalogue import Catalogue, Rule
from procedures.engine.evaluation import evaluate
from procedures.engine.guidance import Guidance, Item
from procedures.engine.guidance_changes import Change, changes
from procedures.logic.case import CaseError
from procedures.logic.conditions import Value, Within, walk
from procedures.logic.facts import FactSpec
from procedures.proving.case_file import CaseFile, read_cases
from procedures.reading.loading import load_catalogue
from procedures.reading.yaml_lines import CatalogueInvalid, read_yaml
from procedures.terms.text import Text


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
    for code in {file.case.municipality for file in files}:
        own = [file for file in files if file.case.municipality == code]
        found += answered_differently(own, load_catalogue(code, old), load_catalogue(code, new))
    order = {_name(file): place for place, file in enumerate(files)}
    return sorted(found, key=lambda one: order[one.case])


def answered_differently(files: Iterable[CaseFile], old: Catalogue, new: Catalogue) -> list[CaseChange]:
    """Those of the cases, all of one municipality, that come out differently by two of its catalogues.

    Only the rules that differ are asked: what one of them answers depends on no other.
    """
    found = []
    differing: dict[tuple[int, int], tuple[Catalogue, Catalogue]] = {}
    for file in files:
        answers, faults = [], []
        counting = old.at(file.case.date), new.at(file.case.date)
        key = id(counting[0]), id(counting[1])
        if key not in differing:
            differing[key] = without_common_rules(*counting)
        for catalogue in differing[key]:
            try:
                answers.append(evaluate(file.case, catalogue))
            except CaseError as error:
                faults.append(str(error))
        if len(faults) == 1:
            found.append(CaseChange(_name(file), file.title, (), faults[0]))
        elif not faults:
            different = changes(*answers)
            if different:
                found.append(
                    CaseChange(_name(file), file.title, different, deadlines=_deadlines(different, *answers))
                )
    return found


def _name(file: CaseFile) -> str:
    return Path(file.source.file).stem


def without_common_rules(old: Catalogue, new: Catalogue) -> tuple[Catalogue, Catalogue]:
    """Two catalogues, each of one period, without the rules that come out the same by both in every case."""
    if old.codes != new.codes:
        return replace(old, later=()), replace(new, later=())
    other_days = old.calendar != new.calendar
    changed = {name for name in {*old.facts, *new.facts} if _told(old, name) != _told(new, name)}

    def left(one: Catalogue, other: Catalogue) -> tuple[Rule, ...]:
        there = {rule.version: _anywhere(rule) for rule in other.rules}
        return tuple(
            rule
            for rule in one.rules
            if there.get(rule.version) != _anywhere(rule)
            or not changed.isdisjoint(one.behind(rule))
            or (other_days and _counts_days(rule, one))
        )

    return replace(old, rules=left(old, new), later=()), replace(new, rules=left(new, old), later=())


def _anywhere(rule: Rule) -> Rule:
    """The rule wherever it is written. Equal conditions are the same object (see condition_parser.py)."""
    return replace(rule, file="", line=0)


def _counts_days(rule: Rule, catalogue: Catalogue) -> bool:
    """Whether a period of the rule may end on a closed day."""
    facts = [catalogue.facts[name] for name in catalogue.behind(rule)]
    nodes = [*rule.conditions, *(node for spec in facts for node in spec.conditions)]
    return bool(rule.starts) or any(isinstance(one, Within) for node in nodes for one in walk(node))


def _told(catalogue: Catalogue, fact: str) -> tuple[FactSpec | None, Value | None]:
    """What a catalogue says of a fact."""
    spec = catalogue.facts.get(fact)
    return spec and replace(spec, file="", line=0), catalogue.settings.get(fact)


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
