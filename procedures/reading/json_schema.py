"""JSON Schemas of the data files, so that an editor completes and checks them while they are written.

Written from the same models that load the files; conditions, which the models leave raw, get the grammar
of condition_parser with the names of all facts and events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from procedures.engine.catalogue import Catalogue
from procedures.schema.facts import FactModel
from procedures.schema.overlays import CodesModel, DepartmentModel, OverlayModel, PackageModel
from procedures.schema.rules import FACE_FIELDS, ImpossibleFileModel, PeriodModel, RuleFileModel, RuleModel
from procedures.terms.dates import AGE_KINDS

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_CONDITION = {"$ref": "#/$defs/condition"}
_RAW = {"when", "derive", "only_if"}
_Schema = dict[str, Any]


def schemas(catalogue: Catalogue) -> dict[str, str]:
    """File name → JSON Schema: rules, facts, overlay, codes, departments, catalogue, impossible, case."""
    made = {
        "rules": _with_conditions(_of(RuleFileModel), catalogue),
        "facts": _with_conditions(_of(dict[str, FactModel]), catalogue),
        "overlay": _with_conditions(_overlay(), catalogue),
        "codes": _of(CodesModel),
        "departments": _of(dict[str, DepartmentModel]),
        "catalogue": _of(PackageModel),
        "impossible": _with_conditions(_of(ImpossibleFileModel), catalogue),
        "case": _case(catalogue),
    }
    return {
        f"{name}.schema.json": json.dumps({"$schema": _DRAFT, **schema}, ensure_ascii=False, indent=1) + "\n"
        for name, schema in made.items()
    }


def _of(model: Any) -> _Schema:
    schema: _Schema = TypeAdapter(model).json_schema()
    return schema


def _with_conditions(schema: _Schema, catalogue: Catalogue) -> _Schema:
    definitions = schema.setdefault("$defs", {})
    for model in [schema, *definitions.values()]:
        properties = model.get("properties", {})
        for name in _RAW & set(properties):
            properties[name] = _CONDITION
        if "derive" in properties and model.get("title") in ("OverlayModel", "DatedModel"):
            properties["derive"] = {"type": "object", "additionalProperties": _CONDITION}
    if "VariantModel" in definitions:
        definitions["VariantModel"]["properties"]["changes"] = _part(definitions, "RuleModel", FACE_FIELDS)
    return {**schema, "$defs": {**definitions, **_conditions(catalogue)}}


def _overlay() -> _Schema:
    """The overlay; what it changes in a rule has the shape of the rule's own fields, none obligatory."""
    schema, rules = _of(OverlayModel), _of(RuleModel)
    definitions = schema["$defs"]
    definitions |= rules.pop("$defs")
    definitions["RuleModel"] = rules
    change = definitions["ChangeModel"]
    face = _part(definitions, "RuleModel", FACE_FIELDS)
    fields = _part(definitions, "RuleModel", set(rules["properties"]) - {"id", "variants"})
    change["properties"] = {**fields["properties"], **change["properties"]}
    change["properties"]["variants"] = {"type": "object", "additionalProperties": face}
    change["additionalProperties"] = False
    for model in (schema, definitions["DatedModel"]):
        model["properties"]["add"] = {"type": "array", "items": {"$ref": "#/$defs/RuleModel"}}
    return schema


def _part(definitions: Mapping[str, Any], model: str, fields: Any) -> _Schema:
    properties = definitions[model]["properties"]
    chosen = {name: entry for name, entry in properties.items() if name in fields}
    return {"type": "object", "properties": chosen, "additionalProperties": False}


def _conditions(catalogue: Catalogue) -> dict[str, _Schema]:
    """The grammar of conditions, with what each fact may be compared with."""
    facts = {
        name: _test(spec.type, [value for value in spec.words if isinstance(value, str)])
        for name, spec in catalogue.facts.items()
    }
    yes_no = [name for name, spec in catalogue.facts.items() if spec.type == "yes_no"]
    several = {"type": "array", "items": _CONDITION, "minItems": 1}
    numbers = {key: {"type": "integer"} for key in ("at_least", "at_most", "less_than", "more_than", "is")}
    counted = {
        "type": "object",
        "properties": {**numbers, "where": _CONDITION},
        "required": ["where"],
        "additionalProperties": False,
    }
    quantifiers = dict.fromkeys(("not", "any_member", "no_member", "all_members"), _CONDITION)
    keys = {
        "all": several,
        "any": several,
        **quantifiers,
        "count_members": counted,
        "event": _one_or_more([*catalogue.codes.events, *catalogue.codes.event_groups]),
        **facts,
    }
    return {
        "condition": {
            "description": "A yes_no fact that must be true, `true`, or one key with its test.",
            "anyOf": [
                {"const": True},
                {"enum": yes_no},
                {
                    "type": "object",
                    "properties": keys,
                    "additionalProperties": False,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        },
        "bounds": {
            "type": "object",
            "properties": numbers,
            "additionalProperties": False,
            "minProperties": 1,
        },
        "period": _of(PeriodModel),
    }


def _one_or_more(options: list[str]) -> _Schema:
    one = {"enum": options}
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _test(kind: str, options: list[str]) -> _Schema:
    if kind == "yes_no":
        return {"type": "boolean"}
    if kind == "number":
        return {"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/bounds"}]}
    if kind == "choice":
        return _one_or_more(options)
    if kind in ("choices", "texts"):
        value = _one_or_more(options) if options else {"type": ["string", "array"]}
        return {"type": "object", "properties": {"has": value}, "additionalProperties": False}
    counted = [*AGE_KINDS, "days_ago", "days_until", "months_ago", "months_until"]
    tests: _Schema = {name: {"$ref": "#/$defs/bounds"} for name in counted}
    tests |= {name: {"type": "string", "format": "date"} for name in ("on_or_after", "before")}
    tests |= {"within": {"$ref": "#/$defs/period"}, "at": {"type": "string"}}
    return {"type": "object", "properties": tests, "additionalProperties": False}


def _case(catalogue: Catalogue) -> _Schema:
    """CASE.yaml; a fact is a bare value, {value, source} or {unknown: true}."""

    def facts(scope: str) -> _Schema:
        names = {
            spec.name: {"description": f"{spec.label.ja} / {spec.label.en}"}
            for spec in catalogue.facts.values()
            if spec.scope == scope
        }
        return {"type": "object", "properties": names, "additionalProperties": False}

    member = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "facts": facts("person")},
        "required": ["id"],
        "additionalProperties": False,
    }
    properties = {
        "title": {"type": "string"},
        "municipality": {"type": "string", "pattern": r"^\d{6}$"},
        "date": {"type": "string", "format": "date"},
        "event": _one_or_more(list(catalogue.codes.events)),
        "facts": facts("household"),
        "dates": {"type": "object", "properties": {event: {} for event in catalogue.codes.events}},
        "household": {"type": "array", "items": member, "minItems": 1},
        "expect": {"type": "object"},
        "focus": {"type": "array", "items": {"type": "string"}},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": ["municipality", "date", "event", "household"],
        "additionalProperties": False,
    }
