"""The list at the counter and the sheet made from it: who may sign, what was seen, and nobody's address on
paper.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from printing.forms.checklist import Checklist
from procedures import Case, evaluate, load_catalogue
from procedures.pages.resident_list import resident_rows
from server.kit import clock
from server.reception import desk_list, handout, shown, signing
from server.reception.changing import changes_between
from server.reception.desk_list import DeskList, DeskRow
from server.reception.service import ProtectedError
from server.web.services import Services
from server.worklists import queries as worklists
from tests.factories.people import staff
from tests.factories.visits import FOUR, Visit
from tests.server.test_protection import protected
from tests.stories.canary import needles, search

__all__ = ["protected"]
MORNING = "2026-11-24T10:00:00+09:00"


@pytest.fixture
def family(services: Services) -> Visit:
    """A household of four whose questions are answered, on a working morning."""
    clock.start_at(datetime.fromisoformat(MORNING))
    return Visit.at(services, "settled", FOUR)


def at(text: str) -> datetime:
    """A local time, as the opening calendar takes it."""
    return datetime.fromisoformat(text)


def listed(visit: Visit) -> DeskList:
    state = visit.state()
    with visit.services.db.read() as unit:
        return desk_list.read(unit, visit.clerk, state, visit.guided(state), visit.services.catalogue)


def row(visit: Visit, procedure: str) -> DeskRow:
    return next(one for one in listed(visit).rows if one.item.procedure_id == procedure)


def sheet(visit: Visit, language: str = "ja", *, finished: bool = False) -> Checklist:
    hours = handout.hours_text(visit.services.catalogue, "honcho", language)
    return handout.fill(
        visit.state(), listed(visit), language, office="見本市役所", hours=hours, finished=finished
    )


def kinds(visit: Visit, *, finished: bool = False) -> dict[str, list[str]]:
    return {
        section.kind: [line.name for line in section.lines]
        for section in sheet(visit, finished=finished).sections
    }


def test_the_head_signs_for_the_household_and_only_for_what_is_theirs(family: Visit) -> None:
    head, wife, child, mother = family.state().people
    roles = signing.roles_of(family.state())
    assert {"self", "head", "household"} <= roles[head.person_id]
    assert roles[child.person_id] >= {"guardian", "parent", "household"}
    assert "spouse" in roles[wife.person_id]
    assert not {"self", "guardian", "spouse"} & roles[mother.person_id]
    assert row(family, "R010").signed_by == "here"


def test_whoever_comes_for_others_is_their_proxy_or_guardian(family: Visit) -> None:
    for relation, wanted in (("agent", set()), ("messenger", set()), ("legal_representative", {"guardian"})):
        family.identify(relation)
        assert set(signing.roles_of(family.state()).values()) == {frozenset(wanted | {"bearer"})}, (
            "of the seal card"
        )


def test_those_who_were_entered_by_hand_are_a_family_too(services: Services) -> None:
    """Whoever moves in is not in the core yet: what they said of themselves decides who signs for whom."""
    visit = Visit.opened(services)
    visit.identify()
    head = visit.enter(name="例示　次郎", relationship="世帯主", birth="1985-06-01", sex="1")
    wife = visit.enter(name="例示　花", relationship="妻", birth="1987-03-01", sex="2")
    child = visit.enter(name="例示　三郎", relationship="子", birth="2016-06-01", sex="1")
    assert not signing.is_present_known(visit.state()), "nobody has said who of them files"
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        reception.filer_person_id = head
        unit.add(reception)
    roles = signing.roles_of(visit.state())
    assert {"self", "head", "claimant"} <= roles[head]
    assert "spouse" in roles[wife]
    assert {"guardian", "parent"} <= roles[child]
    assert "claimant" not in roles[wife], "what she claims, she signs"


def test_the_one_who_is_here_signs_today_what_the_others_hand_in_later(family: Visit) -> None:
    """署名用電子証明書: by each holder in person, or later by letter of inquiry."""
    head, wife, _, mother = family.state().people
    for holder in (head, wife, mother):
        family.fact("mnc_sig_cert", True, holder.person_id)
    rows = [one for one in listed(family).rows if one.item.procedure_id == "R032"]
    assert [(one.item.person_ids, one.signed_by) for one in rows] == [
        ((head.person_id,), "here"),
        ((wife.person_id, mother.person_id), "later"),
    ]
    assert [document.wanted for document in rows[0].documents] == [(head.person_id,)] * 2
    with family.services.db.write() as unit:
        reception, _ = family.locked(unit)
        signing.choose(unit, family.clerk, reception, "R032", "later", {"R032"})
    assert [len(one.item.person_ids) for one in listed(family).rows if one.item.procedure_id == "R032"] == [3]


@pytest.mark.parametrize("relation", ["member", "relative"])
def test_whoever_held_the_funeral_claims_its_benefit(family: Visit, relation: str) -> None:
    family.identify(relation)
    for held in (True, False):
        family.fact("mourner_here", held, source="resident")
        told = signing.roles_of(family.state())
        assert all(("mourner" in roles) == held for roles in told.values())


def test_whoever_marries_signs_the_marriage(family: Visit) -> None:
    head = family.state().people[0]
    assert "party" not in signing.roles_of(family.state())[""]
    family.fact("party", True, head.person_id, source="staff")
    assert "party" in signing.roles_of(family.state())[""]


def test_nobody_is_asked_for_a_letter_before_it_is_known_who_came(services: Services) -> None:
    visit = Visit.at(services, "settled", FOUR)
    assert row(visit, "R010").signing is not None
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        reception.filer_person_id = None
        unit.add(reception)
    assert row(visit, "R010").signing is None
    visit.identify("agent")
    assert row(visit, "R010").needs_letter


def test_a_child_of_eighteen_signs_alone(family: Visit) -> None:
    child = family.state().people[2]
    family.fact("birth", "2008-11-24", child.person_id, source="staff")
    family.fact("birth", "2008-11-24", child.person_id, source="core")
    assert "guardian" not in signing.roles_of(family.state())[child.person_id]
    family.fact("birth", "2008-11-25", child.person_id, source="core")
    assert "guardian" in signing.roles_of(family.state())[child.person_id]


def test_the_sheet_says_what_is_done_only_once_it_is(family: Visit) -> None:
    before = kinds(family)
    assert "転居届" in before["here"]
    assert "done" not in before
    after = kinds(family, finished=True)
    assert "転居届" in after["done"]
    assert any("カード" in name for name in after["later"]), "nobody has shown a card"


def test_staff_settle_that_it_comes_later(family: Visit) -> None:
    with family.services.db.write() as unit:
        reception, _ = family.locked(unit)
        signing.choose(unit, family.clerk, reception, "R031", "later", {"R031"})
    line = next(
        line
        for section in sheet(family).sections
        if section.kind == "later"
        for line in section.lines
        if "券面" in line.name
    )
    assert line.sign == "later"
    assert line.who


def test_fee_hours_and_language_are_on_the_sheet(family: Visit) -> None:
    assert "8:30-17:15" in sheet(family).hours
    assert sheet(family).hours.startswith("本庁舎 月〜金")
    assert "Mon-Fri" in sheet(family, "en").hours
    easy = sheet(family, "easy")
    assert any("（" in line.name for section in easy.sections for line in section.lines)
    assert handout.language_of("xx") == "ja"
    # What is uncertain is never told as certain.
    lines = [line for section in sheet(family).sections for line in section.lines]
    doubtful = {
        one.item.name.ja for one in listed(family).rows if one.item.to_confirm and one.outcome == "sure"
    }
    assert doubtful
    assert all(not line.certain for line in lines if line.name in doubtful)


def test_the_office_is_said_to_be_closed_once_and_when_it_opens(family: Visit) -> None:
    assert not listed(family).office_closed
    clock.start_at(datetime.fromisoformat("2026-11-27T18:00:00+09:00"))
    found = listed(family)
    # The Sunday's extra opening is the next one.
    assert (found.office_closed, found.office_opens_at) == (True, at("2026-11-29T09:00"))
    assert not any(one.closed for one in found.rows)


def test_what_is_closed_while_the_office_is_open_says_when_it_opens() -> None:
    opening = load_catalogue("992011").opening
    assert opening is not None
    early = at("2026-11-24T08:40")
    assert opening.next_time("main", "C03", early, True) == at("2026-11-24T09:00")
    assert opening.next_time("main", "C01", early) == early
    sunday = at("2026-11-29T09:30")
    assert opening.next_time("main", "R007", sunday) == at("2026-11-30T08:30")
    assert opening.next_time("main", "R010", sunday) == sunday
    year_end = at("2026-12-28T17:15")
    assert opening.next_time("main", "R010", year_end) == at("2027-01-04T08:30")
    assert opening.next_time("main", "R010", year_end, within_days=3) is None
    assert opening.site_named("honcho") == "main"


def test_the_strip_tells_what_an_answer_brought_and_took(family: Visit) -> None:
    before = family.guided(family.state())
    family.fact("dog", True)
    after = family.guided(family.state())
    assert {one.procedure_id for one in changes_between(before, after)} == {"R157"}
    assert [one.kind for one in changes_between(after, before)] == ["gone"]
    assert changes_between(after, after) == ()


def test_a_certificate_that_the_data_link_spares_is_named_with_the_reason() -> None:
    catalogue = load_catalogue("992011")
    path = Path(__file__).parents[2] / "procedures" / "cases" / "cert_linked.yaml"
    guidance = evaluate(Case.from_dict(yaml.safe_load(path.read_text("utf-8"))), catalogue)
    spared = desk_list.spared_of(guidance, catalogue)
    assert spared
    assert all(one.procedure_id.startswith("C") and "情報連携" in one.why.ja for one in spared)


def test_residents_rows_name_no_confidential_procedure(protected: Visit) -> None:
    guidance = protected.guided(protected.state())
    hidden = {item.procedure_id for item in guidance.applies if item.confidential}
    assert hidden
    assert not hidden & {one.procedure_id for one in resident_rows(guidance)}


def test_no_byte_of_a_protected_persons_address_is_on_the_sheet(protected: Visit) -> None:
    people = [person.resident for person in protected.state().people if person.resident]
    wanted = {one for person in people for one in needles(person.address)}
    new = protected.state().new_address
    assert people
    assert new is not None
    for language in handout.LANGUAGES:
        content = sheet(protected, language)
        plain = content.model_dump_json()
        assert search([("sheet", handout.render(content)), ("content", plain.encode())], wanted) == []
        assert new["town"] not in plain
        assert not any(person.name.display.split("　")[1] in plain for person in people)
        assert "支援" not in plain
        # The search would find it.
        leak = content.model_copy(update={"office": people[0].address.text})
        assert search([("sheet", handout.render(leak))], wanted) != []


def test_before_the_permission_nothing_is_printed(services: Services) -> None:
    visit = Visit.at(services, "settled", FOUR)
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        reception.protection = "yes"
        unit.add(reception)
    with pytest.raises(ProtectedError):
        sheet(visit)


def test_the_department_sees_what_was_shown_and_how_it_is_signed(services: Services) -> None:
    visit = Visit.at(services, "accepted", FOUR)
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        asked = {("kokuho_certificate", visit.state().people[0].person_id)}
        shown.show(unit, visit.clerk, reception, asked, asked, seen=True)
    supervisor = staff(services.db, "supervisor1")
    with services.db.read() as unit:
        lines = worklists.of_reception(unit, supervisor, visit.reception_id)
        wanted = next(line for line in lines if line.procedure_id == "R052")
        view = worklists.item(unit, supervisor, services.vault, wanted.item_id)
    assert set(view.shown) == asked
    assert view.shown[next(iter(asked))].by == visit.clerk.actor
    assert view.signing is None
    assert clock.now() - view.shown[next(iter(asked))].at < timedelta(minutes=5)
