"""Life events at the counter: chosen, changed, each with its day and the people it concerns."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from procedures import Case, Catalogue
from procedures.engine.guidance import Guidance
from procedures.logic.conditions import Event
from server.db.uow import NotThereError
from server.kit import clock
from server.reception import gathering, guidance, intake, life_events, service
from server.reception.life_events import CONCERNS, EVENTS, UnfitEventsError
from server.web.services import Services
from tests.factories.visits import FOUR, Visit


def choose(visit: Visit, *events: str) -> None:
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        service.choose_events(unit, visit.clerk, reception, key, events)


def day(visit: Visit, code: str, back: int = 0) -> None:
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        said = (clock.today() - timedelta(days=back)).isoformat()
        service.set_day(unit, visit.clerk, reception, key, code, said)


def concern(visit: Visit, *persons: str) -> None:
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        service.set_concerned(unit, visit.clerk, reception, key, set(persons))


def ids(guidance: Guidance, *lists: str) -> set[str]:
    wanted: Iterable[str] = lists or ("applies", "needs_confirmation")
    return {item.procedure_id for name in wanted for item in getattr(guidance, name)}


def test_every_event_of_the_rules_can_be_chosen(catalogue: Catalogue) -> None:
    assert set(EVENTS) == set(catalogue.codes.events)
    assert {event.group for event in EVENTS.values()} == set(life_events.GROUPS)
    for event in EVENTS.values():
        assert event.subject is None or catalogue.facts[event.subject].scope == "person"
    assert [code for code, event in EVENTS.items() if not event.dated] == ["CERT"]


def test_whom_an_event_concerns_is_read_only_where_it_happened(catalogue: Catalogue) -> None:
    """The same list as in the facts of the rules, where it says when nobody is asked."""
    for fact, events in CONCERNS.items():
        first = catalogue.facts[fact].presume[0]
        assert first.value is False
        (meant,) = first.when.parts()
        assert isinstance(meant, Event)
        assert meant.events == events, fact


def test_the_events_of_one_visit_fit_together() -> None:
    assert life_events.read(["NAME", "MARRY", "MOVE"]) == ("MOVE", "MARRY", "NAME")
    for unfit in ([], ["MOVE", "OUT_DOM"], ["GHOST"]):
        with pytest.raises(UnfitEventsError):
            life_events.read(unfit)


def test_days_stay_with_their_events_when_another_event_comes_to_lead(services: Services) -> None:
    visit = Visit.at(services, "intake")
    choose(visit, "MARRY", "NAME")
    day(visit, "MARRY", back=3)
    day(visit, "NAME", back=2)
    choose(visit, "MOVE", "MARRY", "NAME")
    day(visit, "", back=1)
    state = visit.state()
    assert [state.day_of(code) for code in state.events] == [
        clock.today() - timedelta(days=n) for n in (1, 3, 2)
    ]
    choose(visit, "NAME")
    assert visit.state().moved_on == clock.today() - timedelta(days=2)
    choose(visit, "MARRY", "NAME")
    assert visit.state().moved_on is None, "what is chosen no longer is forgotten"


def test_a_move_of_nobody_is_no_death(services: Services) -> None:
    """Everybody is taken in as moving; whoever has died there does not move."""
    visit = Visit.at(services, "intake", FOUR)
    choose(visit, "DEATH")
    day(visit, "")
    assert {gap for gap in visit.workspace().gaps if gap != "questions"} == {"subjects"}
    mother = visit.state().people[3].person_id
    concern(visit, mother)
    case = case_now(visit)
    assert all("moves" not in person.facts for person in case.household)
    assert "R015" not in ids(visit.guided(visit.state()), "applies"), "the head stays"


def case_now(visit: Visit) -> Case:
    return guidance.case_of(visit.state(), visit.services.catalogue, "992011")


def answer_everything(visit: Visit, **wanted: object) -> None:
    """Yes, no or a choice where `wanted` says so of the fact, else no, the last choice or unknown."""
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        for _ in range(60):
            state = intake.load(unit, visit.clerk, key, reception)
            questions = visit.guided(state).questions
            if not questions:
                return
            question = questions[0]
            last = question.choices[-1].value if question.choices else None
            value = wanted.get(
                question.fact, {"yes_no": False, "choice": last, "choices": []}.get(question.type)
            )
            for person in question.person_ids if question.scope == "person" else [""]:
                service.set_fact(
                    unit,
                    visit.clerk,
                    reception,
                    key,
                    question.fact,
                    value,
                    person_id=person,
                    unknown=value is None,
                )
    raise AssertionError("the questions do not end")


def test_what_the_core_knows_is_taken_with_its_time_and_never_asked(services: Services) -> None:
    """Whatever happened. After a death, which insurance that is not the city's is more than the core says."""
    visit = Visit.at(services, "intake", FOUR)
    state = visit.state()
    for person in state.people:
        for view in state.facts.of(person.person_id).values():
            assert view.as_of is not None or view.source != "core", view.name
    for code in EVENTS:
        choose(visit, code)
        if EVENTS[code].subject:
            concern(visit, state.people[0].person_id)
        for question in visit.workspace().questions:
            told = [state.facts.get(owner, question.fact) for owner in question.person_ids]
            known = {view.value for view in told if view is not None and view.source == "core"}
            assert known <= ({"other"} if (code, question.fact) == ("DEATH", "ins") else set()), question.fact


def test_nobody_of_the_cores_household_is_taken_out(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    head = visit.state().people[0].person_id
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        with pytest.raises(NotThereError):
            gathering.remove_person(unit, visit.clerk, reception, key, head)
