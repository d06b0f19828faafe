"""From the YAML files to a Catalogue: validation, the municipality's changes, compilation; all faults with file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from procedures.catalogue import Catalogue, DocumentSpec, Face, Rule, Variant
from procedures.condition_parser import Parser
from procedures.conditions import Leaf, Node, walk
from procedures.fact_loading import load_facts
from procedures.guidance import Applicant, Department
from procedures.office_days import OfficeCalendar
from procedures.residual import Analyst
from procedures.schema import (
    FACE_FIELDS,
    ApplicantModel,
    CodesModel,
    DepartmentModel,
    DocumentModel,
    FaceModel,
    OverlayModel,
    RuleModel,
)
from procedures.yaml_lines import CatalogueInvalid, Located, Place, Problem, read_yaml

DATA = Path(__file__).parent / "data"
_GROUP_OF_CLASS = {"N": "today", "A": "here", "B": "here", "C": "handover", "D": "advice", "E": "advice"}
_M = TypeVar("_M", bound=BaseModel)


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


def validated(model: type[_M], raw: Any, source: Located, place: Place, problems: list[Problem]) -> _M | None:
    """The model, or None after each fault has been added to `problems` with its line."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"])
            message = f"{where}: {fault['msg']}" if where else fault["msg"]
            problems.append(source.problem((*place, *fault["loc"]), message))
        return None


class Loader:
    """One reading of the files. After catalogue(): `problems`, `merged` (rule models in order) and `overlay`."""

    def __init__(self, municipality: str, data: Path) -> None:
        self._municipality = municipality
        self._data = data
        self._hash = hashlib.sha256()
        self.problems: list[Problem] = []
        self.overlay: OverlayModel | None = None
        self.overlay_file: Located | None = None
        self.used_facts: set[str] = set()
        self._leaves: dict[int, Leaf] = {}

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
        maker = _RuleMaker(self, codes, departments, shapes)
        rules = tuple(maker.rules(rule_files, self.overlay_file, overlay))
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


