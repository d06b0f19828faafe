"""Faults in the rule data are found, each with its file and line."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from procedures import Case, CatalogueInvalid, Fact, PersonCase, evaluate, load_catalogue
from procedures.proving.checker import check
from procedures.reading.data_files import DATA

RESIDENCE, DAILY = "national/1_residence.yaml", "national/6_daily_life.yaml"
OVERLAY = "municipalities/992011/overlay.yaml"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the rule data to spoil."""
    copy = Path(shutil.copytree(DATA, tmp_path / "data"))
    for other in ("992020", "992038"):  # one municipality is enough here, and quicker
        shutil.rmtree(copy / "municipalities" / other)
    return copy


def spoil(data: Path, file: str, old: str, new: str) -> int:
    """Replace the first `old`; the line on which it stood."""
    path = data / file
    text = path.read_text(encoding="utf-8")
    assert old in text, "the test no longer fits the data"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_data_has_no_problem() -> None:
    assert check() == []


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            DAILY,
            "{any_member: {any: [moves, deceased]}}, dog]",
            "{any_member: {any: [moves, deceased]}}, cat]",
            "no such fact: cat",
        ),
        (
            DAILY,
            "{any_member: {any: [moves, deceased]}}, dog]",
            "{any: [moves, deceased]}, dog]",
            "belongs to a person",
        ),
        (DAILY, "dog_chip: registered", "dog_chip: maybe", "no choice maybe"),
        (DAILY, "legal_basis: [給水条例]", "legal_basis: []", "legal_basis"),
        (DAILY, "department: suido", "department: gasu", "no such department or desk: gasu"),
        (DAILY, "start: event_date", "start: dog", "no date that this rule can count from"),
        (DAILY, "scope: household", "scope: houshold", "scope"),
        (
            DAILY,
            "    legal_basis: [道路運送車両法12条]",
            "    legal_bases: [道路運送車両法12条]",
            "legal_basis",
        ),
        (DAILY, "who: owner", "who: cat", "no such applicant: cat"),
        (RESIDENCE, "events: [MOVE]", "events: [MOEV]", "no such event: MOEV"),
        (RESIDENCE, "{legal_age: {at_least: 15}}", "{legal_age: {atleast: 15}}", "bounds are whole numbers"),
        (RESIDENCE, "{legal_age: {at_least: 15}}", "{age: {at_least: 15}}", "no test `age`"),
        (
            RESIDENCE,
            "any_member: {all: [is_head, leaves]}",
            "any_members: {all: [is_head, leaves]}",
            "no such fact",
        ),
        (RESIDENCE, "when: {mnc: [held]}", "when: {mnc: [held, lost]}", "no choice lost"),
        (OVERLAY, "  R158:\n", "  R999: {}\n  R158:\n", "no rule has the id R999"),
        (OVERLAY, "  kankyo:", "  kankyou:", "no such department: kankyou"),
        (OVERLAY, "dog_chip_system: true", "dog_chip_sytem: true", "no such setting: dog_chip_sytem"),
        (OVERLAY, "days: 30", "dais: 30", "deadline"),
        (OVERLAY, "child_medical_age: {birth:", "child_medical_age: {brith:", "no such fact: brith"),
        ("facts/8_daily_life.yaml", "likelihood: 0.52", "likelihood: 0.62", "add up to 1.100"),
        ("facts/8_daily_life.yaml", "  only_if: dog", "  only_if: cat", "no such fact: cat"),
        (
            "facts/6_children.yaml",
            "  derive: {birth: {fiscal_age: {at_most: 17}}}",
            "  derive: child18",
            "from itself",
        ),
        (
            "facts/2_person.yaml",
            "  question: {ja: 生年月日を教えてください,",
            "  question: {ja: '',",
            "question.ja",
        ),
        ("codes.yaml", "  A: {ja:", "  AA: {jaa:", "classes.AA"),
    ],
)
def test_a_fault_is_reported_where_it_stands(data: Path, file: str, old: str, new: str, message: str) -> None:
    line = spoil(data, file, old, new)
    everything = check(data=data)
    problems = [problem for problem in everything if message in problem.message]
    assert problems, [str(problem) for problem in everything]
    assert any(Path(problem.file).name == Path(file).name for problem in problems)
    close = [
        problem for problem in problems if 0 <= line - problem.line <= 16 or 0 <= problem.line - line <= 3
    ]
    assert close, [str(problem) for problem in problems]


def test_the_line_is_exact_for_a_condition(data: Path) -> None:
    line = spoil(data, DAILY, "deceased]}}, dog]", "deceased]}}, cat]")
    with pytest.raises(CatalogueInvalid) as error:
        load_catalogue("992011", data)
    assert any(problem.line == line for problem in error.value.problems)
    assert f"6_daily_life.yaml:{line}: no such fact: cat" in str(error.value)


def test_broken_yaml_and_repeated_keys(data: Path) -> None:
    line = spoil(data, DAILY, "klass: B\n", "klass: B\n    klass: C\n")
    with pytest.raises(CatalogueInvalid, match=f":{line + 1}: the key klass stands here twice"):
        load_catalogue("992011", data)
    spoil(data, DAILY, "klass: B\n    klass: C\n", "klass: [B\n")
    with pytest.raises(CatalogueInvalid, match="not YAML"):
        load_catalogue("992011", data / ".." / "data")


