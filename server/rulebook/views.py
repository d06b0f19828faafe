"""What the pages of the rules show beyond the versions themselves: what a draft is compared with, what it
changes, and the procedures to choose from.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import col, select

from procedures import Catalogue, Text
from procedures.pages.portrait import Part, Redrawn, in_force, portrait, redrawn
from server.db.context import Context
from server.db.uow import Unit
from server.kit.clock import today
from server.rulebook.current import Rulebook
from server.rulebook.models import OverlayVersion
from server.rulebook.queries import VersionView
from server.rulebook.reading import Reading, reading, shipped_text


@dataclass(frozen=True)
class Against:
    """What would count on a version's day without it; number None: the shipped file."""

    number: int | None
    text: str = field(repr=False)


@dataclass(frozen=True)
class DayChanges:
    """The procedures that a version describes differently from one day on."""

    day: date
    changed: tuple[Redrawn, ...]

    @property
    def together(self) -> list[list[Redrawn]]:
        """Those that change in the same way together: a department's new name concerns many."""
        found: dict[object, list[Redrawn]] = {}
        for one in self.changed:
            alone = one.kind != "changed"
            found.setdefault(one.id if alone else one.parts, []).append(one)
        return list(found.values())


@dataclass(frozen=True)
class Line:
    """One line of a comparison: sign "+", "-" or " "; `number` in the newer text, None for a line that is
    gone. A `gap` stands for the lines between.
    """

    sign: str
    number: int | None
    text: str
    gap: bool = False


@dataclass(frozen=True)
class Listed:
    """A procedure to choose; `why` when the municipality has taken it away."""

    id: str
    name: Text
    own: bool
    why: Text | None


@dataclass(frozen=True)
class Painted:
    """One part of a procedure in words; `before` is what it says without the version, `new`: it differs."""

    key: str
    variant: Text | None
    words: Text
    before: Text | None
    new: bool


def against(unit: Unit, ctx: Context, rulebook: Rulebook, version: VersionView) -> Against:
    """What would count on the version's day if it were not there; as server.rulebook.current chooses."""
    approved = _approved(unit, ctx)
    own = next((row.approval for row in approved if row.id == version.id), None)
    day = version.effective_from or today()
    for row in approved:
        earlier = own is None or (row.approval or 0) < own
        counts = row.effective_from is not None and row.effective_from <= day
        if earlier and counts and read(rulebook, row.content).catalogue is not None:
            return Against(row.number, row.content)
    return Against(None, shipped_text(rulebook.municipality, rulebook.files))


def waiting(unit: Unit, ctx: Context, day: date) -> list[int]:
    """Approved versions that begin on `day` or later: an approval for that day replaces them."""
    return sorted(
        row.number
        for row in _approved(unit, ctx)
        if row.effective_from is not None
        and row.effective_from >= max(day, today())
        and row.effective_from > today()
    )


def read(rulebook: Rulebook, text: str) -> Reading:
    """The rules with this overlay."""
    return reading(rulebook.municipality, text, rulebook.files)


def days(version: VersionView, *catalogues: Catalogue) -> list[date]:
    """The version's day, and every later one on which something that was entered ahead begins."""
    first = version.effective_from or today()
    later = {one.since for catalogue in catalogues for one in catalogue.later if one.since is not None}
    return [first, *sorted(day for day in later if day > first)]


def changes(old: Catalogue, new: Catalogue, wanted: list[date]) -> list[DayChanges]:
    """What differs on each of the days; a later day says only what is not said of the one before it."""
    found: list[DayChanges] = []
    before: tuple[Redrawn, ...] = ()
    for day in wanted:
        on_day = tuple(redrawn(old, new, day))
        found.append(DayChanges(day, tuple(one for one in on_day if one not in before)))
        before = on_day
    return found


def compared(old: str, new: str) -> list[Line]:
    """The lines that differ, each with two lines around it."""
    return list(_compared(old.splitlines(), new.splitlines()))


def _compared(old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for count, group in enumerate(matcher.get_grouped_opcodes(2)):
        if count:
            yield Line(" ", None, "", gap=True)
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                for index in range(new_from, new_to):
                    yield Line(" ", index + 1, new[index])
                continue
            for index in range(old_from, old_to):
                yield Line("-", None, old[index])
            for index in range(new_from, new_to):
                yield Line("+", index + 1, new[index])


def procedures(
    catalogue: Catalogue, own: frozenset[str], day: date, names: Catalogue, search: str
) -> list[Listed]:
    """The procedures of a day by their ids, also those that were taken away, whose id or name holds
    `search`. `names` is another catalogue that may know the name of one that this has not.
    """
    counting = catalogue.at(day)
    rules = in_force(catalogue, day)
    former = {rule.id: rule.face.name for rule in names.rules}
    found = [Listed(key, rule.face.name, key in own, None) for key, rule in rules.items()]
    found += [
        Listed(key, former.get(key, Text(key, key)), True, why)
        for key, why in counting.disabled.items()
        if key not in rules
    ]
    wanted = search.casefold()
    shown = [one for one in found if wanted in f"{one.id} {one.name.ja} {one.name.en}".casefold()]
    return sorted(shown, key=lambda one: one.id)


def picture(catalogue: Catalogue, before: Catalogue | None, procedure_id: str, day: date) -> list[Painted]:
    """A procedure as staff read it on a day, and what of it is new; nothing when it does not count then."""
    now, was = (_portrait(one, procedure_id, day) for one in (catalogue, before))
    old = {(part.key, part.variant): part.words for part in was}
    return [
        Painted(
            part.key, part.variant, part.words, old.get(place), bool(was) and old.get(place) != part.words
        )
        for part in now
        for place in [(part.key, part.variant)]
    ]


def name_of(procedure_id: str, *catalogues: Catalogue | None) -> Text | None:
    """What the first of the catalogues that knows the procedure calls it."""
    named = (rule.face.name for one in catalogues if one for rule in one.rules if rule.id == procedure_id)
    return next(named, None)


def _portrait(catalogue: Catalogue | None, procedure_id: str, day: date) -> list[Part]:
    rule = in_force(catalogue, day).get(procedure_id) if catalogue else None
    return portrait(rule, catalogue.at(day)) if rule and catalogue else []


def _approved(unit: Unit, ctx: Context) -> list[OverlayVersion]:
    """Approved versions, the one that was approved last first."""
    return unit.all(
        select(OverlayVersion)
        .where(OverlayVersion.tenant_id == ctx.tenant_id, OverlayVersion.state == "approved")
        .order_by(col(OverlayVersion.approval).desc())
    )
