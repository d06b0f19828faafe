"""When the town halls of the three shipped municipalities are open, and for what.

Sources: their overlays. An opening on a Sunday or in an evening is a service; the closed days of the by-law,
which move deadlines, are in the cases (tehon_year_end.yaml, r010_sunday_opening.yaml …).
"""

from datetime import datetime

import pytest

from procedures.reading.loading import load_catalogue

MIHON, REIJI, TEHON = "992011", "992020", "992038"


def can_do(code: str, rule: str, at: str) -> bool:
    catalogue = load_catalogue(code)
    assert catalogue.opening is not None
    needs_net = next(one.needs_juki_net for one in catalogue.rules if one.id == rule)
    return catalogue.opening.can_do("main", rule, datetime.fromisoformat(at), needs_net)


@pytest.mark.parametrize(
    ("code", "begins", "before", "last", "ends"),
    [
        (MIHON, "08:30", "08:29", "17:14", "17:15"),
        (REIJI, "08:30", "08:29", "17:14", "17:15"),
        (TEHON, "08:30", "08:29", "16:59", "17:00"),
    ],
)
def test_from_monday_to_friday(code: str, begins: str, before: str, last: str, ends: str) -> None:
    for day in range(16, 23):  # Monday 16 to Sunday 22 November 2026
        weekday = day <= 20
        assert can_do(code, "R010", f"2026-11-{day} {begins}") is weekday
        assert can_do(code, "R010", f"2026-11-{day} {last}") is weekday
        assert not can_do(code, "R010", f"2026-11-{day} {before}")
        assert not can_do(code, "R010", f"2026-11-{day} {ends}")
    assert not can_do(code, "R010", "2026-11-23 10:00")  # 勤労感謝の日, a Monday


@pytest.mark.parametrize(
    ("rule", "at", "open_"),
    [
        ("R010", "2026-11-29 08:59", False),
        ("R010", "2026-11-29 09:00", True),
        ("R010", "2026-11-29 11:59", True),
        ("R010", "2026-11-29 12:00", False),
        ("R001", "2026-11-29 10:00", True),
        ("C01", "2026-11-29 10:00", True),
        ("R002", "2026-11-29 10:00", False),
        ("R007", "2026-11-29 10:00", False),
        ("R008", "2026-11-29 10:00", False),
        ("R030", "2026-11-29 10:00", False),
        ("C03", "2026-11-29 10:00", False),
        ("C08", "2026-11-29 10:00", False),
        ("R010", "2026-11-22 10:00", False),
        ("R010", "2026-12-06 10:00", False),
    ],
)
def test_one_sunday_opens_in_mihon_without_what_needs_others(rule: str, at: str, open_: bool) -> None:
    assert can_do(MIHON, rule, at) is open_


@pytest.mark.parametrize(
    ("rule", "at", "open_"),
    [
        ("C01", "2026-11-26 17:15", True),
        ("C02", "2026-11-26 18:59", True),
        ("C04", "2026-11-26 18:00", True),
        ("C01", "2026-11-26 19:00", False),
        ("C03", "2026-11-26 18:00", False),
        ("C05", "2026-11-26 18:00", False),
        ("R010", "2026-11-26 18:00", False),
        ("R010", "2026-11-26 17:14", True),
        ("C01", "2026-11-25 18:00", False),
        ("C01", "2026-11-27 18:00", False),
        ("C01", "2027-02-11 18:00", False),  # a Thursday, but 建国記念の日
    ],
)
def test_thursday_evenings_in_reiji_are_for_certificates(rule: str, at: str, open_: bool) -> None:
    assert can_do(REIJI, rule, at) is open_


@pytest.mark.parametrize(("code", "last", "over"), [(MIHON, "16:59", "17:00"), (TEHON, "16:29", "16:30")])
def test_what_needs_the_registry_network_ends_with_it(code: str, last: str, over: str) -> None:
    for rule in ("R002", "C03"):
        assert not can_do(code, rule, "2026-11-25 08:59")
        assert can_do(code, rule, "2026-11-25 09:00")
        assert can_do(code, rule, f"2026-11-25 {last}")
        assert not can_do(code, rule, f"2026-11-25 {over}")
    assert can_do(code, "R001", f"2026-11-25 {over}")


@pytest.mark.parametrize(
    ("code", "closes", "opens"),
    [
        (MIHON, "2026-12-29", "2027-01-04"),
        (REIJI, "2026-12-29", "2027-01-04"),
        (TEHON, "2026-12-28", "2027-01-05"),
    ],
)
def test_the_turn_of_the_year(code: str, closes: str, opens: str) -> None:
    opening = load_catalogue(code).opening
    assert opening is not None
    assert opening.next_time(
        "main", "R010", datetime.fromisoformat(f"{closes} 08:30")
    ) == datetime.fromisoformat(f"{opens} 08:30")
    assert can_do(code, "R010", "2026-12-28 10:00") is (code != TEHON)
    assert can_do(code, "R010", "2027-01-04 10:00") is (code != TEHON)
