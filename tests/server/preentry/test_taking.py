"""A code at the counter: nothing is asked twice, nobody is mistaken for another, records know better."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from server.kit import clock
from server.kit.clock import now
from server.kit.machine import NotNowError
from server.preentry import keys, queries, service
from server.preentry.answers import Answers
from server.preentry.codes import Refusal
from server.preentry.matching import beyond_doubt, candidates
from server.preentry.models import PreentryCode, PreentryKey
from server.preentry.queries import CodeView
from server.preentry.service import CodeRefusedError
from server.reception import ending
from server.web.services import Services
from tests.factories.people import SYSTEM
from tests.factories.preentry import AT_HOME, brought
from tests.factories.visits import ALONE, FOUR, Visit

TWINS = Answers(("MOVE",), ("you", "child1", "child2")).put(
    "birth", {"you": "1973-04", "child1": "2016-06", "child2": "2016-06"}
)


def take(visit: Visit, code: str) -> None:
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        held = visit.services
        service.take(unit, visit.clerk, held.vault, held.catalogue, reception, key, code)


def shown(visit: Visit) -> CodeView:
    with visit.services.db.read() as unit:
        reception, key = visit.locked(unit)
        found = queries.view(unit, visit.services.catalogue, reception, key)
    assert found is not None
    return found


def member(visit: Visit, name: str) -> str:
    return next(one.person_id for one in visit.workspace().members if one.name.endswith(name))


def test_answers_become_facts_and_are_not_asked_again(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    before = {question.fact for question in visit.guided(visit.state()).questions}
    take(visit, brought(services))
    state = visit.state()
    assert state.moved_on is not None
    assert state.moved_on.isoformat() == "2026-11-20"
    assert state.facts.value("", "dog") is True
    after = {question.fact: question.person_ids for question in visit.guided(state).questions}
    assert "dog" in before
    assert "dog" not in after
    taro, hanako = member(visit, "太郎"), member(visit, "花子")
    assert after.get("mnc_sig_cert") in ((hanako,), None), "わからない is asked where somebody can help"
    found = state.facts.get(taro, "mnc_sig_cert")
    assert found is not None
    assert found.source == "pre-entry"
    assert state.facts.value(member(visit, "ウメ"), "moves") is False
    assert shown(visit).settled, "four different births leave no doubt"


def test_a_code_may_come_before_the_household(services: Services) -> None:
    visit = Visit.opened(services, FOUR)
    take(visit, brought(services))
    assert not shown(visit).settled
    for act in (visit.identify, visit.attach, visit.gather):
        act()
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        service.match(unit, visit.clerk, reception, key)
    assert shown(visit).settled
    assert visit.state().facts.value(member(visit, "太郎"), "mnc_sig_cert") is True


def test_the_core_knows_better_and_the_difference_is_shown(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    taro = member(visit, "太郎")
    stood = visit.state().facts.value(taro, "ins")
    assert stood not in (None, "seiho")
    take(visit, brought(services, AT_HOME.put("ins", {"you": "seiho"})))
    assert visit.state().facts.value(taro, "ins") == stood
    (difference,) = [one for one in shown(visit).differences if one.label.ja == "医療保険"]
    assert (difference.person_id, difference.source) == (taro, "core")
    assert difference.entered.ja == "生活保護（医療扶助）"


def test_what_is_said_at_the_counter_stands_over_what_was_entered(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    take(visit, brought(services))
    visit.fact("dog", value=False)
    assert visit.state().facts.value("", "dog") is False
    assert [(one.label.ja, one.entered.ja) for one in shown(visit).differences] == [("犬", "犬を飼っている")]


def test_a_birth_of_a_month_is_no_difference_to_its_day(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    take(visit, brought(services))
    assert [one.conflicts for one in visit.workspace().members if one.conflicts] == []


def test_twins_are_for_staff_to_tell_apart(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    take(visit, brought(services, TWINS.put("moves", {"you": True, "child1": True, "child2": False})))
    view = shown(visit)
    assert not view.settled
    sakura = member(visit, "さくら")
    assert [(one.id, one.likely) for one in view.people][1:] == [("child1", sakura), ("child2", sakura)]
    assert visit.state().facts.get(sakura, "moves").source == "derived"  # type: ignore[union-attr]
    taro = member(visit, "太郎")
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        chosen = {"you": taro, "child1": "", "child2": sakura}
        service.settle(unit, visit.clerk, reception, key, chosen)
    assert visit.state().facts.value(sakura, "moves") is False
    assert shown(visit).settled


@pytest.mark.parametrize(
    ("chosen", "refused"),
    [
        ({"you": "taro", "child1": "taro", "child2": ""}, CodeRefusedError),
        ({"you": "nobody", "child1": "", "child2": ""}, LookupError),
        ({"you": "taro"}, LookupError),
    ],
)
def test_a_match_that_cannot_be_is_refused(
    services: Services, chosen: dict[str, str], refused: type[Exception]
) -> None:
    visit = Visit.at(services, "intake", FOUR)
    take(visit, brought(services, TWINS))
    taro = member(visit, "太郎")
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        named = {who: taro if found == "taro" else found for who, found in chosen.items()}
        with pytest.raises(refused):
            service.settle(unit, visit.clerk, reception, key, named)


def test_another_events_day_is_not_the_day_of_the_move(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    born = Answers(("BIRTH",), ("you", "baby1")).put("event_date", {"": "2026-11-20"})
    take(visit, brought(services, born))
    assert visit.state().moved_on is None
    both = Answers(("MOVE", "BIRTH"), ("you", "baby1")).put("event_date", {"": "2026-11-18"})
    take(visit, brought(services, both.put("date.BIRTH", {"": "2026-11-20"})))
    assert str(visit.state().moved_on) == "2026-11-18"


def test_a_later_code_takes_the_place_of_an_earlier_one(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    take(visit, brought(services))
    take(visit, brought(services, Answers(("MOVE",), ("you",)).put("birth", {"you": "1973-04"})))
    assert visit.state().facts.get("", "dog") is None
    assert len(shown(visit).people) == 1


def test_a_code_belongs_to_the_reception_that_took_it(services: Services) -> None:
    code = brought(services)
    first, other = Visit.at(services, "intake", FOUR), Visit.opened(services, ALONE, desk="2")
    take(first, code)
    take(first, code)
    with pytest.raises(CodeRefusedError) as refused:
        take(other, code)
    assert refused.value.reason == "used"
    assert refused.value.reception == first.workspace().number
    with services.db.write() as unit:
        reception, _ = first.locked(unit)
        ending.abandon(unit, first.clerk, services.vault, reception, "やめる")
    take(other, code)


def test_each_refusal_says_its_reason_and_changes_nothing(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    expired = brought(services, until=now() - timedelta(seconds=1))
    elsewhere = replace(services, settings=services.settings.model_copy(update={"municipality": "992020"}))
    for code, reason in (
        (expired, Refusal.EXPIRED),
        (brought(elsewhere), Refusal.OTHER_MUNICIPALITY),
        (brought(services)[:-4], Refusal.DAMAGED),
        ("4901234567894", Refusal.NOT_A_CODE),
    ):
        with pytest.raises(CodeRefusedError, match=reason.value):
            take(visit, code)
    assert visit.state().facts.get("", "dog") is None


def test_a_code_is_taken_before_the_paper_and_not_after(services: Services) -> None:
    visit = Visit.at(services, "prepared")
    with pytest.raises(NotNowError):
        take(visit, brought(services))


def test_keys_are_replaced_and_old_ones_open_as_long_as_a_code_lives(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    code = brought(services)
    life = services.settings.preentry_life
    with services.db.write() as unit:
        keys.rotate(unit, SYSTEM, services.vault)
        keys.ensure(unit, SYSTEM, services.vault)
        assert keys.destroy_old(unit, SYSTEM, services.vault, life) == 0
        assert len(keys.listed(unit, SYSTEM)) == 2
    take(visit, code)
    clock.start_at(now() + life + timedelta(hours=1))
    with services.db.write() as unit:
        assert keys.destroy_old(unit, SYSTEM, services.vault, life) == 1
        assert len(keys.private_keys(unit, SYSTEM, services.vault)) == 1
    with pytest.raises(CodeRefusedError, match="expired"):
        take(visit, code)


def test_no_private_key_and_no_answer_lies_open_in_the_database(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    take(visit, brought(services))
    with services.db.read() as unit:
        (row,) = unit.all(select(PreentryCode))
        (made,) = unit.all(select(PreentryKey))
        (private,) = keys.private_keys(unit, SYSTEM, services.vault).values()
    assert b"MOVE" not in row.sealed
    assert private.private_bytes_raw() not in made.sealed


def test_expired_codes_are_forgotten(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    take(visit, brought(services))
    clock.start_at(now() + timedelta(days=16))
    with services.db.write() as unit:
        service.forget(unit, SYSTEM, services.vault, services.settings.preentry_life)
        assert unit.all(select(PreentryCode)) == []


@pytest.mark.parametrize(
    ("births", "members", "found"),
    [
        ({"you": "1973-04"}, {"a": "1973-04-12"}, {"you": "a"}),
        ({"you": "1973-04"}, {"a": "1973"}, {"you": "a"}),
        ({"you": "1973-04"}, {"a": "1973-05-12"}, None),
        ({"you": None}, {"a": "1973-05-12", "b": "1990-01-01"}, None),
        ({"you": "1973-04"}, {"a": None, "b": "1973-04-01"}, None),
        ({"you": "1973-04", "child1": "1973-04"}, {"a": "1973-04-01"}, None),
        ({"you": "1973-04", "child1": "2016-06"}, {"a": "1973-04-01"}, None),
        ({}, {"a": "1973-04-01"}, None),
    ],
)
def test_only_what_leaves_no_doubt_is_matched(
    births: dict[str, str | None], members: dict[str, str | None], found: dict[str, str] | None
) -> None:
    assert beyond_doubt(candidates(births, members)) == found
