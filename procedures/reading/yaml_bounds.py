"""How deep and how large a text may be before it is built: what a person typed must not stop the process."""

from __future__ import annotations

from typing import Any

import yaml

DEPTH = 40
VALUES = 100_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class OutOfBoundsError(ValueError):
    """The text is YAML, but cannot be built; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def keep_within(text: str) -> None:
    """Raises OutOfBoundsError for values that stand deeper than DEPTH, for more than VALUES of them once
    every alias is written out, and for an alias inside its own anchor; yaml.YAMLError as the parser does.

    Reads events, which takes no memory and no recursion however the text is made.
    """
    sizes: dict[str, int] = {}
    # The values in each collection that is open, and its anchor.
    within: list[list[Any]] = [[0, None]]
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for _, anchor in within):
                raise OutOfBoundsError(line, f"the alias {event.anchor} stands inside itself")
            within[-1][0] += sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            within[-1][0] += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            within.append([1, event.anchor])
            if len(within) > DEPTH:
                raise OutOfBoundsError(line, f"values stand more than {DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            size, anchor = within.pop()
            within[-1][0] += size
            if anchor:
                sizes[anchor] = size
        if within[-1][0] > VALUES:
            raise OutOfBoundsError(line, f"more than {VALUES} values")
