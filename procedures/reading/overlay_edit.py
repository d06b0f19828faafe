"""Changing single values of an overlay's text: everything else in the file, comments and order included,
stays as a person wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

import yaml

from procedures.reading.overlay_anchors import CannotPut as CannotPut
from procedures.reading.overlay_anchors import flow, unshared
from procedures.reading.yaml_lines import CatalogueInvalid, Place, read_text, value_at

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SECTIONS = frozenset({"departments", "settings", "derive", "procedures", "changes", "confirmed"})
_NULL = "tag:yaml.org,2002:null"


def put(text: str, place: Place, value: Any) -> str:
    """`text` with `value` (a scalar, list or mapping) at `place`, a path of keys and indexes.

    It takes the place of what stands there; keys that are missing on the way are added. What stood there for
    other lines too, by an anchor, stays for them.

    Raises CannotPut for a text that is not YAML, for a place that leads through a single value, and wherever
    the outcome would differ in anything else.
    """
    before = _data(text)
    if value_at(before, place) == value:
        return text
    wanted = _with(before, place, value)
    changed = _written(unshared(text, place), place, value)
    if _data(changed) != wanted:
        raise CannotPut(f"{'.'.join(map(str, place))} cannot be changed by itself")
    return changed


def lay(text: str, place: Place, value: Mapping[str, Any]) -> str:
    """`text` with a mapping laid over the one at `place`: only values that differ are written; as put()."""
    standing = value_at(_data(text), place)
    if not isinstance(standing, dict):
        return put(text, place, dict(value))
    for key, part in value.items():
        write = lay if isinstance(part, Mapping) else put
        text = write(text, (*place, key), part)
    return text


def drop(text: str, place: Place) -> str:
    """`text` without the entry at `place`; what it stood in stays, even when nothing else does. A text
    without that entry comes back as it is. Raises CannotPut as put() does.
    """
    before = _data(text)
    if value_at(before, place) is None:
        return text
    wanted = _without(before, place)
    text = unshared(text, place)
    around, entry = _around(text, place)
    if len(around.value) == 1:
        key = _around(text, place[:-1])[1] if len(place) > 1 else None
        key_node = key[0] if isinstance(key, tuple) else None
        changed = _replaced(text, key_node, around, "[]" if isinstance(around, yaml.SequenceNode) else "{}")
    else:
        changed = _cut(text, around, entry)
    if _data(changed) != wanted:
        raise CannotPut(f"{'.'.join(map(str, place))} cannot be taken away by itself")
    return changed


def append(text: str, place: Place, value: Any) -> str:
    """`text` with `value` as the last entry of the list at `place`, which may be missing.

    Raises CannotPut as put() does.
    """
    standing = value_at(_data(text), place)
    if standing is None and len(place) == 1:
        changed = f"{text.rstrip()}\n\n{flow(place[0])}:\n" + _item(value, "  ") + "\n"
        if _data(changed) != _with(_data(text), place, [value]):
            raise CannotPut(f"nothing can be added to {place[0]}")
        return changed
    if not standing:
        return put(text, place, [value])
    wanted = _with(_data(text), place, [*standing, value])
    text = unshared(text, place)
    items = _around(text, (*place, 0))[0]
    last = items.value[-1]
    if items.flow_style:
        at = last.end_mark.index
        changed = text[:at] + ", " + flow(value) + text[at:]
    else:
        at = _line_end(text, _end(text, None, last))
        changed = text[:at] + "\n" + _item(value, " " * items.start_mark.column) + text[at:]
    if _data(changed) != wanted:
        raise CannotPut(f"nothing can be added to {'.'.join(map(str, place))}")
    return changed


def for_day(text: str, day: date) -> tuple[str, int]:
    """`text` with an entry of `changes` for `day`, and its index there. Raises CannotPut."""
    before = _data(text)
    entries = before.get("changes") or []
    days = [entry["effective_from"] for entry in entries]
    if day in days:
        return text, days.index(day)
    index = sum(known < day for known in days)
    wanted = deepcopy(before)
    wanted["changes"] = [*entries[:index], {"effective_from": day}, *entries[index:]]
    if entries:
        changed = _inserted(text, index, day)
    else:
        changed = text.rstrip("\n") + f"\n\nchanges:\n  - effective_from: {day.isoformat()}\n"
    if _data(changed) != wanted:
        raise CannotPut("`changes` is written in a way that no entry can be added to; edit the text")
    return changed, index


def _data(text: str) -> dict[str, Any]:
    try:
        data = read_text(text, "overlay.yaml").data
    except CatalogueInvalid as error:
        raise CannotPut(str(error)) from error
    if not isinstance(data, dict):
        raise CannotPut("an overlay is a mapping")
    return data


def _with(data: Any, place: Place, value: Any) -> Any:
    """A copy of `data` with `value` at `place`."""
    if not place:
        return deepcopy(value)
    key, rest = place[0], place[1:]
    if isinstance(data, list):
        if not isinstance(key, int) or key >= len(data):
            raise CannotPut(f"there is no entry {key}")
        return [_with(one, rest, value) if index == key else one for index, one in enumerate(data)]
    if isinstance(key, int) or (data is not None and not isinstance(data, dict)):
        raise CannotPut(f"{key} stands below a single value")
    known = data or {}
    return {**known, key: _with(known.get(key), rest, value)}


def _item(value: Any, indent: str) -> str:
    """An entry of a block list: what has many keys has one on each line."""
    if not isinstance(value, dict) or len(value) <= 4:
        return f"{indent}- {flow(value)}"
    lines = [f"{indent}  {flow(key)}: {flow(part)}" for key, part in value.items()]
    return "\n".join([f"{indent}- {lines[0].lstrip()}", *lines[1:]])


def _without(data: Any, place: Place) -> Any:
    """A copy of `data` without the entry at `place`, which is there."""
    key, rest = place[0], place[1:]
    if isinstance(data, list):
        return [
            _without(one, rest) if index == key else one
            for index, one in enumerate(data)
            if rest or index != key
        ]
    if rest:
        return {**data, key: _without(data[key], rest)}
    return {name: one for name, one in data.items() if name != key}


def _around(text: str, place: Place) -> tuple[Any, Any]:
    """The collection in which `place` stands, and its entry there: (key, value) of a mapping, or a value."""
    node: Any = yaml.compose(text, Loader=_Loader)
    for part in place[:-1]:
        found = _child(node, part)
        if found is None:
            raise CannotPut(f"there is no entry {part}")
        node = found[1]
    if isinstance(node, yaml.MappingNode):
        return node, next(one for one in node.value if one[0].value == str(place[-1]))
    return node, node.value[int(place[-1])]


def _cut(text: str, around: Any, entry: Any) -> str:
    """The text without one entry of several: in braces with its comma, in a block with its lines."""
    key, value = entry if isinstance(entry, tuple) else (None, entry)
    first = (key or value).start_mark.index
    if around.flow_style:
        following = [one for one in around.value if one is not entry]
        starts = [(one[0] if isinstance(one, tuple) else one).start_mark.index for one in following]
        later = [start for start in starts if start > first]
        if later:
            return text[:first] + text[min(later) :]
        before = max(following, key=lambda one: (one[0] if isinstance(one, tuple) else one).start_mark.index)
        end = (before[1] if isinstance(before, tuple) else before).end_mark.index
        return text[:end] + text[value.end_mark.index :]
    start = text.rfind("\n", 0, first) + 1
    return text[:start] + text[_line_end(text, _end(text, key, value)) + 1 :]


def _written(text: str, place: Place, value: Any) -> str:
    node: Any = yaml.compose(text, Loader=_Loader)
    key_node: Any = None
    depth = 0
    for part in place:
        found = _child(node, part)
        if found is None:
            break
        key_node, node = found
        depth += 1
    if depth == len(place):
        return _replaced(text, key_node, node, flow(value))
    for part in reversed(place[depth + 1 :]):
        value = {part: value}
    key = place[depth]
    entry = f"{flow(key)}: {flow(value)}"
    if isinstance(node, yaml.ScalarNode) and node.tag == _NULL:
        return _replaced(text, key_node, node, "{" + entry + "}")
    if not isinstance(node, yaml.MappingNode):
        raise CannotPut(f"{key} stands below a single value")
    if node.flow_style:
        at = node.value[-1][1].end_mark.index if node.value else node.start_mark.index + 1
        return text[:at] + (", " if node.value else "") + entry + text[at:]
    indent = " " * node.value[0][0].start_mark.column
    if key in _SECTIONS and isinstance(value, dict):
        lines = [f"{indent}{key}:"]
        lines += [f"{indent}  {flow(name)}: {flow(part)}" for name, part in value.items()]
    else:
        lines = [indent + entry]
    at = _line_end(text, _end(text, *node.value[-1]))
    return text[:at] + "\n" + "\n".join(lines) + text[at:]


def _child(node: Any, part: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


def _replaced(text: str, key: Any, node: Any, new: str) -> str:
    """A value on the line of its key stays there; a block below its key becomes one line beside it."""
    start, end = node.start_mark.index, node.end_mark.index
    block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if key is not None and (block or start == end):
        start, end = text.index(":", key.end_mark.index) + 1, _end(text, key, node)
        new = " " + new
    return text[:start] + new + text[end:]


def _end(text: str, key: Any, node: Any) -> int:
    """Where the last character of a value stands; comments after it do not belong to it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return _end(text, *node.value[-1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _end(text, None, node.value[-1])
    if node.start_mark.index == node.end_mark.index and key is not None:
        return text.index(":", int(key.end_mark.index)) + 1
    found = text[: node.end_mark.index]
    folded = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return len(found.rstrip()) if folded else len(found)


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _inserted(text: str, index: int, day: date) -> str:
    """A new entry of the block list `changes`, before entry `index` or at its end."""
    root: Any = yaml.compose(text, Loader=_Loader)
    found = _child(root, "changes")
    if found is None or found[1].flow_style:
        raise CannotPut("`changes` is written on one line; edit the text")
    items = found[1].value
    first = items[0].start_mark.index
    dash = text.rindex("-", 0, first)
    line = f"{' ' * (dash - text.rfind(chr(10), 0, dash) - 1)}- effective_from: {day.isoformat()}"
    if index == 0:
        start = text.rfind("\n", 0, dash) + 1
        return text[:start] + line + "\n" + text[start:]
    at = _line_end(text, _end(text, None, items[index - 1]))
    return text[:at] + "\n" + line + text[at:]
