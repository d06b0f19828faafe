"""Between a core's wire form and our models: code tables, and nothing lost on the way.

Wire form: the models' own JSON, except that a coded field `x` travels as `x_code`. A code that the table
does not know, and a field that the models do not know, are kept raw in `Resident.unmapped` and read
不明コード(raw); a missing or ill-typed field is a ValueError (pydantic's), which adapters turn into
CoreMalformed. Unknown codes fall to the careful side: protection and residence kind to "unknown", sex to
"0", what other departments know to None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from core_adapter.models import Address, DateValue, Household, Known, Name, Notification, Record, Resident

CODES = Path(__file__).parent / "data" / "codes.yaml"
Column = Literal["standard", "vendor"]
Wire = dict[str, Any]
_LONG_NUMBER = re.compile(r"\d(?:[\s\-－‐]?\d){10,}")
R = TypeVar("R", bound=Record)

_RESIDENT_CODES = {"sex": "0", "residence_kind": "unknown", "protection": "unknown"}
_KNOWN_CODES = {"pension": None, "my_number_card": None}
_PARTS: list[tuple[str, type[Record]]] = [
    ("name", Name),
    ("birth", DateValue),
    ("address", Address),
    ("became_resident_on", DateValue),
]


class BadCodeTable(Exception):
    """The code table is wrong: the text says which file, which table and what."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    internal: str
    standard: str
    vendor: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    tables: dict[str, list[_Row]]


@dataclass(frozen=True)
class Codes:
    """One column of the code tables, both ways."""

    to_code: Mapping[str, Mapping[str, str]]
    from_code: Mapping[str, Mapping[str, str]]

    def encode(self, table: str, term: str) -> str:
        """The core's code for one of our terms. ValueError when the table has none (the term is not sent)."""
        try:
            return self.to_code[table][term]
        except KeyError:
            raise ValueError(f"no code in table {table}") from None

    def decode(self, table: str, code: object) -> str | None:
        """Our term for the core's code, or None."""
        return self.from_code[table].get(code) if isinstance(code, str) else None


@lru_cache(maxsize=8)
def load_codes(column: Column, path: Path = CODES) -> Codes:
    """The tables of `path` for one column. BadCodeTable also when a term or a code stands twice."""
    try:
        tables = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).tables
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadCodeTable(f"{path}: {error}") from error
    to_code: dict[str, dict[str, str]] = {}
    from_code: dict[str, dict[str, str]] = {}
    for table, rows in tables.items():
        to_code[table] = {row.internal: getattr(row, column) for row in rows}
        from_code[table] = {getattr(row, column): row.internal for row in rows}
        if not len(rows) == len(to_code[table]) == len(from_code[table]):
            raise BadCodeTable(f"{path}: table {table}, column {column}: a term or code stands twice")
    return Codes(to_code, from_code)


def resident_to_wire(resident: Resident, codes: Codes) -> Wire:
    """The resident as the core tells them. What was unmapped when it came in is not sent again."""
    wire: Wire = resident.model_dump(mode="json", exclude={"unmapped"})
    for table in _RESIDENT_CODES:
        wire[f"{table}_code"] = codes.encode(table, wire.pop(table))
    for table in _KNOWN_CODES:
        term = wire["known"].pop(table)
        wire["known"][f"{table}_code"] = None if term is None else codes.encode(table, term)
    return wire


def resident_from_wire(wire: Mapping[str, Any], codes: Codes) -> Resident:
    """One resident of a reply. ValueError when a required field is missing or of the wrong kind."""
    return strictly(Resident, _resident_data(wire, codes))


def household_from_wire(wire: Mapping[str, Any], codes: Codes) -> Household:
    """A household of a reply. ValueError also when a member belongs to another household or stands twice."""
    members = wire.get("members")
    if not isinstance(members, list):
        raise ValueError("members is not a list")
    household = strictly(
        Household,
        {
            **pick(Household, wire),
            "address": pick(Address, _mapping(wire.get("address"))),
            "members": [_resident_data(_mapping(member), codes) for member in members],
        },
    )
    ids = [member.resident_id for member in household.members]
    if len(set(ids)) != len(ids) or (household.head_id is not None and household.head_id not in ids):
        raise ValueError("a member stands twice, or the head is not a member")
    if any(member.household_id != household.household_id for member in household.members):
        raise ValueError("a member of another household")
    return household


