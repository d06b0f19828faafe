"""The page of the two calendars of the municipality's own rules."""

from datetime import date, datetime

import pytest
from starlette.datastructures import FormData

from counter.rules_days import written
from counter.rules_fields import Fields, WrongFieldsError
from server.kit import clock
from server.rulebook import days
from server.rulebook.reading import reading, shipped_text
from server.web.forms import Sent
from tests.server.rulebook.conftest import CODE, SMALL
from tests.server.web.conftest import Opener
from tests.server.web.test_rules_pages import draft, revision
from tests.server.web.test_rules_pages import services as services

TEXT = shipped_text(CODE, SMALL)
SUNDAY = {"day": "2027-11-28", "kind": "open"}


@pytest.fixture(autouse=True)
def _today() -> None:
    clock.start_at(datetime(2026, 11, 24, 9, tzinfo=clock.JST))


def sent(part: str, **fields: str) -> str:
    return written(TEXT, part, Fields(Sent(FormData({"part": part} | fields))))


@pytest.mark.parametrize(
    ("part", "fields", "gone", "new"),
    [
        ("closed", {"day": "令和8年12月28日"}, [], ["期限の閉庁日 2026-12-28"]),
        ("rest", {"day": "2026-12-28"}, [], ["住基ネットの休止日 2026-12-28"]),
        ("special:main", {"day": "2027-03-28", "kind": "closed"}, [], ["本庁 2027-03-28 閉庁"]),
        (
            "special:main",
            {"day": "2027-03-28", "kind": "open", "begins": "９時", "ends": "12:30"},
            [],
            ["本庁 2027-03-28 09:00–12:30"],
        ),
        (
            "hours:main:0",
            {"begins": "8:30", "ends": "19:00"},
            ["本庁 月・火・水・木・金 08:30–17:15"],
            ["本庁 月・火・水・木・金 08:30–19:00"],
        ),
        ("take", {"kind": "special", "site": "main", "day": "2026-11-30"}, ["本庁 2026-11-30 閉庁"], []),
    ],
)
def test_one_form_changes_one_line_of_the_calendars(
    part: str, fields: dict[str, str], gone: list[str], new: list[str]
) -> None:
    text = sent(part, **fields)
    assert reading(CODE, text, SMALL).faults == ()
    before, after = days.changed(TEXT, text)
    assert ([one.ja for one in before], [one.ja for one in after]) == (gone, new)


@pytest.mark.parametrize(
    ("part", "fields", "wrong"),
    [
        ("closed", {"day": "2020-01-06"}, {"day": "past"}),
        ("closed", {}, {"day": "day"}),
        (
            "special:main",
            SUNDAY | {"begins": "9"},
            {"begins": "clock", "ends": "clock"},
        ),
        (
            "special:main",
            SUNDAY | {"begins": "9:00", "ends": "8:00"},
            {"ends": "hours_order"},
        ),
        ("special:nowhere", {"day": "2027-11-28", "kind": "closed"}, {"": "part"}),
        ("hours:main:7", {"begins": "9:00", "ends": "10:00"}, {"": "part"}),
        ("take", {"kind": "everything", "day": "2026-11-30"}, {"kind": "choice"}),
    ],
)
def test_what_cannot_be_is_named(part: str, fields: dict[str, str], wrong: dict[str, str]) -> None:
    with pytest.raises(WrongFieldsError) as refused:
        sent(part, **fields)
    assert refused.value.fields == wrong


def test_a_closed_day_stands_in_what_the_version_changes(signed_in: Opener) -> None:
    clerk = signed_in("clerk1")
    at = draft(clerk)
    page = clerk.get(f"{at}/days")
    again = {"part": "closed", "day": "12月28日", "version": revision(page)}
    told = clerk.post(f"{at}/days", again, key="k1")
    assert (told.status, 'value="12月28日"' in told.text, "日付として読めません" in told.text) == (
        422,
        True,
        True,
    )
    assert clerk.post(f"{at}/days", again | {"day": "2026-12-28"}, key="k2").status == 303
    assert "期限の閉庁日 2026-12-28</ins>" in clerk.get(at).text
    assert clerk.get(f"{at}/days?lang=en").status == 200
    day = date(2026, 12, 28)
    took = {"part": "take", "kind": "closed", "day": day.isoformat(), "version": "1"}
    assert clerk.post(f"{at}/days", took, key="k3").status == 303
    assert "期限の閉庁日" not in clerk.get(at).text
