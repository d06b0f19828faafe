"""The counter's list by its pages: ticks, signatures, groupings, the strip of changes, and the checklist's
print.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from pypdf import PdfReader
from sqlmodel import select

from procedures import Case, evaluate, load_catalogue
from server.journal.models import JournalEntry
from server.reception import desk_list
from server.reception.models import Handout, ShownDocument, SigningChoice
from server.web.services import Services
from server.web.templating import environment
from server.web.words import Words
from tests.factories.visits import FOUR, Visit
from tests.server.web.conftest import Opener
from tests.support_asgi import Browser

Act = Callable[..., str]
WORDS = Words()
MOTHER_IN_CARE = Path(__file__).parents[2] / "procedures" / "cases" / "h18_mother_in_care.yaml"


@pytest.fixture
def visit(services: Services) -> Visit:
    """A household of four whose questions are answered."""
    return Visit.at(services, "settled", FOUR)


@pytest.fixture
def clerk(visit: Visit, signed_in: Opener) -> Browser:
    return signed_in("clerk1", "counter-1")


@pytest.fixture
def act(clerk: Browser, visit: Visit) -> Act:
    keys: Iterator[str] = (f"k{number}" for number in range(1000))

    def send(path: str, **fields: object) -> str:
        target = f"/counter/receptions/{visit.reception_id}/{path}"
        answer = clerk.post(target, fields, key=next(keys), headers={"hx-request": "true"})
        assert answer.status == 200, answer.text
        return answer.text

    return send


def page(clerk: Browser, visit: Visit, query: str = "") -> str:
    return clerk.get(f"/counter/receptions/{visit.reception_id}/workspace{query}").text


def part(html: str, procedure: str) -> str:
    found = re.search(rf'<li class="procedure" data-procedure="{procedure}".*?</details>', html, re.DOTALL)
    assert found is not None, procedure
    return found[0]


def events(services: Services, name: str) -> list[dict[str, object]]:
    with services.db.read() as unit:
        found = unit.all(select(JournalEntry).where(JournalEntry.event == name))
    return [json.loads(entry.payload) for entry in found]


def test_a_document_is_ticked_once_and_taken_back(
    visit: Visit, clerk: Browser, act: Act, services: Services
) -> None:
    before = part(page(clerk, visit), "R052")
    value = re.search(r'name="show" value="(kokuho_certificate:[^"]*)"', before)
    assert value is not None
    after = part(act("documents", show=value[1]), "R052")
    assert 'aria-pressed="true"' in after
    assert "窓口" in after, "who saw it stands beside it"
    act("documents", show=value[1])
    with services.db.read() as unit:
        assert len(unit.all(select(ShownDocument))) == len(value[1].split())
    act("documents", withdraw=value[1])
    assert 'aria-pressed="true"' not in part(page(clerk, visit), "R052").split("署名")[0]
    assert events(services, "reception.document_shown")[0]["document"] == "kokuho_certificate"
    assert len(events(services, "reception.document_withdrawn")) == len(value[1].split())


def test_what_nobody_asked_for_is_not_ticked(visit: Visit, clerk: Browser) -> None:
    target = f"/counter/receptions/{visit.reception_id}/documents"
    for said in ("nothing_such:", "kokuho_certificate:somebody", ""):
        assert clerk.post(target, {"show": said}, key=f"k{said}").status == 404
    assert "本人確認のとき提示済み" in part(page(clerk, visit), "R017"), "identification has seen what it saw"


def test_who_signs_is_settled_with_one_choice_and_kept(
    visit: Visit, clerk: Browser, act: Act, services: Services
) -> None:
    visit.identify("agent")
    assert "委任状が要る" in part(page(clerk, visit), "R010")
    assert "後日提出" in part(page(clerk, visit), "R031"), "a proxy's application takes an inquiry by post"
    assert "委任状あり" in part(act("signing", procedure="R031", kind="letter"), "R031")
    assert "後日提出" in part(act("signing", procedure="R031", kind="later"), "R031")
    with services.db.read() as unit:
        kept = unit.all(select(SigningChoice).order_by(SigningChoice.at))  # type: ignore[arg-type]
    assert [(row.kind, row.replaced) for row in kept] == [("letter", True), ("later", False)]
    assert events(services, "reception.signing_chosen")[-1] == {"procedure": "R031", "kind": "later"}
    target = f"/counter/receptions/{visit.reception_id}/signing"
    assert clerk.post(target, {"procedure": "R031", "kind": "somehow"}, key="x").status == 404
    assert clerk.post(target, {"procedure": "R160", "kind": "later"}, key="y").status == 404


def test_the_list_is_grouped_as_its_reader_likes(visit: Visit, clerk: Browser) -> None:
    first = page(clerk, visit)
    assert 'data-group="handover"' in first or 'data-group="here"' in first
    assert 'data-group="dept-kokuho"' not in first
    chosen = page(clerk, visit, "?by=department")
    assert 'data-group="dept-kokuho"' in chosen
    assert 'data-group="today"' in chosen, "what is lost today stays on top"
    answer = clerk.get(f"/counter/receptions/{visit.reception_id}/workspace?by=department")
    assert "kakanai_list=department" in (answer.header("set-cookie") or "")
    assert 'data-group="dept-kokuho"' not in page(clerk, visit, "?by=nonsense")


def test_an_answer_says_what_it_changed(visit: Visit, act: Act) -> None:
    person = visit.state().people[0].person_id
    shown = act("answers", fact="preg", **{f"answer:{person}": "false"})
    assert 'id="changes"' not in shown, "the same answer again changes nothing"
    shown = act("answers", fact="dog", **{"answer:": "true"})
    assert 'id="changes"' in shown
    assert "犬" in shown.split('id="changes"')[1].split("</section>")[0]
    again = act("answers", fact="dog", **{"answer:": "false"})
    assert 'data-change="gone"' in again


def test_the_checklist_is_looked_at_printed_and_kept(
    visit: Visit, clerk: Browser, act: Act, services: Services, at_station: Callable[[str], Browser]
) -> None:
    path = f"/counter/receptions/{visit.reception_id}/checklist.pdf?language="
    for language, word in (("ja", "お手続きのご案内"), ("easy", "あなたの"), ("en", "Your procedures")):
        answer = clerk.get(path + language)
        assert answer.header("content-type") == "application/pdf"
        assert word.replace(" ", "") in text_of(answer.body)
    assert "転居届" in text_of(clerk.get(path + "ja").body)
    act("checklist", language="ja")
    lease = (
        at_station("counter-1")
        .send(
            "POST",
            "/api/v1/stations/print-jobs/lease",
            b'{"kinds": ["form"]}',
            {"content-type": "application/json"},
        )
        .json()
    )
    printed = base64.b64decode(lease["pdf_base64"])
    assert lease["kind"] == "form"
    # Behind the same pages stands only what keeps their digest from being guessed.
    assert printed.startswith(clerk.get(path + "ja").body)
    with services.db.read() as unit:
        kept = unit.all(select(Handout))
    assert [row.language for row in kept] == ["ja"]
    assert printed[:200] not in kept[0].pdf
    assert next(step for step in visit.workspace().strip if step.key == "paper").state == "open"
    assert events(services, "reception.handed_out")[0]["sha256"] == kept[0].sha256


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.parametrize(("lang", "words"), [("ja", "きょうまで"), ("en", "due today")])
def test_what_is_lost_today_stands_on_top_with_what_is_lost(lang: str, words: str) -> None:
    """A move from another municipality on the last day for 要介護認定 (R091), as the counter will show it."""
    catalogue = load_catalogue("992011")
    case = Case.from_dict(yaml.safe_load(MOTHER_IN_CARE.read_text("utf-8")) | {"date": "2026-12-04"})
    listed = desk_list.desk_list(
        evaluate(case, catalogue), {}, {}, {}, catalogue, "honcho", datetime.fromisoformat("2026-12-04T10:00")
    )
    first = listed.group("today")[0]
    assert first.item.procedure_id == "R091"
    member = SimpleNamespace(person_id="a", name="例示　次郎")
    html = (
        environment()
        .from_string(
            "{% set w, base, marking, by, staff_names = held, '/x', false, 'place', {} %}"
            "{% from 'counter/_procedure.html' import row with context %}{{ row(one) }}"
        )
        .render(
            _=lambda key, **params: WORDS.say(lang, key, **params),
            lang=lang,
            csrf_token="",
            held=SimpleNamespace(members=[member, member], reception_id="x", version=1),
            one=first,
        )
    )
    assert first.item.lost_if_missed is not None
    assert first.item.lost_if_missed.to_dict()[lang] in html
    assert words in html


def test_a_procedure_that_stands_twice_is_explained_twice(clerk: Browser, visit: Visit) -> None:
    """Sure for one member, to be confirmed for another: both with their own reason."""
    (pin,) = (item for item in visit.guided(visit.state()).applies if item.procedure_id == "R033")
    visit.fact("mnc_pin4_known", None, pin.person_ids[-1], unknown=True)
    guidance = visit.guided(visit.state())
    every = (*guidance.applies, *guidance.needs_confirmation, *guidance.may_apply)
    found = [item for item in every if item.procedure_id == "R033"]
    assert len(found) == 2
    shown = clerk.get(f"/counter/receptions/{visit.reception_id}/why/R033").text
    for item in found:
        for one in item.why:
            assert one.because.ja in shown
    assert shown.count("根拠") == 2
