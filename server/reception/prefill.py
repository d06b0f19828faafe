"""Bringing card and core together. The core is asked outside any transaction; a person chooses whenever there
is more than one resident who could be meant.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

from pydantic import ValidationError

from core_adapter.matching import GETA, compare, fold_name, rank
from core_adapter.models import Household, Resident, ResidentMatch, ResidentQuery
from core_adapter.ports import CoreAdapter, CoreError
from server.kit.text import HIDDEN, UnsafeTextError
from server.queue.card_reads import CardText

# A card and the register may differ in these and still mean one person; anything else is another person.
SAME_PERSON = frozenset({"name_variant", "address", "alias"})
# How long a search may look into the households of those it found.
LOOKING_SECONDS = 3.0


@dataclass(frozen=True)
class Candidate:
    """One resident who could be meant, as staff may see them before anybody is chosen.

    protected: they or somebody who lives with them is, or nobody could say; then `address` is hidden, because
    whoever looks for a protected person looks for those around them.
    """

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
    return Found(_candidates(core, matches, query), None)


def match_card(core: CoreAdapter, card: CardText) -> Found | CoreAway:
    """Residents whom this card could belong to; `only` when there is a single one beyond doubt."""
    try:
        matches = core.search(_query(card))
    except CoreError as error:
        return CoreAway(error.code)
    dated = card.born is not None and len(card.born) == len("YYYY-MM-DD")
    sure = dated and len(matches) == 1 and set(matches[0].differences) <= SAME_PERSON
    if sure and _whole_name(card.name, matches[0].resident):
        # Nobody has to choose, so nobody has to see where they live.
        only = _candidate(matches[0], guarded=True)
        return Found((only,), only)
    return Found(_candidates(core, matches), None)


def names(card: CardText, resident: Resident) -> bool:
    """Whether the card is this resident's, as far as name, birth date and sex can tell."""
    match = compare(_query(card), resident)
    same = match is not None and set(match.differences) <= SAME_PERSON | {"birth_unknown"}
    return same and _whole_name(card.name, resident)


def household(core: CoreAdapter, household_id: str) -> Household | CoreAway | None:
    """The household as it is now, None when the core has none of that number."""
    try:
        return core.household(household_id)
    except CoreError as error:
        return CoreAway(error.code)


def _candidates(
    core: CoreAdapter, matches: Sequence[ResidentMatch], query: ResidentQuery | None = None
) -> tuple[Candidate, ...]:
    """Everybody found; an address only of those in whose household the core says that nobody is protected.

    Of the others not even whether it is the one asked for: they are found, marked and placed as if no address
    had been asked for, or whoever guesses could try one after the other.
    """
    until = monotonic() + LOOKING_SECONDS
    open_households: dict[str, bool] = {}
    for match in matches:
        number = match.resident.household_id
        if number in open_households:
            continue
        try:
            found = core.household(number) if monotonic() < until else None
        except CoreError:
            break
        open_households[number] = found is not None and all(
            member.protection == "no" for member in found.members
        )

    def is_open(match: ResidentMatch) -> bool:
        return open_households.get(match.resident.household_id, False)

    if query is not None and query.address is not None:
        hidden = [match.resident for match in matches if not is_open(match)]
        blind = query.model_copy(update={"address": None})
        matches = [*filter(is_open, matches), *rank(blind, hidden)]
    return tuple(_candidate(match, guarded=not is_open(match)) for match in matches)


def _candidate(match: ResidentMatch, *, guarded: bool) -> Candidate:
    resident = match.resident
    protected = guarded or resident.protection != "no"
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


def _whole_name(written: str, resident: Resident) -> bool:
    """Whether this is one of the resident's names and not only its beginning, which a search takes as well.

    A 〓 on a card stands for any one character.
    """
    name = resident.name
    pattern = re.escape(fold_name(written)).replace(re.escape(GETA), ".")
    return any(
        re.fullmatch(pattern, fold_name(one))
        for one in (name.display, name.alias, name.latin, name.former)
        if one
    )


def _query(card: CardText) -> ResidentQuery:
    return ResidentQuery(name=card.name, birth=card.born, sex=_sex(card.sex))


def _sex(sex: str) -> Literal["1", "2"] | None:
    return "1" if sex == "1" else "2" if sex == "2" else None
