"""支援措置: who may see which address, decided by the data and not by a template."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_adapter.mock import MockCoreAdapter
from server.kit import clock
from server.kit.text import HIDDEN
from server.protection.rules import FRESH, Standing, is_stale, worst
from server.reception import presenting, service
from server.submissions import service as submissions
from server.web.services import Services
from server.worklists import service as worklists
from tests.factories.people import staff
from tests.factories.visits import FOUR, Visit
from tests.support_chance import without_chance

FLAGS = st.sampled_from(["yes", "no", "unknown"])


@given(FLAGS, st.booleans(), st.booleans())
def test_the_whole_table(flag: str, stale: bool, released: bool) -> None:
    """Nothing but a fresh no, or a supervisor's word with a fresh core, shows an address of the core's."""
    standing = Standing(flag, stale, released)  # type: ignore[arg-type]
    assert standing.may_show_core_addresses == (not stale and (flag == "no" or (flag == "yes" and released)))
    assert standing.may_show_any_address == (flag != "yes" or released)
    assert standing.needs_supervisor == (flag == "yes" and not released)
    if standing.may_show_core_addresses:
        assert standing.may_show_any_address
    assert standing.effective in ("yes", "unknown") or standing.may_show_core_addresses


@given(st.lists(FLAGS))
def test_a_household_is_as_protected_as_its_most_protected_member(flags: list[str]) -> None:
    found = worst(flags)  # type: ignore[arg-type]
    assert (found == "yes") == ("yes" in flags)
    assert (found == "no") == (bool(flags) and set(flags) == {"no"})


@pytest.mark.parametrize(
    ("age", "up", "stale"),
    [
        (timedelta(0), True, False),
        (FRESH - timedelta(seconds=5), True, False),
        (FRESH + timedelta(seconds=5), True, True),
        (timedelta(0), False, True),
        (None, True, True),
    ],
)
def test_what_is_old_counts_as_unknown(age: timedelta | None, up: bool, stale: bool) -> None:
    assert is_stale(None if age is None else clock.now() - age, up) is stale


def hear(services: Services) -> None:
    submissions.record_acks(
        services.db, services.system, services.vault, services.core, worklists.on_submission
    )


def addresses(visit: Visit) -> dict[str, str]:
    """Every address on the clerk's page, by its source."""
    workspace = visit.workspace()
    return {
        value.source: value.value
        for member in workspace.members
        for value in [
            *([member.fields["address"]] if "address" in member.fields else []),
            *(
                view
                for conflict in member.conflicts
                if conflict.field == "address"
                for view in conflict.values
            ),
        ]
    }


def test_a_core_that_goes_away_takes_its_addresses_along(services: Services, core: MockCoreAdapter) -> None:
    visit = Visit.at(services, "settled", FOUR)
    assert addresses(visit)["core"].endswith("花見台二丁目3番4号")
    core.mode = "down"
    hear(services)
    assert addresses(visit)["core"] == HIDDEN
    workspace = visit.workspace()
    assert (workspace.protection, workspace.addresses_hidden, workspace.needs_supervisor) == (
        "unknown",
        True,
        False,
    )
    assert workspace.gaps == (), "the intake goes on all the same"
    assert workspace.new_address is not None, "what the resident said themselves stays"
    assert visit.state().old_address == "見本県見本市花見台二丁目３番４号", (
        "the card's own, in its own digits"
    )
    core.mode = "up"
    hear(services)
    assert addresses(visit)["core"].endswith("花見台二丁目3番4号")


def test_an_answer_of_yesterday_hides_addresses(services: Services) -> None:
    visit = Visit.at(services, "settled")
    clock.start_at(clock.now() + FRESH + timedelta(minutes=1))
    hear(services)
    assert addresses(visit)["core"] == HIDDEN


def test_an_answer_is_as_old_as_it_is_in_whatever_zone(services: Services) -> None:
    """A core that answers in Japanese time must not look nine hours younger."""
    visit = Visit.at(services, "intake")
    with services.db.write() as unit:
        reception, _ = visit.locked(unit)
        old = datetime.fromisoformat((clock.now() - timedelta(hours=25)).isoformat()).astimezone(clock.JST)
        reception.core_as_of = old
        unit.add(reception)
    assert addresses(visit)["core"] == HIDDEN


@pytest.fixture
def protected(services: Services) -> Visit:
    """The intake of a protected person, allowed by a supervisor and ready for her signature."""
    from server.reception import gathering

    visit = Visit.opened(services, "kamei_saki")
    visit.identify()
    visit.attach()
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        gathering.refer_to_supervisor(unit, visit.clerk, reception, key, "5100000212", "2100000477")
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        gathering.release(unit, staff(services.db, "supervisor1"), reception, key, "本人と確認した")
    visit.take("5100000212", "2100000477")
    visit.settle()
    visit.prepare()
    return visit


def test_before_the_release_not_even_the_cards_address_is_shown(services: Services) -> None:
    from server.reception import gathering

    visit = Visit.opened(services, "kamei_saki")
    visit.identify()
    visit.attach()
    visit.enter(name="仮名　咲", birth="1991-03-27", sex="2", address="見本県見本市みどり台四丁目1番8号")
    with services.db.write() as unit:
        reception, key = visit.locked(unit)
        gathering.refer_to_supervisor(unit, visit.clerk, reception, key, "5100000212", "2100000477")
    visit.fact("phone", "0999")
    assert set(addresses(visit).values()) == {HIDDEN}
    visit.address()
    assert visit.workspace().new_address is None
    assert visit.state().old_address == ""


