"""Reads a YAML file of this package into a model; a mistake is reported with its file and line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


class BadDataFile(ValueError):
    """A data file that nothing can start with; the text is `file:line: what is wrong`, one a line."""


def load(path: Path, model: type[M]) -> M:
    """`path` as `model`. Raises BadDataFile: unreadable file, bad YAML, a key given twice, a bad value."""
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataFile(f"{path}:1: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        # Without its cause, which quotes the line.
        raise BadDataFile(f"{path}:{line}: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        # Bytes that are no text, of which the parser sees nothing: it knows the place and no line.
        line = text[: error.position].count("\n") + 1
        raise BadDataFile(f"{path}:{line}: {error.reason}") from None
    twice = [f"{path}:{line}: {key} is given twice" for key, line in _repeated_keys(root)]
    if twice:
        raise BadDataFile("\n".join(twice))
    try:
        # Strict, so that a PIN or a date without quotes is refused and not turned into another value;
        # through JSON, because only there does strict take a list for a tuple or a set.
        return model.model_validate_json(json.dumps(document, default=str), strict=True)
    except ValidationError as error:
        # The offending value stays out of the text: a persona's PIN may be the offender.
        found = [
            f"{path}:{_line_of(root, item['loc'])}: {'.'.join(map(str, item['loc']))}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        ]
        raise BadDataFile("\n".join(found)) from None


def _repeated_keys(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item)


def _line_of(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """The line of the innermost node on the way to `location` that the file really has."""
    line = 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
