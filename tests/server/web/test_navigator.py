"""The navigator as a browser meets it: it asks, lists, leaves nothing behind; its code serves the counter."""

import base64
import html
import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import zxingcpp
from fastapi import FastAPI
from PIL import Image
from sqlmodel import select

from server.journal.models import JournalEntry
from server.kit import clock
from server.kit.bucket import Bucket
from server.preentry import keys
from server.preentry.codes import Refusal
from server.tables import metadata
from server.web.services import Services
from tests.factories.people import SYSTEM
from tests.factories.preentry import AT_HOME, brought
from tests.factories.visits import FOUR, Visit
from tests.server.web.conftest import Opener
from tests.support_asgi import Answer, Browser

FAMILY = {"count:spouse": "1", "count:child": "1", "count:parent": "1"}
BIRTHS = {"you": ("1973", "4"), "spouse": ("1975", "9"), "child1": ("2016", "6"), "parent1": ("1945", "2")}


def hidden(answer: Answer, name: str) -> str:
    """A field that the page carries on."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found, name
    return html.unescape(found[1])


def press(browser: Browser, page: Answer, fields: dict[str, Any] | None = None, **named: str) -> Answer:
    """Send the page's form as a browser would."""
    carried = {name: hidden(page, name) for name in ("answers", "lang", "view", "at")}
    return browser.post("/navigator/", carried | named | dict(fields or {}))


def shows(answer: Answer, view: str) -> Answer:
    assert answer.status == 200
    assert f'data-view="{view}"' in answer.text
    return answer


def births(page: Answer) -> dict[str, str]:
    rows: dict[str, str] = {}
    for person in re.findall(r'name="year:(\w+)"', page.text):
        rows |= {f"year:{person}": BIRTHS[person][0], f"month:{person}": BIRTHS[person][1]}
    return rows


def family(browser: Browser) -> Answer:
    """A family that moves, up to the question after the births."""
    start = browser.get("/navigator/")
    asked = shows(press(browser, start, {"event": "MOVE"}), "people")
    first = shows(press(browser, asked, FAMILY), "ask")
    return shows(press(browser, first, births(first)), "ask")


def everybody_moves(browser: Browser) -> Answer:
    page = family(browser)
    assert "今回 引っ越すのはどなたですか" in page.text
    return shows(press(browser, page, {"who": ["you", "spouse", "child1"]}), "ask")


def code_on(page: Answer) -> str:
    """What a scanner reads from the picture on the page."""
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page.text)
    assert found
    svg = base64.b64decode(html.unescape(found[1])).decode()
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]
    picture = Image.new("L", (size, size), 255)
    for x, y in re.findall(r"M([\d.]+),([\d.]+)H", svg):
        picture.putpixel((int(float(x)), int(float(y))), 0)
    (read,) = zxingcpp.read_barcodes(picture.resize((size * 4, size * 4), Image.Resampling.NEAREST))
    return str(read.text)


def everything(services: Services) -> dict[str, list[Any]]:
    """Every row of every table."""
    with services.db.read() as unit:
        return {
            name: [tuple(row) for row in unit.session.execute(table.select())]
            for name, table in metadata.tables.items()
        }


def test_answers_are_kept_in_no_table_no_log_no_cookie_and_no_address(
    browser: Browser, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    with services.db.write() as unit:
        keys.ensure(unit, SYSTEM, services.vault)
    before = everything(services)
    caplog.set_level(logging.DEBUG)
    page = everybody_moves(browser)
    for act in ("list", "code", "back"):
        page = press(browser, page, act=act)
        assert page.header("cache-control") == "no-store"
        assert page.headers("set-cookie") == []
        assert "1973" not in "".join(re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text))
    assert everything(services) == before
    assert not any(word in caplog.text for word in ("1973", "2016", "moves", "child1"))
    assert browser.cookies == {}


def test_a_question_at_a_time_with_the_list_at_hand(browser: Browser) -> None:
    page = everybody_moves(browser)
    assert page.text.count("<h1") == 1
    listed = shows(press(browser, page, act="list"), "list")
    assert "まだ質問が残っています" in listed.text
    assert "転居届" in listed.text
    assert "これは届出ではありません" in listed.text
    assert "体験版です" in listed.text
    again = shows(press(browser, listed, act="go-on"), "ask")
    assert hidden(again, "at") == hidden(page, "at")


