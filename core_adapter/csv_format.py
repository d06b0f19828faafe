"""Exchange files: CSV with a manifest, complete or not there at all, and never a character changed.

A file is published by writing it aside, syncing it and renaming it, then the same for its manifest, which
carries the number of rows and the SHA-256. A reader that finds no manifest finds no file; one whose
manifest does not fit what it read has met a file being replaced, or a damaged one, and says so.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

COLUMNS = Path(__file__).parent / "data" / "csv_columns.yaml"
RECORD = "レコード区分"
Wire = dict[str, Any]
Row = dict[str, str]


class NoFile(Exception):
    """Nothing of that name has been published."""


class BadFile(Exception):
    """Published, but not to be trusted: the code says why (incomplete, encoding, columns, value)."""


@dataclass(frozen=True)
class Column:
    """One heading and its place in the wire form."""

    heading: str
    path: tuple[str, ...]
    kind: str
    optional: bool


@dataclass(frozen=True)
class Published:
    """A whole file. as_of: the publisher's ISO 8601 moment. sha256 of the bytes."""

    rows: list[Row]
    as_of: str
    sha256: str


@lru_cache(maxsize=1)
def record_columns() -> Mapping[str, tuple[Column, ...]]:
    """The columns of each kind of record in data/csv_columns.yaml."""
    document: dict[str, dict[str, str]] = yaml.safe_load(COLUMNS.read_text(encoding="utf-8"))
    return {record: tuple(_column(*item) for item in columns.items()) for record, columns in document.items()}


def _column(heading: str, place: str) -> Column:
    path, _, kind = place.partition(" ")
    return Column(heading, tuple(path.split(".")), kind.rstrip("?") or "text", kind.endswith("?"))


def to_row(record: str, wire: Mapping[str, Any]) -> Row:
    """The cells of one record."""
    return {column.heading: _cell(_at(wire, column.path), column.kind) for column in record_columns()[record]}


def from_row(record: str, row: Mapping[str, str]) -> Wire:
    """The wire form of one record; columns of other headings stay as they are, under their heading.

    Raises BadFile("columns") when a heading is missing, BadFile("value") for a cell that is not of its kind.
    """
    wire: Wire = {}
    columns = record_columns()[record]
    if any(column.heading not in row for column in columns):
        raise BadFile("columns")
    for column in columns:
        target = wire
        for name in column.path[:-1]:
            target = target.setdefault(name, {})
        target[column.path[-1]] = _value(row[column.heading], column)
    known = {column.heading for column in columns}
    return wire | {heading: cell for heading, cell in row.items() if heading not in known}


def _at(wire: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = wire
    for name in path:
        value = value[name]
    return value


def _cell(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "bool":
        return "1" if value else "0"
    return "の".join(value) if kind == "chain" else str(value)


def _value(cell: str, column: Column) -> Any:
    if column.optional and cell == "":
        return None
    try:
        if column.kind == "bool":
            return {"1": True, "0": False}[cell]
        if column.kind == "int":
            return int(cell)
    except (KeyError, ValueError):
        raise BadFile("value") from None
    return cell.split("の") if column.kind == "chain" else cell


def to_bytes(headings: Iterable[str], rows: Iterable[Row]) -> bytes:
    """The CSV, UTF-8, CRLF, heading row first; a row leaves columns it does not have empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(headings), restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def publish(path: Path, content: bytes, rows: int, as_of: str) -> None:
    """Puts the file and then its manifest in place, durably."""
    manifest = {"rows": rows, "sha256": hashlib.sha256(content).hexdigest(), "as_of": as_of}
    _replace(path, content)
    _replace(manifest_of(path), json.dumps(manifest).encode())


def manifest_of(path: Path) -> Path:
    """Where the manifest of a file stands."""
    return path.with_name(path.name + ".ok")


def read(path: Path) -> Published:
    """The whole file. Raises NoFile, BadFile."""
    try:
        manifest = json.loads(manifest_of(path).read_bytes())
        content = path.read_bytes()
    except FileNotFoundError:
        raise NoFile from None
    except ValueError:
        raise BadFile("incomplete") from None
    digest = hashlib.sha256(content).hexdigest()
    if not isinstance(manifest, dict) or manifest.get("sha256") != digest:
        raise BadFile("incomplete")
    try:
        table = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    except UnicodeDecodeError:
        raise BadFile("encoding") from None
    except csv.Error:
        raise BadFile("columns") from None
    headings, *lines = table or [[]]
    if len(set(headings)) != len(headings) or any(len(line) != len(headings) for line in lines):
        raise BadFile("columns")
    if manifest.get("rows") != len(lines) or not isinstance(manifest.get("as_of"), str):
        raise BadFile("incomplete")
    return Published([dict(zip(headings, line, strict=True)) for line in lines], manifest["as_of"], digest)


def set_aside(path: Path) -> None:
    """Moves a file that has been read, manifest first, into done/ beside it."""
    done = path.parent / "done"
    done.mkdir(exist_ok=True)
    for part in (manifest_of(path), path):
        part.replace(done / part.name)


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # Without this the rename itself may be lost with the power.
        os.fsync(folder)
    finally:
        os.close(folder)
