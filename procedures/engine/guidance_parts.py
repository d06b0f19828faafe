"""The small parts of a guidance: what a procedure costs, its forms, and what cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from procedures.terms.text import Text


@dataclass(frozen=True, slots=True)
class Fee:
    """What a procedure costs; yen None: not known here."""

    yen: int | None
    per: Text | None = None
    note: Text | None = None

    def to_dict(self) -> dict[str, Any]:
        """{yen, per, note}."""
        return {
            "yen": self.yen,
            "per": self.per.to_dict() if self.per else None,
            "note": self.note.to_dict() if self.note else None,
        }


@dataclass(frozen=True, slots=True)
class Form:
    """A form that is filled in for a procedure."""

    id: str
    name: Text

    def to_dict(self) -> dict[str, Any]:
        """{id, name}."""
        return {"id": self.id, "name": self.name.to_dict()}


@dataclass(frozen=True, slots=True)
class Conflict:
    """Facts that cannot be together; said to staff. `person_ids` is empty for the household."""

    id: str
    text: Text
    person_ids: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """{id, text, person_ids}."""
        return {"id": self.id, "text": self.text.to_dict(), "person_ids": list(self.person_ids)}
