"""Where a household moves to, who heads what part of it founds, and what of it stands on form and screens."""

import pytest

from server.db.uow import NotThereError
from server.kit.text import UnsafeTextError
from server.reception import forms, moving, presenting, service
from server.reception.moving import SameAddressError
from server.web.services import Services
from tests.factories.visits import FOUR, Visit
from tests.server.reception.test_paper import frozen, movers


def head_is(visit: Visit, person_id: str, **standing: str) -> None:
    with visit.services.db.write() as unit:
        reception, key = visit.locked(unit)
        moving.say_head(unit, visit.clerk, reception, key, person_id)
        moving.say_relationships(unit, visit.clerk, reception, key, standing)


def test_a_foreign_resident_sees_the_year_of_birth_that_the_form_has(services: Services) -> None:
    visit = Visit.at(services, "accepted", "mihonsky_alexander")
    with services.db.read() as unit:
        reception, _ = service.opened(unit, visit.clerk, services.vault, visit.reception_id)
        shown = {row.key: row for row in presenting.rows_of(unit, visit.clerk, services.vault, reception)}
    assert (shown["birth:1"].kind, shown["birth:1"].value) == ("western", "1989-02-28")
    assert shown["moved_on"].kind == "date"


def test_who_leaves_the_head_behind_says_who_heads_the_new_household(services: Services) -> None:
    """A child's 続柄 to its father is none to its mother: it is said anew."""
    visit = Visit.at(services, "settled", FOUR)
    mother, child = visit.state().people[1:3]
    movers(visit, {mother.person_id, child.person_id})
    visit.settle()
    assert visit.workspace().gaps == ("new_household",)
    with pytest.raises(NotThereError):
        head_is(visit, visit.state().people[0].person_id)
    head_is(visit, mother.person_id)
    page = visit.workspace()
    assert page.gaps == ("new_household",)
    assert page.new_household is not None
    assert [(one.name, one.relationship) for one in page.new_household.others] == [("見本　さくら", "子")]
    with pytest.raises(UnsafeTextError):
        head_is(visit, mother.person_id, **{child.person_id: "世帯主"})
    head_is(visit, mother.person_id, **{child.person_id: "子"})
    form = forms.fill(visit.state(), municipality="見本市", desk="1", staff_name="", ticket_label=None)
    assert (form.scope, form.joins, form.new_head, form.old_head) == (
        "一部",
        "new",
        "見本　花子",
        "見本　太郎",
    )
    assert [(one.name, one.relationship) for one in form.people] == [
        ("見本　花子", "世帯主"),
        ("見本　さくら", "子"),
    ]
    # Who files stays, and lives where he lived.
    assert form.filer.address == "見本県見本市花見台二丁目3番4号"
    visit.prepare()
    draft = frozen(visit)["draft"]
    assert isinstance(draft, dict)
    assert draft["household"] | {"old_id": None} == {
        "old_id": None,
        "new_id": None,
        "head_id": mother.resident_id,
        "joins": "new",
    }
    assert [one["relationship"] for one in draft["subjects"]] == [["世帯主"], ["子"]]


def test_who_moves_alone_heads_a_household_of_one_and_a_head_who_moves_stays_it(services: Services) -> None:
    visit = Visit.at(services, "settled", FOUR)
    father, _, child, grandmother = visit.state().people
    movers(visit, {grandmother.person_id})
    assert visit.workspace().new_household is None
    form = forms.fill(visit.state(), municipality="見本市", desk="1", staff_name="", ticket_label=None)
    assert (form.new_head, [one.relationship for one in form.people]) == ("見本　ウメ", ["世帯主"])
    movers(visit, {father.person_id, child.person_id})
    assert visit.workspace().new_household is None
    form = forms.fill(visit.state(), municipality="見本市", desk="1", staff_name="", ticket_label=None)
    assert (form.new_head, [one.relationship for one in form.people]) == ("見本　太郎", ["世帯主", "子"])


def test_nobody_moves_to_where_they_live(services: Services) -> None:
    visit = Visit.at(services, "intake", FOUR)
    with pytest.raises(SameAddressError):
        visit.address("花見台二丁目", "３番４号")
    visit.address("花見台二丁目", "３番５号")


def test_the_register_of_the_family_is_on_the_form(services: Services) -> None:
    visit = Visit.at(services, "settled", "watanabe_fumi")
    form = forms.fill(visit.state(), municipality="見本市", desk="1", staff_name="", ticket_label=None)
    assert (form.honseki, form.hittousha) == ("見本県見本市花見台三丁目9番", "渡邉\U000e0100　義雄")
