"""Card, core and people: nobody is taken to be somebody else."""

from dataclasses import replace
from typing import Any

import pytest

from core_adapter.mock import MockCoreAdapter
from core_adapter.models import Resident
from server.kit.machine import NotNowError
from server.queue.card_reads import CardText
from server.reception import gathering, prefill, service
from server.reception.prefill import CoreAway, Found
from server.reception.service import ProtectedError
from server.web.services import Services
from tests.factories.people import staff
from tests.factories.visits import FOUR, Visit, card_of

SAKI = ("5100000212", "2100000477")
MEGUMI = ("5100000220", "2100000493")
TAKESHI = ("5100000220", "2100000485")
HARUTO = ("5100000034", "2100000108")


def resident(core: MockCoreAdapter, household_id: str, resident_id: str) -> Resident:
    household = core.household(household_id)
    assert household is not None
    return next(member for member in household.members if member.resident_id == resident_id)


def test_a_card_that_fits_one_person_is_that_person(core: MockCoreAdapter) -> None:
    for persona in ("mihon_taro", "yoshimi_minoru", "watanabe_fumi", "katsuragi_rin", "santos_maria"):
        found = prefill.match_card(core, card_of(persona))
        assert isinstance(found, Found)
        assert found.only is not None, persona
        assert len(found.candidates) == 1


def test_two_people_of_one_name_and_birth_date_are_for_a_person_to_tell_apart(core: MockCoreAdapter) -> None:
    found = prefill.match_card(core, card_of("mihon_ichiro"))
    assert isinstance(found, Found)
    assert found.only is None
    assert {candidate.resident_id for candidate in found.candidates} == {"2100000418", "2100000426"}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "見本　太"},
        {"name": "見本　次郎"},
        {"birth": "19730413"},
        {"birth": "00000000"},
        {"sex": "2"},
    ],
)
def test_a_card_that_differs_in_more_than_glyphs_is_nobody_for_sure(
    core: MockCoreAdapter, change: dict[str, str]
) -> None:
    """Not the first half of a name, not another day, not another sex."""
    card = replace(card_of("mihon_taro"), **change)
    found = prefill.match_card(core, card)
    assert isinstance(found, Found)
    assert found.only is None
    if "birth" not in change or change["birth"] != "00000000":
        assert not prefill.names(card, resident(core, "5100000018", "2100000019"))


@pytest.mark.parametrize("birth", ["19510000", "00000000", "19511399", "19510200"])
def test_an_incomplete_birth_date_on_a_card_breaks_nothing(core: MockCoreAdapter, birth: str) -> None:
    card = CardText("例示　ヨシ", "見本県見本市港町300番地", birth, "2")
    found = prefill.match_card(core, card)
    assert isinstance(found, Found)
    assert [candidate.resident_id for candidate in found.candidates] == ["2100000450"]


def test_a_missing_glyph_on_a_card_fits_any_one_character(core: MockCoreAdapter) -> None:
    card = replace(card_of("mihon_taro"), name="見〓　太郎")
    assert prefill.names(card, resident(core, "5100000018", "2100000019"))
    assert not prefill.names(replace(card, name="〓　太郎"), resident(core, "5100000018", "2100000019"))


def test_a_core_that_is_away_is_said_and_not_guessed(core: MockCoreAdapter) -> None:
    core.mode = "down"
    assert isinstance(prefill.match_card(core, card_of("mihon_taro")), CoreAway)
    assert isinstance(prefill.search(core, {"name": "見本"}), CoreAway)
    assert isinstance(prefill.household(core, "5100000018"), CoreAway)


