"""What the layout engine takes: a form's content under the names that its layout uses, already in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from printing.forms.values import DateCell


@dataclass(frozen=True)
class Record:
    """Values by name: texts, dates, and for each group of check boxes the values that are ticked."""

    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    dates: Mapping[str, DateCell] = field(default_factory=dict, repr=False)
    checks: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Filled(Record):
    """One filled form. `rows` are the repeated records (one list a name); `missing` are the clusters
    without an exact glyph; `barcode` is what the code on every page starts with; `title` goes into the
    PDF's properties and names no person; `gloss` adds small English to the labels."""

    rows: Mapping[str, tuple[Record, ...]] = field(default_factory=dict, repr=False)
    missing: tuple[str, ...] = field(default=(), repr=False)
    barcode: str = ""
    title: str = ""
    gloss: Literal["en"] | None = None
