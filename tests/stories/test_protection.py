"""支援措置: no byte holds the address of a protected person, or of those around them, without need."""

import base64
import json
import random
import re
import urllib.parse
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect

from server.kit.clock import today
from server.tables import metadata
from tests.stories.canary import Found, Visited, crawl, files_of, needles, rows_of, search, writings
from tests.stories.demo import Demo, wait_for
from tests.stories.hard_days import (
    Family,
    call,
    delivered_once,
    elsewhere,
    events_of,
    family,
    journal_is_whole,
    newest_form,
    registered,
    said,
    show,
    text_of,
)
from tests.stories.people import Clerk, Visitor, open_page
from tests.stories.wire import Wire, tapped

pytestmark = [pytest.mark.story, pytest.mark.browser]
YESTERDAY = (today() - timedelta(days=1)).isoformat()
TABLES = [table.name for table in metadata.sorted_tables]
WORDS_NOT_SAID = ("支援措置", "ストーカー", "Protection measure", "protected person", "DV")
# New places, as telling as the old ones.
NEW = ("31番41号", "かくれ荘507号")


def pages_of(wire: Wire, host: str) -> dict[str, set[str]]:
    """What a kiosk showed, by path, without what is any visit's own: label, ids, keys, the masked holder."""
    found: dict[str, set[str]] = {}
    for answer in wire.answers:
        if "/static/" in answer.url or not answer.url.startswith(host):
            continue
        path = _plain(answer.url.removeprefix(host))
        # How often a screen asked for the same thing, and how far an event stream had come, is chance.
        content = "stream" if path.endswith("events") else _plain(answer.body.decode("utf-8"))
        found.setdefault(path, set()).add(f"{answer.status} {content}")
    return found


def _plain(text: str) -> str:
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"\b[A-F]\d{3}\b", "LABEL", text)
    text = re.sub(r'"preview":\s*{[^}]*}', "PREVIEW", text)
    return re.sub(r'"token":\s*"[^"]*"', "TOKEN", text)


@pytest.mark.parametrize(
    "protected",
    [
        ("kamei_saki",),
        pytest.param(("kaku_takeshi", "kaku_megumi", "tehon_fusae"), marks=pytest.mark.long),
    ],
    ids=["one", "the others"],
)
def test_a_kiosk_shows_everybody_the_same(demo: Demo, browser: Browser, protected: tuple[str, ...]) -> None:
    """Who holds a protected person's card learns nothing at the kiosk, from no page, status or length."""
    shown = {}
    host = demo.station("kiosk-1").rstrip("/")
    clerk = Clerk(demo, browser, login="clerk2", station="counter-2").sign_in()
    for persona in ("watanabe_fumi", *protected):
        with tapped("kiosk") as wires:
            visitor = Visitor(demo, wires["kiosk"].through(browser))
            page = visitor.kiosk()
            visitor.take_ticket_with_card(page, persona)
            expect(page.locator("#print-state")).to_have_attribute("data-print-state", "printed")
            page.close()
            shown[persona] = pages_of(wires["kiosk"], host)
            assert not visitor.complaints
        # So that the next one finds as many waiting; what the card said is forgotten with the number.
        call(clerk, visitor.label)
        clerk.page.locator(f'article[data-ticket="{visitor.label}"] [data-act="cancel"]').click()
        expect(clerk.page.locator(f'[data-ticket="{visitor.label}"]')).to_have_count(0)
    everybody = shown.pop("watanabe_fumi")
    # Which of the passing states of the printer a screen caught is chance; the last one is the same.
    passing = {path for path in everybody if "print-state" in path or path == "/kiosk/tickets/ID?lang=ja"}
    for persona, pages in shown.items():
        assert pages.keys() - passing == everybody.keys() - passing, persona
        for path in pages.keys() - passing:
            assert pages[path] == everybody[path], f"{persona}: {path}"
    assert any("/station/card/read" in path for path in everybody)


