"""From the YAML files to a Catalogue: validation, the municipality's changes, compilation; all faults
with file and line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import time
from functools import lru_cache
from pathlib import Path

from procedures.engine.catalogue import Catalogue, Impossible, Rule
from procedures.engine.guidance import Department
from procedures.logic.analysis import Analyst
from procedures.logic.conditions import Leaf, walk
from procedures.logic.facts import FactSpec
from procedures.reading.condition_parser import Parser
from procedures.reading.data_files import DATA, OPTIONAL, DataFiles, on_disk, overlay_name
from procedures.reading.fact_loading import load_facts
from procedures.reading.overlay import Decisions, periods
from procedures.reading.rule_loading import RuleMaker
from procedures.reading.yaml_lines import (
    CatalogueInvalid,
    Located,
    Problem,
    needs_mapping,
    read_plain,
    read_text,
    validated,
)
from procedures.schema.overlays import (
    CodesModel,
    DepartmentModel,
    JukiNetModel,
    OverlayModel,
    PackageModel,
    SpecialModel,
    WeeklyModel,
)
from procedures.schema.rules import ImpossibleFileModel
from procedures.terms.office_days import OfficeCalendar
from procedures.terms.opening import Opening, Site, Slot


def load_catalogue(municipality: str = "992011", data: Path | DataFiles = DATA) -> Catalogue:
    """The catalogue of a municipality (six-digit code); a folder is read once per process.

    Raises CatalogueInvalid with every fault of the files, or when the municipality has no folder.
    """
    return _load(municipality, data)


@lru_cache(maxsize=64)
def _load(municipality: str, data: Path | DataFiles) -> Catalogue:
    loader = Loader(municipality, data)
    catalogue = loader.catalogue()
    if loader.problems or catalogue is None:
        raise CatalogueInvalid(loader.problems)
    return catalogue


def municipalities(data: Path = DATA) -> list[str]:
    """The codes of the municipalities whose decisions are installed."""
    return sorted(path.name for path in (data / "municipalities").iterdir() if path.is_dir())


def overlay_path(municipality: str, data: Path = DATA) -> Path:
    """Where the overlay of a municipality lies, whether or not it is there."""
    return data / overlay_name(municipality)


class Loader:
    """One reading of the files: those that lie in a folder now, or those that were taken from it before.
    After catalogue(): `problems`, `overlay` and `used_facts`.

    `overlay_text` stands for the municipality's overlay.yaml, e.g. a draft that is in no file yet.
    """

    def __init__(self, municipality: str, data: Path | DataFiles, overlay_text: str | None = None) -> None:
        self._municipality = municipality
        self._data = data
        self._overlay_text = overlay_text
        self._hash = hashlib.sha256()
        self.problems: list[Problem] = []
        self.overlay: OverlayModel | None = None
        self.overlay_file: Located | None = None
        self.used_facts: set[str] = set()

    def catalogue(self) -> Catalogue | None:
        """The compiled catalogue; None when a fault leaves nothing to compile."""
        data = self._data
        self._files = on_disk(self._municipality, data) if isinstance(data, Path) else data
        own = overlay_name(self._municipality)
        if self._overlay_text is None and own not in self._files.texts:
            missing = f"no overlay for municipality {self._municipality}"
            self.problems.append(Problem(f"{self._files.shown_in}{own}", 0, missing))
            return None
        package_file = self._read("catalogue.yaml")
        codes_file = self._read("codes.yaml")
        self._departments_file = self._read("departments.yaml")
        self._fact_files = self._folder("facts")
        self._rule_files = self._folder("national")
        told = OPTIONAL in self._files.texts
        self._impossible_file = self._read(OPTIONAL) if told else None
        self.overlay_file = self._read_overlay(own)
        package = validated(PackageModel, package_file.data, package_file, (), self.problems)
        codes = validated(CodesModel, codes_file.data, codes_file, (), self.problems)
        overlay = validated(OverlayModel, self.overlay_file.data, self.overlay_file, (), self.problems)
        if package is None or codes is None or overlay is None:
            return None
        self.overlay = overlay
        if overlay.code != self._municipality:
            self.problems.append(self.overlay_file.problem(("code",), f"this is {self._municipality}"))
        for group, names in codes.event_groups.items():
            for name in set(names) - set(codes.events):
                self.problems.append(codes_file.problem(("event_groups", group), f"no such event: {name}"))
        for thing, model in codes.things.items():
            for name in set(model.apart) - set(codes.things):
                self.problems.append(codes_file.problem(("things", thing, "apart"), f"no such thing: {name}"))
        first: Catalogue | None = None
        for decisions in reversed(periods(overlay)):
            later = () if first is None else (first, *first.later)
            first = self._compile(overlay, codes, package, decisions, later)
            if first is None:
                return None
        return first

    def _compile(
        self,
        overlay: OverlayModel,
        codes: CodesModel,
        package: PackageModel,
        decisions: Decisions,
        later: tuple[Catalogue, ...],
    ) -> Catalogue | None:
        """The catalogue of one period."""
        assert self.overlay_file is not None  # noqa: S101 - read before
        departments = self._departments(self._departments_file, decisions)
        facts, shapes = load_facts(
            self._fact_files, self.overlay_file, decisions, codes, self.problems, self.used_facts
        )
        if self.problems:
            return None  # a faulty fact would show again as a fault of every rule that reads it
        maker = RuleMaker(
            codes, departments, shapes, self.overlay_file, decisions, self.problems, self.used_facts
        )
        rules = tuple(maker.rules(self._rule_files))
        impossible = self._impossible(codes, shapes)
        leaves = _leaves(rules, facts, impossible)
        calendar = _calendar(overlay)
        return Catalogue(
            municipality=self._municipality,
            name=overlay.name.text(),
            version=f"{self._municipality}-{self._hash.hexdigest()[:12]}",
            calendar=calendar,
            facts=facts,
            settings={name: value for name, (value, _) in decisions.settings.items()},
            rules=rules,
            codes=codes,
            departments=departments,
            analyst=Analyst(facts, leaves),
            leaves=leaves,
            national_version=package.version,
            released=package.released,
            since=decisions.since,
            later=later,
            impossible=impossible,
            disabled={
                name: change.disabled for name, change in decisions.procedures.items() if change.disabled
            },
            opening=_opening(overlay, calendar),
        )

    def _read(self, name: str) -> Located:
        return needs_mapping(self._read_file(name))

    def _read_file(self, name: str) -> Located:
        text = self._files.texts[name]
        self._hash.update(name.encode() + b"\0" + text.encode())
        return read_plain(text, self._files.shown_in + name)

    def _read_overlay(self, name: str) -> Located:
        if self._overlay_text is None:
            return self._read_file(name)
        self._hash.update(name.encode() + b"\0" + self._overlay_text.encode())
        return read_text(self._overlay_text, "overlay.yaml")

    def _folder(self, name: str) -> list[Located]:
        return [self._read(one) for one in self._files.within(name)]

    def _impossible(
        self, codes: CodesModel, shapes: Mapping[str, Mapping[str, object]]
    ) -> tuple[Impossible, ...]:
        source = self._impossible_file
        if source is None:
            return ()
        model = validated(ImpossibleFileModel, source.data, source, (), self.problems)
        if model is None:
            return ()
        parser = Parser(source, shapes, codes.events, codes.event_groups)
        found = []
        for index, one in enumerate(model.impossible):
            place = ("impossible", index)
            events: set[str] = set()
            for code in one.events or codes.events:
                if code not in codes.events and code not in codes.event_groups:
                    parser.fault((*place, "events"), f"no such event: {code}")
                events.update(codes.event_groups.get(code, [code]))
            when = parser.parse(one.when, (*place, "when"), one.scope)
            words = one.words.text()
            at = source.file, source.line(place)
            found.append(Impossible(one.id, frozenset(events), one.scope == "person", when, words, *at))
        self.problems += parser.problems
        self.used_facts |= set(parser.used)
        return tuple(found)

    def _departments(self, source: Located, decisions: Decisions) -> dict[str, Department]:
        """By id, and by id/desk for each desk."""
        models: dict[str, DepartmentModel] = {}
        for key, raw in source.data.items():
            model = validated(DepartmentModel, raw, source, (key,), self.problems)
            if model is not None:
                models[key] = model
        for key, (changed, place) in decisions.departments.items():
            if key not in models and not key.startswith("x-"):
                assert self.overlay_file is not None  # noqa: S101 - read before the departments
                self.problems.append(self.overlay_file.problem(place, f"no such department: {key}"))
            models[key] = changed
        found: dict[str, Department] = {}
        for key, model in models.items():
            found[key] = Department(key, model.name.text(), None, model.external)
            for desk, words in model.desks.items():
                found[f"{key}/{desk}"] = Department(key, model.name.text(), words.text(), model.external)
        return found


def _leaves(
    rules: tuple[Rule, ...], facts: Mapping[str, FactSpec], impossible: tuple[Impossible, ...]
) -> dict[int, Leaf]:
    """Every test that any condition holds, by its number."""
    nodes = [node for spec in facts.values() for node in (spec.derive, spec.only_if) if node is not None]
    nodes += [presumption.when for spec in facts.values() for presumption in spec.presume]
    nodes += [one.when for one in impossible]
    for rule in rules:
        nodes += [rule.when, *(variant.when for variant in rule.variants)]
    return {leaf.number: leaf for node in nodes for leaf in walk(node) if isinstance(leaf, Leaf)}


def _calendar(overlay: OverlayModel) -> OfficeCalendar:
    first, last = (tuple(int(part) for part in day.split("-")) for day in overlay.calendar.year_end)
    return OfficeCalendar(
        closed_weekdays=frozenset(overlay.calendar.closed_weekdays),
        year_end=((first[0], first[1]), (last[0], last[1])),
        closed=frozenset(overlay.calendar.closed),
    )


def _slot(model: WeeklyModel | SpecialModel | JukiNetModel) -> Slot:
    begins, ends = (time.fromisoformat(clock) for clock in model.hours or ("00:00", "00:00"))
    if isinstance(model, JukiNetModel):
        return Slot(begins, ends)
    return Slot(begins, ends, frozenset(model.only), frozenset(model.not_these))


def _opening(overlay: OverlayModel, calendar: OfficeCalendar) -> Opening | None:
    model = overlay.opening
    if model is None:
        return None
    sites = {
        name: Site(
            site.name.text(),
            {day: tuple(_slot(one) for one in site.weekly if day in one.weekdays) for day in range(7)},
            {
                day: tuple(_slot(one) for one in site.special if one.day == day and one.hours)
                for day in {one.day for one in site.special}
            },
        )
        for name, site in model.sites.items()
    }
    net = model.juki_net
    return Opening(calendar, sites, frozenset(net.weekdays), _slot(net), frozenset(net.closed))
