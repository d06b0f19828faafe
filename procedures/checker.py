"""`procedures check`: everything about the rule data that can be wrong without any case failing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from procedures.case import CaseError
from procedures.case_file import CaseFile, differences, fault, read_cases
from procedures.catalogue import Catalogue, Rule
from procedures.coverage import unreached
from procedures.data_files import DATA
from procedures.engine import evaluate
from procedures.loading import Loader, municipalities
from procedures.proof import Proof, prove
from procedures.yaml_lines import CatalogueInvalid, Problem


def check(cases: Path | None = None, data: Path = DATA) -> list[Problem]:
    """Every problem of the data, for each municipality, with file and line; an empty list when all is well.

    `cases` is a folder of CASE.yaml files: each must come out as it expects; every rule and every variant
    of a complete life event must occur in one of them as applying or needing confirmation; and every test
    in the conditions of such a rule must be met in one of them and not be met in another.
    """
    problems: list[Problem] = []
    catalogues: dict[str, Catalogue] = {}
    for code in municipalities(data):
        catalogue, faults = read(Loader(code, data))
        problems += faults
        if catalogue is not None:
            catalogues[code] = catalogue
    if cases is not None:
        broken = {folder.name for folder in (data / "municipalities").iterdir()} - set(catalogues)
        problems += _cases(cases, catalogues, broken)
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
    """The proofs of proof.py for every municipality that loads, as of the day on which the national
    catalogue was released: the whole catalogue for the first one; for the others the rules that they change
    or add, and every question. Life events whose rules are not complete are named as unproven.
    """
    problems: list[Problem] = []
    unproven: list[str] = []
    for number, code in enumerate(municipalities(data)):
        loader = Loader(code, data)
        try:
            catalogue = loader.catalogue()
        except CatalogueInvalid:
            continue  # check() reports it
        if catalogue is None or loader.problems or loader.overlay is None:
            continue
        own = loader.overlay.procedures
        rules = [rule for rule in catalogue.rules if rule.id in own or rule.id.startswith("x-")]
        proof = prove(catalogue, catalogue.released, rules if number else None)
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
        for name in (*rule.bundles, *rule.excludes):
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


def _cases(folder: Path, catalogues: dict[str, Catalogue], broken: set[str]) -> Iterable[Problem]:
    files, problems = read_cases(folder)
    yield from problems
    seen: dict[str, set[tuple[str, str | None]]] = {name: set() for name in catalogues}
    for file in files:
        catalogue = catalogues.get(file.case.municipality)
        if file.case.municipality in broken:
            continue  # what is wrong with the data is said once, not once for each case
        if catalogue is None:
            yield file.source.problem(("municipality",), "there is no catalogue for this municipality")
            continue
        yield from _case(file, catalogue, seen[file.case.municipality])
    for name, catalogue in catalogues.items():
        own = [file for file in files if file.case.municipality == name]
        if not own:
            continue  # a municipality without cases of its own relies on those of the national rules
        yield from unreached(catalogue, [file.case for file in own])
        for rule in catalogue.rules:
            if not any(catalogue.ready(event) for event in rule.events):
                continue
            for variant in [None, *(variant.id for variant in rule.variants)]:
                wanted = (rule.id, variant)
                if variant is None and any(procedure == rule.id for procedure, _ in seen[name]):
                    continue
                if wanted not in seen[name]:
                    label = rule.id if variant is None else f"{rule.id}/{variant}"
                    yield Problem(rule.file, rule.line, f"{label} occurs in no case")


def _case(file: CaseFile, catalogue: Catalogue, seen: set[tuple[str, str | None]]) -> Iterable[Problem]:
    try:
        guidance = evaluate(file.case, catalogue)
    except CaseError as error:
        yield fault(file.source, error)
        return
    seen.update(
        (item.procedure_id, item.variant) for item in (*guidance.applies, *guidance.needs_confirmation)
    )
    yield from differences(file, guidance)
