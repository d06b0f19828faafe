"""Questions: only those that can change something, none twice; answering them leads to the whole truth."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from procedures import Case, Fact, Guidance, PersonCase, Question, evaluate, load_catalogue
from procedures.proving.case_file import read_case

CASES = Path(__file__).parent / "cases"
WHOLE = [
    "h01_four_with_school_child_and_mother",
    "h04_foreign_family",
    "h07_head_moves_alone",
    "h10_three_generations",
]
Outcome = dict[str, set[tuple[str, str | None, tuple[str, ...]]]]


def load(name: str) -> Case:
    return read_case(CASES / f"{name}.yaml").case


def outcome(guidance: Guidance) -> Outcome:
    return {
        key: {(item.procedure_id, item.variant, item.person_ids) for item in getattr(guidance, key)}
        for key in ("applies", "may_apply", "needs_confirmation")
    }


def forget(case: Case, keep: float, seed: int) -> Case:
    """The case with some of its facts forgotten, except the day of the move."""
    dice = random.Random(seed)
    people = tuple(
        replace(person, facts={name: fact for name, fact in person.facts.items() if dice.random() < keep})
        for person in case.household
    )
    household = {
        name: fact for name, fact in case.facts.items() if name == "event_date" or dice.random() < keep
    }
    return replace(case, household=people, facts=household)


def answered(case: Case, question: Question, truth: Case | None) -> Case:
    """The case after a question, answered as `truth` has it, or with わからない."""

    def answer(facts: dict[str, Fact]) -> Fact:
        return facts.get(question.fact, Fact.declared_unknown()) if truth else Fact.declared_unknown()

    if question.scope == "household":
        real = dict(truth.facts) if truth else {}
        return replace(case, facts={**case.facts, question.fact: answer(real)})
    people = []
    for index, person in enumerate(case.household):
        real = dict(truth.household[index].facts) if truth else {}
        more = {question.fact: answer(real)} if person.id in question.person_ids else {}
        people.append(PersonCase(person.id, {**person.facts, **more}))
    return replace(case, household=tuple(people))


def talk(case: Case, truth: Case | None) -> tuple[Guidance, list[str]]:
    """Ask until nothing is left to ask; the last guidance and the facts in the order of asking."""
    catalogue = load_catalogue()
    asked = []
    guidance = evaluate(case, catalogue)
    while guidance.next_question is not None:
        question = guidance.next_question
        assert question.fact not in asked, "asked twice"
        asked.append(question.fact)
        case = answered(case, question, truth)
        guidance = evaluate(case, catalogue)
    return guidance, asked


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("keep", [0.0, 0.4, 0.8])
def test_answering_leads_to_what_full_knowledge_says(name: str, keep: float) -> None:
    truth = load(name)
    whole = outcome(evaluate(truth, load_catalogue()))
    for seed in range(3):
        forgotten = forget(truth, keep, seed)
        # Facts that nobody can be asked about come from the core in any case.
        people = tuple(
            replace(
                person,
                facts={**person.facts, "dv_support": full.facts.get("dv_support", Fact(False, "core"))},
            )
            for person, full in zip(forgotten.household, truth.household, strict=True)
        )
        guidance, _ = talk(replace(forgotten, household=people), truth)
        got = outcome(guidance)
        assert got["may_apply"] == set()
        assert got["applies"] == whole["applies"]
        assert got["needs_confirmation"] == whole["needs_confirmation"]


@pytest.mark.parametrize("name", WHOLE)
def test_do_not_know_ends_in_confirmation_and_is_never_asked_again(name: str) -> None:
    guidance, asked = talk(forget(load(name), 0.3, 7), None)
    assert asked
    assert guidance.may_apply == ()
    assert guidance.needs_confirmation
    states = {fact.state for item in guidance.needs_confirmation for fact in item.deciding}
    assert states <= {"declared_unknown", "unavailable", "incomplete"}


def test_a_known_fact_is_never_asked_for_that_person() -> None:
    case = forget(load("h10_three_generations"), 0.5, 3)
    for question in evaluate(case, load_catalogue()).questions:
        for person in case.household:
            if question.scope == "person" and question.fact in person.facts:
                assert person.id not in question.person_ids
        if question.scope == "household":
            assert question.fact not in case.facts


def test_a_fact_that_is_not_asked_cannot_change_anything() -> None:
    catalogue = load_catalogue()
    case = forget(load("h01_four_with_school_child_and_mother"), 0.6, 11)
    guidance = evaluate(case, catalogue)
    asked = {(question.fact, person) for question in guidance.questions for person in question.person_ids}
    before = outcome(guidance)
    tried = 0
    for spec in catalogue.facts.values():
        if (
            spec.scope != "person"
            or spec.type != "yes_no"
            or spec.question is None
            or spec.presume
            or spec.only_if
        ):
            continue
        for index, person in enumerate(case.household):
            if spec.name in person.facts or (spec.name, person.id) in asked:
                continue
            for value in (True, False):
                people = list(case.household)
                people[index] = PersonCase(person.id, {**person.facts, spec.name: Fact(value)})
                tried += 1
                assert outcome(evaluate(replace(case, household=tuple(people)), catalogue)) == before
    assert tried


def question(case: Case, fact: str) -> Question | None:
    return next((q for q in evaluate(case, load_catalogue()).questions if q.fact == fact), None)


def test_the_gate_is_asked_before_what_depends_on_it() -> None:
    case = replace(load("h02_young_single"), facts={})
    assert question(case, "dog") is not None
    assert question(case, "dog_chip") is None
    with_dog = replace(case, facts={"dog": Fact(True, "resident")})
    chip = question(with_dog, "dog_chip")
    assert chip is not None
    assert [choice.value for choice in chip.choices] == ["registered", "none", "mixed"]


def test_one_question_covers_every_person_it_is_open_for() -> None:
    case = load("h13_core_knows_most")
    asked = question(case, "dis_cert")
    assert asked is not None
    assert asked.person_ids == ("father", "mother", "baby")
    assert asked.decides == ("R130", "R131", "R132")
    assert not asked.advice_only
    car = question(case, "has_vehicle")
    assert car is not None
    assert car.advice_only


def test_questions_have_words_in_three_languages_and_expect_fewer_and_fewer() -> None:
    guidance = evaluate(load("h13_core_knows_most"), load_catalogue())
    remaining = [asked.expected_remaining for asked in guidance.questions]
    assert remaining == sorted(remaining)
    for asked in guidance.questions:
        words = asked.to_dict()["text"]
        assert words["ja"]
        assert words["en"]
        assert words["easy"] != words["ja"]


def test_a_condition_that_no_answer_can_meet_is_settled_without_asking() -> None:
    # Two people: if the head leaves, one remains; two cannot remain, whoever the head is.
    case = Case(
        "992011",
        load("h01_four_with_school_child_and_mother").date,
        "MOVE",
        (PersonCase("a"), PersonCase("b")),
    )
    guidance = evaluate(case, load_catalogue())
    assert "R015" in {entry.procedure_id for entry in guidance.not_applicable}
    assert all("R015" not in asked.decides for asked in guidance.questions)
