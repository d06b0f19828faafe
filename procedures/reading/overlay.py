"""What a municipality has decided as of a day: its overlay with the dated changes laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from procedures.reading.yaml_lines import Place
from procedures.schema.overlays import DecisionsModel, DepartmentModel, OverlayModel
from procedures.terms.text import Text


@dataclass(slots=True)
class Change:
    """The changes to one rule: values by key, and where each stands in overlay.yaml."""

    fields: dict[str, Any] = field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    variant_places: dict[tuple[str, str], Place] = field(default_factory=dict)
    place: Place = ()
    disabled: Text | None = None


@dataclass(slots=True)
class Decisions:
    """Everything that counts from `since` (None: from ever) until the next change; places by key."""

    since: date | None
    departments: dict[str, tuple[DepartmentModel, Place]] = field(default_factory=dict)
    settings: dict[str, tuple[bool | int | str, Place]] = field(default_factory=dict)
    derive: dict[str, tuple[Any, Place]] = field(default_factory=dict)
    procedures: dict[str, Change] = field(default_factory=dict)
    add: list[tuple[Mapping[str, Any], Place]] = field(default_factory=list)
    confirmed: Mapping[str, date] = field(default_factory=dict)

    def take(self, model: DecisionsModel, place: Place) -> None:
        """Lay further decisions over these; `place` is where they stand in the file."""
        for name, department in model.departments.items():
            self.departments[name] = department, (*place, "departments", name)
        for name, value in model.settings.items():
            self.settings[name] = value, (*place, "settings", name)
        for name, derived in model.derive.items():
            self.derive[name] = derived, (*place, "derive", name)
        for name, changed in model.procedures.items():
            at = (*place, "procedures", name)
            entry = self.procedures.setdefault(name, Change())
            entry.place = at
            entry.disabled = changed.why.text() if changed.disabled and changed.why else None
            for key, value in (changed.model_extra or {}).items():
                entry.fields[key], entry.places[key] = value, (*at, key)
            for variant, fields in changed.variants.items():
                entry.variants.setdefault(variant, {}).update(fields)
                for key in fields:
                    entry.variant_places[variant, key] = (*at, "variants", variant, key)
        self.add += [(raw, (*place, "add", index)) for index, raw in enumerate(model.add)]


def periods(overlay: OverlayModel) -> list[Decisions]:
    """The decisions of each period in order; the first counts from ever, each later one includes those
    before it.
    """
    found = []
    for count in range(len(overlay.changes) + 1):
        decisions = Decisions(overlay.changes[count - 1].effective_from if count else None)
        decisions.take(overlay, ())
        decisions.confirmed = {name: entry.day for name, entry in overlay.confirmed.items()}
        for index, change in enumerate(overlay.changes[:count]):
            decisions.take(change, ("changes", index))
        found.append(decisions)
    return found
