"""The screens on which staff say what happened, sweep rare questions, change an answer, and end the visit."""

import re
from collections.abc import Callable
from datetime import timedelta

from server.kit import clock
from server.web.services import Services
from tests.factories.visits import FOUR, Visit
from tests.server.reception.test_life_events import choose, concern, day
from tests.server.web.conftest import Opener
from tests.support_asgi import Answer, Browser

Act = Callable[..., Answer]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def at(clerk: Browser, visit: Visit) -> Act:
    """Press something on this visit's page, as the page is now."""
    base = f"/counter/receptions/{visit.reception_id}"
    keys = iter(f"press-{number}" for number in range(100))

    def act(path: str, **fields: object) -> Answer:
        version = hidden(clerk.get(base).text, "version")
        return clerk.post(f"{base}/{path}", {**fields, "version": version}, key=next(keys))

    return act


def test_a_ticket_for_something_else_asks_what_happened(services: Services, signed_in: Opener) -> None:
    clerk = signed_in("clerk1", "counter-1")
    opened = clerk.post("/counter/receptions", {"desk": "1"}, key="walk-in")
    assert opened.status == 303
    base = opened.header("location") or ""
    page = clerk.get(base).text
    assert page.count('name="event"') == 20, "every life event of the rules"
    assert "手続きの種類が未定" in page
    visit = Visit(services, Visit.opened(services, None).clerk, base.rpartition("/")[2])
    act = at(clerk, visit)
    refused = act("life-events")
    assert (refused.status, refused.header("x-problem")) == (422, "unfit_events")
    assert act("life-events", event=["MOVE", "OUT_DOM"]).header("x-problem") == "unfit_events"
    assert act("life-events", event=["NAME", "MARRY"]).status == 303
    page = clerk.get(base).text
    assert "婚姻 ＋ 氏名・旧氏・通称の変更" in page
    assert "届書は従来の様式で受け付けてください" in page
    english = clerk.get(f"{base}?lang=en").text
    assert "Take the notification on its existing form" in english


def changes(page: str) -> dict[str, list[str]]:
    """{kind: what stands in its rows} of the strip above the list."""
    strip = page[page.index('id="changes"') :].split("</section>")[0]
    found: dict[str, list[str]] = {"sure": [], "gone": [], "other": []}
    for kind, row in re.findall(r'data-change="(\w+)">(.*?)</li>', strip, re.DOTALL):
        found[kind].append(row)
    return found


def test_a_move_ticket_is_a_move_until_somebody_says_otherwise(services: Services, signed_in: Opener) -> None:
    clerk, visit = signed_in("clerk1", "counter-1"), Visit.at(services, "intake", FOUR)
    act, base = at(clerk, visit), f"/counter/receptions/{visit.reception_id}"
    page = clerk.get(base).text
    assert 'id="event-MOVE" value="MOVE" checked' in page
    assert "届書は従来の様式" not in page
    act("life-events", event=["OUT_DOM"])
    page = clerk.get(base).text
    told = changes(page)
    assert "今の変更で" in page
    assert any("転出届" in name for name in told["sure"])
    assert any("転居届" in name for name in told["gone"])


def test_the_day_of_each_event_is_asked_in_its_own_words(services: Services, signed_in: Opener) -> None:
    clerk, visit = signed_in("clerk1", "counter-1"), Visit.at(services, "intake", FOUR)
    choose(visit, "MOVE", "MARRY")
    act, base = at(clerk, visit), f"/counter/receptions/{visit.reception_id}"
    page = clerk.get(base).text
    assert "婚姻の届出日" in page
    assert act("moved-on", event="MARRY", date="R8.11.20").status == 303
    assert act("moved-on", event="DEATH", date="R8.11.20").status == 404, "nobody has died"
    ahead = (clock.today() + timedelta(days=3)).isoformat()
    act("moved-on", event="MOVE", date=ahead)
    page = clerk.get(base).text
    assert "まだ先の日付です" in page
    assert visit.workspace().gaps.count("moved_on_future") == 1


def test_rare_things_are_asked_at_one_go(services: Services, signed_in: Opener) -> None:
    clerk, visit = signed_in("clerk1", "counter-1"), Visit.at(services, "intake", FOUR)
    visit.address()
    day(visit, "MOVE")
    act, base = at(clerk, visit), f"/counter/receptions/{visit.reception_id}"
    page = clerk.get(base).text
    swept = re.findall(r'name="asked" value="(\w+)"', page[page.index('id="sweep"') :])
    assert {"dis_cert", "jiritsu", "dog", "benefits"} <= set(swept)
    before = len(visit.workspace().questions)
    assert act("sweep", asked=swept, ticked=["dog"]).status == 303
    left = {question.fact for question in visit.workspace().questions}
    assert not left & (set(swept) - {"dog"})
    assert "dog" in left, "what was ticked is asked on its own"
    assert len(left) <= before - len(swept) + 1
    assert visit.workspace().swept == ()
    refused = act("sweep", asked=["dis_cert"])
    assert refused.status in (404, 422), "nothing is answered that is not open"
    case = visit.state().facts
    for person in visit.state().people:
        assert case.value(person.person_id, "dis_cert") == []


