"""Screens draw their buttons from the state table and services refuse by it: the two must be one thing."""

from collections.abc import Callable

import pytest

from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.kit.ids import new_id
from server.kit.machine import NotNowError
from server.preentry import service as preentry
from server.queue import card_reads
from server.queue.card_reads import CardContent
from server.reception import confirmation, ending, gathering, handout, left, service, shown, states
from server.reception.confirmation import NotReadyError
from server.reception.models import Reception
from server.web.services import Services
from server.worklists import service as worklists
from tests.factories.people import staff
from tests.factories.preentry import AT_HOME, code_of
from tests.factories.visits import Visit, card_of

Verb = Callable[[Unit, Visit, Reception, DataKey], object]
PROTECTED = ("5100000212", "2100000477")


class TriedError(Exception):
    """Ends the transaction of a verb that was accepted."""


def household(visit: Visit, unit: Unit, reception: Reception, key: DataKey) -> None:
    found = visit.services.core.household("5100000034")
    assert found is not None
    gathering.take_household(unit, visit.clerk, reception, key, found, "2100000108")


def attach(visit: Visit, unit: Unit, reception: Reception, key: DataKey) -> None:
    """Another card, read at the counter for this very intake."""
    read = card_reads.keep(
        unit,
        visit.clerk,
        visit.services.vault,
        new_id(),
        station="counter-1",
        mode="pin",
        outcome="read",
        tries_left=3,
        apdus=9,
        purpose="reception",
        content=CardContent(text=card_of("mihon_hanako")),
        reception_id=reception.id,
    )
    gathering.attach_card(unit, visit.clerk, visit.services.vault, reception, key, read, "staff")


def release(visit: Visit, unit: Unit, reception: Reception, key: DataKey) -> None:
    """Something has to wait for it: what is tried is whether the state allows it."""
    from server.reception import facts

    facts.put(unit, visit.clerk, key, reception.id, "chosen_resident", list(PROTECTED), source="staff")
    reception.protection = "yes"
    supervisor = staff(visit.services.db, "supervisor1")
    gathering.release(unit, supervisor, reception, key, "本人と確認")


def prepare(visit: Visit, unit: Unit, reception: Reception, key: DataKey) -> None:
    """As the page does it: without people there is no guidance to freeze."""
    state = visit.state()
    if not state.people:
        raise NotReadyError(["people"])
    confirmation.prepare(
        unit, visit.clerk, reception, key, state, visit.guided(state), b"%PDF", visit.paper()
    )


def guide(visit: Visit, unit: Unit, reception: Reception, key: DataKey) -> None:
    """A visitor who only asked; this can always end so."""
    state = visit.state()
    if not state.people:
        raise NotReadyError(["people"])
    told = visit.guided(state)
    worklists.guide(unit, visit.clerk, reception, key, state, told, filed=False)


PIECE = ("identity", "")
VERBS: dict[str, Verb] = {
    "identify": lambda u, v, r, k: service.identify(
        u, v.clerk, r, relation="self", method="acquaintance", documents=""
    ),
    "search": lambda u, v, r, k: gathering.check_searchable(r),
    "attach": lambda u, v, r, k: attach(v, u, r, k),
    "refer": lambda u, v, r, k: gathering.refer_to_supervisor(u, v.clerk, r, k, *PROTECTED),
    "release": lambda u, v, r, k: release(v, u, r, k),
    "gather": lambda u, v, r, k: household(v, u, r, k),
    "preenter": lambda u, v, r, k: preentry.take(
        u, v.clerk, v.services.vault, v.services.catalogue, r, k, code_of(u, v.services, AT_HOME)
    ),
    "choose": lambda u, v, r, k: service.choose_events(u, v.clerk, r, k, ["MOVE", "MARRY"]),
    "edit": lambda u, v, r, k: service.set_fact(u, v.clerk, r, k, "phone", "0999"),
    "prepare": lambda u, v, r, k: prepare(v, u, r, k),
    "confirm": lambda u, v, r, k: confirmation.confirm(u, v.clerk, r, "aloud"),
    "dispute": lambda u, v, r, k: confirmation.dispute(u, v.clerk, r, ["moved_on"]),
    "reopen": lambda u, v, r, k: confirmation.reopen(u, v.clerk, r, k, "直し"),
    "print": lambda u, v, r, k: confirmation.print_form(u, v.clerk, r, "counter-1"),
    "guide": lambda u, v, r, k: guide(v, u, r, k),
    "accept": lambda u, v, r, k: worklists.take_in(u, v.clerk, v.services.vault, r, k, signed=True),
    "hold": lambda u, v, r, k: ending.hold_item(u, v.clerk, r, "my_number_card", None),
    "keep": lambda u, v, r, k: left.keep_on(u, v.clerk, r),
    "close": lambda u, v, r, k: ending.close(u, v.clerk, v.services.vault, r),
    "mark": lambda u, v, r, k: shown.show(u, v.clerk, r, {PIECE}, {PIECE}, seen=True),
    "hand_out": lambda u, v, r, k: handout.hand_out(u, v.clerk, r, k, "ja", b"%PDF", "counter-1"),
    "abandon": lambda u, v, r, k: ending.abandon(u, v.clerk, v.services.vault, r, "やめる"),
}


