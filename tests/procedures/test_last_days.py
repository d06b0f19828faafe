"""Which days of the rules have a case: see last_days.py."""

from tests.procedures.last_days import AFTER, LAST, listed
from tests.procedures.test_cases import cases


def test_every_last_day_and_every_beginning_has_its_cases() -> None:
    assert listed(cases()).missing() == []


def test_a_last_day_without_its_case_is_named() -> None:
    """Without the cases of its last day a deadline is missed, and without those about it so is the rule."""
    left = [file for file in cases() if not ({"R184"} & set(file.expect.get("deadlines", {})))]
    name = "R184@- 15 days after event_date"
    assert listed(left).missing() == [f"{name}: no case on the {day}" for day in sorted((LAST, AFTER))]