@pytest.mark.parametrize(
    "persona",
    [
        pytest.param("kamei_saki", marks=pytest.mark.long),
        "kaku_takeshi",
        pytest.param("tehon_fusae", marks=pytest.mark.long),
    ],
)
def test_a_protected_address_is_nowhere_before_and_only_where_it_must_be_after(
    demo: Demo, browser: Browser, chance: random.Random, persona: str
) -> None:
    them = family(persona)
    town = elsewhere(chance, them)
    old = needles(them.head.address)
    new = needles(town.address(*NEW))
    people = ("visitor", "display", "clerk1", "clerk2", "supervisor1", "kokuho1", "second")
    with tapped(*people) as wires:
        display = open_page(wires["display"].through(browser), 1920, 1080, [])
        display.goto(demo.url("display"))
        visitor = Visitor(demo, wires["visitor"].through(browser))
        kiosk = visitor.kiosk()
        visitor.take_ticket_with_card(kiosk, persona)
        expect(kiosk.locator("#print-state")).to_have_attribute("data-print-state", "printed")
        staff = {
            # The wire is a proxy for pages alone, so what is answered is pressed.
            login: Clerk(
                demo, wires[login].through(browser), login=login, station=station, hurried=False
            ).sign_in()
            for login, station in (
                ("clerk1", "counter-1"),
                ("clerk2", "counter-2"),
                ("supervisor1", "counter-2"),
                ("kokuho1", "counter-2"),
            )
        }
        clerk, supervisor = staff["clerk1"], staff["supervisor1"]
        second = open_page(wires["second"].through(browser), 1280, 800, visitor.complaints)
        second.goto(f"{demo.station('counter-1')}second/")
        call(clerk, visitor.label)
        reception_id = clerk.open()
        clerk.identify()
        clerk.attach_card()

        the_clerk_waits_for_a_supervisor(clerk, reception_id, them)
        looked_for_by_name(staff["clerk2"], them)
        # Before anybody allowed it: nowhere at all.
        asking = staff if persona == "kamei_saki" else {"clerk2": staff["clerk2"]}
        seen = visited(demo, reception_id, visitor.ticket_id)
        nowhere(everything(demo, wires, asking, seen), old)
        the_streams_were_heard(wires)

        a_supervisor_allows_it(supervisor, reception_id)
        expect(clerk.act("gather")).to_be_visible()
        clerk.act("gather").click()
        clerk.expect_members(len(them.members))
        expect(clerk.page.locator(".home")).to_contain_text(them.home)
        clerk.set_address(town.town_code, *NEW)
        clerk.set_moved_on(YESTERDAY)
        clerk.answer_all(chance)
        no_telling_word(clerk)
        clerk.prepare()
        visitor.confirm(second)
        expect(second.get_by_text("紙", exact=False).first).to_be_visible()
        clerk.accept()
        form = newest_form(demo)
        assert f"{town.town}{NEW[0]}" in form
        assert f"{them.head.address.town}{them.head.address.number}" in form
        registered(demo, reception_id)
        body = delivered_once(demo, reception_id, them.members)
        assert {one["resident_id"] for one in body["subjects"] if one["protected"]} == {
            one.resident_id for one in them.members if one.protection == "yes"
        }
        no_telling_word(clerk)
        the_department_asks_the_counter(demo, staff["kokuho1"], reception_id)

        # Afterwards: the form at that counter, the workspace of that reception, the core's own table.
        seen = visited(demo, reception_id, visitor.ticket_id)
        found = search(everything(demo, wires, asking, seen), old | new)
        assert found, "its clerk has it on the screen"
        assert not sorted({one.where for one in found if not may_hold(one, reception_id)})
        clerk.page.reload()
        clerk.close()
    journal_is_whole(demo)
    complaints = [line for one in staff.values() for line in one.complaints]
    assert not visitor.complaints + complaints


def visited(demo: Demo, reception_id: str, ticket_id: str) -> Visited:
    """This visit's ids, for every path of the server."""
    token = demo.rows(f"SELECT public_token FROM ticket WHERE id = '{ticket_id}'")[0]["public_token"]
    items = demo.rows(f"SELECT id FROM work_item WHERE reception_id = '{reception_id}'")
    tickets = [one["id"] for one in demo.prints("kiosk-1", "ticket")[:1]]
    cards = demo.rows(f"SELECT id FROM card_read WHERE ticket_id = '{ticket_id}'")
    return Visited(
        [reception_id],
        [ticket_id],
        [token],
        [one["id"] for one in items],
        tickets,
        [one["id"] for one in cards],
    )