def test_back_and_a_changed_answer_that_says_what_it_changed(browser: Browser) -> None:
    page = everybody_moves(browser)
    back = shows(press(browser, page, act="back"), "ask")
    assert 'name="who" value="spouse" checked' in back.text
    further = shows(press(browser, back, act="back"), "ask")
    assert '<option value="1973" selected' in further.text
    shows(press(browser, further, act="back"), "people")
    listed = press(browser, page, act="list")
    edited = shows(press(browser, listed, act="edit-1"), "ask")
    changed = press(browser, edited, {"pick": "nobody", "back_to": "list"})
    shows(changed, "list")
    assert "答えを変えました" in changed.text
    assert re.search(r"changed-disappeared.*転居届", changed.text)
    same = press(
        browser, shows(press(browser, changed, act="edit-1"), "ask"), {"pick": "nobody", "back_to": "list"}
    )
    assert "手続きは変わりませんでした" in same.text


def test_nothing_answered_is_asked_once_more(browser: Browser) -> None:
    page = family(browser)
    missing = press(browser, page)
    assert missing.status == 422
    assert "答えを選んでください" in missing.text
    assert hidden(missing, "answers") == hidden(page, "answers")
    unknown = shows(press(browser, page, pick="unknown"), "ask")
    assert '["moves",["?","?","?","?"],1]' in hidden(unknown, "answers")


@pytest.mark.parametrize(
    ("lang", "word"), [("easy", "生（う）まれた 年（とし）"), ("en", "Year and month of birth")]
)
def test_the_language_changes_in_the_middle_and_nothing_is_lost(
    browser: Browser, lang: str, word: str
) -> None:
    start = browser.get("/navigator/")
    asked = press(browser, start, {"event": "MOVE"})
    first = press(browser, asked, FAMILY)
    other = shows(press(browser, first, act="show", lang=lang), "ask")
    assert word in other.text
    assert hidden(other, "answers") == hidden(first, "answers")
    assert f'<html lang="{"ja" if lang == "easy" else lang}"' in other.text


def test_what_was_answered_stays_when_something_is_missing(browser: Browser) -> None:
    asked = press(browser, browser.get("/navigator/"), {"event": "MOVE"})
    first = press(browser, asked, FAMILY)
    given = births(first) | {"month:spouse": "", "year:child1": ""}
    missing = press(browser, first, given)
    assert missing.status == 422
    assert missing.text.count('<option value="1973" selected') == 1
    assert missing.text.count('<option value="1975" selected') == 1
    assert missing.text.count('<option value="unknown" selected') == 0
    shows(press(browser, missing, births(missing)), "ask")


def test_certificates_ask_about_nobody_else(browser: Browser) -> None:
    page = shows(press(browser, browser.get("/navigator/"), {"event": "CERT"}), "ask")
    assert "証明書は何に使いますか" in page.text
    shows(press(browser, page, act="back"), "start")


@pytest.mark.parametrize(
    "answers", ["{}", '{"v":1,"e":["X"],"p":[],"a":[]}', "x", '{"v":1,"e":["MOVE"],"p":["山田"],"a":[]}']
)
def test_what_no_page_of_ours_wrote_leads_to_the_start(browser: Browser, answers: str) -> None:
    page = browser.post("/navigator/", {"answers": answers, "view": "ask", "at": "0", "lang": "ja"})
    assert page.status == 422
    assert "はじめからお願いします" in page.text
    assert "山田" not in page.text


@pytest.mark.long
def test_any_press_on_any_page_is_answered(app: FastAPI, services: Services, browser: Browser) -> None:
    """However the fields are put together, somebody gets a page that goes on."""
    app.state.services = replace(services, navigator_presses=Bucket(burst=10_000, per_second=1))
    state = hidden(everybody_moves(browser), "answers")
    alone = json.dumps({"v": 1, "e": ["DEATH"], "p": [], "a": []})
    for answers in ("", state, alone):
        for view in ("start", "people", "ask", "list", "nowhere"):
            for act in ("", "back", "show", "list", "code", "people", "go-on", "edit-0", "edit-99", "edit-x"):
                page = browser.post("/navigator/", {"answers": answers, "view": view, "at": "99", "act": act})
                assert page.status in (200, 422)
                assert 'id="navigator"' in page.text


def test_two_moves_at_once_are_sent_back(browser: Browser) -> None:
    page = press(browser, browser.get("/navigator/"), {"event": ["MOVE", "OUT_DOM"]})
    assert page.status == 422
    assert "引っこしの種類" in page.text


