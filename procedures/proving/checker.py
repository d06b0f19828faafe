"""`procedures check`: everything about the rule data that can be wrong without any case failing."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from procedures.engine.catalogue import Catalogue, Rule
from procedures.engine.evaluation import evaluate
from procedures.logic.case import CaseError
from procedures.proving.case_file import CaseFile, differences, fault, read_cases
from procedures.proving.coverage import Coverage
from procedures.proving.proof import Proof, prove
from procedures.reading.data_files import DATA
from procedures.reading.loading import Loader, municipalities
from procedures.reading.yaml_lines import CatalogueInvalid, Problem
from procedures.schema.overlays import DecisionsModel, OverlayModel


def check(cases: Path | None = None, data: Path = DATA) -> list[Problem]:
    """Every problem of the data, for each municipality, with file and line; an empty list when all is well.

    `cases` is a folder of CASE.yaml files, to which come those that the municipalities keep (folder `cases`
    beside the overlay): each must come out as it expects; every rule and every variant of a complete life
    event must occur in one of them as applying or needing confirmation; and every test in any condition must
    be met in one of them and not be met in another. The cases of all municipalities count together, but what
    one of them changes or adds must occur in its own. A municipality without cases relies on those of the
    others.
    """
    problems: list[Problem] = []
    catalogues: dict[str, Catalogue] = {}
    overlays: dict[str, OverlayModel] = {}
    for code in municipalities(data):
        loader = Loader(code, data)
        catalogue, faults = read(loader)
        problems += faults
        if catalogue is not None and loader.overlay is not None:
            catalogues[code], overlays[code] = catalogue, loader.overlay
    if cases is not None:
        broken = {folder.name for folder in (data / "municipalities").iterdir()} - set(catalogues)
        own = [data / "municipalities" / code / "cases" for code in catalogues]
        problems += _cases([cases, *own], catalogues, overlays, broken)
    return list(dict.fromkeys(problems))


def read(loader: Loader) -> tuple[Catalogue | None, list[Problem]]:
    """What one reading gives, and everything that is wrong with it by itself, without cases and proofs."""
    try:
        catalogue = loader.catalogue()
    except CatalogueInvalid as error:
        return None, error.problems
    problems = list(loader.problems)
    if catalogue is not None:
        problems += _unused_questions(catalogue, loader.used_facts)
        for period in (catalogue, *catalogue.later):
            problems += _versions(period.rules)
            problems += _local_decisions(period, loader)
            problems += _named(period, loader)
            problems += _deadlines(period)
    return catalogue, list(dict.fromkeys(problems))


def proofs(data: Path = DATA) -> Proof:
    """The proofs of proof.py for every municipality that loads: the whole catalogue of the first one as of
    the day on which the national catalogue was released, and for the others and for what each has entered
    ahead whatever is different there. Life events whose rules are not complete are named as unproven.
    """
    problems: list[Problem] = []
    unproven: list[str] = []
    known: set[Hashable] = set()
    for code in municipalities(data):
        loader = Loader(code, data)
        try:
            catalogue = loader.catalogue()
        except CatalogueInvalid:
            continue  # check() reports it
        if catalogue is None or loader.problems:
            continue
        for period in (catalogue, *catalogue.later):
            proof = prove(period, max(period.released, period.since or date.min), known=known)
            problems += proof.problems
            unproven += proof.unproven
        unproven += [
            f"{event}: its rules are not complete"
            for event in catalogue.codes.events
            if not catalogue.ready(event)
        ]
    return Proof(tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(unproven)))


def _named(catalogue: Catalogue, loader: Loader) -> Iterable[Problem]:
    """Rules that others name must exist."""
    known = {rule.id for rule in catalogue.rules} | set(catalogue.disabled)
    for rule in catalogue.rules:
        for name in (*rule.bundles, *rule.excludes, *rule.alongside):
            if name not in known:
                yield Problem(rule.file, rule.line, f"{rule.id} names {name}, which is no rule")
    opening = loader.overlay.opening if loader.overlay else None
    for site in opening.sites if opening else ():
        assert opening is not None  # noqa: S101
        assert loader.overlay_file is not None  # noqa: S101 - a catalogue exists
        place = ("opening", "sites", site)
        weekly, special = opening.sites[site].weekly, opening.sites[site].special
        names = [name for slot in weekly for name in (*slot.only, *slot.not_these)]
        names += [name for day in special for name in (*day.only, *day.not_these)]
        for name in names:
            if name not in known:
                yield loader.overlay_file.problem(place, f"{name} is no rule")


def _deadlines(catalogue: Catalogue) -> Iterable[Problem]:
    """What a deadline counts from must be there to be had: asked, told by the core system and asked when that
    is silent, or read from a card that the rule is about.
    """
    for rule in catalogue.rules:
        for start in sorted(rule.starts):
            spec = catalogue.facts[start]
            if spec.question is None and spec.derive is None and spec.source != "card":
                yield Problem(rule.file, rule.line, f"{rule.id}: nobody can be asked for {start}")


def _unused_questions(catalogue: Catalogue, used: set[str]) -> Iterable[Problem]:
    for spec in catalogue.facts.values():
        if spec.source == "ask" and spec.name not in used:
            yield Problem(spec.file, spec.line, f"{spec.name} is asked, but no rule reads it")
        if spec.source == "derived" and spec.name not in used:
            yield Problem(spec.file, spec.line, f"{spec.name} is worked out, but no rule reads it")
        if spec.source == "card" and spec.name not in used:
            yield Problem(spec.file, spec.line, f"{spec.name} is read from cards, but no rule reads it")


def _versions(rules: Iterable[Rule]) -> Iterable[Problem]:
    by_id: dict[str, list[Rule]] = {}
    for rule in rules:
        by_id.setdefault(rule.id, []).append(rule)
    for name, versions in by_id.items():
        versions.sort(key=lambda rule: (rule.effective_from is not None, rule.effective_from))
        for rule in versions:
            if rule.effective_from and rule.effective_to and rule.effective_to < rule.effective_from:
                yield Problem(rule.file, rule.line, f"{name} ends before it begins")
        for earlier, later in pairwise(versions):
            if later.effective_from is None or earlier.effective_to is None:
                yield Problem(later.file, later.line, f"two versions of {name} are in force at the same time")
                continue
            follows = earlier.effective_to + timedelta(days=1)
            if later.effective_from > follows:
                yield Problem(later.file, later.line, f"no version of {name} is in force on {follows}")
            elif later.effective_from < follows:
                yield Problem(
                    later.file, later.line, f"two versions of {name} are in force on {later.effective_from}"
                )


def _local_decisions(catalogue: Catalogue, loader: Loader) -> Iterable[Problem]:
    """What differs between municipalities (M) must be decided by each; nothing else may stay undecided."""
    assert loader.overlay is not None  # noqa: S101 - a catalogue exists
    assert loader.overlay_file is not None  # noqa: S101
    for rule in catalogue.rules:
        place = ("procedures", rule.id)
        if rule.variance == "M" and rule.id not in loader.overlay.procedures and not rule.id.startswith("x-"):
            yield loader.overlay_file.problem(
                ("procedures",), f"{rule.id} differs between municipalities (M); this one has not decided"
            )
        for face in (rule.face, *(variant.face for variant in rule.variants)):
            if face.deadline.type == "unknown" and rule.variance != "M":
                yield Problem(rule.file, rule.line, f"{rule.id} has no deadline although it is not an M rule")
            elif face.deadline.type == "unknown":
                yield loader.overlay_file.problem(place, f"{rule.id}: this municipality has set no deadline")
            if face.fee is not None and face.fee.yen is None:
                yield loader.overlay_file.problem(place, f"{rule.id}: this municipality has set no fee")


_Occurs = dict[tuple[str, date | None], set[tuple[str, str | None]]]
"""By municipality and period, the versions of rules that came out of a case, each with its variant."""


def _cases(
    folders: list[Path],
    catalogues: dict[str, Catalogue],
    overlays: dict[str, OverlayModel],
    broken: set[str],
) -> Iterable[Problem]:
    files: list[CaseFile] = []
    for folder in folders:
        found, problems = read_cases(folder)
        files += found
        yield from problems
    occurs: _Occurs = {}
    coverage = Coverage()
    for file in files:
        code = file.case.municipality
        catalogue = catalogues.get(code)
        if code in broken:
            continue  # what is wrong with the data is said once, not once for each case
        if catalogue is None:
            yield file.source.problem(("municipality",), "there is no catalogue for this municipality")
            continue
        yield from _case(
            file, catalogue, occurs.setdefault((code, catalogue.at(file.case.date).since), set())
        )
        coverage.take(catalogue, file.case)
    tried = {
        code: catalogue for code, catalogue in catalogues.items() if any(code == one for one, _ in occurs)
    }
    yield from coverage.unreached(tried.values())
    yield from _unseen(tried.values(), set().union(*occurs.values()))
    for code, catalogue in tried.items():
        for period, decided in zip(
            (catalogue, *catalogue.later), (overlays[code], *overlays[code].changes), strict=True
        ):
            yield from _undecided(period, decided, occurs.get((code, period.since), set()))


def _unseen(catalogues: Iterable[Catalogue], occurred: set[tuple[str, str | None]]) -> Iterable[Problem]:
    """The versions of rules, and their variants, that come out of no case of any municipality."""
    versions = {version for version, _ in occurred}
    for catalogue in catalogues:
        for rule in catalogue.rules:
            if not any(catalogue.ready(event) for event in rule.events):
                continue
            if rule.version not in versions:
                yield Problem(rule.file, rule.line, f"{rule.version} occurs in no case")
            for variant in rule.variants:
                if (rule.version, variant.id) not in occurred:
                    yield Problem(rule.file, rule.line, f"{rule.version}/{variant.id} occurs in no case")


def _undecided(
    catalogue: Catalogue, decided: DecisionsModel, occurred: set[tuple[str, str | None]]
) -> Iterable[Problem]:
    """What a municipality changes or adds from a day on, and that comes out of none of its cases of that
    time.
    """
    ids = {version.partition("@")[0] for version, _ in occurred}
    variants = {(version.partition("@")[0], variant) for version, variant in occurred}
    rules = {rule.id: rule for rule in catalogue.rules}
    for name, change in decided.procedures.items():
        if name in rules and change.model_extra and name not in ids:
            yield _own(rules[name], name, catalogue)
        for variant in change.variants:
            if name in rules and (name, variant) not in variants:
                yield _own(rules[name], f"{name}/{variant}", catalogue)
    for raw in decided.add:
        if raw["id"] not in ids:
            yield _own(rules[raw["id"]], raw["id"], catalogue)


def _own(rule: Rule, name: str, catalogue: Catalogue) -> Problem:
    since = f" from {catalogue.since} on" if catalogue.since else ""
    message = f"{name} occurs in no case of {catalogue.municipality}{since}, which has changed or added it"
    return Problem(rule.file, rule.line, message)


def _case(file: CaseFile, catalogue: Catalogue, occurs: set[tuple[str, str | None]]) -> Iterable[Problem]:
    try:
        guidance = evaluate(file.case, catalogue)
    except CaseError as error:
        yield fault(file.source, error)
        return
    occurs.update(
        (item.rule_version, item.variant) for item in (*guidance.applies, *guidance.needs_confirmation)
    )
    yield from differences(file, guidance)
