"""Compiles the rules of data/national with the changes of one municipality."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from procedures.engine.catalogue import DeadlineSpec, DocumentSpec, Face, History, Rule, Variant, starts
from procedures.engine.guidance import Applicant, Department
from procedures.engine.guidance_parts import Fee, Form
from procedures.logic.facts import PERSON
from procedures.reading.condition_parser import Parser
from procedures.reading.overlay import Change, Decisions
from procedures.reading.yaml_lines import Located, Place, Problem, validated
from procedures.schema.facts import Words
from procedures.schema.overlays import CodesModel
from procedures.schema.rules import (
    FACE_FIELDS,
    ApplicantModel,
    DocumentModel,
    FaceModel,
    RuleModel,
    VariantModel,
)
from procedures.terms.text import Text

_GROUP_OF_CLASS = {
    "N": "today",
    "A": "here",
    "B": "here",
    "C": "handover",
    "D": "advice",
    "E": "advice",
    "S": "here",
}
_NOTHING = Change()


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where each key of a rule stands: in the rule's own file, or in the overlay when the municipality
    changed it.
    """

    own: Parser
    own_place: Place
    overlay: Parser
    changed: Mapping[str, Place]

    def parser(self, key: str) -> Parser:
        return self.overlay if key in self.changed else self.own

    def place(self, key: str) -> Place:
        return self.changed.get(key) or (*self.own_place, key)

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
        decisions: Decisions,
        problems: list[Problem],
        used: set[str],
    ) -> None:
        self._codes = codes
        self._departments = departments
        self._shapes = shapes
        self._overlay_file = overlay_file
        self._decisions = decisions
        self._problems = problems
        self._used = used
        self._deadlines: dict[str, DeadlineSpec] = {}

    def rules(self, files: Iterable[Located]) -> Iterator[Rule]:
        """Every rule of the files in their order, then those that the municipality adds; disabled ones are
        left out, faulty ones reported and left out.
        """
        known: set[str] = set()
        listed: list[tuple[Any, Located, Place, bool]] = []
        for source in files:
            for index, raw in enumerate((source.data or {}).get("rules", [])):
                listed.append((raw, source, ("rules", index), False))
        for raw, place in self._decisions.add:
            listed.append((raw, self._overlay_file, place, True))
        for raw, source, place, added in listed:
            model = validated(RuleModel, raw, source, place, self._problems)
            if model is None:
                continue
            known.add(model.id)
            if model.id.startswith("x-") is not added:
                message = "a municipality adds rules with x- ids, the national table has none"
                self._problems.append(source.problem((*place, "id"), f"{model.id}: {message}"))
            rule = self._rule(model, raw, source, place)
            change = self._decisions.procedures.get(model.id, _NOTHING)
            if rule is not None and change.disabled is None:
                yield rule
        for name, change in self._decisions.procedures.items():
            if name not in known:
                self._problems.append(self._overlay_file.problem(change.place, f"no rule has the id {name}"))
        for name in self._decisions.confirmed:
            if name not in known:
                place = ("confirmed", name)
                self._problems.append(self._overlay_file.problem(place, f"no rule has the id {name}"))

    def _rule(self, model: RuleModel, raw: dict[str, Any], source: Located, place: Place) -> Rule | None:
        change = self._decisions.procedures.get(model.id, _NOTHING)
        merged: RuleModel | None = model
        if change.fields:
            merged = validated(
                RuleModel, {**raw, **change.fields}, self._overlay_file, change.place, self._problems
            )
        if merged is None:
            return None
        own, over = self._parser(source), self._parser(self._overlay_file)
        origin = _Origin(own, place, over, change.places)
        face = self._face(merged, merged.scope, origin)
        when = origin.parser("when").parse(merged.when, origin.place("when"), merged.scope)
        not_needed = tuple(
            (own.parse(entry.when, (*place, "not_needed", index, "when"), merged.scope), entry.words.text())
            for index, entry in enumerate(merged.not_needed)
        )
        variants = [
            self._variant(variant, merged, own, (*place, "variants", index), face)
            for index, variant in enumerate(merged.variants)
        ]
        for name in set(change.variants) - {variant.id for variant in merged.variants}:
            over.fault((*change.place, "variants", name), f"{merged.id} has no variant {name}")
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
            needs_juki_net=merged.needs_juki_net,
            bundles=tuple(merged.bundles),
            excludes=tuple(merged.excludes),
            alongside={name: why.text() for name, why in merged.alongside.items()},
            confirmed=self._confirmed(merged),
            history=tuple(History(one.since, one.words.text(), one.source) for one in merged.history),
        )

    def _confirmed(self, model: RuleModel) -> bool:
        day = self._decisions.confirmed.get(model.id)
        return day is not None and (model.effective_from is None or model.effective_from <= day)

    def _parser(self, source: Located) -> Parser:
        return Parser(source, self._shapes, self._codes.events, self._codes.event_groups)

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
        self, variant: VariantModel, model: RuleModel, parser: Parser, place: Place, main: Face | None
    ) -> Variant | None:
        """The rule's face with the variant's changes and then the municipality's changes to this
        variant. What it leaves as it is in `main`, the rule's own face, is the same object.
        """
        change = self._decisions.procedures.get(model.id, _NOTHING)
        local = change.variants.get(variant.id, {})
        over_place: Place = (*change.place, "variants", variant.id)
        base = {key: _plain(getattr(model, key)) for key in FACE_FIELDS}
        changed = {**base, **variant.changes, **local}
        raw = {key: value for key, value in changed.items() if key in FACE_FIELDS}
        for key in set(variant.changes) - FACE_FIELDS:
            parser.fault((*place, "changes", key), f"a variant cannot change `{key}`")
        over = self._parser(self._overlay_file)
        places = {key: change.variant_places[variant.id, key] for key in local}
        origin = _Origin(parser, (*place, "changes"), over, places)
        source, at = (self._overlay_file, over_place) if local else (parser.source, (*place, "changes"))
        face_model = validated(
            FaceModel, {k: v for k, v in raw.items() if k in FACE_FIELDS}, source, at, self._problems
        )
        when = parser.parse(variant.when, (*place, "when"), model.scope)
        documents = None if main is None or "documents" in {**variant.changes, **local} else main.documents
        face = None if face_model is None else self._face(face_model, model.scope, origin, documents)
        self._problems += over.problems
        self._used |= set(over.used)
        if face is None:
            return None
        return Variant(variant.id, when, variant.outcome == "needs_confirmation", face)

    def _face(
        self,
        model: FaceModel,
        scope: str,
        origin: _Origin,
        documents: tuple[DocumentSpec, ...] | None = None,
    ) -> Face | None:
        key = f"{model.department}/{model.desk}" if model.desk else model.department
        department = self._departments.get(key)
        if department is None:
            origin.fault("desk" if model.desk else "department", f"no such department or desk: {key}")
        for applicant in model.applicants:
            if applicant.who not in self._codes.applicants:
                origin.fault("applicants", f"no such applicant: {applicant.who}")
        for thing in model.effects:
            if thing not in self._codes.things:
                origin.fault("effects", f"no such thing: {thing}")
            if scope != PERSON:
                origin.fault("effects", "a rule about the household has no effects on a person")
        for start in starts(model.deadline):
            shape = self._shapes.get(start)
            reachable = shape is not None and (scope == "person" or shape["scope"] != "person")
            if shape is None or shape["type"] != "date" or not reachable:
                origin.fault("deadline", f"{start} is no date that this rule can count from")
            self._used.add(start)
        if documents is None:
            listed = enumerate(model.documents)
            documents = tuple(self._document(document, scope, origin, index) for index, document in listed)
        if (
            department is None
            or any(applicant.who not in self._codes.applicants for applicant in model.applicants)
            or any(start not in self._shapes for start in starts(model.deadline))
        ):
            return None
        return Face(
            name=model.name.text(),
            reason=model.reason.text(),
            documents=documents,
            department=department,
            applicants=tuple(self._applicant(applicant) for applicant in model.applicants),
            deadline=self._deadlines.setdefault(model.deadline.model_dump_json(), model.deadline),
            legal_basis=tuple(model.legal_basis),
            klass=model.klass,
            group=model.handling or _GROUP_OF_CLASS[model.klass],
            order=model.order,
            optional=model.optional,
            note=_text(model.note),
            fee=Fee(model.fee.yen, _text(model.fee.per), _text(model.fee.note)) if model.fee else None,
            forms=tuple(Form(form.id, form.name.text()) for form in model.forms),
            lost_if_missed=_text(model.lost_if_missed),
            confirm=_text(model.confirm),
            effects=dict(model.effects),
            each_dated=any(self._shapes[start]["scope"] == PERSON for start in starts(model.deadline)),
        )

    def _applicant(self, model: ApplicantModel) -> Applicant:
        name = self._codes.applicants[model.who].text()
        return Applicant(model.who, name, model.same_day, model.note.text() if model.note else None)

    @staticmethod
    def _document(model: DocumentModel, scope: str, origin: _Origin, index: int) -> DocumentSpec:
        place, parser = (*origin.place("documents"), index), origin.parser("documents")
        return DocumentSpec(
            id=model.id,
            name=model.name.text(),
            when=None if model.when is None else parser.parse(model.when, (*place, "when"), scope),
            unnecessary_when=tuple(
                (
                    parser.parse(spared.when, (*place, "unnecessary_when", number, "when"), scope),
                    spared.words.text(),
                )
                for number, spared in enumerate(model.unnecessary_when)
            ),
            note=_text(model.note),
        )


def _text(words: Words | None) -> Text | None:
    return words.text() if words else None


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    return [_plain(part) for part in value] if isinstance(value, list) else value
