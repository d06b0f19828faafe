"""Where values come from, which of them stands, and that none is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from core_adapter.mock import MockCoreAdapter
from server.kit import clock
from server.reception import known
from server.reception.facts import REGISTER_FIELDS, SOURCES, Facts, FactView
from server.reception.models import FactRow
from server.web.services import Services
from tests.factories.visits import FOUR, Visit

REGISTER_ORDER = ["core", "staff", "card", "scan", "resident", "pre-entry", "derived"]


def said(name: str, source: str, value: object, *, unknown: bool = False, person: str = "p") -> FactView:
    return FactView(name, person, source, value, unknown, clock.now(), "staff", None, None)


@given(st.permutations(SOURCES), st.sampled_from(sorted(REGISTER_FIELDS)))
def test_the_register_stands_for_what_it_holds(order: list[str], name: str) -> None:
    """In whatever order they were said: the core, then staff, then card and papers, then what people say."""
    found = Facts([said(name, source, source) for source in order])
    assert found.value("p", name) == "core"
    assert [view.source for view in found.all("p", name)] == REGISTER_ORDER


@given(st.permutations(SOURCES), st.sampled_from(["moves", "ins", "phone", "new_address"]))
def test_a_staff_correction_outranks_everything_else(order: list[str], name: str) -> None:
    found = Facts([said(name, source, source) for source in order])
    assert [view.source for view in found.all("p", name)] == list(SOURCES)


@given(st.sets(st.sampled_from(SOURCES), min_size=1))
def test_what_is_missing_leaves_the_order_of_the_rest(sources: set[str]) -> None:
    found = Facts([said("birth", source, source) for source in sources])
    order = [source for source in REGISTER_ORDER if source in sources]
    assert [view.source for view in found.all("p", "birth")] == order


def test_asked_and_not_known_is_an_answer() -> None:
    found = Facts([said("pens", "resident", None, unknown=True)])
    assert found.value("p", "pens", "default") == "default"
    assert found.get("p", "pens") is not None
    assert found.get("p", "ins") is None
    assert found.value("q", "pens") is None


def test_a_fact_shows_nothing_of_itself() -> None:
    assert "見本" not in repr(said("name", "core", "見本　太郎"))


def test_a_newer_value_of_one_source_replaces_the_older_and_keeps_it(services: Services) -> None:
    visit = Visit.at(services, "intake")
    for number in ("0999-00-0001", "0999-00-0002"):
        visit.fact("phone", number)
    assert visit.state().facts.value("", "phone") == "0999-00-0002"
    with services.db.read() as unit:
        rows = unit.all(select(FactRow).where(FactRow.name == "phone"))
        assert sorted(row.replaced for row in rows) == [False, True]


def test_two_sources_that_differ_are_both_kept(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    head = visit.state().people[0].person_id
    visit.fact("kana", "ミモト　タロウ", head, source="resident")
    member = visit.workspace().members[0]
    assert member.fields["kana"].value == "ミホン　タロウ"
    (conflict,) = [one for one in member.conflicts if one.field == "kana"]
    assert [(value.value, value.source) for value in conflict.values] == [
        ("ミホン　タロウ", "core"),
        ("ミモト　タロウ", "resident"),
    ]


def test_a_card_in_other_glyphs_is_shown_beside_the_name_of_record(services: Services) -> None:
    visit = Visit.at(services, "intake", "yoshimi_minoru")
    member = visit.workspace().members[0]
    assert member.name == "𠮷見　実"
    (conflict,) = [one for one in member.conflicts if one.field == "name"]
    assert conflict.kind == "glyphs"
    assert [value.source for value in conflict.values] == ["core", "card"]


def test_ways_of_writing_an_address_are_no_disagreement(services: Services) -> None:
    """The card has full-width digits, the register half-width ones."""
    member = Visit.at(services, "intake").workspace().members[0]
    assert [one for one in member.conflicts if one.field == "address"] == []


def test_an_unknown_source_is_refused(services: Services) -> None:
    visit = Visit.at(services, "intake")
    with pytest.raises(ValueError, match="no such source"):
        visit.fact("phone", "x", source="rumour")


def test_what_the_core_leaves_open_is_asked_not_invented(services: Services, core: MockCoreAdapter) -> None:
    household = core.household("5100000204")
    assert household is not None
    (resident,) = household.members
    assert resident.birth.value is None
    assert known.register_facts(resident)["birth"] is None
    silent = resident.model_copy(
        update={"known": resident.known.model_copy(update=dict.fromkeys(type(resident.known).model_fields))}
    )
    assert set(known.rule_facts(silent)) == {"rel", "is_head", "nat", "dv_support"}


def test_a_birth_date_nobody_knows_stays_unknown(services: Services) -> None:
    visit = Visit.opened(services, None)
    visit.identify()
    visit.take("5100000204", "2100000469")
    member = visit.workspace().members[0]
    assert "birth" not in member.fields
    assert (member.birth_text, member.age) == ("年月日不詳", None)
