"""Closed days and periods: 民法140条・143条, 地方自治法4条の2第4項, 戸籍法 (first day counted)."""

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from procedures import Case, Fact, PersonCase, evaluate, load_catalogue
from procedures.reading.data_files import DATA
from procedures.schema.rules import OffsetModel
from procedures.terms.office_days import OfficeCalendar, day_en, day_ja
from procedures.terms.periods import last_day

CALENDAR = OfficeCalendar()


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 23), False),  # 勤労感謝の日
        (date(2026, 11, 24), True),
        (date(2026, 9, 22), False),  # 国民の休日 between two holidays
        (date(2026, 5, 6), False),  # 振替休日
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 4), True),
        (date(2026, 11, 28), False),  # Saturday
    ],
)
def test_closed_days(day: date, is_open: bool) -> None:
    assert CALENDAR.is_open(day) is is_open


def test_a_municipality_may_close_on_a_weekday() -> None:
    tuesday = date(2026, 6, 2)
    calendar = OfficeCalendar(closed=frozenset([tuesday]))
    assert calendar.open_from(tuesday) == date(2026, 6, 3)
    assert calendar.open_until(tuesday) == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("start", "rule", "end"),
    [
        (date(2026, 11, 20), {"days": 14}, date(2026, 12, 4)),
        (date(2026, 11, 9), {"days": 14}, date(2026, 11, 24)),
        (date(2026, 12, 15), {"days": 14}, date(2027, 1, 4)),
        (
            date(2026, 11, 10),
            {"days": 14, "count": "same_day"},
            date(2026, 11, 24),
        ),  # the 14th day is the 23rd
        (
            date(2026, 11, 20),
            {"days": 14, "count": "same_day"},
            date(2026, 12, 3),
        ),  # 出生届: the day itself counts
        (date(2026, 11, 13), {"days": 15, "closed": "as_is"}, date(2026, 11, 28)),
        (date(2026, 12, 1), {"days": -1, "closed": "as_is"}, date(2026, 11, 30)),
        (date(2026, 10, 30), {"months": 1}, date(2026, 11, 30)),
        (date(2027, 1, 31), {"months": 1, "closed": "as_is"}, date(2027, 2, 28)),
        (date(2026, 11, 16), {"months": 3, "count": "same_day"}, date(2027, 2, 15)),
    ],
)
def test_periods(start: date, rule: dict[str, object], end: date) -> None:
    spec = OffsetModel.model_validate({"type": "offset", "start": "event_date", **rule})
    assert last_day(spec.period(), start, CALENDAR) == end


def test_what_ends_before_the_next_open_day_ends_today() -> None:
    deadline = date(2027, 1, 4)
    assert CALENDAR.open_after(date(2026, 12, 28)) == deadline
    assert CALENDAR.open_after(deadline) > deadline
    assert CALENDAR.open_after(date(2026, 11, 20)) > date(2026, 11, 22)  # a Friday before a closed weekend


def test_a_moved_deadline_is_never_earlier_and_always_open() -> None:
    spec = OffsetModel.model_validate({"type": "offset", "start": "event_date", "days": 14})
    for offset in range(400):
        start = date(2026, 1, 1) + timedelta(days=offset)
        end = last_day(spec.period(), start, CALENDAR)
        assert end >= start + timedelta(days=14)
        assert CALENDAR.is_open(end)


def test_days_in_words() -> None:
    assert day_ja(date(2026, 12, 7)) == "令和8年12月7日（月）"
    assert day_ja(date(2019, 5, 1)) == "令和元年5月1日（水）"
    assert day_ja(date(2019, 4, 30)) == "2019年4月30日（火）"
    assert day_en(date(2026, 12, 7)) == "Mon 7 December 2026"


def test_the_earliest_of_several_periods_counts_for_each_person(tmp_path: Path) -> None:
    """As カード継続利用 does: three periods at once, one of them from a date of the person's own."""
    data = Path(shutil.copytree(DATA, tmp_path / "data"))
    rules = data / "national" / "2_card.yaml"
    text = rules.read_text(encoding="utf-8")
    single = "deadline: {type: offset, start: event_date, days: 14}"
    several = """deadline:
      type: earliest
      of:
        - {type: offset, start: event_date, days: 14}
        - {type: offset, start: stay_until, days: -1, closed: as_is}"""
    rules.write_text(text.replace(single, several, 1), encoding="utf-8")
    until = {"early": "2026-12-01", "late": "2027-03-01"}
    people = tuple(
        PersonCase(name, {"moves": Fact(True), "mnc": Fact("held"), "stay_until": Fact(day)})
        for name, day in until.items()
    )
    case = Case("992011", date(2026, 11, 24), "MOVE", people, {"event_date": Fact("2026-11-20")})
    catalogue = load_catalogue("992011", data)

    def found(case: Case) -> dict[tuple[str, ...], date | None]:
        items = evaluate(case, catalogue).applies
        return {item.person_ids: item.deadline.on for item in items if item.procedure_id == "R031"}

    assert found(case) == {("early",): date(2026, 11, 30), ("late",): date(2026, 12, 4)}
    unknown = replace(people[0], facts={"moves": Fact(True), "mnc": Fact("held")})
    assert found(replace(case, household=(unknown, people[1]))) == {
        ("early",): None,
        ("late",): date(2026, 12, 4),
    }


def test_a_deadline_counts_only_from_a_date_that_the_rule_can_reach() -> None:
    item = next(
        item
        for item in evaluate(
            Case("992011", date(2026, 11, 24), "MOVE", (PersonCase("a", {"moves": Fact(True)}),)),
            load_catalogue(),
        ).applies
        if item.procedure_id == "R010"
    )
    assert item.deadline.kind == "unknown"
    assert "異動日が分かると決まります" in item.deadline.text.ja
