"""Several events at once, dated decisions of a municipality, two calendars, fees, and dates at their edges:
on a catalogue small enough to see through.
"""

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from procedures import Case, EventNotReady, Guidance, changes, evaluate, load_catalogue
from procedures.proving.checker import check
from procedures.reading.yaml_lines import CatalogueInvalid

SMALL = Path(__file__).parent / "small"
OVERLAY, RULES = "municipalities/990001/overlay.yaml", "national/1.yaml"
CATALOGUE = load_catalogue("990001", SMALL)


def ask(event: Any, *people: dict[str, Any], on: str = "2026-11-24", **facts: Any) -> Guidance:
    """The guidance for a household on a day."""
    members = [{"id": f"p{number}", "facts": person} for number, person in enumerate(people or ({},))]
    data = {"municipality": "990001", "date": on, "event": event, "facts": facts, "household": members}
    return evaluate(Case.from_dict(data), CATALOGUE)


def ids(items: Any) -> list[str]:
    return [item.procedure_id for item in items]


def test_several_events_are_the_rules_of_each_and_none_twice() -> None:
    guidance = ask(["IN", "BORN"], {"birth": "1990-01-01", "ins": "work"}, moved_on="2026-11-20")
    assert ids(guidance.applies) == ["R001", "C01"]
    case = Case.from_dict(
        {"municipality": "990001", "date": "2026-11-24", "event": ["IN", "BORN"], "household": [{"id": "a"}]}
    )
    assert Case.from_dict(case.to_dict()) == case
    assert (case.event, case.also, case.events) == ("IN", ("BORN",), ("IN", "BORN"))


def test_one_incomplete_event_among_several_is_refused() -> None:
    with pytest.raises(EventNotReady):
        ask(["IN", "LATER"])


@pytest.mark.parametrize("event", [[], ["IN", "IN"]])
def test_events_are_one_or_several_different_ones(event: list[str]) -> None:
    with pytest.raises(ValueError, match="event"):
        ask(event)


def test_the_question_is_worded_for_the_event() -> None:
    def words(event: str) -> str:
        question = next(q for q in ask(event, {"ins": "work"}).questions if q.fact == "moved_on")
        return question.text.ja

    assert words("IN") == "いつ引っ越しましたか"
    assert ask("OUT").next_question is not None


def test_a_date_that_only_a_deadline_needs_is_asked() -> None:
    guidance = ask("OUT", {"ins": "work", "birth": "1990-01-01"})
    assert guidance.next_question is not None
    assert (guidance.next_question.fact, guidance.next_question.decides) == ("moved_on", ("R001",))
    known = ask("OUT", {"ins": "work", "birth": "1990-01-01"}, moved_on="2026-11-20")
    assert known.next_question is None
    told = ask("OUT", {"ins": "work", "birth": "1990-01-01"}, moved_on={"unknown": True})
    assert told.next_question is None
    assert told.applies[0].deadline.kind == "unknown"


@pytest.mark.parametrize(
    ("birth", "moved_on", "applies"),
    [
        ("1951-11-20", "2026-11-20", True),  # 75 on the birthday itself
        ("1951-11-21", "2026-11-20", False),
        ("1951", "2026-11-20", None),
        ("1951-11-20", "2026-11", None),
        ("1951-11-20", "2026-12", True),
        ("1951-11-20", "2026-10", False),
    ],
)
def test_an_age_on_another_day(birth: str, moved_on: str, applies: bool | None) -> None:
    guidance = ask("IN", {"birth": birth, "ins": "work"}, moved_on=moved_on)
    sure, open_ = "R002" in ids(guidance.applies), "R002" in ids(guidance.needs_confirmation)
    assert (sure, open_) == (applies is True, applies is None)


def test_an_age_on_a_day_that_is_not_known_asks_for_the_day() -> None:
    guidance = ask("IN", {"birth": "1951-11-20", "ins": "work"})
    item = next(item for item in guidance.may_apply if item.procedure_id == "R002")
    assert [fact.fact for fact in item.deciding] == ["moved_on"]
    unknown = ask("IN", {"birth": "1951-11-20", "ins": "work"}, moved_on={"unknown": True})
    item = next(item for item in unknown.needs_confirmation if item.procedure_id == "R002")
    assert [(fact.fact, fact.state) for fact in item.deciding] == [("moved_on", "declared_unknown")]


