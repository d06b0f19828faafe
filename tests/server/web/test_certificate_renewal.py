"""The last day of a card's certificate, from the reading to the counter's list, its reason and the sheet that
the resident takes home.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from procedures.terms.dates import months_later
from procedures.terms.office_days import date_ja
from server.kit.clock import jst, today
from server.reception import desk_list, handout
from server.reception.card_views import RENEWAL_MONTHS
from server.web.services import Services
from tests.factories.visits import Visit
from tests.server.web.conftest import Opener
from tests.server.web.test_card_reports import TEXT, face, one_database, report, views
from tests.support_asgi import Browser

pytestmark = one_database
DAY = timedelta(days=1)
ROW = 'data-procedure="R192"'


def page(signed_in: Opener, visit: Visit, below: str = "") -> str:
    clerk = signed_in("clerk1", "counter-1")
    return clerk.get(f"/counter/receptions/{visit.reception_id}{below}", {"accept-language": "ja"}).text


def test_a_certificate_that_ends_soon_is_in_the_list_with_its_date_and_where_that_is_from(
    counter: Browser, visit: Visit, signed_in: Opener, services: Services
) -> None:
    until = today() + 40 * DAY
    report(counter, visit, mode="b", attributes=TEXT, certificate_expires=f"{until:%Y%m%d}")
    visit.attach()
    visit.gather()
    state = visit.state()
    (holder,) = state.people
    shown = page(signed_in, visit)
    assert ROW in shown
    assert f"/why/R192?for={holder.person_id}" in shown
    why = page(signed_in, visit, f"/why/R192?for={holder.person_id}")
    told = state.facts.get(holder.person_id, "mnc_certificate_until")
    assert told is not None
    assert told.as_of is not None
    assert f"利用者証明用電子証明書の有効期限：{date_ja(until)}" in why
    assert "カードから利用者証明用電子証明書の有効期限を読み取った" in why
    line = next(line for line in why.split("<li") if "3か月前の翌日から" in line and date_ja(until) in line)
    assert "カード" in line.split("</strong>")[1], "the source stands beside the value"
    assert f"{jst(told.as_of):%-H:%M} 時点" in line
    assert "要確認" in why, "a rule that no table holds is never shown as certain"
    with services.db.read() as unit:
        guidance = visit.guided(state)
        listed = desk_list.read(unit, visit.clerk, state, guidance, services.catalogue)
    sheet = handout.fill(state, listed, "easy", office="", hours="", finished=False)
    (info,) = [section.lines for section in sheet.sections if section.kind == "info"]
    (found,) = [line for line in info if "電子証明書（でんししょうめいしょ）" in line.name]
    assert not found.certain
    assert found.until.endswith("まで")
    assert {line.until for line in info if line is not found} == {""}, "nobody has to do the others by a day"


def first_day_not_due() -> date:
    """The soonest last day that still lies three months ahead: due are the days before it."""
    return next(
        day
        for day in (today() + more * DAY for more in range(80, 100))
        if months_later(day, -RENEWAL_MONTHS) >= today()
    )


@pytest.mark.parametrize(
    ("last", "panel", "variant"),
    [
        (first_day_not_due, "valid", ()),
        (lambda: first_day_not_due() - DAY, "soon", (None,)),
    ],
)
def test_the_list_and_the_card_panel_turn_on_the_same_day(
    counter: Browser,
    visit: Visit,
    last: Callable[[], date],
    panel: str,
    variant: tuple[str | None, ...],
) -> None:
    report(counter, visit, mode="pin", attributes=TEXT, certificate_expires=f"{last():%Y%m%d}")
    visit.attach()
    visit.gather()
    card = views(visit).card
    assert card is not None
    assert card.looked.certificate == panel
    assert renewals(visit) == variant


def renewals(visit: Visit) -> tuple[str | None, ...]:
    """The variants of the renewal in the guidance, which asks nothing about a card's last days."""
    guidance = visit.guided(visit.state())
    assert not {one.fact for one in guidance.questions} & {"mnc_certificate_until", "mnc_certificate_read"}
    items = (*guidance.applies, *guidance.may_apply, *guidance.needs_confirmation)
    return tuple(one.variant for one in items if one.procedure_id == "R192")


def test_a_card_that_did_not_tell_leads_to_nothing(counter: Browser, visit: Visit) -> None:
    report(counter, visit, mode="pin", attributes=TEXT, certificate_unknown="needs_pin")
    visit.attach()
    visit.gather()
    assert renewals(visit) == ()


def test_a_face_tells_that_the_card_itself_ends(counter: Browser, visit: Visit) -> None:
    """The card's own last day is printed, and stands outside the signature; the certificate's is another."""
    report(counter, visit, mode="b", attributes=TEXT)
    visit.attach()
    visit.gather()
    soon, later = (f"{today() + days * DAY:%Y%m%d}" for days in (40, 2000))
    report(counter, visit, "read-2", mode="face", face=face(expiry=later), certificate_expires=soon)
    visit.attach()
    assert renewals(visit) == (None,)
    report(counter, visit, "read-3", mode="face", face=face(expiry=soon), certificate_expires=soon)
    visit.attach()
    assert renewals(visit) == ("card_ends",)