def at(services: Services, state: str) -> Visit:
    """A visit in this state whose intake lacks nothing, as far as the state allows."""
    steps = {"opened": "opened", "identified": "attached", "intake": "settled"}
    if state == "guided":
        visit = Visit.at(services, "settled")
        visit.guide(filed=False)
        return visit
    if state == "closed":
        visit = Visit.at(services, "accepted")
        visit.close()
        return visit
    return Visit.at(services, steps.get(state, state))


def test_every_action_of_the_table_is_tried() -> None:
    assert {action for _, action in states.MACHINE.table} == set(VERBS)


@pytest.mark.parametrize("state", sorted(states.MACHINE.states() - {"abandoned"}))
def test_the_table_and_the_verbs_agree(services: Services, state: str) -> None:
    """Each verb in each state, its transaction rolled back: accepted exactly when the table offers it."""
    visit = at(services, state)
    assert visit.workspace().state == state
    offered = states.available_actions(state, "clerk")
    for action, verb in VERBS.items():
        try:
            with services.db.write() as unit:
                reception, key = visit.locked(unit)
                verb(unit, visit, reception, key)
                assert reception.state == states.MACHINE.next(state, action), action
                raise TriedError
        except TriedError:
            assert action in offered, f"{action} is accepted while {state}, and no button offers it"
        except (NotNowError, NotReadyError):
            assert action not in offered, f"{action} is offered while {state}, and refused"
    assert visit.workspace().state == state, "nothing of it was kept"


def test_an_abandoned_intake_can_do_nothing() -> None:
    assert states.MACHINE.actions("abandoned") == frozenset()
    assert states.MACHINE.actions("closed") == frozenset()


def test_departments_and_administrators_have_no_buttons(services: Services) -> None:
    for state in states.MACHINE.states():
        for role in ("department", "administrator", "resident", "station", "system"):
            assert states.available_actions(state, role) == frozenset()
        assert states.available_actions(state, "supervisor") == states.available_actions(state, "clerk")


def test_the_way_to_acceptance_is_one() -> None:
    """Preparing, confirming and accepting are three acts: none can be left out."""
    into: dict[str, set[str]] = {}
    for (source, _), target in states.MACHINE.table.items():
        if source != target:
            into.setdefault(target, set()).add(source)
    assert into["accepted"] == {"confirmed"}
    assert into["confirmed"] == {"prepared"}
    assert into["prepared"] == {"intake"}
    assert into["closed"] == {"accepted", "guided"}
    assert into["guided"] == {"intake"}
    assert "accepted" not in into["abandoned"]


def test_each_move_counts_the_version(services: Services) -> None:
    """A screen that shows an older one is told so before anything is changed."""
    visit = Visit.at(services, "intake")
    shown = visit.workspace().version
    visit.fact("phone", "0999")
    assert visit.workspace().version == shown + 1
    with pytest.raises(service.StaleScreenError), services.db.write() as unit:
        service.locked(unit, visit.clerk, services.vault, visit.reception_id, shown)
    with services.db.write() as unit:
        service.locked(unit, visit.clerk, services.vault, visit.reception_id, shown + 1)


def test_another_municipalitys_reception_is_not_there(services: Services) -> None:
    from dataclasses import replace

    from server.db.uow import NotThereError

    visit = Visit.at(services, "opened")
    foreign: Context = replace(visit.clerk, tenant_id="elsewhere")
    for read in (service.locked, service.opened):
        with pytest.raises(NotThereError), services.db.write() as unit:
            read(unit, foreign, services.vault, visit.reception_id)