@pytest.mark.parametrize(
    ("moved_on", "on", "applies"),
    [
        ("2026-11-10", "2026-11-24", True),
        ("2026-11-10", "2026-11-25", False),
        ("2026-11-09", "2026-11-24", True),  # the 14th day is a holiday
        ("2026-11-09", "2026-11-25", False),
        ("2026-12-16", "2027-01-04", True),  # the turn of the year
        ("2026-12-16", "2027-01-05", False),
    ],
)
def test_within_a_period_that_ends_on_a_closed_day(moved_on: str, on: str, applies: bool) -> None:
    guidance = ask("IN", {"birth": "1990-01-01", "ins": "city"}, moved_on=moved_on, on=on)
    assert ("R003" in ids(guidance.applies)) is applies


@pytest.mark.parametrize(
    ("due_on", "on", "applies", "until"),
    [
        ("2027-05-24", "2026-11-24", True, "2027-05-23"),
        ("2027-05-25", "2026-11-24", False, None),
        ("2027-08-31", "2027-02-28", True, "2027-08-30"),  # six months before the 31st: the last of February
        ("2027-08-31", "2027-02-27", False, None),
        ("2028-08-31", "2028-02-28", False, None),  # a leap year has one day more
        ("2028-08-31", "2028-02-29", True, "2028-08-30"),
    ],
)
def test_months_ahead_and_the_day_before(due_on: str, on: str, applies: bool, until: str | None) -> None:
    guidance = ask("BORN", {"due_on": due_on}, on=on)
    found = [item for item in guidance.applies if item.procedure_id == "R004"]
    assert [str(item.deadline.on) for item in found] == ([until] if applies else [])
    if found:
        assert found[0].variant == ("new" if due_on >= "2027-04-01" else None)
        assert "1日前まで" in found[0].deadline.text.ja


def test_what_is_lost_stands_first_and_doubt_is_said() -> None:
    guidance = ask("BORN", {"due_on": "2027-03-01"})
    first = guidance.applies[0]
    assert (first.procedure_id, first.group) == ("R004", "today")
    assert first.lost_if_missed is not None
    assert first.to_confirm is not None
    assert first.to_confirm.ja == "様式を確認"
    read = ask("OUT", {"ins": "work"}, moved_on="2026-11-20").applies[0]
    assert read.to_confirm is None
    general = ask("IN", {"birth": "1940-01-01", "ins": "work"}, moved_on="2026-11-20")
    doubtful = next(item for item in general.applies if item.procedure_id == "R002")
    assert doubtful.to_confirm is not None
    assert "出典" in doubtful.to_confirm.ja


def test_a_bundle_names_what_is_there() -> None:
    guidance = ask("IN", {"birth": "1990-01-01", "ins": "city"}, moved_on="2026-11-20")
    assert guidance.applies[0].bundled == ("R003",)


@pytest.mark.parametrize(
    ("account", "on", "needed", "note"),
    [
        (True, "2026-11-24", "no", "登録済みのため不要"),
        (False, "2026-11-24", "yes", None),
        (None, "2026-11-24", "unknown", None),
        (None, "2027-04-01", "no", "参加しているため不要"),
        (False, "2027-03-31", "yes", None),
    ],
)
def test_what_makes_a_document_unnecessary(
    account: bool | None, on: str, needed: str, note: str | None
) -> None:
    person = {"birth": "1990-01-01", "ins": "city"} | ({} if account is None else {"known_account": account})
    guidance = ask("IN", person, moved_on=on, on=on)
    (item,) = [item for item in guidance.applies if item.procedure_id == "R003"]
    (document,) = item.documents
    assert (document.needed, document.note.ja if document.note else None) == (needed, note)


@pytest.mark.parametrize(
    ("on", "desk", "fee", "bus"), [("2027-03-31", "1番", 300, True), ("2027-04-01", "A窓口", 350, False)]
)
def test_next_years_decisions_switch_on_their_day(on: str, desk: str, fee: int, bus: bool) -> None:
    guidance = ask(["IN", "BORN"], {"birth": "1950-01-01", "ins": "work"}, moved_on=on, on=on)
    items = {item.procedure_id: item for item in guidance.applies}
    assert items["R001"].department.desk is not None
    assert items["R001"].department.desk.ja == desk
    assert items["C01"].fee is not None
    assert items["C01"].fee.yen == fee
    assert ("x-bus" in items) is bus
    assert set(CATALOGUE.at(date.fromisoformat(on)).disabled) == (set() if bus else {"x-bus"})


def test_impossible_facts_are_said() -> None:
    guidance = ask("IN", {"birth": "2020-01-01", "is_head": True}, moved_on="2026-11-25")
    assert {(one.id, one.person_ids) for one in guidance.conflicts} == {
        ("head_is_child", ("p0",)),
        ("moved_in_future", ()),
    }
    assert ask("OUT", {"birth": "1990-01-01", "is_head": True}, moved_on="2026-11-25").conflicts == ()


