"""Reads data/facts/*.yaml into FactSpecs, with their derivations, presumptions and presuppositions
compiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from procedures.logic.conditions import Leaf, Node, walk
from procedures.logic.facts import FactSpec, Presumption
from procedures.reading.condition_parser import Parser
from procedures.reading.overlay import Decisions
from procedures.reading.yaml_lines import Located, Place, Problem, validated
from procedures.schema.facts import FactModel, Words
from procedures.schema.overlays import CodesModel
from procedures.terms.text import Text

_Shapes = dict[str, dict[str, Any]]


def load_facts(
    files: Iterable[Located],
    overlay_file: Located,
    decisions: Decisions,
    codes: CodesModel,
    problems: list[Problem],
    used: set[str],
) -> tuple[dict[str, FactSpec], _Shapes]:
    """The facts by name, and their shapes {scope, type, choices} for the condition parser.

    Faults go to `problems`; the names of facts that other facts read go to `used`.
    """
    models: dict[str, tuple[FactModel, Located]] = {}
    for source in files:
        for name, raw in (source.data or {}).items():
            if name in models:
                problems.append(source.problem((name,), f"the fact {name} stands in two files"))
            model = validated(FactModel, raw, source, (name,), problems)
            if model is not None:
                models[name] = model, source
    if problems:
        return {}, {}
    shapes: _Shapes = {
        name: {"scope": model.scope, "type": model.type, "choices": model.choices}
        for name, (model, _) in models.items()
    }
    specs: dict[str, FactSpec] = {}
    for rank, (name, (model, source)) in enumerate(models.items()):
        parser = Parser(source, shapes, codes.events, codes.event_groups)
        derive_parser = parser
        place: Place = (name, "derive")
        derive = model.derive
        for key in ("question_for", "label_for"):
            for code in getattr(model, key):
                if code not in codes.events and code not in codes.event_groups:
                    parser.fault((name, key, code), f"no such event: {code}")
        if name in decisions.derive:
            derive_parser = Parser(overlay_file, shapes, codes.events, codes.event_groups)
            derive, place = decisions.derive[name]
            if model.derive is None:
                problems.append(overlay_file.problem(place, f"{name} is not a derived fact"))
        specs[name] = _spec(name, model, rank, derive, derive_parser, place, parser, codes)
        for each in {id(parser): parser, id(derive_parser): derive_parser}.values():
            problems += each.problems
            used |= set(each.used)
    for name, (_, place) in decisions.derive.items():
        if name not in models:
            problems.append(overlay_file.problem(place, f"no such fact: {name}"))
    _check_settings(models, overlay_file, decisions, problems)
    _check_circles(specs, models, problems)
    return specs, shapes


def _spec(
    name: str,
    model: FactModel,
    rank: int,
    derive: Any,
    derive_parser: Parser,
    place: Place,
    parser: Parser,
    codes: CodesModel,
) -> FactSpec:
    words: dict[bool | str, Text] = {
        key: Text(answer.ja, answer.en, answer.easy) for key, answer in model.choices.items()
    }
    chances: dict[bool | str, float] = {key: answer.likelihood for key, answer in model.choices.items()}
    if model.holds and model.fails:
        words = {True: model.holds.text(), False: model.fails.text()}
        chance = 0.5 if model.likelihood is None else model.likelihood
        chances = {True: chance, False: 1 - chance}
    scope = "person" if model.scope == "person" else "household"

    def optional(raw: Any, where: Parser, at: Place) -> Node | None:
        return None if raw is None else where.parse(raw, at, scope)

    return FactSpec(
        name=name,
        scope=model.scope,
        type=model.type,
        source=model.source,
        rank=rank,
        label=model.label.text(),
        words=words,
        question=model.question.text() if model.question else None,
        question_for=_by_event(model.question_for, codes),
        label_for=_by_event(model.label_for, codes),
        hint=model.hint.text() if model.hint else None,
        asked_of=model.asked_of,
        chances=chances,
        derive=optional(derive, derive_parser, place),
        presume=tuple(
            Presumption(
                parser.parse(entry.when, (name, "presume", index, "when"), scope),
                entry.value,
                entry.reason.text(),
            )
            for index, entry in enumerate(model.presume)
        ),
        only_if=optional(model.only_if, parser, (name, "only_if")),
        asked_first=model.asked_first,
        unit=model.unit,
        file=parser.source.file,
        line=parser.source.line((name,)),
    )


def _by_event(words: Mapping[str, Words], codes: CodesModel) -> dict[str, Text]:
    return {
        event: text.text() for code, text in words.items() for event in codes.event_groups.get(code, [code])
    }


def _check_settings(
    models: Mapping[str, tuple[FactModel, Located]],
    overlay_file: Located,
    decisions: Decisions,
    problems: list[Problem],
) -> None:
    wanted = {name: model for name, (model, _) in models.items() if model.scope == "municipality"}
    for name, model in wanted.items():
        if name not in decisions.settings:
            problems.append(overlay_file.problem(("settings",), f"the setting {name} is missing"))
            continue
        value, place = decisions.settings[name]
        if (model.type == "yes_no") != isinstance(value, bool) or (
            model.choices and value not in model.choices
        ):
            problems.append(overlay_file.problem(place, f"{name} is of type {model.type}"))
    for name in set(decisions.settings) - set(wanted):
        problems.append(overlay_file.problem(decisions.settings[name][1], f"no such setting: {name}"))


def _check_circles(
    specs: Mapping[str, FactSpec], models: Mapping[str, tuple[FactModel, Located]], problems: list[Problem]
) -> None:
    below = {
        name: {
            leaf.fact
            for root in (spec.derive, *(presumption.when for presumption in spec.presume))
            if root is not None
            for leaf in walk(root)
            if isinstance(leaf, Leaf)
        }
        for name, spec in specs.items()
    }
    for name in specs:
        seen: set[str] = set()
        todo = list(below[name])
        while todo:
            fact = todo.pop()
            if fact not in seen:
                seen.add(fact)
                todo += below.get(fact, ())
        if name in seen:
            problems.append(models[name][1].problem((name,), f"{name} is worked out from itself"))
