"""From the YAML files to a Catalogue: validation, the municipality's changes, compilation; all faults
with file and line.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from procedures.analysis import Analyst
from procedures.catalogue import Catalogue, Rule
from procedures.conditions import Leaf, walk
from procedures.fact_loading import load_facts
from procedures.guidance import Department
from procedures.office_days import OfficeCalendar
from procedures.rule_loading import RuleMaker
from procedures.schema import CodesModel, DepartmentModel, OverlayModel
from procedures.yaml_lines import CatalogueInvalid, Located, Problem, read_yaml, validated

DATA = Path(__file__).parent / "data"


def load_catalogue(municipality: str = "992011", data: Path = DATA) -> Catalogue:
    """The catalogue of a municipality (six-digit code); read once per process.

    Raises CatalogueInvalid with every fault of the files, or when the municipality has no folder.
    """
    return _load(municipality, data)


@lru_cache(maxsize=64)
def _load(municipality: str, data: Path) -> Catalogue:
    loader = Loader(municipality, data)
    catalogue = loader.catalogue()
    if loader.problems or catalogue is None:
        raise CatalogueInvalid(loader.problems)
    return catalogue


class Loader:
    """One reading of the files. After catalogue(): `problems`, `merged` (rule models in order) and
    `overlay`.
    """

    def __init__(self, municipality: str, data: Path) -> None:
        self._municipality = municipality
        self._data = data
        self._hash = hashlib.sha256()
        self.problems: list[Problem] = []
        self.overlay: OverlayModel | None = None
        self.overlay_file: Located | None = None
        self.used_facts: set[str] = set()

    def catalogue(self) -> Catalogue | None:
        """The compiled catalogue; None when a fault leaves nothing to compile."""
        folder = self._data / "municipalities" / self._municipality
        if not (folder / "overlay.yaml").is_file():
            self.problems.append(Problem(str(folder), 0, f"no overlay for municipality {self._municipality}"))
            return None
        codes_file = self._read("codes.yaml")
        departments_file = self._read("departments.yaml")
        fact_files = [
            self._read(f"facts/{path.name}") for path in sorted((self._data / "facts").glob("*.yaml"))
        ]
        rule_files = [
            self._read(f"national/{path.name}") for path in sorted((self._data / "national").glob("*.yaml"))
        ]
        self.overlay_file = self._read(f"municipalities/{self._municipality}/overlay.yaml")
        codes = validated(CodesModel, codes_file.data, codes_file, (), self.problems)
        overlay = validated(OverlayModel, self.overlay_file.data, self.overlay_file, (), self.problems)
        if codes is None or overlay is None:
            return None
        self.overlay = overlay
        departments = self._departments(departments_file, overlay)
        facts, shapes = load_facts(
            fact_files, self.overlay_file, overlay, codes.events, self.problems, self.used_facts
        )
        if self.problems:
            return None  # a faulty fact would show again as a fault of every rule that reads it
        maker = RuleMaker(
            codes, departments, shapes, self.overlay_file, overlay, self.problems, self.used_facts
        )
        rules = tuple(maker.rules(rule_files))
        nodes = [node for spec in facts.values() for node in (spec.derive, spec.only_if) if node is not None]
        nodes += [presumption.when for spec in facts.values() for presumption in spec.presume]
        for rule in rules:
            nodes += [rule.when, *(variant.when for variant in rule.variants)]
        leaves = {leaf.number: leaf for node in nodes for leaf in walk(node) if isinstance(leaf, Leaf)}
        by_event: dict[str, tuple[Rule, ...]] = {
            event: tuple(rule for rule in rules if event in rule.events) for event in codes.events
        }
        return Catalogue(
            municipality=self._municipality,
            name=overlay.name.text(),
            version=f"{self._municipality}-{self._hash.hexdigest()[:12]}",
            calendar=_calendar(overlay),
            facts=facts,
            settings=overlay.settings,
            rules=rules,
            codes=codes,
            departments=departments,
            analyst=Analyst(facts, leaves),
            leaves=leaves,
            _by_event=by_event,
        )

    def _read(self, name: str) -> Located:
        path = self._data / name
        self._hash.update(name.encode() + b"\0" + path.read_bytes())
        return read_yaml(path, f"procedures/data/{name}" if self._data == DATA else str(path))

    def _departments(self, source: Located, overlay: OverlayModel) -> dict[str, Department]:
        """By id, and by id/desk for each desk."""
        models: dict[str, DepartmentModel] = {}
        for key, raw in source.data.items():
            model = validated(DepartmentModel, raw, source, (key,), self.problems)
            if model is not None:
                models[key] = model
        for key, changed in overlay.departments.items():
            if key not in models:
                assert self.overlay_file is not None  # noqa: S101 - read before the departments
                self.problems.append(
                    self.overlay_file.problem(("departments", key), f"no such department: {key}")
                )
            models[key] = changed
        found: dict[str, Department] = {}
        for key, model in models.items():
            found[key] = Department(key, model.name.text(), None, model.external)
            for desk, words in model.desks.items():
                found[f"{key}/{desk}"] = Department(key, model.name.text(), words.text(), model.external)
        return found


def _calendar(overlay: OverlayModel) -> OfficeCalendar:
    first, last = (tuple(int(part) for part in day.split("-")) for day in overlay.calendar.year_end)
    return OfficeCalendar(
        closed_weekdays=overlay.calendar.closed_weekdays,
        year_end=((first[0], first[1]), (last[0], last[1])),
        closed=overlay.calendar.closed,
        opened=overlay.calendar.opened,
    )
