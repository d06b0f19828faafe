"""events.yaml, read once: every event, its fields, and which of them are personal."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True)
class EventKind:
    """One kind of event. `personal` fields are stored as ciphertext only."""

    name: str
    meaning_ja: str
    meaning_en: str
    fields: frozenset[str]
    personal: frozenset[str]


class UnknownEventError(KeyError):
    """The event or one of its fields is not in events.yaml."""


@cache
def event_kinds() -> dict[str, EventKind]:
    """All events by name."""
    raw = yaml.safe_load((Path(__file__).parent / "events.yaml").read_text(encoding="utf-8"))
    return {
        name: EventKind(
            name=name,
            meaning_ja=spec["ja"],
            meaning_en=spec["en"],
            fields=frozenset(spec.get("fields", [])),
            personal=frozenset(spec.get("personal", [])),
        )
        for name, spec in raw["events"].items()
    }


def kind_of(event: str, given: set[str]) -> EventKind:
    """The event's kind. Raises UnknownEventError for an undeclared event or field."""
    kind = event_kinds().get(event)
    if kind is None:
        raise UnknownEventError(event)
    undeclared = given - kind.fields - kind.personal
    if undeclared:
        raise UnknownEventError(f"{event}: {', '.join(sorted(undeclared))}")
    return kind