class _RuleMaker:
    """Compiles the rules of the files, each with the municipality's changes."""

    def __init__(
        self,
        loader: Loader,
        codes: CodesModel,
        departments: Mapping[str, Department],
        shapes: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._loader = loader
        self._codes = codes
        self._departments = departments
        self._shapes = shapes

    def rules(self, files: Iterable[Located], overlay_file: Located, overlay: OverlayModel) -> Iterable[Rule]:
        """Every rule of the files, in their order; faulty ones are reported and left out."""
        known: set[str] = set()
        for source in files:
            for index, raw in enumerate((source.data or {}).get("rules", [])):
                place: Place = ("rules", index)
                model = validated(RuleModel, raw, source, place, self._loader.problems)
                if model is None:
                    continue
                known.add(model.id)
                rule = self._rule(model, raw, source, place, overlay_file, overlay)
                if rule is not None:
                    yield rule
        for changed in overlay.procedures:
            if changed not in known:
                place = ("procedures", changed)
                self._loader.problems.append(overlay_file.problem(place, f"no rule has the id {changed}"))

    def _rule(
        self,
        model: RuleModel,
        raw: dict[str, Any],
        source: Located,
        place: Place,
        overlay_file: Located,
        overlay: OverlayModel,
    ) -> Rule | None:
        change = overlay.procedures.get(model.id)
        changes: dict[str, Any] = dict(change.model_extra or {}) if change else {}
        if changes:
            merged = validated(
                RuleModel, {**raw, **changes}, overlay_file, ("procedures", model.id), self._loader.problems
            )
            if merged is None:
                return None
            model = merged
        parser = self._parser(source)
        over_parser = self._parser(overlay_file)
        over_place: Place = ("procedures", model.id)

        def origin(key: str) -> tuple[Parser, Place]:
            return (over_parser, over_place) if key in changes else (parser, place)

        scope = model.scope
        face = self._face(model, scope, *origin("documents"), self._fault_at(origin, source, overlay_file))
        where, at = origin("when")
        when = where.parse(model.when, (*at, "when"), scope)
        variants = self._variants(
            model, scope, face is not None, changes, overlay, source, overlay_file, place
        )
        not_needed = tuple(
            (parser.parse(entry.when, (*place, "not_needed", i, "when"), scope), entry.words.text())
            for i, entry in enumerate(model.not_needed)
        )
        for used in (parser, over_parser):
            self._loader.problems += used.problems
            self._loader.used_facts |= set(used.used)
        events = self._events(model, source, place)
        if face is None or variants is None:
            return None
        return Rule(
            id=model.id,
            events=events,
            person=scope == "person",
            when=when,
            face=face,
            variants=variants,
            not_needed=not_needed,
            variance=model.variance,
            confidence=model.confidence,
            confidential=model.confidential,
            effective_from=model.effective_from,
            effective_to=model.effective_to,
            sources=tuple(model.sources),
            doubts=tuple(model.doubts),
            file=source.file,
            line=source.line(place),
        )

    def _parser(self, source: Located) -> Parser:
        return Parser(source, self._shapes, self._codes.events)

    @staticmethod
    def _fault_at(origin: Any, source: Located, overlay_file: Located) -> Any:
        def fault(key: str, message: str) -> Problem:
            parser, at = origin(key)
            located: Located = overlay_file if at[0] == "procedures" else source
            return located.problem((*at, key), message)

        return fault

    def _events(self, model: RuleModel, source: Located, place: Place) -> frozenset[str]:
        events: set[str] = set()
        for code in model.events:
            if code in self._codes.event_groups:
                events.update(self._codes.event_groups[code])
            elif code in self._codes.events:
                events.add(code)
            else:
                self._loader.problems.append(source.problem((*place, "events"), f"no such event: {code}"))
        return frozenset(events)

    def _variants(
        self,
        model: RuleModel,
        scope: str,
        usable: bool,
        changes: Mapping[str, Any],
        overlay: OverlayModel,
        source: Located,
        overlay_file: Located,
        place: Place,
    ) -> tuple[Variant, ...] | None:
        change = overlay.procedures.get(model.id)
        local = change.variants if change else {}
        for unknown in set(local) - {variant.id for variant in model.variants}:
            at: Place = ("procedures", model.id, "variants", unknown)
            self._loader.problems.append(overlay_file.problem(at, f"{model.id} has no variant {unknown}"))
        base = {key: getattr(model, key) for key in FACE_FIELDS}
        made: list[Variant] = []
        for index, variant in enumerate(model.variants):
            here: Place = (*place, "variants", index)
            raw = {
                **{key: _plain(value) for key, value in base.items()},
                **variant.changes,
                **local.get(variant.id, {}),
            }
            face_model = validated(FaceModel, raw, source, (*here, "changes"), self._loader.problems)
            parser = self._parser(source)
            when = parser.parse(variant.when, (*here, "when"), scope)
            if face_model is not None and usable:

                def fault(key: str, message: str, at: Place = here) -> Problem:
                    return source.problem((*at, "changes", key), message)

                face = self._face(face_model, scope, parser, (*here, "changes"), fault)
                if face is not None:
                    made.append(Variant(variant.id, when, variant.outcome == "needs_confirmation", face))
            self._loader.problems += parser.problems
            self._loader.used_facts |= set(parser.used)
        return tuple(made) if len(made) == len(model.variants) else None

    def _face(self, model: FaceModel, scope: str, parser: Parser, place: Place, fault: Any) -> Face | None:
        key = f"{model.department}/{model.desk}" if model.desk else model.department
        department = self._departments.get(key)
        problems: list[Problem] = []
        if department is None:
            problems.append(
                fault("desk" if model.desk else "department", f"no such department or desk: {key}")
            )
        for applicant in model.applicants:
            if applicant.who not in self._codes.applicants:
                problems.append(fault("applicants", f"no such applicant: {applicant.who}"))
        starts = [model.deadline] if model.deadline.type == "offset" else getattr(model.deadline, "of", [])
        for start in starts:
            shape = self._shapes.get(start.start)
            if (
                shape is None
                or shape["type"] != "date"
                or (scope == "household" and shape["scope"] == "person")
            ):
                problems.append(fault("deadline", f"{start.start} is no date that this rule can count from"))
            self._loader.used_facts.add(start.start)
        self._loader.problems += problems
        if problems or department is None:
            return None
        return Face(
            name=model.name.text(),
            reason=model.reason.text(),
            documents=tuple(
                self._document(document, scope, parser, (*place, "documents", index))
                for index, document in enumerate(model.documents)
            ),
            department=department,
            applicants=tuple(self._applicant(applicant) for applicant in model.applicants),
            deadline=model.deadline,
            legal_basis=tuple(model.legal_basis),
            klass=model.klass,
            group=model.handling or _GROUP_OF_CLASS[model.klass],
            order=model.order,
            optional=model.optional,
            note=model.note.text() if model.note else None,
        )

    def _applicant(self, model: ApplicantModel) -> Applicant:
        name = self._codes.applicants[model.who].text()
        return Applicant(model.who, name, model.same_day, model.note.text() if model.note else None)

    @staticmethod
    def _document(model: DocumentModel, scope: str, parser: Parser, place: Place) -> DocumentSpec:
        def condition(key: str) -> Node | None:
            raw = getattr(model, key)
            return None if raw is None else parser.parse(raw, (*place, key), scope)

        return DocumentSpec(
            id=model.id,
            name=model.name.text(),
            when=condition("when"),
            unless=condition("unless"),
            unless_note=model.unless_note.text() if model.unless_note else None,
            note=model.note.text() if model.note else None,
        )


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    return [_plain(part) for part in value] if isinstance(value, list) else value
