"""The panel for passports and residence cards: what fills the search, and what is said of what does not
fit."""

import pytest

from server.reception.documents import NUMBER
from server.web.services import Services
from tests.factories.visits import Visit
from tests.server.reception.test_documents import CARD, FIRST, SECOND, one_database, spoilt
from tests.server.web.conftest import Opener
from tests.support_asgi import Answer, Browser

HTMX = {"hx-request": "true"}


@pytest.fixture
def visit(services: Services) -> Visit:
    return Visit.at(services, "identified")


@pytest.fixture
def clerk(signed_in: Opener) -> Browser:
    return signed_in("clerk1", "counter-1")


def scan(clerk: Browser, visit: Visit, lines: str, key: str, version: int = 2) -> Answer:
    fields = {"lines": lines, "version": str(version)}
    return clerk.post(f"/counter/receptions/{visit.reception_id}/document", fields, key=key, headers=HTMX)


def version_of(services: Services, visit: Visit) -> int:
    with services.db.read() as unit:
        return visit.locked(unit)[0].version


def test_the_lines_of_a_passport_fill_the_search(
    clerk: Browser, visit: Visit, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    page = scan(clerk, visit, f"{FIRST}\r\n{SECOND}", "k1", version_of(services, visit))
    assert page.status == 200
    assert 'name="name" type="text" value="ERIKSSON ANNA MARIA"' in page.text
    assert 'name="birth" type="text" value="1974-08-12"' in page.text
    assert '<option value="2" selected>' in page.text
    assert "旅券の期限切れ 2012-04-15" in page.text
    assert "L898902C3" not in page.text
    again = scan(clerk, visit, CARD, "k2", version_of(services, visit))
    assert "在留カード番号 AB12345678CD" in again.text
    assert "ERIKSSON" not in caplog.text
    assert CARD not in caplog.text


def test_a_check_digit_that_does_not_fit_is_said_with_line_and_position(
    clerk: Browser, visit: Visit, services: Services
) -> None:
    answer = scan(clerk, visit, spoilt(15, "5"), "k1", version_of(services, visit))
    assert answer.status == 422
    assert "生年月日と、確認用の数字が合いません" in answer.text
    assert "2行目の14文字目から20文字目まで" in answer.text
    assert "ERIKSSON" not in answer.text


def test_twelve_digits_are_refused_and_cleared_from_the_field(
    clerk: Browser, visit: Visit, services: Services
) -> None:
    before = version_of(services, visit)
    answer = scan(clerk, visit, "123456789012", "k1", before)
    assert answer.status == 200
    assert "12けたの数字は受け取りません" in answer.text
    assert "123456789012" not in answer.text
    assert version_of(services, visit) == before


def test_a_paper_is_taken_in_only_where_somebody_is_looked_for(clerk: Browser, services: Services) -> None:
    visit = Visit.opened(services)
    answer = scan(clerk, visit, CARD, "k1", version_of(services, visit))
    assert answer.status == 409


@one_database
def test_a_number_that_was_scanned_is_given_to_whoever_staff_say_it_is(
    signed_in: Opener, services: Services
) -> None:
    visit = Visit.at(services, "intake", "nguyen_mihon")
    first, second = (person.person_id for person in visit.state().people)
    clerk, base = signed_in("clerk1", "counter-1"), f"/counter/receptions/{visit.reception_id}"

    def post(path: str, key: str, **fields: str) -> Answer:
        version = {"version": str(version_of(services, visit))}
        return clerk.post(f"{base}/document{path}", fields | version, key=key, headers=HTMX)

    page = post("", "k1", lines=CARD)
    assert "どなたのカードか確かめてください" in page.text
    assert f'name="number" type="text" value="{CARD}"' in page.text
    page = post("/holder", "k2", number="ＡＢ-12345678-cd", person_id=second)
    assert f"在留カード番号 {CARD}" in page.text
    assert "TRAN THI REIJI の番号を取り消す" in page.text
    assert "どなたのカードか確かめてください" not in page.text
    assert visit.state().facts.value(second, NUMBER) == CARD
    assert visit.state().facts.value(first, NUMBER) is None
    refused = post("/holder", "k3", number="123456789012", person_id=first)
    assert "12けたの数字は受け取りません" in refused.text
    assert "123456789012" not in refused.text
    assert post("/holder", "k4", number=f"{FIRST}{SECOND}", person_id=first).status == 422
    assert post("/holder", "k5", number="AB1234567", person_id=first).status == 422
    post("/holder", "k6", number="", person_id=second)
    assert visit.state().facts.value(second, NUMBER) is None


@one_database
def test_a_japanese_household_is_asked_for_no_residence_card(clerk: Browser, services: Services) -> None:
    visit = Visit.at(services, "intake")
    assert 'id="residence-cards"' not in clerk.get(f"/counter/receptions/{visit.reception_id}").text
