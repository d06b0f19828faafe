"""The people and towns of 見本市 as this package's YAML files have them.

Bad data raises SeedError with the file and what is wrong; a process that cannot start on its data must not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core_adapter.models import DateValue, Known, Name, Protection, ResidenceKind, Resident, Sex, Town

DATA = Path(__file__).parent / "data"
F = TypeVar("F", bound=BaseModel)


class SeedError(Exception):
    """The data files are wrong."""


class _Authored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Known(_Authored):
    national_health_insurance: bool
    late_elderly: bool
    care_insurance: bool
    care_level: str | None = None
    pension: Literal["first", "second", "third", "receiving", "none"]
    child_allowance: bool
    my_number_card: Literal["held", "none", "expired", "applying"]


class _Member(_Authored):
    id: str
    name: str
    kana: str
    kana_confirmed: bool = True
    former: str | None = None
    alias: str | None = None
    latin: str | None = None
    birth: str | None = None
    birth_text: str | None = None
    sex: Sex
    relationship: list[str]
    residence_kind: ResidenceKind = "JP"
    nationality: str | None = None
    residence_status: str | None = None
    stay_until: str | None = None
    honseki: str | None = None
    hittousha: str | None = None
    became_resident_on: str
    protection: Protection = "no"
    known: _Known


class _About(_Authored):
    ja: str
    en: str


class _Household(_Authored):
    id: str
    about: _About
    main: bool = False
    story: bool = False
    persona: str | None = None
    town: str
    number: str
    building: str | None = None
    members: list[_Member] = Field(min_length=1)


class _HouseholdFile(_Authored):
    households: list[_Household]


class _Town(_Authored):
    code: str
    town: str
    kana: str
    postal_code: str
    numbering: Literal["住居表示", "地番"]
    elementary_school: str
    junior_high_school: str


class _TownFile(_Authored):
    municipality: str
    municipality_code: str
    towns: list[_Town]


@dataclass(frozen=True)
class Story:
    """What a household is there for. main: the main story's. persona: the card of its head."""

    household_id: str
    persona: str | None
    main: bool
    story: bool
    about_ja: str
    about_en: str


@dataclass(frozen=True)
class Seed:
    """The whole invented city before anything has happened."""

    municipality_code: str
    towns: tuple[Town, ...]
    residents: tuple[Resident, ...]
    households: tuple[Story, ...]


@lru_cache(maxsize=2)
def load_seed(folder: Path = DATA) -> Seed:
    """Reads towns.yaml and households_*.yaml. Raises SeedError."""
    town_file = _read(folder / "towns.yaml", _TownFile)
    towns = {row.town: _town(row, town_file.municipality) for row in town_file.towns}
    residents: list[Resident] = []
    households: list[Story] = []
    for path in sorted(folder.glob("households_*.yaml")):
        for household in _read(path, _HouseholdFile).households:
            if household.town not in towns:
                raise SeedError(f"{path}: household {household.id}: no town {household.town}")
            try:
                residents += [
                    _resident(member, household, towns[household.town]) for member in household.members
                ]
            except ValidationError as error:
                raise SeedError(f"{path}: household {household.id}: {error}") from error
            households.append(
                Story(
                    household_id=household.id,
                    persona=household.persona,
                    main=household.main,
                    story=household.story,
                    about_ja=household.about.ja,
                    about_en=household.about.en,
                )
            )
    return Seed(town_file.municipality_code, tuple(towns.values()), tuple(residents), tuple(households))


def _read(path: Path, model: type[F]) -> F:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise SeedError(f"{path}: {error}") from error


def _town(row: _Town, municipality: str) -> Town:
    return Town(
        town_code=row.code,
        postal_code=row.postal_code,
        municipality=municipality,
        town=row.town,
        kana=row.kana,
        numbering=row.numbering,
        elementary_school=row.elementary_school,
        junior_high_school=row.junior_high_school,
    )


def _resident(member: _Member, household: _Household, town: Town) -> Resident:
    return Resident.model_validate(
        {
            **member.model_dump(
                include={
                    "sex",
                    "relationship",
                    "residence_kind",
                    "nationality",
                    "residence_status",
                    "stay_until",
                    "honseki",
                    "hittousha",
                    "protection",
                }
            ),
            "resident_id": member.id,
            "household_id": household.id,
            "name": Name(
                display=member.name,
                kana=member.kana,
                kana_confirmed=member.kana_confirmed,
                former=member.former,
                alias=member.alias,
                latin=member.latin,
            ),
            "birth": DateValue(value=member.birth, text=member.birth_text),
            "is_head": member.relationship == ["世帯主"],
            "address": town.address(household.number, household.building),
            "became_resident_on": DateValue(value=member.became_resident_on),
            "known": Known.model_validate(member.known.model_dump()),
        }
    )
