"""Compiles the rules of data/national with the changes of one municipality."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from procedures.catalogue import DocumentSpec, Face, Rule, Variant
from procedures.condition_parser import Parser
from procedures.conditions import Node
from procedures.deadlines import starts
from procedures.guidance import Applicant, Department
from procedures.schema import (
    FACE_FIELDS,
    ApplicantModel,
    CodesModel,
    DocumentModel,
    FaceModel,
    OverlayModel,
    RuleModel,
    VariantModel,
)
from procedures.yaml_lines import Located, Place, Problem, validated

_GROUP_OF_CLASS = {"N": "today", "A": "here", "B": "here", "C": "handover", "D": "advice", "E": "advice"}


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where each key of a rule stands: in the rule's own file, or in the overlay when the municipality
    changed it.
    """

    own: Parser
    own_place: Place
    overlay: Parser
    overlay_place: Place
    changed: frozenset[str]

    def parser(self, key: str) -> Parser:
        return self.overlay if key in self.changed else self.own

    def place(self, key: str) -> Place:
        return (*(self.overlay_place if key in self.changed else self.own_place), key)

    def fault(self, key: str, message: str) -> None:
        self.parser(key).fault(self.place(key), message)


class RuleMaker:
    """Compiles rule files; faults go to `problems`, the names of the facts that rules read to `used`."""

    def __init__(
        self,
        codes: CodesModel,
        departments: Mapping[str, Department],
        shapes: Mapping[str, Mapping[str, Any]],
        overlay_file: Located,
        overlay: OverlayModel,
        problems: list[Problem],
        used: set[str],
    ) -> None:
        self._codes = codes
        self._departments = departments
        self._shapes = shapes
        self._overlay_file = overlay_file
        self._overlay = overlay
        self._problems = problems
        self._used = used

    def rules(self, files: Iterable[Located]) -> Iterator[Rule]:
        """Every rule of the files, in their order; faulty ones are reported and left out."""
        known: set[str] = set()
        for source in files:
            for index, raw in enumerate((source.data or {}).get("rules", [])):
                model = validated(RuleModel, raw, source, ("rules", index), self._problems)
                if model is not None:
                    known.add(model.id)
                    rule = self._rule(model, raw, source, ("rules", index))
                    if rule is not None:
                        yield rule
        for changed in set(self._overlay.procedures) - known:
            place = ("procedures", changed)
            self._problems.append(self._overlay_file.problem(place, f"no rule has the id {changed}"))

    def _rule(self, model: RuleModel, raw: dict[str, Any], source: Located, place: Place) -> Rule | None:
        over_place: Place = ("procedures", model.id)
        change = self._overlay.procedures.get(model.id)
        changes: dict[str, Any] = dict(change.model_extra or {}) if change else {}
        merged = validated(RuleModel, {**raw, **changes}, self._overlay_file, over_place, self._problems)
        if merged is None:
            return None
        own, over = self._parser(source), self._parser(self._overlay_file)
        origin = _Origin(own, place, over, over_place, frozenset(changes))
        face = self._face(merged, merged.scope, origin)
        when = origin.parser("when").parse(merged.when, origin.place("when"), merged.scope)
        not_needed = tuple(
            (own.parse(entry.when, (*place, "not_needed", index, "when"), merged.scope), entry.words.text())
            for index, entry in enumerate(merged.not_needed)
        )
        variants = [
            self._variant(variant, merged, own, (*place, "variants", index))
            for index, variant in enumerate(merged.variants)
        ]
        unknown = set(change.variants if change else {}) - {variant.id for variant in merged.variants}
        for name in unknown:
            over.fault((*over_place, "variants", name), f"{merged.id} has no variant {name}")
        events = self._events(merged, origin)
        for parser in (own, over):
            self._problems += parser.problems
            self._used |= set(parser.used)
        if face is None or None in variants:
            return None
        return Rule(
            id=merged.id,
            events=events,
            person=merged.scope == "person",
            when=when,
            face=face,
            variants=tuple(variant for variant in variants if variant is not None),
            not_needed=not_needed,
            variance=merged.variance,
            confidence=merged.confidence,
            confidential=merged.confidential,
            effective_from=merged.effective_from,
            effective_to=merged.effective_to,
            sources=tuple(merged.sources),
            doubts=tuple(merged.doubts),
            file=source.file,
            line=source.line(place),
        )

    def _parser(self, source: Located) -> Parser:
        return Parser(source, self._shapes, self._codes.events)

    def _events(self, model: RuleModel, origin: _Origin) -> frozenset[str]:
        events: set[str] = set()
        for code in model.events:
            if code in self._codes.event_groups:
                events.update(self._codes.event_groups[code])
            elif code in self._codes.events:
                events.add(code)
            else:
                origin.fault("events", f"no such event: {code}")
        return frozenset(events)

    def _variant(
        self, variant: VariantModel, model: RuleModel, parser: Parser, place: Place
    ) -> Variant | None:
        """The rule's face with the variant's changes and then the municipality's changes to this
        variant.
        """
        change = self._overlay.procedures.get(model.id)
        local = change.variants.get(variant.id, {}) if change else {}
        over_place: Place = ("procedures", model.id, "variants", variant.id)
        base = {key: _plain(getattr(model, key)) for key in FACE_FIELDS}
        changed = {**base, **variant.changes, **local}
        raw = {key: value for key, value in changed.items() if key in FACE_FIELDS}
        for key in set(variant.changes) - FACE_FIELDS:
            parser.fault((*place, "changes", key), f"a variant cannot change `{key}`")
        over = self._parser(self._overlay_file)
        origin = _Origin(parser, (*place, "changes"), over, over_place, frozenset(local))
        source, at = (self._overlay_file, over_place) if local else (parser.source, (*place, "changes"))
        face_model = validated(
            FaceModel, {k: v for k, v in raw.items() if k in FACE_FIELDS}, source, at, self._problems
        )
        when = parser.parse(variant.when, (*place, "when"), model.scope)
        face = None if face_model is None else self._face(face_model, model.scope, origin)
        self._problems += over.problems
        self._used |= set(over.used)
        if face is None:
            return None
        return Variant(variant.id, when, variant.outcome == "needs_confirmation", face)

    def _face(self, model: FaceModel, scope: str, origin: _Origin) -> Face | None:
        key = f"{model.department}/{model.desk}" if model.desk else model.department
        department = self._departments.get(key)
        if department is None:
            origin.fault("desk" if model.desk else "department", f"no such department or desk: {key}")
        for applicant in model.applicants:
            if applicant.who not in self._codes.applicants:
                origin.fault("applicants", f"no such applicant: {applicant.who}")
        for start in starts(model.deadline):
            shape = self._shapes.get(start)
            reachable = shape is not None and (scope == "person" or shape["scope"] != "person")
            if shape is None or shape["type"] != "date" or not reachable:
                origin.fault("deadline", f"{start} is no date that this rule can count from")
            self._used.add(start)
        documents = tuple(
            self._document(document, scope, origin, index) for index, document in enumerate(model.documents)
        )
        if department is None or any(
            applicant.who not in self._codes.applicants for applicant in model.applicants
        ):
            return None
        return Face(
            name=model.name.text(),
            reason=model.reason.text(),
            documents=documents,
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
    def _document(model: DocumentModel, scope: str, origin: _Origin, index: int) -> DocumentSpec:
        def condition(key: str) -> Node | None:
            raw = getattr(model, key)
            place = (*origin.place("documents"), index, key)
            return None if raw is None else origin.parser("documents").parse(raw, place, scope)

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
