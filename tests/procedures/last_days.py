"""`python -m tests.procedures.last_days`: which days that decide something no case stands on.

A deadline wants a case on its last day, which says that day, and one on the day after (or on the next day on
which the office is open), which says something of the rule. A rule or an overlay that begins wants a case on
its first day and one on the day before. A deadline that several municipalities share wants them once.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from procedures.engine.catalogue import Catalogue, DeadlineSpec, Face, Rule
from procedures.engine.deadlines import deadline
from procedures.logic.case import CaseError
from procedures.logic.conditions import HOUSEHOLD
from procedures.logic.facts import CaseView
from procedures.proving.case_file import CaseFile, read_cases
from procedures.reading.loading import load_catalogue, municipalities
from procedures.schema.rules import EarliestModel, OffsetModel
from tests.procedures.mutants import CASES

ONE_DAY = timedelta(days=1)
LAST, AFTER, FIRST, BEFORE = "last day", "day after", "first day", "day before"


@dataclass
class Days:
    """The days that are wanted, each by its name, and those that some case stands on."""

    wanted: dict[str, set[str]] = field(default_factory=dict)
    found: dict[str, set[str]] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """In words, in the order of the names."""
        return [
            f"{name}: no case on the {day}"
            for name in sorted(self.wanted)
            for day in sorted(self.wanted[name] - self.found.get(name, set()))
        ]


def listed(files: Iterable[CaseFile]) -> Days:
    """What the shipped catalogues want and what these cases give."""
    days = Days()
    for code in municipalities():
        catalogue = load_catalogue(code)
        for period in (catalogue, *catalogue.later):
            for rule in period.rules:
                for spec in _specs(rule):
                    days.wanted[_dated(rule, spec)] = {LAST, AFTER}
                if rule.effective_from:
                    days.wanted[rule.version] = {FIRST, BEFORE}
            if period.since:
                days.wanted[f"{code}@{period.since}"] = {FIRST, BEFORE}
    for file in files:
        _met(file, load_catalogue(file.case.municipality), days)
    return days


def _met(file: CaseFile, whole: Catalogue, days: Days) -> None:
    case, catalogue = file.case, whole.at(file.case.date)
    for period in whole.later:
        for on, name in ((period.since, FIRST), (_before(period.since), BEFORE)):
            if case.date == on:
                days.found.setdefault(f"{whole.municipality}@{period.since}", set()).add(name)
    for rule in whole.rules:
        if rule.effective_from and _says(file, rule) and not rule.events.isdisjoint(case.events):
            for on, name in ((rule.effective_from, FIRST), (_before(rule.effective_from), BEFORE)):
                if case.date == on:
                    days.found.setdefault(rule.version, set()).add(name)
    if len(case.events) > 1:
        return  # a deadline counts from the day of its own event there; cases of one event suffice
    try:
        view = CaseView(case, catalogue.facts, catalogue.settings, catalogue.calendar)
    except CaseError:
        return
    for rule in catalogue.rules_for(case.events, case.date):
        if not _says(file, rule):
            continue
        for face in _faces(rule, view):
            for person in range(view.size) if face.each_dated else (HOUSEHOLD,):
                on = deadline(face.deadline, view, person, catalogue).on
                if on is None:
                    continue
                found = days.found.setdefault(_dated(rule, face.deadline), set())
                if on == case.date and str(file.expect.get("deadlines", {}).get(rule.id)) == str(on):
                    found.add(LAST)
                elif case.date in (on + ONE_DAY, catalogue.calendar.open_after(on)):
                    found.add(AFTER)


def _says(file: CaseFile, rule: Rule) -> bool:
    """True when the case would notice whether the rule comes out."""
    about = file.focus is None or rule.id in file.focus
    return about and ("applies" in file.expect or rule.id in file.expect.get("not_applicable", ()))


def _faces(rule: Rule, view: CaseView) -> Iterator[Face]:
    """What the rule looks like for some member."""
    left = view.everybody
    for variant in rule.variants:
        chosen = variant.when.sets(view)[0]
        if left & chosen:
            yield variant.face
        left &= ~chosen
    if left:
        yield rule.face


def _specs(rule: Rule) -> list[DeadlineSpec]:
    faces = (rule.face, *(variant.face for variant in rule.variants))
    return [face.deadline for face in faces if face.deadline.type in ("offset", "earliest")]


def _before(on: date | None) -> date | None:
    return on - ONE_DAY if on else None


def _words(spec: DeadlineSpec) -> str:
    """15 days after event_date (closed as_is); unlike deadlines have unlike words."""
    if isinstance(spec, EarliestModel):
        return " or ".join(_words(one) for one in spec.of)
    if not isinstance(spec, OffsetModel):
        return spec.type
    said = spec.model_dump(exclude={"type", "start"}, exclude_defaults=True)
    amount, *others = [f"{value} {name}" for name, value in sorted(said.items(), key=_amount_first)]
    return f"{amount} after {spec.start}" + "".join(f", {other}" for other in others)


def _amount_first(part: tuple[str, object]) -> tuple[bool, str]:
    return part[0] not in ("days", "months", "years"), part[0]


def _dated(rule: Rule, spec: DeadlineSpec) -> str:
    return f"{rule.version} {_words(spec)}"


def main() -> int:
    """0 when no day is missing."""
    missing = listed(read_cases(CASES)[0]).missing()
    sys.stdout.writelines(f"{line}\n" for line in missing)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
