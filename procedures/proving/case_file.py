"""CASE.yaml: a household, an event, and what the rule table says should come out of it.

municipality: "992011"
date: 2026-11-24
event: MOVE
facts: {event_date: 2026-11-20}                   with event: [IN_DOM, BIRTH] the day of IN_DOM, and
dates: {BIRTH: 2026-11-18}                        the days of the further events
household:
  - {id: taro, facts: {birth: 1973-05-01, moves: true}}
expect:
  applies: [R010, R070/linked, {R031: [taro]}]    an id, an id with its variant (R011/- is the main form),
  or the people it concerns
  may_apply: []                                   each list that is given must be met exactly …
  needs_confirmation: []
  next_question: dog                              null: nothing is left to ask
  not_applicable: [R015, {R014: 世帯主が残る}]    these among others; with words of the sentence that says why
  deadlines: {R010: 2026-12-04, R130: text}       the day, or the kind when there is none
  today: [R010]                                   items of `applies` that must be done today
  never_asked: [ins]                              facts that no question may be about
  conflicts: [head_is_child]                      facts that cannot be together
  shows:                                          what an item says (_SHOWN), here of R031
    R031: {department: 市民課, documents: [mnc_card, pin4], spared: []}
focus: [R070]                                     … or, when given, only as far as these procedures go
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from procedures.engine.guidance import Guidance, Item
from procedures.logic.case import Case, CaseError
from procedures.reading.yaml_lines import CatalogueInvalid, Located, Problem, read_yaml

_LISTS = ("applies", "may_apply", "needs_confirmation")
_KEYS = {
    *_LISTS,
    "next_question",
    "not_applicable",
    "deadlines",
    "today",
    "never_asked",
    "conflicts",
    "shows",
}
_SHOWN: dict[str, Callable[[Item], Any]] = {
    "name": lambda item: item.name.ja,
    "department": lambda item: item.department.name.ja,
    "external": lambda item: item.department.external,
    "desk": lambda item: item.department.desk.ja if item.department.desk else None,
    "deadline": lambda item: item.deadline.text.ja,
    "fee": lambda item: item.fee.yen if item.fee else None,
    "klass": lambda item: item.klass,
    "note": lambda item: item.note.ja if item.note else None,
    "legal_basis": lambda item: list(item.legal_basis),
    "applicants": lambda item: [applicant.who for applicant in item.applicants],
    "documents": lambda item: _papers(item, "yes"),  # to bring
    "spared": lambda item: _papers(item, "no"),  # shown, with what makes them unnecessary
    "perhaps": lambda item: _papers(item, "unknown"),
}
"""What `shows` may say of an item; words are the Japanese ones, papers and people stand with their ids."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case with its expectations."""

    title: str
    case: Case
    expect: dict[str, Any] = field(repr=False)
    focus: frozenset[str] | None
    source: Located = field(repr=False)

    def on(self, day: date) -> CaseFile:
        """The same case on another day; the expectations are dropped."""
        return replace(self, case=replace(self.case, date=day), expect={})


def read_case(path: Path) -> CaseFile:
    """Read one CASE.yaml. Raises CatalogueInvalid, with the line, for what is no YAML and what is no case."""
    source = read_yaml(path)
    try:
        return _read(source, path.stem)
    except CaseError as error:
        raise CatalogueInvalid([fault(source, error)]) from error


def fault(source: Located, error: CaseError) -> Problem:
    """Where in the file a case is wrong: household[0].facts.birth is a place in it."""
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", error.path)]
    return source.problem(tuple(steps), str(error))


def _read(source: Located, stem: str) -> CaseFile:
    if not isinstance(source.data, dict):
        raise CaseError("case", "a case is a mapping")
    expect = source.data.get("expect") or {}
    extra = set(expect) - _KEYS
    for name, shown in _mapping(expect, "shows", "expect").items():
        extra |= set(_mapping({name: shown}, name, "expect.shows")) - set(_SHOWN)
    if extra:
        raise CaseError("expect", f"no such expectation: {', '.join(sorted(map(str, extra)))}")
    focus = source.data.get("focus")
    return CaseFile(
        title=str(source.data.get("title", stem)),
        case=Case.from_dict(source.data),
        expect=expect,
        focus=None if focus is None else frozenset(focus),
        source=source,
    )


def _mapping(held: Any, key: str, place: str) -> dict[str, Any]:
    found = held.get(key) or {}
    if not isinstance(found, dict):
        raise CaseError(f"{place}.{key}", "this is written name: value")
    return found


