"""Anchors and aliases of an overlay's text: a value that several lines share is given to one line alone, so
that it can be changed there and stays for the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from procedures.reading.yaml_lines import Place, read_text, value_at

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ANCHOR = re.compile(r"[ \t]*&[^\s,\[\]{}]+([ \t]*)")


class CannotPut(ValueError):
    """The value cannot be written there without rewriting what a person wrote; edit the text instead."""


@dataclass(slots=True)
class _Spot:
    """An alias, or a value with an anchor; `used` are the aliases that mean it."""

    place: Place
    start: int
    end: int
    anchor: str
    alias: bool
    used: list[_Spot] = field(default_factory=list)


def unshared(text: str, place: Place) -> str:
    """`text` with the same data, where nothing on the way to `place`, and nothing below it, is shared with
    another line: an alias on the way becomes a copy, and an anchor goes to the first line that refers to it.
    Comments stay where they are.
    """
    while (changed := _once(text, place)) is not None:
        text = changed
    return text


def flow(value: Any) -> str:
    """`value` on one line, as it may stand inside braces."""
    dumped: str = yaml.safe_dump(
        [value], default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**9
    )
    return dumped.strip()[1:-1]


def _once(text: str, place: Place) -> str | None:
    """One value less that is shared; None when there is none."""
    for spot in _spots(text):
        on_the_way = place[: len(spot.place)] == spot.place
        below = spot.place[: len(place)] == place
        if on_the_way and spot.alias:
            return _copied(text, spot, "")
        if (on_the_way or below) and spot.anchor and not spot.alias:
            return _moved(text, spot)
    return None


def _copied(text: str, spot: _Spot, anchor: str) -> str:
    value = value_at(read_text(text, "overlay.yaml").data, spot.place)
    return text[: spot.start] + anchor + flow(value) + text[spot.end :]


def _moved(text: str, spot: _Spot) -> str:
    """The anchor goes to the first alias that means it; without one it is gone."""
    if spot.used:
        text = _copied(text, spot.used[0], f"&{spot.anchor} ")
    found = _ANCHOR.match(text, spot.start)
    if found is None:  # a tag stands before it
        raise CannotPut(f"the anchor {spot.anchor} cannot be taken from its line")
    ends_line = text[found.end() : found.end() + 1] in ("", "\n", "\r")
    start = len(text[: spot.start].rstrip(" \t")) if ends_line else spot.start
    return text[:start] + text[found.end() :]


def _spots(text: str) -> list[_Spot]:
    """Every anchor and alias in the order of the text."""
    found: list[_Spot] = []
    known: dict[str, _Spot] = {}
    walk = _Walk()
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionEndEvent):
            walk.leave()
        if not hasattr(event, "anchor"):
            continue
        alias = isinstance(event, yaml.AliasEvent)
        place = walk.enter(event)
        if event.anchor is None or place is None:
            continue
        name, start, end = str(event.anchor), event.start_mark, event.end_mark
        spot = _Spot(place, start.index, end.index, name, alias)
        found.append(spot)
        if not alias:
            known[name] = spot
        elif name in known:
            known[name].used.append(spot)
    return found


@dataclass(slots=True)
class _Walk:
    """Where in the data the parser is; for each open collection: its place, how many values it has had, and
    for a mapping the key that waits for its value.
    """

    open: list[list[Any]] = field(default_factory=list)

    def enter(self, event: Any) -> Place | None:
        """The place of the value that begins, None for a key."""
        place: Place | None = ()
        if self.open:
            place = self._next(self.open[-1], event)
        if isinstance(event, yaml.CollectionStartEvent):
            self.open.append([place or (), isinstance(event, yaml.MappingStartEvent), 0, None])
        return place

    def leave(self) -> None:
        """The collection that was begun last is over."""
        self.open.pop()

    @staticmethod
    def _next(around: list[Any], event: Any) -> Place | None:
        place, mapping, count, key = around
        around[2] += 1
        if not mapping:
            return (*place, count)
        if count % 2 == 0:
            around[3] = getattr(event, "value", None)
            return None
        return (*place, key)