def test_the_permission_is_for_the_clerk_of_this_intake(protected: Visit) -> None:
    services = protected.services
    assert addresses(protected)["core"].endswith("402号")
    other = protected.workspace(staff(services.db, "clerk2"))
    assert other.addresses_hidden
    assert {member.fields["address"].value for member in other.members} == {HIDDEN}
    supervisor = protected.workspace(staff(services.db, "supervisor1"))
    assert not supervisor.addresses_hidden


def test_the_second_screen_stands_where_others_pass(protected: Visit) -> None:
    """Even released: the resident checks the addresses on the paper in their hand."""
    services = protected.services
    with services.db.read() as unit:
        reception, _ = service.opened(unit, protected.clerk, services.vault, protected.reception_id)
        rows = {row.key: row for row in presenting.rows_of(unit, protected.clerk, services.vault, reception)}
    for name in ("old_address", "new_address"):
        assert (rows[name].hidden, rows[name].value) == (True, HIDDEN), (
            "the value itself does not reach the template"
        )
    assert rows["name:1"].value == "仮名　咲"


def test_the_second_screen_hides_the_cores_address_while_nobody_knows(
    services: Services, core: MockCoreAdapter
) -> None:
    visit = Visit.at(services, "prepared", FOUR)

    def rows() -> dict[str, presenting.Row]:
        with services.db.read() as unit:
            reception, _ = service.opened(unit, visit.clerk, services.vault, visit.reception_id)
            return {row.key: row for row in presenting.rows_of(unit, visit.clerk, services.vault, reception)}

    assert rows()["old_address"].value.endswith("花見台二丁目3番4号")
    core.mode = "down"
    hear(services)
    assert (rows()["old_address"].hidden, rows()["old_address"].value) == (True, HIDDEN)
    assert rows()["new_address"].value.endswith("若葉町一丁目５番６号")


def test_departments_get_no_address_of_a_protected_household(protected: Visit) -> None:
    from server.worklists import queries as worklist_queries

    services = protected.services
    protected.confirm()
    protected.accept()
    with services.db.read() as unit:
        lines = worklist_queries.lines(unit, protected.clerk)
        assert lines
        for line in lines:
            department = staff(services.db, "supervisor1")
            view = worklist_queries.item(unit, department, services.vault, line.item_id)
            told = without_chance(repr(view.part))
            assert view.line.protected
            assert (view.part["old_address"], view.part["new_address"]) == (None, None)
            for secret in ("みどり台", "サンライズ", "402", "若葉町", "５番６号"):
                assert secret not in told, (line.procedure_id, secret)


def test_the_mark_travels_with_the_notification(protected: Visit, core: MockCoreAdapter) -> None:
    services = protected.services
    protected.confirm()
    protected.accept()
    (sent,) = submissions.send_due(
        services.db, services.system, services.vault, core, worklists.on_submission
    )
    assert sent.outcome == "provisional", "the core refuses what does not carry it"


def test_candidates_hide_where_anybody_of_a_protected_household_lives(core: MockCoreAdapter) -> None:
    """Whoever looks for the protected wife looks for her husband."""
    from server.reception import prefill
    from server.reception.prefill import Found

    for name in ("架空　武", "架空　恵", "仮名　咲", "手本　房江"):
        found = prefill.search(core, {"name": name})
        assert isinstance(found, Found)
        assert [candidate.address for candidate in found.candidates] == [HIDDEN]
        assert all(candidate.protected for candidate in found.candidates)
    open_one = prefill.search(core, {"name": "見本　太郎"})
    assert isinstance(open_one, Found)
    assert open_one.candidates[0].address.endswith("花見台二丁目3番4号")


@pytest.mark.parametrize("name", ["仮名　咲", None])
def test_a_search_is_no_way_to_guess_an_address(core: MockCoreAdapter, name: str | None) -> None:
    """Right or wrong, the whole or its end: the answer about her is the same."""
    from server.reception import prefill
    from server.reception.prefill import Found

    def told(address: str | None, **words: str) -> list[tuple[str, tuple[str, ...]]]:
        found = prefill.search(core, {"name": name, "address": address} | words)
        assert isinstance(found, Found)
        return [(one.resident_id, one.differences) for one in found.candidates if one.protected]

    right = (
        "見本県見本市みどり台四丁目1番8号　サンライズ402号",
        "サンライズ402号",
        "みどり台4-1-8サンライズ402号",
    )
    wrong = ("見本県見本市花見台二丁目3番4号", "港町一丁目1番1号")
    asked = told(None) if name else []
    assert bool(asked) is bool(name)
    assert [told(guess) for guess in (*right, *wrong)] == [asked] * 5
    # Her birth date and a wrong name: her address must not make up for it.
    assert [told(guess, name="架空　違子", birth="1991-03-27") for guess in (*right, *wrong)] == [[]] * 5


def test_open_households_are_still_found_by_their_address(core: MockCoreAdapter) -> None:
    from server.reception import prefill
    from server.reception.prefill import Found

    found = prefill.search(core, {"name": "見本　太郎", "address": "花見台一丁目9番9号"})
    assert isinstance(found, Found)
    assert "address" in found.candidates[0].differences
    there = prefill.search(core, {"address": "見本県見本市花見台二丁目3番4号"})
    assert isinstance(there, Found)
    assert len(there.candidates) == 4
