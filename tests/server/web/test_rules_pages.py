"""The pages of the municipality's own rules, from a draft to what the counter is guided by."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from server.kit import clock
from server.rulebook.current import Rulebook
from server.rulebook.reading import shipped_text
from server.web.services import Services
from tests.server.rulebook.conftest import CODE, SMALL, with_fee
from tests.server.web.conftest import Opener
from tests.support_asgi import Answer, Browser

TODAY = "2026-11-24"


@pytest.fixture
def services(services: Services) -> Services:
    """The small catalogue, with a rulebook of its own."""
    clock.start_at(datetime(2026, 11, 24, 9, tzinfo=clock.JST))
    return replace(services, rulebook=Rulebook(services.db, services.settings.tenant, CODE, SMALL))


def draft(clerk: Browser, key: str = "k-draft") -> str:
    """The address of a new draft."""
    made = clerk.post("/admin/rules/drafts", {"title": "手数料の改定"}, key=key)
    assert made.status == 303, made.text
    return str(made.header("location"))


def revision(page: Answer) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found, page.text
    return found[1]


def save(clerk: Browser, at: str, text: str, seen: str, key: str) -> Answer:
    return clerk.post(f"{at}/text", {"content": text.replace("\n", "\r\n"), "version": seen}, key=key)


def fee(services: Services) -> Any:
    rules = services.catalogue.at(clock.today()).rules
    return next(rule for rule in rules if rule.id == "C01").face.fee


def test_from_a_draft_to_what_counts(services: Services, signed_in: Opener) -> None:
    clerk, chief = signed_in("clerk1"), signed_in("supervisor1")
    at = draft(clerk)
    assert draft(clerk) == at, "the same press makes one draft"
    wrong = with_fee(400).replace("C01:", "C99:", 1)
    assert save(clerk, at, wrong, "0", "k1").status == 303
    told = clerk.get(f"{at}/text?saved=1")
    assert "「C99」という番号の手続きはありません" in told.text
    assert re.search(r'data-line="6"', told.text)
    assert "誤りが" in clerk.get(at).text
    refused = clerk.post(f"{at}/propose", {"effective_from": TODAY, "version": "1"}, key="k2")
    assert (refused.status, refused.header("x-problem")) == (422, "faulty_rules")
    assert save(clerk, at, with_fee(400), "1", "k3").status == 303
    overview = clerk.get(at)
    assert re.search(r"<del>[^<]*300円</del>.*<ins>[^<]*400円</ins>", overview.text)
    assert clerk.post(f"{at}/propose", {"effective_from": TODAY, "version": "2"}, key="k4").status == 303
    assert "承認するのは、上席か管理者です" in signed_in("clerk2").get(at).text
    assert clerk.post(f"{at}/approve", {"instead_of": ""}, key="k5").status == 403
    assert fee(services).yen == 300
    assert "承認する" in chief.get(at).text
    assert chief.post(f"{at}/approve", {"instead_of": ""}, key="k6").status == 303
    assert fee(services).yen == 400
    assert 'data-standing="counts"' in clerk.get("/admin/rules").text
    assert clerk.get(f"{at}/overlay.yaml").body.decode() == with_fee(400)


def test_who_wrote_it_is_told_to_ask_somebody_else(signed_in: Opener) -> None:
    chief = signed_in("supervisor1")
    at = draft(chief)
    assert chief.post(f"{at}/propose", {"effective_from": TODAY, "version": "0"}, key="k1").status == 303
    assert "書いた人・承認を求めた人は承認できません" in chief.get(at).text
    refused = chief.post(f"{at}/approve", {"instead_of": ""}, key="k2")
    assert (refused.status, refused.header("x-problem")) == (403, "own_work")
    other = signed_in("admin1")
    assert other.post(f"{at}/reject", {"reason": ""}, key="k3").status == 422
    assert other.post(f"{at}/reject", {"reason": "条例がまだです"}, key="k4").status == 303
    assert "条例がまだです" in chief.get(at).text


def test_the_second_of_two_keeps_what_was_typed(signed_in: Opener) -> None:
    first, second = signed_in("clerk1"), signed_in("clerk2")
    at = draft(first)
    assert save(first, at, with_fee(400), "0", "k1").status == 303
    told = save(second, at, with_fee(500), "0", "k2")
    assert told.status == 409
    assert "ほかの方が先に保存" in told.text
    assert "yen: 500" in told.text.partition("<textarea")[2]
    assert save(second, at, with_fee(500), revision(told), "k3").status == 303
    form = second.post(f"{at}/procedures/C01", {"part": "fee", "yen": "1", "version": "1"}, key="k4")
    assert (form.status, 'value="1"' in form.text) == (409, True)
    assert "ほかの方が先にこの下書きに書き込みました" in form.text
    again = {"part": "fee", "yen": "1", "version": revision(form)}
    assert second.post(f"{at}/procedures/C01", again, key="k5").status == 303
    proposal = {"effective_from": TODAY, "version": "3"}
    assert first.post(f"{at}/propose", proposal, key="k6").status == 303
    late = save(second, at, with_fee(600), "3", "k7")
    assert (late.status, "yen: 600" in late.text.partition("<textarea")[2]) == (409, True)
    form = second.post(f"{at}/procedures/C01", again | {"yen": "77", "version": "3"}, key="k8")
    assert (form.status, "もう下書きではありません" in form.text, "<dd>77</dd>" in form.text) == (
        409,
        True,
        True,
    )


def test_small_forms_write_single_values(services: Services, signed_in: Opener) -> None:
    clerk = signed_in("kokuho1")
    at = draft(clerk)
    words = {"per.ja": "1通", "per.en": "copy"}
    sent = {"part": "fee", "yen": "450", "version": "0", "day": ""} | words
    assert clerk.post(f"{at}/procedures/C01", sent, key="k1").status == 303
    expected = shipped_text(CODE, SMALL).replace("yen: 300", "yen: 450")
    assert clerk.get(f"{at}/overlay.yaml").body.decode() == expected
    ahead = sent | {"yen": "500", "version": "1", "day": "令和10年4月1日"}
    assert clerk.post(f"{at}/procedures/C01", ahead, key="k2").status == 303
    town = {"id": "shimin", "name.ja": "住民課", "name.en": "Residents", "version": "2", "day": "2028-04-01"}
    town |= {"desk:one.ja": "A窓口", "desk:one.en": "Desk A"}
    assert clerk.post(f"{at}/departments", town, key="k3").status == 303
    end = "  - effective_from: 2028-04-01\n    procedures:\n"
    end += "      C01: {fee: {yen: 500, per: {ja: 1通, en: copy}}}\n"
    text = clerk.get(f"{at}/overlay.yaml").body.decode()
    assert (
        end + "    departments:\n      shimin: {name: {ja: 住民課, en: Residents}, desks: {one: {ja: A窓口"
        in text
    )
    later = clerk.get(f"{at}/procedures/C01?on=2028-04-01").text
    assert re.search(r"<del>[^<]*350円</del>.*<ins>[^<]*500円</ins>", later)
    assert "住民課" in clerk.get(f"{at}/departments?on=2028-04-01").text
    sure = {"part": "confirm", "confirmed": TODAY, "by.ja": "市民課", "by.en": "Residents", "version": "3"}
    assert clerk.post(f"{at}/procedures/R003", sure, key="k5").status == 303
    assert "市民課が確かめました" in clerk.get(f"{at}/procedures/R003").text
    closed = {"part": "disable", "why.ja": "廃止", "why.en": "abolished", "version": "4"}
    assert clerk.post(f"{at}/procedures/C01", closed, key="k4").status == 303
    assert "取り扱わない" in clerk.get(f"{at}/procedures/C01").text
    assert 'data-kind="disappeared"' in clerk.get(at).text
    assert "C01" in clerk.get(f"{at}/procedures?q=c01").text
    assert fee(services).yen == 300


def test_words_for_residents_change_with_the_others(signed_in: Opener) -> None:
    """Plain Japanese that a form did not show would go on saying the old name."""
    clerk = signed_in("clerk1")
    at = draft(clerk)
    names = {"name.ja": "住民課", "name.easy": "住民課（じゅうみんか）", "name.en": "Residents"}
    town = {"id": "shimin", "version": "0", "desk:one.ja": "A窓口", "desk:one.en": "Desk A"} | names
    assert "name.easy" not in clerk.get(f"{at}/departments?edit=shimin").text
    assert clerk.post(f"{at}/departments", town, key="k1").status == 303
    shown = clerk.get(f"{at}/departments?edit=shimin").text
    assert re.search(r'<label for="p-department-name-easy"', shown), "a field that people see"
    assert 'value="住民課（じゅうみんか）"' in shown


def test_what_cannot_be_is_said_beside_the_form(signed_in: Opener) -> None:
    clerk = signed_in("clerk1")
    at = draft(clerk)
    for fields, words in (
        ({"part": "fee", "yen": "たくさん"}, "手数料は数字で"),
        ({"part": "fee", "yen": "1", "day": "2016-04-01"}, "過ぎた日からは"),
        ({"part": "fee", "yen": "1", "per.ja": "あ" * 401}, "長すぎます"),
        ({"part": "fee", "yen": "1", "per.ja": "あ\u202eい"}, "使えない文字"),
        ({"part": "legal_basis", "basis": " \r\n"}, "根拠の条文を"),
        ({"part": "department", "place": "nowhere"}, "選び直してください"),
        ({"part": "fee", "yen": "1", "day": "らいねん"}, "日付として読めません"),
        ({"part": "note", "note.ja": "だけ"}, "英語を入れてください"),
        ({"part": "deadline", "kind": "offset", "unit": "years", "amount": "101"}, "期限の長さ"),
        ({"part": "confirm", "confirmed": "2027-01-01"}, "きょうまでの日付"),
        ({"part": "everything"}, ""),
    ):
        answer = clerk.post(f"{at}/procedures/C01", fields | {"version": "0"}, key=f"k-{fields}")
        assert answer.status == 422
        assert words in answer.text
    several = {"part": "deadline", "kind": "text", "words.ja": "<b>月末</b>", "version": "0"}
    told = clerk.post(f"{at}/procedures/C01", several, key="k0").text
    assert "&lt;b&gt;月末&lt;/b&gt;" in told
    assert told.count('aria-invalid="true"') == 2
    assert re.search(
        r'id="p-deadline-words-easy"[^>]*aria-describedby="p-deadline-words-easy-error"[^>]*autofocus', told
    )
    assert told.count("autofocus") == 1
    assert (
        clerk.post(f"{at}/procedures/C77", {"part": "fee", "yen": "1", "version": "0"}, key="k9").status
        == 404
    )
    twice = {"id": "shimin", "new": "1", "name.ja": "新しい課", "name.en": "New", "version": "0"}
    assert "x- で始まる" in clerk.post(f"{at}/departments?edit=new", twice, key="k8").text
    past = clerk.post(f"{at}/propose", {"effective_from": "2026-11-01", "version": "0"}, key="k1")
    assert (past.status, "過ぎた日からは" in past.text) == (422, True)
    assert clerk.get(f"{at}/procedures/C77").status == 404
    assert clerk.get("/admin/rules/0190aaaa-0000-7000-8000-000000000001").status == 404


def test_taking_a_version_out_of_force(services: Services, signed_in: Opener) -> None:
    clerk, chief = signed_in("clerk1"), signed_in("supervisor1")
    at = draft(clerk)
    save(clerk, at, with_fee(400), "0", "k1")
    clerk.post(f"{at}/propose", {"effective_from": TODAY, "version": "1"}, key="k2")
    chief.post(f"{at}/approve", {"instead_of": ""}, key="k3")
    assert fee(services).yen == 400
    assert clerk.post(f"{at}/withdraw", {"reason": "誤り"}, key="k4").status == 403
    assert chief.post(f"{at}/withdraw", {"reason": "誤り"}, key="k5").status == 303
    assert fee(services).yen == 300
    again = clerk.post("/admin/rules/drafts", {"title": "やり直し", "base": "1"}, key="k6")
    assert clerk.get(f"{again.header('location')}/overlay.yaml").body.decode() == with_fee(400)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_page_speaks_both_languages(signed_in: Opener, lang: str) -> None:
    clerk = signed_in("clerk1")
    at = draft(clerk)
    for path in ("", "/departments?edit=shimin", "/procedures", "/procedures/C01", "/text", "/cases"):
        address = f"{at}{path}{'&' if '?' in path else '?'}lang={lang}"
        shown = clerk.get(address)
        assert shown.status == 200, address
        assert not re.search(r">\s*rules\.[a-z_.]+\s*<", shown.text), address


OWN = {
    "id": "x-parking",
    "name.ja": "駐車場の減免",
    "name.easy": "駐車場（ちゅうしゃじょう）",
    "name.en": "Parking",
    "reason.ja": "65歳以上の転入者は減免されます。",
    "reason.en": "Newcomers of 65 and over pay less.",
    "event": "IN",
    "who": "person",
    "from_age": "６５",
    "place": "shimin",
    "klass": "B",
    "kind": "offset",
    "start": "moved_on",
    "amount": "14",
    "unit": "days",
    "count": "next_day",
    "closed": "next_open",
    "basis": "小見本市駐車場条例",
    "version": "0",
}


def test_a_procedure_of_our_own_is_added_with_a_form(signed_in: Opener) -> None:
    clerk = signed_in("clerk1")
    at = draft(clerk)
    assert "Add a procedure" in clerk.get(f"{at}/add?lang=en").text
    clerk.get(f"{at}?lang=ja")
    told = clerk.post(f"{at}/add", OWN | {"id": "x-bus", "event": "", "klass": "N", "to_age": "9"}, key="k1")
    assert told.status == 422
    for words in ("もうあります", "ひとつ以上選んで", "選び直して", "上の年齢は", "駐車場の減免"):
        assert words in told.text, words
    assert clerk.post(f"{at}/add", OWN, key="k2").status == 303
    text = clerk.get(f"{at}/overlay.yaml").body.decode()
    assert "  - id: x-parking\n    name: {ja: 駐車場の減免," in text
    assert "    when: {birth: {legal_age: {at_least: 65}}}\n" in text
    assert 'data-kind="appeared"' in clerk.get(at).text
    assert "駐車場の減免" in clerk.get(f"{at}/procedures/x-parking").text
    ahead = OWN | {"id": "x-later", "day": "2028-04-01", "version": "1"}
    assert clerk.post(f"{at}/add", ahead, key="k3").status == 303
    assert "駐車場の減免" in clerk.get(f"{at}/procedures/x-later?on=2028-04-01").text


def test_what_the_municipality_changed_is_taken_back(services: Services, signed_in: Opener) -> None:
    clerk = signed_in("clerk1")
    at = draft(clerk)
    shipped = clerk.get(f"{at}/overlay.yaml").body.decode()
    note = {"part": "note", "note.ja": "写し", "note.en": "copy", "version": "0"}
    assert clerk.post(f"{at}/procedures/R001", note, key="k1").status == 303
    back = {"part": "note", "act": "take_back", "on": ""}
    assert "国の規定に戻す" in clerk.get(f"{at}/procedures/R001").text
    assert clerk.post(f"{at}/procedures/R001", back | {"version": "1"}, key="k2").status == 303
    assert clerk.get(f"{at}/overlay.yaml").body.decode() == shipped.replace(
        "copy}}}\nadd", "copy}}}\n  R001: {}\nadd", 1
    )
    needed = clerk.post(f"{at}/procedures/C01", {"part": "fee", "act": "take_back", "version": "2"}, key="k3")
    assert (needed.status, "手数料を決めてください" in needed.text) == (422, True)
    ahead = {"part": "fee", "act": "take_back", "on": "2027-04-01", "version": "2"}
    assert clerk.post(f"{at}/procedures/C01?on=2027-04-01", ahead, key="k4").status == 303
    assert "350" not in clerk.get(f"{at}/overlay.yaml").body.decode()


def test_what_another_draft_changed_is_taken_in(services: Services, signed_in: Opener) -> None:
    clerk, chief = signed_in("clerk1"), signed_in("supervisor1")
    mine, theirs = draft(clerk), draft(clerk, "k-other")
    save(clerk, theirs, with_fee(400), "0", "k1")
    note = {"part": "note", "note.ja": "写し", "note.en": "copy", "version": "0"}
    assert clerk.post(f"{mine}/procedures/R001", note, key="k2").status == 303
    clerk.post(f"{theirs}/propose", {"effective_from": TODAY, "version": "1"}, key="k3")
    assert chief.post(f"{theirs}/approve", {"instead_of": ""}, key="k4").status == 303
    assert "版2の変更を、この下書きに取り込む" in clerk.get(mine).text
    refused = clerk.post(f"{mine}/take-in", {"taken": "2", "version": "1"}, key="k5")
    assert (refused.status, "同じところを両方が変えている" in refused.text) == (422, True)
    save(clerk, mine, with_fee(300).replace("小見本市", "小さな見本市"), "1", "k6")
    assert clerk.post(f"{mine}/take-in", {"taken": "2", "version": "2"}, key="k7").status == 303
    text = clerk.get(f"{mine}/overlay.yaml").body.decode()
    assert ("小さな見本市" in text, "yen: 400" in text) == (True, True)
    assert "先に承認されています" not in clerk.get(mine).text
