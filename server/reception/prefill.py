"""Bringing card and core together. The core is asked outside any transaction; a person chooses whenever there
is more than one resident who could be meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import ValidationError

from core_adapter.models import Household, ResidentMatch, ResidentQuery
from core_adapter.ports import CoreAdapter, CoreError
from server.kit.text import HIDDEN, UnsafeTextError
from server.queue.card_reads import CardText

# A card and the register may differ in these and still mean one person; anything else is another person.
SAME_PERSON = frozenset({"name_variant", "address", "alias"})


@dataclass(frozen=True)
class Candidate:
    """One resident who could be meant, as staff may see them before anybody is chosen."""

    resident_id: str
    household_id: str
    name: str = field(repr=False)
    kana: str = field(repr=False)
    birth: str | None = field(repr=False)
    birth_text: str | None = field(repr=False)
    sex: str
    address: str = field(repr=False)
    protected: bool
    foreign: bool
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What a search gave: one person beyond doubt (`only`), or candidates to choose from (maybe none)."""

    candidates: tuple[Candidate, ...]
    only: Candidate | None


@dataclass(frozen=True)
class CoreAway:
    """The core did not answer; intake goes on with what the resident brings."""

    code: str


def search(core: CoreAdapter, words: Mapping[str, str | None]) -> Found | CoreAway:
    """Residents who fit these words (name, kana, birth YYYY-MM-DD, sex, address). Raises UnsafeTextError."""
    try:
        query = ResidentQuery.model_validate(words)
    except ValidationError as error:
        raise UnsafeTextError("query") from error
    try:
        matches = core.search(query)
    except CoreError as error:
        return CoreAway(error.code)
    return Found(tuple(_candidate(match) for match in matches), None)


def match_card(core: CoreAdapter, card: CardText) -> Found | CoreAway:
    """Residents whom this card could belong to; `only` when there is a single one beyond doubt."""
    try:
        matches = core.search(ResidentQuery(name=card.name, birth=card.birth, sex=_sex(card.sex)))
    except CoreError as error:
        return CoreAway(error.code)
    candidates = tuple(_candidate(match) for match in matches)
    sure = [candidate for candidate in candidates if set(candidate.differences) <= SAME_PERSON]
    only = sure[0] if len(sure) == 1 and len(candidates) == 1 else None
    return Found(candidates, only)


def household(core: CoreAdapter, household_id: str) -> Household | CoreAway | None:
    """The household as it is now, None when the core has none of that number."""
    try:
        return core.household(household_id)
    except CoreError as error:
        return CoreAway(error.code)


def _candidate(match: ResidentMatch) -> Candidate:
    resident = match.resident
    protected = resident.protection != "no"
    return Candidate(
        resident_id=resident.resident_id,
        household_id=resident.household_id,
        name=resident.name.display,
        kana=resident.name.kana,
        birth=resident.birth.value,
        birth_text=resident.birth.text,
        sex=resident.sex,
        address=HIDDEN if protected else resident.address.text,
        protected=protected,
        foreign=resident.residence_kind != "JP",
        differences=tuple(match.differences),
    )


def _sex(sex: str) -> Literal["1", "2"] | None:
    return "1" if sex == "1" else "2" if sex == "2" else None
