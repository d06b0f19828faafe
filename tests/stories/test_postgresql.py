"""The same visit on PostgreSQL, with the worker as a process of its own, and two clerks at once."""

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from server.kit.clock import today
from tests.stories.demo import Demo, running
from tests.stories.hard_days import (
    WORDS,
    delivered_once,
    elsewhere,
    family,
    finish,
    journal_is_whole,
    registered,
)
from tests.stories.people import Clerk, Visitor
from tests.stories.test_whole_visit import visit
from tests.support_postgres import running_cluster

pytestmark = [pytest.mark.story, pytest.mark.browser]
YESTERDAY = (today() - timedelta(days=1)).isoformat()


@pytest.fixture(scope="module")
def postgres_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo on a PostgreSQL of its own."""
    with running_cluster() as cluster:
        url = cluster.create("kakanai")
        with running(tmp_path_factory.mktemp("postgres") / "state", database_url=url) as demo:
            yield demo


def test_the_whole_visit_on_postgresql(postgres_demo: Demo, browser: Browser, chance: random.Random) -> None:
    assert "worker" in postgres_demo.run["pids"], "the worker is a process of its own"
    assert not (postgres_demo.folder / "kakanai.db").exists()
    visit(postgres_demo, browser, chance, "mihon_taro")


@pytest.mark.long
def test_two_clerks_at_once_and_a_worker_that_dies(
    postgres_demo: Demo, browser: Browser, chance: random.Random
) -> None:
    demo = postgres_demo
    couples = (
        (family("kamei_mio"), Clerk(demo, browser, "clerk1", "counter-1").sign_in()),
        (family("yoshimi_minoru"), Clerk(demo, browser, "clerk2", "counter-2").sign_in()),
    )
    visitors = []
    for them, _ in couples:
        visitor = Visitor(demo, browser)
        kiosk = visitor.kiosk()
        visitor.take_ticket_with_card(kiosk, them.persona)
        kiosk.close()
        visitors.append(visitor)

    # Both press at the same moment; each gets a number, and not the same.
    for _, clerk in couples:
        clerk.page.goto(f"{demo.station(clerk.station)}counter/")
    for _, clerk in couples:
        clerk.page.evaluate("document.querySelector('[data-act=\"call-next\"]').click()")
    for _, clerk in couples:
        expect(clerk.act("open")).to_be_visible()
    called = demo.rows("SELECT label, desk FROM ticket WHERE state = 'called'")
    assert {row["label"] for row in called} == {visitor.label for visitor in visitors}
    assert {row["desk"] for row in called} == {"1", "2"}

    # Step by step, side by side, each with whoever came to their desk.
    seats = []
    for _, clerk in couples:
        label = next(row["label"] for row in called if row["desk"] == clerk.station[-1])
        at = next(number for number, visitor in enumerate(visitors) if visitor.label == label)
        seats.append((couples[at][0], visitors[at], clerk, clerk.open()))
    for them, _, clerk, _ in seats:
        clerk.identify()
        clerk.attach_card()
        clerk.expect_members(len(them.members))
    for number, (them, _, clerk, _) in enumerate(seats):
        clerk.intake_to_paper(chance, elsewhere(chance, them).town_code, f"{number + 3}番3号", YESTERDAY)
    demo.kill("worker")
    for _, visitor, clerk, _ in seats:
        finish(clerk, visitor)
    for them, visitor, clerk, reception_id in seats:
        registered(demo, reception_id)
        delivered_once(demo, reception_id, them.members)
        expect(clerk.page.locator('[data-submission="registered"]')).to_be_visible()
        clerk.close()
        assert not visitor.complaints + clerk.complaints
    journal_is_whole(demo)


@pytest.mark.long
def test_what_one_clerk_changes_another_sees(
    postgres_demo: Demo, browser: Browser, chance: random.Random
) -> None:
    """NOTIFY says that something changed, the other screen reads it anew; an old screen changes nothing."""
    demo = postgres_demo
    them = family("tehon_susumu")
    visitor = Visitor(demo, browser)
    visitor.take_ticket_with_card(visitor.kiosk(), them.persona)
    first = Clerk(demo, browser, "clerk1", "counter-1").sign_in()
    first.call_next()
    reception_id = first.open()
    first.identify()
    first.attach_card()
    first.expect_members(2)

    other = Clerk(demo, browser, "supervisor1", "counter-2").sign_in()
    other.page.goto(f"{demo.station('counter-2')}counter/receptions/{reception_id}")
    other.expect_members(2)
    other.set_moved_on(YESTERDAY)
    expect(first.page.locator("details#moved-on")).to_be_visible()

    # A screen that hears nothing any more is told so instead of overwriting.
    other.page.route("**/workspace", lambda route: route.abort())
    first.set_address(elsewhere(chance, them).town_code, "5番3号")
    facts = f"SELECT count(*) AS n FROM fact WHERE reception_id = '{reception_id}'"
    before = demo.rows(facts)
    other.page.locator("#f-movers input[type=checkbox]").last.click()
    said = WORDS.say("ja", "problem.stale_screen.title")
    expect(other.page.locator("#page-message")).to_contain_text(said)
    assert demo.rows(facts) == before
    first.page.locator("details#abandon summary").click()
    first.page.fill("#abandon-reason", "試しの受付")
    first.act("abandon").click()
    first.page.wait_for_url(lambda url: url.rstrip("/").endswith("/counter"))
    assert not demo.rows(f"SELECT id FROM submission WHERE reception_id = '{reception_id}'")
    journal_is_whole(demo)