def everything(
    demo: Demo, wires: dict[str, Wire], staff: dict[str, Clerk], seen: Visited
) -> list[tuple[str, bytes]]:
    """Every byte that anybody was given, is given on asking for every path, or finds on a disk."""
    paths = [*seen.paths(), "/station/state"]
    places = [place for wire in wires.values() for place in wire.bytes()]
    for login, one in staff.items():
        places += crawl(login, demo.station(one.station), cookies_of(one), paths)
    for station in ("kiosk-1", "counter-1"):
        places += crawl(f"anybody at {station}", demo.station(station), {}, paths)
    return [*places, *files_of(demo), *rows_of(demo, TABLES)]


def nowhere(places: list[tuple[str, bytes]], wanted: set[bytes]) -> None:
    assert len(places) > 300, "a search of nothing finds nothing"
    found = search(places, wanted)
    assert not found, sorted({one.where for one in found})


def may_hold(found: Found, reception_id: str) -> bool:
    """Where an address belongs once a supervisor has allowed this reception."""
    who, _, rest = found.where.partition(" ")
    if who == "file":
        return rest.startswith("state/stations/counter-1/prints/") and rest.endswith(".pdf")
    if who not in ("clerk1", "supervisor1"):
        return False
    # Its clerk and the supervisor see it in its workspace, and on the form that is evidence of its work.
    return f"/counter/receptions/{reception_id}" in rest or rest.endswith("/form.pdf")


def the_streams_were_heard(wires: dict[str, Wire]) -> None:
    """The crawl leaves event streams out, so they must have been listened to."""
    heard = {one.url for wire in wires.values() for one in wire.answers if "/events" in one.url}
    for path in ("/display/main/events", "/counter/events", "/second/events", "/backoffice/events"):
        assert any(path in url for url in heard), path


def the_clerk_waits_for_a_supervisor(clerk: Clerk, reception_id: str, them: Family) -> None:
    page = clerk.page
    expect(page.locator('[data-testid="care-mark"]')).to_be_visible()
    said(page, "counter.supervisor.title", "counter.supervisor.next")
    expect(page.locator("li[data-person]")).to_have_count(0)
    expect(clerk.act("release")).to_have_count(0)
    expect(clerk.act("prepare")).to_have_count(0)
    no_telling_word(clerk)
    assert them.home not in text_of(page)
    # Nor by asking for it past the screen.
    path = f"/counter/receptions/{reception_id}"
    assert posted(clerk, f"{path}/release", reason="急いでいるため").status_code == 403
    posted(clerk, f"{path}/gather")
    page.reload()
    expect(page.locator("li[data-person]")).to_have_count(0)
    assert "protection.released" not in events_of(clerk.demo, reception_id)


def asked(clerk: Clerk, path: str) -> httpx.Response:
    """What this member of staff gets at a path, whether a link leads there or not."""
    base = clerk.demo.station(clerk.station).rstrip("/")
    return httpx.get(f"{base}{path}", cookies=cookies_of(clerk), trust_env=False, timeout=60)


def posted(clerk: Clerk, path: str, **fields: str) -> httpx.Response:
    """A form sent with the clerk's session and token, as no button of theirs sends it."""
    base = clerk.demo.station(clerk.station).rstrip("/")
    token = clerk.page.locator('input[name="csrf_token"]').first.input_value()
    return httpx.post(
        f"{base}{path}",
        data={**fields, "csrf_token": token},
        cookies=cookies_of(clerk),
        headers={"Origin": base},
        trust_env=False,
        timeout=60,
        follow_redirects=True,
    )


def cookies_of(clerk: Clerk) -> dict[str, str]:
    return {str(one["name"]): str(one["value"]) for one in clerk.page.context.cookies()}


