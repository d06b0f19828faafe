"""Answers on their way: written short, read strictly, asked and shown by the real rules."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from procedures import Catalogue
from server.preentry import asking, codes, qr, showing
from server.preentry.answers import (
    DAY,
    LONGEST,
    MOST_PEOPLE,
    Answers,
    AnswersUnreadableError,
    Value,
    people_of,
    read,
)
from server.preentry.asking import Ask
from server.preentry.life_events import BY_CODE, LIFE_EVENTS, chosen

ON = date(2026, 11, 23)
SIX = ("you", "spouse", "child1", "child2", "parent1", "parent2")
BIRTHS = {
    "you": "1985-03",
    "spouse": "1986-07",
    "child1": "2015-04",
    "child2": "2019-09",
    "parent1": "1951-11",
}
Say = Callable[[Ask, str], Value | None]


def plainly(ask: Ask, owner: str) -> Value | None:
    """Something of everything: the answers of a family about whom much is to say."""
    match ask.kind:
        case "birth":
            return BIRTHS.get(owner, "1953-02")
        case "yes_no":
            return ask.name == "moves" or owner in ("", "you")
        case "choice":
            return ask.choices[0].value
        case "choices":
            return tuple(choice.value for choice in ask.choices[:2])
        case "date":
            return "2026-11-20"
        case _:
            return 12


def answered(catalogue: Catalogue, start: Answers, say: Say = plainly) -> tuple[Answers, list[str]]:
    """Everything that is asked, answered; and the names of the questions in their order."""
    answers, asked = start, list[str]()
    while True:
        ask = asking.next_ask(answers, asking.guide(answers, catalogue, ON), catalogue)
        if ask is None:
            return answers, asked
        asked.append(ask.name)
        assert len(asked) < 60
        answers = answers.put(ask.name, {owner: say(ask, owner) for owner in ask.owners})


@pytest.fixture(scope="module")
def moved(catalogue: Catalogue) -> tuple[Answers, list[str]]:
    """A family of six that moves, with everything answered."""
    return answered(catalogue, Answers(("MOVE",), SIX))


def people_for(events: tuple[str, ...]) -> tuple[str, ...]:
    extra = (*(["late"] if "DEATH" in events else []), *(["baby1"] if "BIRTH" in events else []))
    return (*extra, *SIX[: 6 - len(extra)])


def test_every_life_event_of_the_catalogue_is_offered(catalogue: Catalogue) -> None:
    assert set(BY_CODE) == set(catalogue.codes.events)
    assert len(BY_CODE) == len(LIFE_EVENTS)


SHORT = (("IN_SP",), ("MOVE", "BIRTH"), ("CERT",))
LONG = (*((code,) for code in BY_CODE if (code,) not in SHORT), ("IN_DOM", "MARRY"))


@pytest.mark.parametrize(
    "events", [*SHORT, *(pytest.param(events, marks=pytest.mark.long) for events in LONG)]
)
def test_a_family_of_six_fits_into_a_qr_code(catalogue: Catalogue, events: tuple[str, ...]) -> None:
    answers, asked = answered(catalogue, Answers(events, people_for(events)))
    assert len(set(asked)) == len(asked), "nothing is asked twice"
    assert read(answers.text()) == answers
    assert answers.known_to(catalogue) == answers
    key = X25519PrivateKey.generate().public_key()
    until = datetime(2026, 12, 7, tzinfo=UTC)
    version = qr.version_of(codes.seal(answers.text().encode(), key, "992011", until))
    assert version is not None
    assert version <= 25


def test_nobody_is_asked_what_only_staff_can_look_up(catalogue: Catalogue) -> None:
    _, asked = answered(catalogue, Answers(("IN_SP",), SIX))
    assert {"seal_registered", "pens_number_linked", "former_resident", "special_out"}.isdisjoint(asked)


def test_a_day_of_birth_is_asked_only_of_whom_it_matters(moved: tuple[Answers, list[str]]) -> None:
    answers, asked = moved
    assert asked[-1] == DAY
    found = answers.get(DAY)
    assert found is not None
    assert set(found.values) == {"parent1"}, "who turns 75 in this very month"
    assert asking.facts_of(answers)["parent1"]["birth"] == "1951-11-12"
    assert asking.facts_of(answers)["you"]["birth"] == "1985-03"


def test_a_day_that_nobody_knows_is_not_asked_again(
    catalogue: Catalogue, moved: tuple[Answers, list[str]]
) -> None:
    answers = moved[0].put(DAY, {"parent1": None})
    assert asking.next_ask(answers, asking.guide(answers, catalogue, ON), catalogue) is None
    assert asking.facts_of(answers)["parent1"]["birth"] == "1951-11"


def test_nobody_knows_anything_and_it_still_ends(catalogue: Catalogue) -> None:
    answers, asked = answered(catalogue, Answers(("MOVE",), ("you",)), lambda ask, who: None)
    assert len(set(asked)) == len(asked)
    assert showing.listing(asking.guide(answers, catalogue, ON)).doubtful


def test_the_newborn_is_known_without_a_question(catalogue: Catalogue) -> None:
    answers, asked = answered(catalogue, Answers(("BIRTH",), ("you", "baby1")))
    assert asked[0] == "event_date"
    assert "newborn" not in asked
    baby = asking.facts_of(answers)["baby1"]
    assert (baby["newborn"], baby["birth"]) == (True, "2026-11-20")
    assert asking.facts_of(answers)["you"]["newborn"] is False


def test_each_event_has_its_own_day(catalogue: Catalogue) -> None:
    answers = Answers(("MOVE", "BIRTH"), ("you", "baby1")).put("date.BIRTH", {"": "2026-11-20"})
    case = asking.case_of(answers, "992011", ON)
    assert case.events == ("MOVE", "BIRTH")
    assert case.dates["BIRTH"].value == "2026-11-20"


def test_a_certificate_has_no_day(catalogue: Catalogue) -> None:
    _, asked = answered(catalogue, Answers(("PREG", "CERT"), ("you",)))
    assert "date.CERT" not in asked


def test_a_changed_answer_says_what_appeared_and_what_went(catalogue: Catalogue) -> None:
    answers = Answers(("MOVE",), ("you",)).put("moves", {"you": True}).put("dog_chip", {"": "registered"})
    with_dog = asking.guide(answers.put("dog", {"": True}), catalogue, ON)
    without = asking.guide(answers.put("dog", {"": False}), catalogue, ON)
    assert [text.ja for text in asking.changed(with_dog, without).disappeared] == [
        "犬の所在地の変更（環境省データベース）"
    ]
    assert asking.changed(without, with_dog).appeared
    assert asking.changed(with_dog, with_dog) == asking.Changed()


def test_an_answered_question_can_be_asked_again(catalogue: Catalogue) -> None:
    answers, asked = answered(catalogue, Answers(("PREG", "BIRTH"), ("you", "baby1")))
    again = [asking.ask_again(answers, index, catalogue) for index in range(len(answers.given))]
    assert [ask.name for ask in again] == asked
    assert [set(ask.owners) for ask in again] == [set(answer.values) for answer in answers.given]
    with pytest.raises(IndexError):
        asking.ask_again(answers, len(asked), catalogue)


def test_people_who_go_take_their_answers_with_them() -> None:
    answers = Answers(("MOVE",), ("you", "child1"))
    answers = answers.put("moves", {"you": True, "child1": True}).put("newborn", {"child1": True})
    assert answers.of(("you",)) == Answers(("MOVE",), ("you",)).put("moves", {"you": True})


def test_no_more_people_than_a_page_can_hold() -> None:
    everybody = people_of({"you": 1, "spouse": 9, "child": 9, "parent": 9, "other": 9})
    assert len(everybody) == MOST_PEOPLE
    assert everybody[:4] == ("you", "spouse", "child1", "child2")


@pytest.mark.parametrize(
    ("codes", "together"),
    [
        (["MOVE"], ("MOVE",)),
        (["BIRTH", "MOVE"], ("MOVE", "BIRTH")),
        (["MOVE", "OUT_DOM"], None),
        (["IN_46", "MOVE"], None),
        (["HH_HEAD", "HH_SPLIT"], None),
        ([], None),
        (["X"], None),
        (["BIRTH", "DEATH", "MARRY", "DIVORCE"], None),
    ],
)
def test_events_that_go_together(codes: list[str], together: tuple[str, ...] | None) -> None:
    assert chosen(codes) == together


GOOD = {"v": 1, "e": ["MOVE"], "p": ["you", "child1"], "a": [["dog", True], ["moves", [True, "?"], 1]]}


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"e": []},
        {"e": ["OUT_DOM", "MOVE"]},
        {"e": "MOVE"},
        {"p": ["you", "you"]},
        {"p": ["山田"]},
        {"p": [f"child{n}" for n in range(1, 9)] + ["you", "spouse", "parent1"]},
        {"a": [["dog", True], ["dog", False]]},
        {"a": [["moves", [True], 1]]},
        {"a": [["moves", [1.5, True], 1]]},
        {"a": [["x" * 41, True]]},
        {"a": [[{}, True]]},
        {"a": 1},
        {"a": ["dog"]},
    ],
    ids=str,
)
def test_what_no_page_wrote_is_refused(change: dict[str, object]) -> None:
    read(json.dumps(GOOD))
    with pytest.raises(AnswersUnreadableError):
        read(json.dumps(GOOD | change))


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", "[" * 3000, "x" * (LONGEST + 1)])
def test_what_is_no_state_at_all_is_refused(text: str) -> None:
    with pytest.raises(AnswersUnreadableError):
        read(text)


def test_what_the_rules_do_not_know_is_left_out(catalogue: Catalogue) -> None:
    """A page or a code can be older than the rules, and anybody can write one."""
    written: dict[str, dict[str, Value | None]] = {
        "dv_support": {"you": True},
        "seal_registered": {"you": True},
        "filed_on": {"": "2020-01-01"},
        "no_such_fact": {"": True},
        "dog": {"you": True},
        "mnc": {"you": "golden"},
        "birth": {"you": "1985-03-04"},
        DAY: {"you": 45},
        "date.BIRTH": {"": "2026-11-20"},
        "is_head": {"you": True},
    }
    answers = Answers(("MOVE",), ("you",))
    for name, values in written.items():
        answers = answers.put(name, values)
    assert answers.known_to(catalogue) == Answers(("MOVE",), ("you",)).put("is_head", {"you": True})


def test_nothing_doubtful_is_told_as_certain(catalogue: Catalogue, moved: tuple[Answers, list[str]]) -> None:
    answers, _ = moved
    guidance = asking.guide(answers, catalogue, ON)
    shown = showing.listing(guidance)
    doubted = {item.procedure_id for item in guidance.applies if item.to_confirm}
    assert doubted
    sure = {entry.procedure_id for _, entries in shown.groups for entry in entries}
    assert doubted.isdisjoint(sure)
    assert doubted <= {entry.procedure_id for entry in shown.doubtful}


def test_residents_are_guided_by_confirmed_rules_alone(catalogue: Catalogue) -> None:
    confirmed = replace(
        catalogue,
        rules=tuple(replace(rule, confirmed=rule.id in ("R010", "R157")) for rule in catalogue.rules),
    )
    theirs = asking.for_residents(confirmed, confirmed_only=True)
    answers, asked = answered(theirs, Answers(("MOVE",), ("you",)))
    guidance = asking.guide(answers, theirs, ON)
    assert {item.procedure_id for item in guidance.applies} == {"R010", "R157"}
    assert set(asked) <= {"moves", "birth", "dog", "dog_chip", "event_date", "mnc", "nat"}, "no idle question"
    assert asking.for_residents(confirmed, confirmed_only=False) is confirmed
    nobody = asking.for_residents(catalogue, confirmed_only=True)
    assert not nobody.rules
    assert all(not later.rules for later in nobody.later)


def test_documents_are_listed_once_for_all_who_need_them(
    catalogue: Catalogue, moved: tuple[Answers, list[str]]
) -> None:
    answers, _ = moved
    shown = showing.listing(asking.guide(answers, catalogue, ON))
    names = [one.id for one in (*shown.bring, *shown.perhaps)]
    assert len(set(names)) == len(names)
    cards = next(one for one in shown.bring if one.id == "mnc_card")
    assert set(cards.people) == set(SIX)
    assert len(cards.needed_for) > 1
    assert [group for group, _ in shown.groups] == [
        group for group in showing.GROUPS if group in dict(shown.groups)
    ]


@pytest.mark.parametrize(
    ("events", "known"),
    [
        (("IN_DOM",), {"you": True, "child1": True}),
        (("IN_DOM", "BIRTH"), {"you": True, "child1": True, "baby1": None}),
        (("IN_47",), {"you": None, "child1": None}),
        (("MOVE",), {"you": None, "child1": None}),
        (("IN_DOM", "DEATH"), {"you": None, "child1": None}),
    ],
)
def test_those_counted_as_having_come_along_are_not_asked_again_who_moved(
    events: tuple[str, ...], known: dict[str, bool | None]
) -> None:
    """A child born meanwhile may not have moved; who obtains a status here, or mourns, is not of a move."""
    told = asking.facts_of(Answers(events, tuple(known)))
    assert {person: told[person].get("moves") for person in known} == known


def test_the_head_is_looked_for_among_everybody(catalogue: Catalogue) -> None:
    """Rules may turn on the child alone, who moves out; the head is found only where the others stand too."""
    people = ("you", "spouse", "child1")
    answers = Answers(("OUT_DOM",), people)
    answers = answers.put("birth", {"you": "1980-01", "spouse": "1981-03", "child1": "2011-03"})
    answers = answers.put("moves", {"you": False, "spouse": False, "child1": True})
    for _ in range(30):
        ask = asking.next_ask(answers, asking.guide(answers, catalogue, ON), catalogue)
        assert ask is not None
        if ask.name == "is_head":
            assert ask.owners == people
            return
        answers = answers.put(ask.name, dict.fromkeys(ask.owners))
    raise AssertionError("nobody asked for the head")
