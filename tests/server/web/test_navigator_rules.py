"""Whom the navigator shows what: confirmed rules alone in production, what is not needed, the code on top."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from server.app import mount
from server.preentry import keys
from server.settings import Settings, SettingsRefusedError
from server.web.services import Services
from tests.factories.people import SYSTEM
from tests.server.web.test_navigator import press, shows
from tests.support_asgi import Browser

EVERYTHING = (
    '{"v":1,"e":["MOVE"],"p":["you","child1"],"a":[["birth",["1973-04","2016-06"],1],'
    '["moves",[true,true],1],["event_date","2026-11-20"]]}'
)


def test_residents_see_what_the_municipality_confirmed_or_nothing(services: Services) -> None:
    def office(**changes: Any) -> Browser:
        settings = services.settings.model_copy(update=changes.pop("settings"))
        return Browser(mount(replace(services, settings=settings, **changes)))

    without = office(settings={"navigator": "off"})
    assert without.get("/navigator/").status == 404
    assert "/navigator/" not in without.get("/kiosk/").text
    nothing = office(settings={"navigator": "confirmed"}).get("/navigator/")
    assert "ただいま準備中です" in nothing.text
    assert "受付時間：本庁舎 月〜金 8:30-17:15" in nothing.text
    assert "<form" not in nothing.text.partition('data-view="start"')[2].partition("data-paged")[2]
    rules = tuple(replace(rule, confirmed=rule.id == "R010") for rule in services.catalogue.rules)
    confirmed = SimpleNamespace(catalogue=replace(services.catalogue, rules=rules))
    some = office(settings={"navigator": "confirmed"}, rulebook=confirmed)
    start = some.get("/navigator/")
    assert 'value="MOVE"' in start.text
    assert 'value="BIRTH"' not in start.text
    assert "体験版" not in start.text
    answered = press(some, start, act="list", answers=EVERYTHING, view="ask")
    assert re.findall(r'data-procedure="([^"]+)"', answered.text) == ["R010"]
    assert not re.search(r'class="open-ones"', answered.text)
    assert "市の担当者が確認を終えた手続きだけ" in answered.text
    asked = shows(press(some, start, act="go-on", answers=EVERYTHING, view="list"), "list")
    assert "まだ質問が残っています" not in asked.text, "nothing is asked for rules that nobody sees"
    stays = EVERYTHING.replace("[true,true]", "[false,false]")
    empty = press(some, start, act="list", answers=stays, view="ask").text
    assert "必要な手続きは見つかりませんでした" in empty
    assert "ほかにも必要な手続きがあるかもしれません" in empty
    assert "受付時間：本庁舎" in empty


def test_all_rules_together_leave_nothing_to_be_warned_of(browser: Browser) -> None:
    page = press(browser, browser.get("/navigator/"), act="list", answers=EVERYTHING, view="ask")
    assert "確認を終えた手続きだけ" not in page.text


def test_production_shows_residents_no_unconfirmed_rule() -> None:
    real: dict[str, Any] = {"env": "production", "protection_declared": "1"}
    assert Settings(**real).navigator_shows == "confirmed"
    with pytest.raises(SettingsRefusedError, match="KAKANAI_NAVIGATOR"):
        Settings(**real, navigator="all")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("ja", "提出先が情報連携で確認できるため、この証明書は要りません"),
        ("easy", "証明書<rp>（</rp><rt>しょうめいしょ</rt><rp>）</rp></ruby>は いりません"),
        ("en", "so this certificate is not needed"),
    ],
)
def test_a_certificate_that_nobody_needs_is_said_to_be_so(browser: Browser, lang: str, said: str) -> None:
    asked = (
        '{"v":1,"e":["CERT"],"p":["you"],"a":[["cert_purpose","linked"],["cert_kinds",["juminhyo"]],'
        '["cert_requester","self"]]}'
    )
    page = press(browser, browser.get("/navigator/"), act="list", answers=asked, view="ask", lang=lang)
    told = page.text.partition('id="unneeded-head"')[2].partition("</section>")[0]
    assert said in told
    assert "住民票の写し" in told or lang == "easy"


def test_the_code_that_was_asked_for_stands_first(browser: Browser, services: Services) -> None:
    with services.db.write() as unit:
        keys.ensure(unit, SYSTEM, services.vault)
    start = browser.get("/navigator/")
    for act, heads in (("list", ["bring-head", "code-head"]), ("code", ["code-head", "bring-head"])):
        page = press(browser, start, act=act, answers=EVERYTHING, view="ask")
        assert [head for head in re.findall(r'<h2 id="([^"]+)"', page.text) if head in heads] == heads
    assert "お子さん：平成28年6月" in page.text, "an only child has no number"
    twins = EVERYTHING.replace('"child1"]', '"child1","child2"]')
    twins = twins.replace('"2016-06"]', '"2016-06","2016-06"]').replace("[true,true]", "[true,true,true]")
    page = press(browser, start, act="list", answers=twins, view="ask")
    assert "お子さん2：平成28年6月" in page.text
    assert "全員：はい" in page.text