def differences(file: CaseFile, guidance: Guidance) -> list[Problem]:
    """Where the guidance is not what the case expects; empty when all is well."""
    found: list[Problem] = []

    def differs(key: str, message: str) -> None:
        found.append(file.source.problem(("expect", key), f"{key}: {message}"))

    for key in _LISTS:
        if key in file.expect:
            _compare(key, file, getattr(guidance, key), differs)
    items = [*guidance.applies, *guidance.may_apply, *guidance.needs_confirmation]
    versions = {(item.procedure_id, item.rule_version) for item in items}
    if len(versions) > len({procedure for procedure, _ in versions}):
        differs("applies", "two versions of one rule are in force")
    if "next_question" in file.expect:
        asked = guidance.next_question.fact if guidance.next_question else None
        if asked != file.expect["next_question"]:
            differs("next_question", f"expected {file.expect['next_question']}, got {asked}")
    absent = {entry.procedure_id: entry for entry in guidance.not_applicable}
    for name, words in map(_with_words, file.expect.get("not_applicable", ())):
        if name not in absent:
            differs("not_applicable", f"missing {name}")
        elif words not in absent[name].why.ja:
            differs("not_applicable", f"{name}: expected {words}, got {absent[name].why.ja}")
    for procedure, expected in file.expect.get("deadlines", {}).items():
        got = {_until(item) for item in items if item.procedure_id == procedure}
        if got != {str(expected)}:
            differs(
                "deadlines", f"{procedure}: expected {expected}, got {', '.join(sorted(got)) or 'no item'}"
            )
    for procedure, shown in file.expect.get("shows", {}).items():
        named = [
            item
            for item in items
            if procedure in (item.procedure_id, _name((item.procedure_id, item.variant)))
        ]
        if not named:
            differs("shows", f"{procedure}: no item")
        for name, wanted in shown.items():
            for says in (_SHOWN[name](item) for item in named):
                if says != wanted:
                    differs("shows", f"{procedure}: expected {name} {wanted}, got {says}")
    if "today" in file.expect:
        today = {item.procedure_id for item in guidance.applies if item.must_today}
        if file.focus is not None:
            today &= file.focus
        if today != set(file.expect["today"]):
            differs("today", f"expected {sorted(file.expect['today'])}, got {sorted(today)}")
    if "conflicts" in file.expect:
        said = {conflict.id for conflict in guidance.conflicts}
        if said != set(file.expect["conflicts"]):
            differs("conflicts", f"expected {sorted(file.expect['conflicts'])}, got {sorted(said)}")
    asked_in_vain = {question.fact for question in guidance.questions} & set(
        file.expect.get("never_asked", ())
    )
    if asked_in_vain:
        differs("never_asked", f"asks {', '.join(sorted(asked_in_vain))}")
    return found


def _with_words(entry: Any) -> tuple[str, str]:
    """The id of a rule that does not apply, and what its sentence says."""
    return next(iter(entry.items())) if isinstance(entry, dict) else (entry, "")


def _until(item: Item) -> str:
    return item.deadline.on.isoformat() if item.deadline.on else item.deadline.kind


def _papers(item: Item, needed: str) -> list[str]:
    return [document.id for document in item.documents if document.needed == needed]


def _compare(key: str, file: CaseFile, items: Iterable[Item], differs: Any) -> None:
    shown = [item for item in items if file.focus is None or item.procedure_id in file.focus]
    got = {(item.procedure_id, item.variant): set(item.person_ids) for item in shown}
    wanted: dict[tuple[str, str | None], set[str] | None] = {}
    for entry in file.expect[key]:
        name, people = next(iter(entry.items())) if isinstance(entry, dict) else (entry, None)
        procedure, _, variant = str(name).partition("/")
        named = [known for known in got if known[0] == procedure and variant in ("", known[1] or "-")]
        named.sort(key=lambda known: known[1] is not None)  # a bare id means the main form where there is one
        wanted[named[0] if named else (procedure, variant.strip("-") or None)] = (
            None if people is None else set(people)
        )
    missing = [_name(entry) for entry in wanted if entry not in got]
    surplus = [_name(entry) for entry in got if entry not in wanted]
    if missing:
        differs(key, f"missing {', '.join(sorted(missing))}")
    if surplus:
        differs(key, f"unexpected {', '.join(sorted(surplus))}")
    for entry, people in wanted.items():
        if people is not None and entry in got and got[entry] != people:
            differs(key, f"{_name(entry)} concerns {sorted(got[entry])}, expected {sorted(people)}")


def _name(entry: tuple[str, str | None]) -> str:
    return entry[0] if entry[1] is None else f"{entry[0]}/{entry[1]}"


def read_cases(folder: Path) -> tuple[list[CaseFile], list[Problem]]:
    """Every case of a folder in the order of the names, and the files that are no cases."""
    files: list[CaseFile] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            files.append(read_case(path))
        except CatalogueInvalid as error:
            problems += error.problems
    return files, problems