def test_changes_name_what_appeared_and_disappeared() -> None:
    before = ask("IN", {"birth": "1990-01-01"}, {"birth": "1990-01-01"}, moved_on="2026-11-20")
    after = ask(
        "IN",
        {"birth": "1990-01-01", "ins": "city"},
        {"birth": "1950-01-01", "ins": "work"},
        moved_on="2026-11-20",
    )
    found = {(one.procedure_id, one.kind, one.person_ids) for one in changes(before, after)}
    assert found == {
        ("R003", "outcome", ("p0",)),
        ("R003", "disappeared", ("p1",)),
        ("R002", "appeared", ("p1",)),
        ("x-bus", "appeared", ("p1",)),
    }
    assert changes(after, after) == ()


def test_changes_of_content() -> None:
    before, after = (ask("BORN", {"due_on": "2027-05-01"}, on=on) for on in ("2027-03-31", "2027-04-01"))
    (change,) = changes(before, after)
    assert (change.procedure_id, change.kind, change.fields) == ("C01", "content", ("department", "fee"))
    assert change.to_dict()["text"]["en"] == "Certificate: changes in department, fee"
    assert change.to_dict()["text"]["ja"].endswith("：担当課・手数料が変わる")


@pytest.mark.parametrize(
    ("at", "rule", "needs_net", "possible"),
    [
        ("2026-11-24T08:45", "R001", False, True),
        ("2026-11-24T08:45", "R003", True, False),  # 住基ネット opens at nine
        ("2026-11-24T17:15", "R001", False, False),
        ("2026-11-23T10:00", "R001", False, False),  # a holiday
        ("2026-11-29T10:00", "R001", False, True),  # an extra Sunday
        ("2026-11-29T10:00", "R002", False, False),  # … not for everything
        ("2026-11-29T10:00", "R003", True, False),  # … and without 住基ネット
        ("2026-11-30T10:00", "R001", False, False),  # closed for once
    ],
)
def test_opening_is_a_calendar_of_its_own(at: str, rule: str, needs_net: bool, possible: bool) -> None:
    assert CATALOGUE.opening is not None
    assert CATALOGUE.opening.can_do("main", rule, datetime.fromisoformat(at), needs_net) is possible