def test_who_asks_too_much_from_outside_waits_and_the_office_does_not(
    app: FastAPI, services: Services, at_station: Callable[[str], Browser]
) -> None:
    clock.start_at(datetime(2026, 11, 24, 0, 0, tzinfo=UTC))
    app.state.services = replace(services, navigator_presses=Bucket(burst=6, per_second=0.001))
    home = Browser(app)
    assert home.get("/navigator/").status == 200
    code = {"answers": '{"v":1,"e":["MOVE"],"p":["you"],"a":[]}', "act": "code"}
    assert home.post("/navigator/", code).status == 200
    refused = home.post("/navigator/", code)
    assert refused.status == 429
    assert 4000 < int(refused.header("retry-after") or 0) <= 5000
    assert "少し待って、もう一度押してください" in refused.text
    pressed = home.post("/navigator/", code, headers={"HX-Request": "true"})
    assert (pressed.status, pressed.header("hx-retarget")) == (200, "#page-message")
    assert at_station("kiosk-1").post("/navigator/", code).status == 200
    clock.start_at(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
    assert home.post("/navigator/", code).status == 200


def test_at_the_kiosk_it_stands_in_the_kiosks_frame(
    at_station: Callable[[str], Browser], browser: Browser
) -> None:
    there = at_station("kiosk-1").get("/navigator/")
    assert "data-idle" in there.text
    assert "data-wipe" in there.text
    assert "data-idle" not in browser.get("/navigator/").text
    assert 'href="/navigator/?lang=ja"' in browser.get("/kiosk/").text


def test_the_code_on_the_page_answers_the_counters_questions(
    browser: Browser, services: Services, signed_in: Opener
) -> None:
    with services.db.write() as unit:
        keys.ensure(unit, SYSTEM, services.vault)
    page = shows(press(browser, everybody_moves(browser), act="code"), "code")
    visit = Visit.at(services, "intake", FOUR)
    clerk = signed_in("clerk1", "counter-1")
    address = f"/counter/receptions/{visit.reception_id}"
    taken = clerk.post(
        f"{address}/preentry", {"code": code_on(page).lower() + " "}, key="k1", headers={"HX-Request": "true"}
    )
    assert taken.status == 200
    assert 'data-settled="yes"' in taken.text
    state = visit.state()
    moved = [state.facts.value(person.person_id, "name") for person in state.movers]
    assert moved == ["見本　太郎", "見本　花子", "見本　さくら"]
    with services.db.read() as unit:
        entry = unit.all(select(JournalEntry).where(JournalEntry.event == "preentry.taken"))[0]
    assert json.loads(entry.payload) == {"answers": 2, "events": ["MOVE"], "people": 4}


def test_staff_say_who_is_who(services: Services, signed_in: Opener) -> None:
    visit = Visit.at(services, "intake", FOUR)
    clerk = signed_in("clerk1", "counter-1")
    address = f"/counter/receptions/{visit.reception_id}"
    code = brought(services, AT_HOME.put("birth", {"parent1": "1973-04"}))
    page = clerk.post(f"{address}/preentry", {"code": code}, key="k1", headers={"HX-Request": "true"})
    assert 'data-settled="no"' in page.text
    assert "どなたの回答か決められません" in page.text
    members = {member.name: member.person_id for member in visit.workspace().members}
    chosen = dict(zip(("is:you", "is:spouse", "is:child1", "is:parent1"), members.values(), strict=True))
    twice = chosen | {"is:spouse": chosen["is:you"]}
    left = clerk.post(f"{address}/preentry/people", chosen | {"is:you": ""}, key="k0")
    assert left.header("x-problem") == "preentry_not_chosen"
    refused = clerk.post(f"{address}/preentry/people", twice, key="k2")
    assert refused.header("x-problem") == "preentry_chosen_twice"
    done = clerk.post(f"{address}/preentry/people", chosen, key="k3", headers={"HX-Request": "true"})
    assert 'data-settled="yes"' in done.text
    assert "事前入力と違うところ" not in done.text


@pytest.mark.parametrize(
    ("code", "problem"),
    [("4901234567894", "preentry_not_a_code"), ("", "preentry_not_a_code")],
)
def test_a_code_that_cannot_be_used_is_said_in_a_sentence(
    services: Services, signed_in: Opener, code: str, problem: str
) -> None:
    visit = Visit.opened(services, FOUR)
    clerk = signed_in("clerk1", "counter-1")
    answer = clerk.post(f"/counter/receptions/{visit.reception_id}/preentry", {"code": code}, key="k1")
    assert answer.header("x-problem") == problem
    assert "事前入力のQRコードではありません" in answer.text


def test_every_refusal_has_its_sentences(services: Services) -> None:
    for reason in (*(one.value for one in Refusal), "used", "chosen_twice", "not_chosen"):
        for part in ("title", "action"):
            assert services.words.has(f"problem.preentry_{reason}.{part}")


def test_easy_words_are_there_for_the_whole_room(services: Services) -> None:
    room = {key for key in services.words.catalogues["ja"] if key.startswith("navigator.")}
    easy = set(services.words.catalogues["easy"])
    assert room <= easy <= set(services.words.catalogues["ja"])
    assert "easy" not in services.words.languages