def strictly(model: type[R], data: Mapping[str, Any]) -> R:
    """data, as a JSON reply has it, as a model, without coercing: "1" is not 1 and 1 is not true."""
    return model.model_validate_json(json.dumps(data), strict=True)


def pick(model: type[Record], data: Mapping[str, Any]) -> Wire:
    """The part of data that the model knows: for envelopes, where more fields than ours are no loss."""
    return {key: value for key, value in data.items() if key in model.model_fields}


def _resident_data(wire: Mapping[str, Any], codes: Codes) -> Wire:
    unmapped: list[dict[str, str]] = []
    data = dict(wire)
    for table, fallback in _RESIDENT_CODES.items():
        data[table] = _decoded(data, table, fallback, codes, unmapped)
    known = dict(_mapping(data.get("known", {})))
    for known_table, known_fallback in _KNOWN_CODES.items():
        known[known_table] = _decoded(known, known_table, known_fallback, codes, unmapped)
    data["known"] = _closed(Known, known, "known.", unmapped)
    for part, model in _PARTS:
        data[part] = _closed(model, _mapping(data.get(part)), f"{part}.", unmapped)
    return {**_closed(Resident, data, "", unmapped), "unmapped": unmapped}


def notification_to_wire(notification: Notification, codes: Codes) -> Wire:
    """The notification as the core takes it. ValueError when a term has no code for this core."""
    wire: Wire = notification.model_dump(mode="json")
    wire["kind_code"] = codes.encode("kind", wire.pop("kind"))
    wire["reason_code"] = codes.encode("reason", wire.pop("reason"))
    for subject in wire["subjects"]:
        subject["sex_code"] = codes.encode("sex", subject.pop("sex"))
        pension = subject["notes"].pop("pension")
        subject["notes"]["pension_code"] = None if pension is None else codes.encode("pension", pension)
    return wire


def notification_from_wire(wire: Mapping[str, Any], codes: Codes) -> Notification:
    """The core's end of `notification_to_wire`: strict, so unknown codes and fields are a ValueError."""
    data: Wire = json.loads(json.dumps(wire))
    for table in ("kind", "reason"):
        data[table] = _required(codes, table, data.pop(f"{table}_code", None))
    for subject in data.get("subjects", []):
        subject["sex"] = _required(codes, "sex", _mapping(subject).pop("sex_code", None))
        notes = subject["notes"] = _mapping(subject.get("notes", {}))
        pension = notes.pop("pension_code", None)
        notes["pension"] = None if pension is None else _required(codes, "pension", pension)
    return strictly(Notification, data)


def _required(codes: Codes, table: str, code: object) -> str:
    term = codes.decode(table, code)
    if term is None:
        raise ValueError(f"unknown code in {table}")
    return term


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _decoded(
    data: Wire, table: str, fallback: str | None, codes: Codes, unmapped: list[dict[str, str]]
) -> str | None:
    """Takes `<table>_code` out of data. An absent or null code is the fallback and nothing to report."""
    code = data.pop(f"{table}_code", None)
    term = codes.decode(table, code)
    if term is not None:
        return term
    if code is not None:
        unmapped.append({"field": table, "raw": _raw(code)})
    return fallback


def _closed(
    model: type[Record], data: Mapping[str, Any], prefix: str, unmapped: list[dict[str, str]]
) -> Wire:
    """The part of data that the model knows; the rest is put down as unmapped."""
    for key in data.keys() - model.model_fields.keys():
        unmapped.append({"field": f"{prefix}{key}"[:100], "raw": _raw(data[key])})
    return pick(model, data)


def _raw(value: object) -> str:
    """The value as text, without long numbers: 個人番号 must come in by no door (番号法20条)."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _LONG_NUMBER.sub("（数字を削除）", text)[:400]
