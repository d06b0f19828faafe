"""Every certificate at the counter and in the navigator: purpose, who may ask, fee, when it is not needed."""

import json
import re
from dataclasses import dataclass

import pytest

from server.web.services import Services
from tests.factories.visits import FOUR, Visit
from tests.server.reception.test_life_events import answer_everything, choose
from tests.server.web.conftest import Opener
from tests.server.web.test_counter_list import part
from tests.support_asgi import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class Certificate:
    """What the table of certificates and 見本市's ordinance say of one. `proxy`: 委任状, anybody, nobody."""

    kind: str
    yen: int
    proxy: str = "委任状"
    spared: bool = False
    machine: bool = False


TABLE = {
    "C01": Certificate("juminhyo", 300, spared=True, machine=True),
    "C02": Certificate("kisaijiko", 300, spared=True),
    "C03": Certificate("wide_juminhyo", 300, proxy="nobody"),
    "C04": Certificate("inkan", 300, proxy="anybody", machine=True),
    "C05": Certificate("shotoku", 300, spared=True, machine=True),
    "C06": Certificate("nozei", 300),
    "C07": Certificate("koseki", 450),
    "C08": Certificate("wide_koseki", 450, proxy="nobody"),
    "C09": Certificate("fuhyo", 300),
    "C10": Certificate("mibun", 300),
}
MACHINE = "x-mihon-konbini"


def listed(html: str) -> set[str]:
    return set(re.findall(r'data-procedure="([\w-]+)" data-outcome="(?:sure|confirm)"', html))


@pytest.fixture
def clerk(signed_in: Opener) -> Browser:
    return signed_in("clerk1", "counter-1")


@pytest.fixture
def family(services: Services) -> Visit:
    """The head of a household of four, who asks for certificates."""
    visit = Visit.at(services, "intake", FOUR)
    choose(visit, "CERT")
    return visit


def page(clerk: Browser, visit: Visit, **said: object) -> str:
    """The counter's page with these answers."""
    for name, value in said.items():
        visit.fact(name, value, source="resident")
    return clerk.get(f"/counter/receptions/{visit.reception_id}/workspace").text


def test_the_counter_asks_first_what_a_certificate_is_for(family: Visit, clerk: Browser) -> None:
    shown = page(clerk, family)
    assert re.findall(r'data-question="(\w+)"', shown)[0] == "cert_purpose"
    assert listed(shown) & set(TABLE) == set(), "nothing is promised before that is known"
    assert "請求書は従来の様式で" in shown


def test_each_certificate_at_the_counter(family: Visit, clerk: Browser) -> None:
    answer_everything(family, cert_purpose="bank", cert_requester="self", cert_kinds=["juminhyo"])
    for code, wanted in TABLE.items():
        shown = page(clerk, family, cert_purpose="bank", cert_kinds=[wanted.kind])
        assert listed(shown) & set(TABLE) == {code}
        row = part(shown, code)
        assert f"{wanted.yen}円" in row, code
        assert "できる方：" in row, "who may ask stands in the row"
        assert (MACHINE in listed(shown)) == wanted.machine, code
        linked = page(clerk, family, cert_purpose="linked")
        assert (code in listed(linked)) != wanted.spared, code
        assert (f'data-spared="{code}"' in linked) == wanted.spared, code
        assert MACHINE not in listed(linked)


def test_who_may_ask_for_somebody_else(family: Visit, clerk: Browser) -> None:
    family.identify("agent", "photo_document")
    answer_everything(family, cert_purpose="bank", cert_requester="proxy", cert_kinds=["juminhyo"])
    for code, wanted in TABLE.items():
        shown = page(clerk, family, cert_kinds=[wanted.kind])
        assert (code in listed(shown)) == (wanted.proxy != "nobody"), code
        assert (f'data-spared="{code}"' in shown) == (wanted.proxy == "nobody"), "it says why not"
        if wanted.proxy != "nobody":
            assert ("委任状が要る" in part(shown, code)) == (wanted.proxy == "委任状"), code
        assert MACHINE not in listed(shown), "the card is its holder's alone"


def test_each_certificate_in_the_navigator(browser: Browser) -> None:
    first = browser.post("/navigator/", navigated([], "ask")).text
    assert "証明書は何に使いますか" in first
    for code, wanted in TABLE.items():
        for purpose in ("bank", "linked") if wanted.spared else ("bank",):
            said: list[list[object]] = [["cert_purpose", purpose], ["cert_kinds", [wanted.kind]]]
            said += [["cert_requester", "self"], ["mnc", ["held"], 1]]
            shown = browser.post("/navigator/", navigated(said, "list")).text
            assert 'data-view="list"' in shown
            spared = purpose == "linked"
            assert (f'data-procedure="{code}"' in shown) != spared, code
            assert ("要りません" in shown) == spared, code
            assert (f"{wanted.yen}円" in shown) != spared, code
            assert (f'data-procedure="{MACHINE}"' in shown) == (wanted.machine and not spared), code


def navigated(said: list[list[object]], view: str) -> dict[str, str]:
    """Somebody's answers about certificates, as their page carries them on."""
    answers = {"v": 1, "e": ["CERT"], "p": ["you"], "a": said}
    return {"answers": json.dumps(answers), "view": view, "at": "9" if said else "0", "lang": "ja"}
