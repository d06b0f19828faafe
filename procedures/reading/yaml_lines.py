"""YAML with the line of every value, so that a fault in a rule can be reported where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from procedures.reading.yaml_bounds import OutOfBoundsError, keep_within

Place = tuple[str | int, ...]
_M = TypeVar("_M", bound=BaseModel)
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING = "tag:yaml.org,2002:str"
_resolved: dict[tuple[Any, Any, Any], Any] = {}


class _Loader(_Base):  # type: ignore[misc]
    """Finds the type of a value once per spelling: the same few words stand in every file thousands of
    times, and finding it is most of the time that reading takes.
    """

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        key = (kind, value, implicit)
        found = _resolved.get(key)
        if found is None:
            found = _resolved[key] = super().resolve(kind, value, implicit)
        return found


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a data file; `line` counts from 1, 0 when the whole file is meant."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class CatalogueInvalid(ValueError):
    """The rule data cannot be used; carries every problem found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Located:
    """The data of one file and the line of every place in it (a place is the path of keys and indexes)."""

    file: str
    data: Any
    lines: dict[Place, int] = field(repr=False)

    def line(self, place: Place) -> int:
        """Line of the place, or of the nearest place above it that exists in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, message: str) -> Problem:
        """A problem at that place."""
        return Problem(self.file, self.line(place), message)


def read_yaml(path: Path, shown_as: str | None = None) -> Located:
    """Read one file. Raises CatalogueInvalid for broken YAML, repeated keys, and keys that YAML 1.1 reads
    as true/false. The same text is read once; nobody may change what is handed out.
    """
    return read_plain(path.read_text(encoding="utf-8"), shown_as or str(path))


def read_plain(text: str, name: str) -> Located:
    """The text of a file called `name`; as read_yaml."""
    return _called(_read, text, name)


def needs_mapping(source: Located) -> Located:
    """`source` when it says something under names, as every data file does. Raises CatalogueInvalid."""
    if isinstance(source.data, dict):
        return source
    found = "nothing" if source.data is None else type(source.data).__name__
    expected = f"expected names with values (`name: value`), found {found}"
    raise CatalogueInvalid([Problem(source.file, 1, expected)])


def read_text(text: str, name: str) -> Located:
    """A text that a person typed, called `name`; as read_yaml, and within the bounds of yaml_bounds."""
    return _called(_read_bounded, text, name)


def _called(read: Callable[[str], Located], text: str, name: str) -> Located:
    try:
        return replace(read(text), file=name)
    except CatalogueInvalid as error:
        raise CatalogueInvalid([replace(problem, file=name) for problem in error.problems]) from error


@lru_cache(maxsize=64)
def _read_bounded(text: str) -> Located:
    try:
        keep_within(text)
    except OutOfBoundsError as error:
        raise CatalogueInvalid([Problem("", error.line, str(error))]) from error
    except yaml.YAMLError as error:
        raise CatalogueInvalid([_not_yaml(error)]) from error
    return _read(text)


@lru_cache(maxsize=1024)
def _read(text: str) -> Located:
    name = ""
    lines: dict[Place, int] = {}
    loader: Any = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        data = None if node is None else _build(loader, node, (), lines, name)
    except yaml.YAMLError as error:
        raise CatalogueInvalid([_not_yaml(error)]) from error
    finally:
        if loader is not None:
            loader.dispose()
    return Located(name, data, lines)


def _not_yaml(error: yaml.YAMLError) -> Problem:
    """Only the faults of single characters come without a line."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", "")
    return Problem("", mark.line + 1 if mark else 0, f"not YAML: {what}")


def forget() -> None:
    """Read every file anew from here on."""
    _read.cache_clear()
    _read_bounded.cache_clear()


def _build(loader: Any, node: Any, place: Place, lines: dict[Place, int], name: str) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        built: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _single(loader, key_node, name)
            line = key_node.start_mark.line + 1
            if isinstance(key, bool):
                raise CatalogueInvalid(
                    [Problem(name, line, "YAML reads this key as true or false; rename it")]
                )
            if key in built:
                raise CatalogueInvalid([Problem(name, line, f"the key {key} stands here twice")])
            lines[(*place, key)] = line
            built[key] = _build(loader, value_node, (*place, key), lines, name)
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, part, (*place, index), lines, name) for index, part in enumerate(node.value)]
    return _single(loader, node, name)


def _single(loader: Any, node: Any, name: str) -> Any:
    """The value of a key, or of a scalar, in its type."""
    if node.tag == _STRING:
        return node.value
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.ScalarNode):
        raise CatalogueInvalid([Problem(name, line, "a key is a single word")])
    try:
        return loader.construct_object(node)
    except ValueError as error:
        raise CatalogueInvalid([Problem(name, line, f"{node.value[:40]} cannot be read: {error}")]) from error


def value_at(data: Any, place: Place) -> Any:
    """What stands at `place` in data; None when nothing does."""
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


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
