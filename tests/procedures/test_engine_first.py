"""The catalogue loads and a whole household that moves gets its guidance."""

import json
from datetime import date

from procedures import Case, Fact, PersonCase, evaluate, load_catalogue


def person(key: str, **facts: object) -> PersonCase:
    return PersonCase(key, {name: Fact(value, "core") for name, value in facts.items()})  # type: ignore[arg-type]


def test_whole_household_of_two() -> None:
    catalogue = load_catalogue("992011")
    case = Case(
        "992011",
        date(2026, 11, 24),
        "MOVE",
        (
            person(
                "head", birth="1973-05-01", is_head=True, nat="JP", moves=True, ins="kokuho", pens="first"
            ),
            person("mother", birth="1945-05-01", is_head=False, nat="JP", moves=True, ins="kouki"),
        ),
        {"event_date": Fact("2026-11-20", "staff")},
    )
    guidance = evaluate(case, catalogue)
    sure = {item.procedure_id: item for item in guidance.applies}
    assert sure["R010"].person_ids == ("head", "mother")
    assert sure["R010"].deadline.on == date(2026, 12, 4)
    assert sure["R052"].person_ids == ("head",)
    assert sure["R081"].person_ids == ("mother",)
    assert guidance.next_question is not None
    json.dumps(guidance.to_dict())