def looked_for_by_name(clerk: Clerk, them: Family) -> None:
    """Another clerk searches for each of them without a card: names, no address, the neutral mark."""
    clerk.page.goto(f"{clerk.demo.station(clerk.station)}counter/")
    clerk.act("walk-in").click()
    clerk.page.wait_for_url("**/counter/receptions/*")
    clerk.identify("self", "photo_document")
    for person in them.members:
        clerk.page.fill("#search-name", person.name.display)
        clerk.act("search").click()
        candidate = clerk.page.locator(".candidate").filter(has_text=person.name.display)
        expect(candidate).to_contain_text("＊＊＊")
        expect(candidate.locator(".care-mark")).to_be_visible()
        assert them.home not in text_of(clerk.page)
    show(clerk.page, "candidates")
    clerk.page.locator("details#abandon summary").click()
    clerk.page.fill("#abandon-reason", "検索のみ")
    clerk.act("abandon").click()
    clerk.page.wait_for_url(lambda url: url.rstrip("/").endswith("/counter"))


def a_supervisor_allows_it(supervisor: Clerk, reception_id: str) -> None:
    page = supervisor.page
    page.goto(f"{supervisor.demo.station(supervisor.station)}counter/")
    page.locator(f'a[href*="{reception_id}"]').click()
    page.fill("#release-reason", "ご本人に別室で取扱いを確かめた")
    show(page, "supervisor")
    supervisor.act("release").click()
    wait_for("the permission", lambda: "protection.released" in events_of(supervisor.demo, reception_id))


def no_telling_word(clerk: Clerk) -> None:
    shown = clerk.page.locator("body").inner_text()
    assert not [word for word in WORDS_NOT_SAID if word in shown]
    # Two letters may stand in any token.
    assert not [word for word in WORDS_NOT_SAID[:-1] if word in text_of(clerk.page)]


def the_department_asks_the_counter(demo: Demo, department: Clerk, reception_id: str) -> None:
    """国保年金課 sees that there is work, for whom, and whom to ask; no address and no form."""
    mine = demo.rows(
        f"SELECT id FROM work_item WHERE department = 'kokuho' AND reception_id = '{reception_id}'"
    )
    for one in mine:
        department.page.goto(f"{demo.station('counter-2')}backoffice/items/{one['id']}")
        said(department.page, "counter.work.ask", "counter.work.ask.next", "counter.work.form_hidden")
        refused = asked(department, f"/backoffice/items/{one['id']}/form.pdf")
        assert refused.status_code == 403


def test_the_search_finds_what_is_there(demo: Demo, browser: Browser) -> None:
    """The same search, over the bytes of a household that is not protected: it finds its address."""
    them = family("watanabe_fumi")
    with tapped("clerk1") as wires:
        visitor = Visitor(demo, browser)
        visitor.take_ticket_with_card(visitor.kiosk(), them.persona)
        clerk = Clerk(demo, wires["clerk1"].through(browser)).sign_in()
        call(clerk, visitor.label)
        reception_id = clerk.open()
        clerk.identify()
        clerk.attach_card()
        clerk.expect_members(1)
        seen = visited(demo, reception_id, visitor.ticket_id)
        places = everything(demo, wires, {"clerk1": clerk}, seen)
        found = {one.where for one in search(places, needles(them.head.address))}
        assert any(where.startswith("clerk1 POST") for where in found)
        assert f"clerk1 GET /counter/receptions/{reception_id}" in found
        assert not any(where.startswith(("file", "table", "anybody")) for where in found), "sealed at rest"
        clerk.page.locator("details#abandon summary").click()
        clerk.page.fill("#abandon-reason", "試しの受付")
        clerk.act("abandon").click()
        clerk.page.wait_for_url(lambda url: url.rstrip("/").endswith("/counter"))


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
def test_every_writing_is_found(before: bytes) -> None:
    place = "みどり台四丁目1番8号　サンライズ402号"
    wide = "みどり台四丁目１番８号サンライズ４０２号"
    for text in (place, wide):
        for written in (
            text.encode(),
            json.dumps({"address": f"見本市{text}"}).encode(),
            urllib.parse.quote(f"a={text}").encode(),
            base64.b64encode(before + text.encode() + b"..."),
            base64.urlsafe_b64encode(before + text.encode() + b"..."),
            json.dumps({"x": text}).upper().replace("\\U", "\\u").encode(),
            text.encode("utf-16-le"),
        ):
            assert search([("here", before + written)], writings(place)), written
