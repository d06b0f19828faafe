"""The JSON Schemas are those that the command writes, accept every shipped file, and refuse slips."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from procedures.reading.data_files import DATA
from procedures.reading.json_schema import schemas
from procedures.reading.loading import load_catalogue
from procedures.reading.yaml_lines import read_yaml

CASES = Path(__file__).parent / "cases"
MADE = {name: json.loads(text) for name, text in schemas(load_catalogue()).items()}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str, date),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def fits(schema: Any, value: Any, root: Any) -> bool:
    """Whether a value fits a schema, as far as our schemas use the language."""
    if schema is True or schema == {}:
        return True
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return fits(target, value, root)
    if "anyOf" in schema and not any(fits(one, value, root) for one in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(fits(one, value, root) for one in schema["oneOf"]) != 1:
        return False
    if not all(fits(one, value, root) for one in schema.get("allOf", [])):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and (value not in schema["enum"] or isinstance(value, bool)):
        return False
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        kinds = tuple(kind for name in names for kind in _TYPES[name])
        if not isinstance(value, kinds) or (isinstance(value, bool) and "boolean" not in names):
            return False
    if isinstance(value, dict):
        return _object_fits(schema, value, root)
    if isinstance(value, list):
        least = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return least and all(fits(schema.get("items", True), one, root) for one in value)
    if isinstance(value, str) and "pattern" in schema:
        return re.search(schema["pattern"], value) is not None
    return True


def _object_fits(schema: Any, value: dict[Any, Any], root: Any) -> bool:
    properties = schema.get("properties", {})
    if not set(schema.get("required", ())) <= set(value):
        return False
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        return False
    more = schema.get("additionalProperties", True)
    for key, entry in value.items():
        below = properties.get(str(key), more)
        if below is False or not fits(below, entry, root):
            return False
    return True


def kind_of(path: Path) -> str:
    """The schema for a file of the rule data."""
    folder = path.parent.name
    return {"national": "rules", "facts": "facts", "cases": "case"}.get(folder, path.stem) + ".schema.json"


FILES = sorted(DATA.rglob("*.yaml")) + sorted(CASES.glob("h*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_shipped_files_fit(path: Path) -> None:
    schema = MADE[kind_of(path)]
    assert fits(schema, read_yaml(path).data, schema)


def test_the_shipped_schemas_are_those_that_the_command_writes() -> None:
    shipped = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in (DATA / "schema").iterdir()
    }
    assert shipped == MADE, "run: kakanai procedures schema"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("national/1_residence.yaml", "scope: person", "scope: persons"),
        ("national/1_residence.yaml", "when: moves", "when: moved"),
        ("national/1_residence.yaml", "legal_age: {at_least: 15}", "legal_age: {atleast: fifteen}"),
        ("national/1_residence.yaml", "legal_age: {at_least: 15}", "age: {at_least: 15}"),
        ("national/1_residence.yaml", "klass: N", "klass: X"),
        ("national/1_residence.yaml", "order: 10", "oder: 10"),
        ("facts/2_person.yaml", "type: yes_no", "type: yesno"),
        ("municipalities/992011/overlay.yaml", "closed_weekdays: [5, 6]", "closed_weekdays: [5, 7, sunday]"),
        ("municipalities/992011/overlay.yaml", "procedures:\n", "procedures:\n  R010: {dedline: {}}\n"),
        ("codes.yaml", "ja: 国内転入", "jp: 国内転入"),
    ],
)
def test_a_slip_does_not_fit(file: str, old: str, new: str) -> None:
    text = (DATA / file).read_text(encoding="utf-8")
    assert old in text, "the test no longer fits the data"
    schema = MADE[kind_of(DATA / file)]
    assert not fits(schema, yaml.load(text.replace(old, new, 1), Loader=yaml.CSafeLoader), schema)