def test_a_key_that_yaml_reads_as_true(data: Path) -> None:
    spoil(data, DAILY, "klass: B\n", "on: B\n")
    with pytest.raises(CatalogueInvalid, match="true or false"):
        load_catalogue("992011", data)


def test_an_unknown_municipality(data: Path) -> None:
    with pytest.raises(CatalogueInvalid, match="no overlay for municipality 131016"):
        load_catalogue("131016", data)


def test_what_every_municipality_decides_must_be_decided(data: Path) -> None:
    spoil(data, OVERLAY, "  R160:\n    legal_basis: [見本市廃棄物の処理及び清掃に関する条例（架空）]\n", "")
    assert any("R160 differs between municipalities" in problem.message for problem in check(data=data))


def test_a_deadline_left_open(data: Path) -> None:
    spoil(
        data, OVERLAY, "  R157:\n    deadline: {type: offset, start: event_date, days: 30}\n", "  R157: {}\n"
    )
    assert any(
        "R157: this municipality has set no deadline" in problem.message for problem in check(data=data)
    )


def test_a_question_that_no_rule_needs(data: Path) -> None:
    path = data / "facts/8_daily_life.yaml"
    text = path.read_text(encoding="utf-8")
    more = re.split(r"\n(?=\w)", text[text.index("has_vehicle:") :])[0].replace("has_vehicle", "has_boat")
    path.write_text(text + more, encoding="utf-8")
    assert any("has_boat is asked, but no rule reads it" in problem.message for problem in check(data=data))


@pytest.mark.parametrize(
    ("until", "since", "message"),
    [
        ("2026-09-30", "2026-10-02", "no version of R160 is in force on 2026-10-01"),
        ("2026-10-01", "2026-10-01", "two versions of R160 are in force on 2026-10-01"),
        (None, "2026-10-01", "two versions of R160 are in force at the same time"),
        ("2026-09-30", "2026-10-01", None),
    ],
)
def test_versions_follow_one_another(data: Path, until: str | None, since: str, message: str | None) -> None:
    path = data / DAILY
    text = path.read_text(encoding="utf-8")
    rule = text[text.index("  - id: R160") :]
    first = rule + (f"    effective_to: {until}\n" if until else "")
    path.write_text(
        text.replace(rule, first) + "\n" + rule + f"    effective_from: {since}\n", encoding="utf-8"
    )
    found = [problem.message for problem in check(data=data)]
    assert found == ([] if message is None else [message])


def test_each_version_counts_in_its_own_time(data: Path) -> None:
    path = data / DAILY
    text = path.read_text(encoding="utf-8")
    rule = text[text.index("  - id: R160") :]
    later = rule.replace("町名によって", "これからは町名によって") + "    effective_from: 2026-10-01\n"
    path.write_text(
        text.replace(rule, rule + "    effective_to: 2026-09-30\n") + "\n" + later, encoding="utf-8"
    )
    catalogue = load_catalogue("992011", data)
    before = [r.version for r in catalogue.rules_for("MOVE", date(2026, 9, 30)) if r.id == "R160"]
    after = [r.version for r in catalogue.rules_for("MOVE", date(2026, 10, 1)) if r.id == "R160"]
    assert (before, after) == (["R160@-"], ["R160@2026-10-01"])


def test_a_second_municipality_needs_only_its_overlay(data: Path) -> None:
    other = data / "municipalities" / "992046"
    shutil.copytree(data / "municipalities" / "992011", other)
    path = other / "overlay.yaml"
    text = path.read_text(encoding="utf-8").replace("'992011'", "'992046'").replace("見本市", "仮名市")
    text = text.replace("dog_chip_system: true", "dog_chip_system: false")
    text = text.replace(
        "\nprocedures:\n", "\nprocedures:\n  R037:\n    variants: {applying: {optional: true}}\n"
    )
    path.write_text(text, encoding="utf-8")
    catalogue = load_catalogue("992046", data)
    assert catalogue.name.ja == "仮名市"
    assert catalogue.version != load_catalogue("992011", data).version
    rule = next(rule for rule in catalogue.rules if rule.id == "R037")
    assert rule.variants[0].face.optional
    facts = {"dog": Fact(True), "dog_chip": Fact("registered")}
    case = Case("992046", date(2026, 11, 24), "MOVE", (PersonCase("a", {"moves": Fact(True)}),), facts)
    dog = next(item for item in evaluate(case, catalogue).applies if item.procedure_id == "R157")
    assert (dog.variant, dog.klass) == ("counter", "B")
    assert check(data=data) == []


def test_the_version_follows_the_content(data: Path) -> None:
    before = load_catalogue("992011", data).version
    spoil(data, DAILY, "ごみの収集日・分別の案内", "ごみの収集日のご案内")
    assert load_catalogue("992011", data / ".").version == load_catalogue("992011", data).version
    again = shutil.copytree(data, data.parent / "again")
    assert load_catalogue("992011", Path(again)).version != before
