"""`python -m tests.bench.asking`: how often a clerk has to answer something, household by household.

Every household of tests/procedures/cases is asked what only its people know, and answers as its case says (no
where the case is silent). Once each question is put alone, once what few people have is put at one go first.
Rules and result are the same both times; only the number of acts differs.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from procedures import Case, Catalogue, Fact, Guidance, Question, evaluate, load_catalogue
from procedures.proving.case_file import CaseFile, read_cases
from server.reception.sweeping import sweep
from tests.procedures.question_costs import forgotten

CASES = Path(__file__).resolve().parents[1] / "procedures/cases"


@dataclass(frozen=True)
class Acts:
    """Acts of one household: with every question alone, and with rare things at one go."""

    name: str
    alone: int
    swept: int


def acts_of(file: CaseFile, catalogue: Catalogue) -> Acts:
    """Both numbers for a household. Raises AssertionError if the results differ."""
    catalogue = catalogue.at(file.case.date)
    (alone, first), (swept, second) = (_asked(file.case, catalogue, sweeping) for sweeping in (False, True))
    assert _items(first) == _items(second), file.title
    return Acts(Path(file.source.file).stem, alone, swept)


def _asked(full: Case, catalogue: Catalogue, sweeping: bool) -> tuple[int, Guidance]:
    case, acts, ticked = forgotten(full, catalogue), 0, set[str]()
    while (guidance := evaluate(case, catalogue)).questions:
        put: Collection[Question] = sweep(guidance.questions, catalogue.facts, ticked) if sweeping else ()
        acts += 1
        for question in put or guidance.questions[:1]:
            answers = _answers(full, question)
            if put and any(answers.values()):
                ticked.add(question.fact)
            else:
                case = _with(case, question, answers)
    return acts, guidance


def _answers(full: Case, question: Question) -> dict[str, Any]:
    """What the case says of each, or what stands for no."""
    last = question.choices[-1].value if question.choices else None
    no = {"yes_no": False, "choices": (), "choice": last}.get(question.type)
    said = {person.id: person.facts for person in full.household} | {"": full.facts}
    given = {who: said[who].get(question.fact) for who in question.person_ids or ("",)}
    return {who: no if fact is None or fact.unknown else fact.value for who, fact in given.items()}


def _with(case: Case, question: Question, answers: dict[str, Any]) -> Case:
    facts = {
        who: Fact.declared_unknown() if value is None else Fact(value, "resident")
        for who, value in answers.items()
    }
    if question.scope != "person":
        return replace(case, facts={**case.facts, question.fact: facts[""]})
    household = tuple(
        replace(person, facts={**person.facts, question.fact: facts[person.id]})
        if person.id in facts
        else person
        for person in case.household
    )
    return replace(case, household=household)


def _items(guidance: Guidance) -> set[tuple[str, str | None, tuple[str, ...]]]:
    return {
        (item.procedure_id, item.variant, item.person_ids)
        for item in (*guidance.applies, *guidance.needs_confirmation, *guidance.may_apply)
    }


def households() -> list[Acts]:
    """Every whole household."""
    files, problems = read_cases(CASES)
    assert not problems
    catalogue = load_catalogue("992011")
    return [acts_of(file, catalogue) for file in files if re.match(r"h\d", Path(file.source.file).name)]


def main() -> None:
    """Print the table."""
    found = households()
    print(f"{'household':<40}{'alone':>7}{'at one go':>11}")
    for one in found:
        print(f"{one.name:<40}{one.alone:>7}{one.swept:>11}")
    before, after = sum(one.alone for one in found), sum(one.swept for one in found)
    print(f"{len(found)} households: {before} acts, each question alone; {after} with rare things at one go")


if __name__ == "__main__":
    main()