def test_the_bearer_gets_what_the_card_says_and_files_for_himself(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    state = visit.state()
    head = state.people[0]
    assert (state.bearer_id, state.filer_id) == (head.person_id, head.person_id)
    assert state.facts.value(head.person_id, "mnc_pin4_known") is True
    assert [view.source for view in state.facts.all(head.person_id, "name")] == ["core", "card"]
    for other in state.people[1:]:
        assert [view.source for view in state.facts.all(other.person_id, "name")] == ["core"]
    assert len(state.movers) == 4, "everybody moves until somebody says otherwise"


def test_a_card_never_fills_in_somebody_elses_household(services: Services) -> None:
    """The clerk looked somebody else up after the card was laid on: its text stays with its holder."""
    visit = Visit.at(services, "attached")
    visit.take(*HARUTO)
    state = visit.state()
    (person,) = state.people
    assert {view.source for view in state.facts.of(person.person_id).values()} == {"core", "derived"}
    assert state.bearer_id is None
    assert state.filer_id == person.person_id, "本人 files, whoever's card it was"


@pytest.mark.parametrize("relation", ["agent", "messenger"])
def test_a_proxy_is_somebody_else(services: Services, relation: str) -> None:
    """Their card is theirs, the household is the principal's, and the name on the form is the proxy's."""
    visit = Visit.opened(services, "kaku_kenichi")
    visit.identify(relation)
    visit.attach()
    visit.take(*HARUTO)
    state = visit.state()
    assert (state.filer_id, state.bearer_id) == (None, None)
    assert "filer" in visit.workspace().gaps
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        service.name_filer(unit, visit.clerk, reception, key, "架空　健一")
    visit.settle()
    assert visit.workspace().gaps == ()
    assert visit.workspace().filer_name == "架空　健一"
    from server.reception import forms

    form = forms.fill(visit.state(), municipality="見本市", desk="1", staff_name="", ticket_label=None)
    assert (form.filer.name, form.filer.relation) == ("架空　健一", relation)
    assert [person.name for person in form.people] == ["例示　陽翔"]


def test_who_turns_out_to_be_a_proxy_files_no_longer_for_himself(services: Services) -> None:
    visit = Visit.at(services, "settled")
    assert visit.workspace().gaps == ()
    visit.identify("agent")
    assert visit.state().filer_id is None
    assert "filer" in visit.workspace().gaps


def test_a_member_who_tapped_files_and_one_who_did_not_is_asked_for(services: Services) -> None:
    tapped = Visit.opened(services, "mihon_hanako")
    tapped.identify("member")
    tapped.attach()
    tapped.gather()
    state = tapped.state()
    assert state.filer is not None
    assert state.filer.resident_id == "2100000027"
    looked_up = Visit.opened(services, None, desk="2")
    looked_up.identify("member", "two_documents")
    looked_up.take("5100000018", "2100000019")
    assert looked_up.state().filer_id is None
    assert "filer" in looked_up.workspace().gaps


def test_only_members_of_the_intake_can_file(services: Services) -> None:
    from server.db.uow import NotThereError

    visit = Visit.at(services, "intake")
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        with pytest.raises(NotThereError):
            service.choose_filer(unit, visit.clerk, reception, key, "somebody")


def test_gathering_again_leaves_nobody_of_the_first_household(services: Services) -> None:
    visit = Visit.at(services, "intake")
    visit.take(*HARUTO)
    state = visit.state()
    assert [person.resident_id for person in state.people] == ["2100000108"]
    assert state.filer_id == state.people[0].person_id
    assert state.old_address.startswith("見本県見本市若葉町二丁目")


def test_nobody_is_entered_before_identity_was_checked(services: Services) -> None:
    visit = Visit.opened(services, None)
    with pytest.raises(NotNowError):
        visit.enter()


# --- Protected households


def refer(visit: Visit, chosen: tuple[str, str]) -> None:
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        gathering.refer_to_supervisor(unit, visit.clerk, reception, key, *chosen)


def release(visit: Visit, login: str = "supervisor1", reason: str = "本人と確認した") -> None:
    who = staff(visit.services.db, login)
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        gathering.release(unit, who, reception, key, reason)


@pytest.fixture
def visit(services: Services) -> Visit:
    """An intake in which the one present was identified."""
    opened = Visit.opened(services, None)
    opened.identify("self", "two_documents")
    return opened


@pytest.mark.parametrize("chosen", [SAKI, MEGUMI, TAKESHI])
def test_a_protected_household_is_not_taken_in_without_a_supervisor(
    visit: Visit, chosen: tuple[str, str]
) -> None:
    """Whichever member was looked for: a husband's intake shows where his protected wife lives."""
    with pytest.raises(ProtectedError):
        visit.take(*chosen)
    assert visit.workspace().members == ()


def test_another_person_who_is_a_supervisor_allows_it(visit: Visit) -> None:
    refer(visit, SAKI)
    workspace = visit.workspace()
    assert (workspace.needs_supervisor, workspace.chosen_waits, workspace.members) == (True, True, ())
    assert workspace.gaps[0] == "supervisor"
    for login in ("clerk1", "clerk2", "kokuho1", "admin1"):
        with pytest.raises(ProtectedError):
            release(visit, login)
    release(visit)
    visit.take(*SAKI)
    assert visit.workspace().members[0].name == "仮名　咲"
    assert visit.workspace().needs_supervisor is False


def test_a_supervisor_does_not_allow_their_own_intake(services: Services) -> None:
    """Two people: whoever opened it, and whoever chose the household, is one of them."""
    own = Visit.opened(services, None)
    own.clerk = replace(staff(services.db, "supervisor1"), desk="1")
    with services.db.write() as unit:
        opened = service.open_reception(unit, own.clerk, services.vault, None, "move", "1")
    own.reception_id = opened.id
    own.identify()
    refer(own, SAKI)
    with pytest.raises(ProtectedError):
        release(own)
    chosen = Visit.opened(services, None, desk="2")
    chosen.identify()
    chosen.clerk = staff(services.db, "supervisor1")
    refer(chosen, SAKI)
    with pytest.raises(ProtectedError):
        release(chosen)


def test_a_permission_is_for_one_household(visit: Visit) -> None:
    """Otherwise one release would open every protected household to this intake."""
    refer(visit, SAKI)
    release(visit)
    with pytest.raises(ProtectedError):
        visit.take(*MEGUMI)
    refer(visit, MEGUMI)
    assert visit.workspace().needs_supervisor is True
    for chosen in (MEGUMI, SAKI):
        with pytest.raises(ProtectedError):
            visit.take(*chosen)
    release(visit)
    visit.take(*MEGUMI)


def test_nothing_is_allowed_in_advance(visit: Visit) -> None:
    with pytest.raises(NotNowError):
        release(visit)
    visit.take(*HARUTO)
    with pytest.raises(NotNowError):
        release(visit)


def test_a_permission_ends_with_the_intake(services: Services) -> None:
    done = Visit.at(services, "prepared")
    with pytest.raises(NotNowError):
        refer(done, SAKI)
    with pytest.raises(NotNowError):
        release(done)


def test_the_reason_is_sealed_and_the_permission_is_in_the_journal(visit: Visit) -> None:
    refer(visit, SAKI)
    release(visit, reason="仮名咲さん本人と確認")
    from sqlmodel import select

    from server.journal.models import JournalEntry

    with visit.services.db.read() as unit:
        entry = unit.session.exec(
            select(JournalEntry).where(JournalEntry.event == "protection.released")
        ).one()
        supervisor = staff(visit.services.db, "supervisor1")
        assert (entry.actor, entry.payload) == (supervisor.actor, "{}")
        _, key = service.opened(unit, visit.clerk, visit.services.vault, visit.reception_id)
        opened: dict[str, Any] = key.open(entry.sealed or b"", f"journal:{entry.id}")
        assert opened == {"reason": "仮名咲さん本人と確認"}


def test_a_second_visit_hears_of_a_notification_that_the_core_has_not_settled(services: Services) -> None:
    first = Visit.at(services, "accepted")
    second = Visit.opened(services)
    for act in (second.identify, second.attach, second.gather):
        act()
    assert second.workspace().unsettled == (first.state().number,)
    # Where nothing is under way nothing is said.
    assert first.workspace().unsettled == ()