def test_an_extra_sunday_moves_no_deadline() -> None:
    guidance = ask("OUT", {"ins": "work"}, moved_on="2026-11-15")  # the 14th day is the open Sunday's eve
    assert guidance.applies[0].deadline.on == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (OVERLAY, "id: x-bus", "id: R900", "a municipality adds rules with x- ids"),
        (OVERLAY, "x-bus: {disabled: true, why:", "x-bus: {disabled: true, wy:", "why"),
        (OVERLAY, "only: [R001, R003]", "only: [R009]", "R009 is no rule"),
        (OVERLAY, "code: '990001'", "code: '990002'", "this is 990001"),
        (OVERLAY, "  - effective_from: 2027-04-01", "  - effective_from: soon", "changes"),
        (OVERLAY, "settings: {takes_part: true}", "settings: {takes: true}", "no such setting"),
        (OVERLAY, "  C01: {fee: {yen: 300, per: {ja: 1通, en: copy}}}", "  C01: {}", "set no fee"),
        (OVERLAY, "      x-bus: {disabled", "      x-tram: {disabled", "no rule has the id x-tram"),
        (OVERLAY, "      C01: {fee: {yen: 350,", "      C01: {fee: {yen: null,", "set no fee"),
        (
            OVERLAY,
            "    departments:\n      shimin:",
            "    departments:\n      simin:",
            "no such department: simin",
        ),
        (OVERLAY, "  R004: {day: 2026-10-01", "  R044: {day: 2026-10-01", "no rule has the id R044"),
        (OVERLAY, "\nadd:", "\n  R004: {variants: {old: {klass: C}}}\nadd:", "R004 has no variant old"),
        (OVERLAY, "\nadd:", "\nderive: {grown_up: is_head}\nadd:", "no such fact: grown_up"),
        (RULES, "bundles: [R002, R003]", "bundles: [R002, R007]", "R001 names R007"),
        (RULES, "id: R002", "id: x-two", "the national table has none"),
        (RULES, "at: moved_on}}", "at: moved}}", "no date on which an age"),
        (RULES, "{within: {days: 14}}", "{within: {days: 14, months: 1}}", "one of `days`"),
        (RULES, "on_or_after: 2027-04-01", "on_or_after: spring", "YYYY-MM-DD"),
        (RULES, "{event: IN}", "{event: INTO}", "no such event: INTO"),
        ("facts/1.yaml", "    BORN: {ja: いつ生", "    BORNE: {ja: いつ生", "no such event: BORNE"),
        ("facts/1.yaml", "  question: {ja: 予定日は, easy: いつ, en: Due date?}\n", "", "needs a question"),
        (
            "facts/1.yaml",
            "  source: core\n  label: {ja: 生年月日",
            "  source: card\n  label: {ja: 生年月日",
            "of nobody",
        ),
        (
            "facts/1.yaml",
            "moved_on:\n",
            "chip_until: {scope: person, type: date, source: card, label: {ja: 期限, en: x}}\nmoved_on:\n",
            "chip_until is read from cards, but no rule reads it",
        ),
        ("impossible.yaml", "events: [IN]", "events: [INN]", "no such event: INN"),
        ("impossible.yaml", "is_head, birth", "is_boss, birth", "no such fact: is_boss"),
        ("codes.yaml", "MOVES: [IN, OUT]", "MOVES: [IN, OUTSIDE]", "no such event: OUTSIDE"),
        ("catalogue.yaml", "version: 2026.11.1", "version: new", "version"),
    ],
)
def test_faults_are_found_with_file_and_line(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    text = (data / file).read_text(encoding="utf-8")
    assert old in text
    (data / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [problem for problem in check(data=data) if message in problem.message]
    assert found
    assert all(problem.line > 0 and Path(problem.file).is_relative_to(data) for problem in found)


def test_the_small_catalogue_has_no_problem() -> None:
    assert check(data=SMALL) == []
    with pytest.raises(CatalogueInvalid):
        load_catalogue("990009", SMALL)


def test_members_whom_a_rule_cannot_tell_apart_are_answered_as_one_by_one() -> None:
    """Grouping is for speed alone: alone or beside others, a member's outcome is the same."""
    known: list[dict[str, Any]] = [
        {"birth": "1940-01-01"},
        {"birth": "1990-01-01"},
        {"birth": "1941-01-01"},
        {},
        {},
        {"birth": "1951", "ins": "city"},
        {"ins": {"unknown": True}},
        {"birth": {"unknown": True}},
    ]
    everyone = ask("IN", *known, moved_on="2026-11-20")
    for number, person in enumerate(known):
        alone = ask("IN", person, moved_on="2026-11-20")
        for outcome in ("applies", "may_apply", "needs_confirmation"):
            one = {item.procedure_id for item in getattr(alone, outcome) if item.person_ids}
            among = {i.procedure_id for i in getattr(everyone, outcome) if f"p{number}" in i.person_ids}
            assert one == among, (number, outcome)
        asked = {q.fact for q in alone.questions}
        assert asked == {
            q.fact for q in everyone.questions if not q.person_ids or f"p{number}" in q.person_ids
        }


@pytest.mark.parametrize(("dates", "until"), [({"OUT": "2026-11-10"}, "2026-11-24"), ({}, None)])
def test_each_event_has_its_own_day(tmp_path: Path, dates: dict[str, str], until: str | None) -> None:
    """With the fact that every shipped event counts from, a further event never borrows the first one's."""
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    for path in data.rglob("*.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace("moved_on", "event_date"), encoding="utf-8")
    rules = data / "national/1.yaml"
    text = rules.read_text(encoding="utf-8").replace("events: [MOVES]", "events: [OUT]", 1)
    rules.write_text(text, encoding="utf-8")
    case = Case.from_dict(
        {
            "municipality": "990001",
            "date": "2026-11-24",
            "event": ["IN", "OUT"],
            "facts": {"event_date": "2026-11-20"},
            "dates": dates,
            "household": [{"id": "a", "facts": {"birth": "1990-01-01", "ins": "city"}}],
        }
    )
    assert Case.from_dict(case.to_dict()) == case
    guidance = evaluate(case, load_catalogue("990001", data))
    found = {item.procedure_id: item.deadline for item in guidance.applies}
    assert found["R003"].on == date(2026, 12, 4)
    assert str(found["R001"].on) == str(until)
    assert "引っ越した日" in found["R003"].text.ja
    assert guidance.next_question is None


def test_days_are_given_for_further_events_only() -> None:
    with pytest.raises(ValueError, match=r"dates\.IN"):
        Case.from_dict(
            {
                "municipality": "990001",
                "date": "2026-11-24",
                "event": "IN",
                "dates": {"IN": "2026-11-20"},
                "household": [{"id": "a"}],
            }
        )