def test_an_answer_is_changed_later_and_what_it_changes_is_said(
    services: Services, signed_in: Opener
) -> None:
    clerk, visit = signed_in("clerk1", "counter-1"), Visit.at(services, "settled")
    act, base = at(clerk, visit), f"/counter/receptions/{visit.reception_id}"
    assert f"{base}/ask/dog" in clerk.get(base).text
    page = clerk.get(f"{base}/ask/dog").text
    assert 'name="fact" value="dog"' in page
    act("answers", fact="dog", **{"answer:": "true"})
    act("answers", fact="dog_chip", **{"answer:": "none"})
    visit.fact("dog", True)
    act("answers", fact="dog", **{"answer:": "false"})
    assert any("犬" in name for name in changes(clerk.get(base).text)["gone"])
    assert clerk.get(f"{base}/ask/dv_support").status == 404, "nobody is asked aloud about protection"


def test_what_cannot_be_is_said_with_what_to_do(services: Services, signed_in: Opener) -> None:
    visit = Visit.opened(services, None)
    visit.identify("self", "photo_document")
    visit.enter(name="例示　三郎", birth="2023-06-01")
    clerk = signed_in("clerk1", "counter-1")
    act, base = at(clerk, visit), f"/counter/receptions/{visit.reception_id}"
    page = clerk.get(base).text
    assert 'data-impossible="head_is_child"' in page
    assert "15歳未満の方が世帯主" in page
    person = visit.state().people[0].person_id
    assert act("people/remove", person_id=person).status == 303
    assert visit.state().people == []
    assert act("people/remove", person_id=person).status == 404
    visit.enter(birth="1990-01-02")
    assert "data-impossible" not in clerk.get(base).text
    fields = {"name": "例示　四郎", "relationship": "子", "sex": "1", "birth": "R9.1.1"}
    assert act("people", **fields).header("x-problem") == "birth_ahead"


def test_what_has_no_form_here_ends_with_the_departments(services: Services, signed_in: Opener) -> None:
    visit = Visit.at(services, "intake", FOUR)
    choose(visit, "DEATH")
    clerk = signed_in("clerk1", "counter-1")
    act, base = at(clerk, visit), f"/counter/receptions/{visit.reception_id}"
    assert act("hand-over", filed="1").header("x-problem") == "not_ready"
    concern(visit, visit.state().people[-1].person_id)
    day(visit, "DEATH", back=2)
    from tests.server.reception.test_life_events import answer_everything

    answer_everything(visit)
    page = clerk.get(base).text
    assert 'id="filed"' in page
    assert 'form="f-hand-over"' in page
    act("hand-over", filed="1")
    page = clerk.get(base).text
    assert "従来の様式で受け付け、引き継ぎました" in page
    assert 'id="exchange"' not in page, "nothing was sent to the core"
    department = signed_in("kokuho1")
    item = re.search(r'href="(/backoffice/items/[^"]+)"', department.get("/backoffice/").text)
    assert item is not None
    seen = department.get(item[1]).text
    assert "死亡" in seen
    assert "従来の様式" in seen
    assert "form.pdf" not in seen
    assert clerk.get(f"{base}/form.pdf").status == 404
    assert act("close").status == 303


def test_one_answer_of_staff_settles_what_the_core_cannot_know_of_a_newcomer(
    services: Services, signed_in: Opener
) -> None:
    visit = Visit.opened(services, None)
    visit.identify("self", "photo_document")
    clerk = signed_in("clerk1", "counter-1")
    act, base = at(clerk, visit), f"/counter/receptions/{visit.reception_id}"
    act("life-events", event=["IN_DOM"])
    visit.enter(name="例示　三郎", birth="1990-06-01")
    act("moved-on", date=clock.today().isoformat())
    row = 'data-procedure="R019"'
    assert row in clerk.get(base).text
    act("no-measure")
    page = clerk.get(base).text
    assert row not in page
    assert "転出証明書情報に記載なし" in page
    assert "支援措置" not in page, "a resident may look at this screen"
    (person,) = visit.state().people
    assert person.protection == "unknown", "for names and addresses nothing changes"
    act("no-measure", stands="1")
    assert row in clerk.get(base).text
