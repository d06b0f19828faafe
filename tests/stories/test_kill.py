"""kill -9 in the middle, of server, station and core: the visit goes on, nothing is lost or there twice."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect

from server.kit.clock import today
from tests.stories.demo import Demo, wait_for
from tests.stories.hard_days import (
    Family,
    add_by_hand,
    call,
    core_counts_as,
    delivered_once,
    elsewhere,
    events_of,
    family,
    finish,
    hurry,
    journal_is_whole,
    lives_at,
    registered,
    seated,
    show,
)
from tests.stories.people import Clerk, Visitor, submission_of

pytestmark = [pytest.mark.story, pytest.mark.browser]
YESTERDAY = (today() - timedelta(days=1)).isoformat()
BACK_SECONDS = 90.0


def strike(demo: Demo, part: str = "server") -> int:
    """kill -9 now; the pid that died."""
    pid = int(demo.run["pids"][part])
    os.kill(pid, signal.SIGKILL)
    return pid


def back(demo: Demo, died: int, part: str = "server") -> None:
    """Until the supervisor has it running again."""

    def look() -> bool:
        answers = [
            httpx.get(f"{url}healthz", trust_env=False, timeout=5).status_code for url in (own, server)
        ]
        return demo.run["pids"].get(part) not in (None, died) and answers == [200, 200]

    server = demo.url("server")
    own = {"server": server, "core": demo.url("core")}.get(part) or demo.station(part)
    wait_for(f"{part} to be back", lambda: _answered(look), BACK_SECONDS)


def _answered(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except (httpx.HTTPError, OSError, ValueError):
        return False


@contextmanager
def dies_at(demo: Demo, failpoint: str) -> Iterator[None]:
    """The server dies when it reaches this place, and is back afterwards."""
    pid = int(demo.run["pids"]["server"])
    demo.hardware("PUT", "server", {"failpoint": failpoint})
    yield
    back(demo, pid)


def happened_once(demo: Demo, ticket_id: str, reception_id: str, them: Family) -> None:
    """One number, one paper, one reception, one form, one notification, one journal without a gap."""
    assert len(demo.rows(f"SELECT id FROM reception WHERE ticket_id = '{ticket_id}'")) == 1
    jobs = demo.rows(
        f"SELECT kind, state, copy_no FROM print_job WHERE subject IN ('{ticket_id}', '{reception_id}')"
    )
    assert sorted((job["kind"], job["state"], job["copy_no"]) for job in jobs) == [
        ("form", "printed", 1),
        ("ticket", "printed", 1),
    ]
    registered(demo, reception_id)
    asked = delivered_once(demo, reception_id, them.members)["follow_ups"]
    given = demo.rows(f"SELECT procedure_id, department FROM work_item WHERE reception_id = '{reception_id}'")
    assert sorted((one["procedure_id"], one["department"]) for one in given) == sorted(
        (one["procedure_id"], one["department"]) for one in asked
    )
    journal_is_whole(demo)


def test_the_server_dies_at_each_named_place_of_one_visit(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    them = family("kaku_kenichi")
    town = elsewhere(chance, them)
    before = demo.rows("SELECT count(*) AS n FROM ticket")[0]["n"]
    papers = len(demo.prints("kiosk-1", "ticket"))

    visitor = Visitor(demo, browser)
    kiosk = visitor.kiosk()
    place = chance.choice(["queue.before_commit", "queue.after_commit"])
    with dies_at(demo, place):
        visitor.take_ticket_with_card(kiosk, them.persona)
    show(kiosk, place)
    expect(kiosk.locator("#print-state")).to_have_attribute("data-print-state", "printed")
    assert demo.rows("SELECT count(*) AS n FROM ticket")[0]["n"] == before + 1
    assert len(demo.prints("kiosk-1", "ticket")) == papers + 1

    clerk = Clerk(demo, browser).sign_in()
    call(clerk, visitor.label)
    reception_id = clerk.open()
    clerk.identify()
    clerk.attach_card()
    clerk.expect_members(len(them.members))
    clerk.intake_to_paper(chance, town.town_code, "12番1号", YESTERDAY)
    second = visitor.second_screen()
    visitor.confirm(second)
    clerk.wait_printed()
    clerk.page.locator("#signed").check(force=True)
    with dies_at(demo, chance.choice(["acceptance.before_commit", "acceptance.after_commit"])):
        clerk.act("accept").click()
        expect(clerk.act("close")).to_be_visible()
    assert len(demo.rows(f"SELECT id FROM submission WHERE reception_id = '{reception_id}'")) == 1
    happened_once(demo, visitor.ticket_id, reception_id, them)
    clerk.page.reload()
    clerk.close()
    assert not visitor.complaints + clerk.complaints


@pytest.mark.long
@pytest.mark.parametrize("place", ["submission.before_send", "submission.before_mark"])
def test_the_server_dies_around_the_sending(
    demo: Demo, browser: Browser, chance: random.Random, place: str
) -> None:
    """Before the core was asked, and after it has acted but before that was written down."""
    them = family({"submission.before_send": "mihon_ichiro_2", "submission.before_mark": "kim_yoshio"}[place])
    town = elsewhere(chance, them)
    visitor, clerk, reception_id = seated(demo, browser, them.persona)
    clerk.attach_card()
    chosen = clerk.page.locator(".candidate").filter(has_text=them.home).locator('[data-act="choose"]')
    expect(chosen.or_(clerk.page.locator("li[data-person]")).first).to_be_visible()
    if chosen.count():
        chosen.click()
    clerk.expect_members(len(them.members))
    clerk.intake_to_paper(chance, town.town_code, "12番2号", YESTERDAY)
    with dies_at(demo, place):
        finish(clerk, visitor)
    key = submission_of(demo, reception_id)["key"]
    happened_once(demo, visitor.ticket_id, reception_id, them)
    assert submission_of(demo, reception_id)["key"] == key
    expect(clerk.page.locator('[data-submission="registered"]')).to_be_visible()
    clerk.close()
    assert not visitor.complaints + clerk.complaints


def steps_of(
    demo: Demo, browser: Browser, chance: random.Random, them: Family, told: dict[str, str]
) -> list[Callable[[], object]]:
    """A whole visit, each step with what the next one finds."""
    town = elsewhere(chance, them)
    visitor = Visitor(demo, browser)
    clerk = Clerk(demo, browser).sign_in()
    kiosk = visitor.kiosk()
    second = visitor.second_screen()
    return [
        lambda: visitor.take_ticket_with_card(kiosk, them.persona),
        lambda: call(clerk, visitor.label),
        lambda: told.update(ticket=visitor.ticket_id, reception=clerk.open()),
        clerk.identify,
        clerk.attach_card,
        lambda: clerk.expect_members(len(them.members)),
        lambda: clerk.set_address(town.town_code, "12番3号"),
        lambda: clerk.set_moved_on(YESTERDAY),
        lambda: clerk.answer_all(chance),
        clerk.prepare,
        lambda: visitor.confirm(second),
        clerk.accept,
        clerk.close,
    ]


def survive(demo: Demo, browser: Browser, chance: random.Random, them: Family, kills: int) -> None:
    """One visit during which the server is killed this often, at moments that nobody chose."""
    told: dict[str, str] = {}
    steps = steps_of(demo, browser, chance, them, told)
    struck = set(chance.sample(range(len(steps)), kills))
    for number, step in enumerate(steps):
        if number not in struck:
            step()
            continue
        died: list[int] = []
        timer = threading.Timer(chance.random() * 0.4, lambda died=died: died.append(strike(demo)))
        timer.start()
        step()
        timer.join()
        back(demo, died[0])
    happened_once(demo, told["ticket"], told["reception"], them)


@pytest.mark.long
def test_a_visit_goes_on_through_kills_at_random_moments(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    survive(demo, browser, chance, family("miyazaki_kei"), 3)


def test_a_station_killed_while_it_prints_gives_each_paper_once(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    """The kiosk dies between fetching a ticket and reporting it: the paper comes; a second one says so."""
    visitor = Visitor(demo, browser)
    kiosk = visitor.kiosk()
    papers = len(demo.prints("kiosk-1", "ticket"))
    demo.printer("kiosk-1", "paper_out")
    visitor.take_ticket(kiosk, "certificate")
    demo.printer("kiosk-1", "ok")
    fetched = f"SELECT id FROM print_job WHERE subject = '{visitor.ticket_id}' AND state <> 'queued'"
    wait_for("the kiosk to fetch it", lambda: demo.rows(fetched))
    died = strike(demo, "kiosk-1")
    back(demo, died, "kiosk-1")
    printed = f"SELECT state FROM print_job WHERE subject = '{visitor.ticket_id}'"
    wait_for("the paper", lambda: [row["state"] for row in demo.rows(printed)] == ["printed"], 60)
    came = demo.prints("kiosk-1", "ticket")[: len(demo.prints("kiosk-1", "ticket")) - papers]
    assert len(came) in (1, 2)
    if len(came) == 2:
        first, again = (demo.print_bytes("kiosk-1", one["id"], "bin") for one in (came[1], came[0]))
        assert first != again, "the second paper is marked 再発行"
    journal_is_whole(demo)


@pytest.mark.long
def test_the_core_killed_between_acting_and_answering_registers_once(
    demo: Demo, browser: Browser, chance: random.Random
) -> None:
    """Taken in by hand, sent, applied, registered by a core that then died: the next try is the same."""
    them = family("nguyen_mihon")
    town = elsewhere(chance, them)
    demo.core_mode("down")
    core_counts_as(demo, up=False)
    visitor = Visitor(demo, browser)
    visitor.take_ticket(visitor.kiosk())
    clerk = Clerk(demo, browser).sign_in()
    call(clerk, visitor.label)
    reception_id = clerk.open()
    clerk.identify("self", "photo_document")
    for person in them.members:
        by_hand = clerk.page.locator("details#by-hand:not([open]) summary")
        if by_hand.count():
            by_hand.click()
        add_by_hand(clerk, person)
    clerk.page.locator("#filer-person").select_option(label=them.head.name.display)
    clerk.set_address(town.town_code, "12番4号")
    clerk.set_moved_on(YESTERDAY)
    clerk.answer_all(chance)
    clerk.prepare()
    finish(clerk, visitor)

    demo.core_mode("lose_ack")
    wait_for(
        "an acknowledgement to be lost",
        lambda: str(submission_of(demo, reception_id)["failure"] or "").startswith("unknown:"),
    )
    key = submission_of(demo, reception_id)["key"]
    hurry(demo, key)
    # It has moved them; whoever looks for them now finds them at the new address.
    wait_for("the move", lambda: lives_at(demo, them.head) == f"見本県見本市{town.town}12番4号")
    died = strike(demo, "core")
    back(demo, died, "core")
    happened = registered(demo, reception_id)
    assert happened["key"] == key
    delivered_once(demo, reception_id, them.members)
    assert "submission.rejected" not in events_of(demo, reception_id)
    journal_is_whole(demo)
    assert not visitor.complaints + clerk.complaints
