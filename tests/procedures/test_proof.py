"""The proofs find what they are for: each fault is put into a small catalogue, and the proof names it."""

import random
import shutil
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from procedures import Case, Catalogue, load_catalogue
from procedures.logic.conditions import HOUSEHOLD, Age, walk
from procedures.logic.facts import CaseView, FactSpec
from procedures.proving.checker import check, proofs
from procedures.proving.proof import CLAIMS, prove
from procedures.proving.worlds import MEMBERS, World
from procedures.terms.dates import PartialDate

SMALL = Path(__file__).parent / "small"
RULES, FACTS = "national/1.yaml", "facts/1.yaml"


def test_the_small_catalogue_is_proven() -> None:
    proof = proofs(SMALL)
    assert proof.problems == ()
    assert proof.unproven == ("LATER: its rules are not complete",)


def test_the_shipped_rules_of_one_event_are_proven() -> None:
    """The whole catalogue is proven by `kakanai procedures check`; here those of a birth."""
    catalogue = load_catalogue()
    rules = [rule for rule in catalogue.rules if "BIRTH" in rule.events]
    assert [str(problem) for problem in prove(catalogue, catalogue.released, rules).problems] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            RULES,
            "- {ins: city}",
            "- {all: [{ins: city}, {ins: work}]}",
            "R003 can never apply",
        ),
        (RULES, "- {event: IN}", "- {all: [event: IN, event: OUT, event: BORN]}", "R003 can never apply"),
        (
            RULES,
            "- {ins: city}",
            "- {any: [{ins: city}, {all: [is_head, not: is_head]}]}",
            "R003@- when: part 2 of an `any` can never hold",
        ),
        (
            RULES,
            "when: {due_on: {months_until: {at_most: 6}}}",
            "when: {all: [{due_on: {months_until: {at_most: 6}}}, {due_on: {before: 2027-01-01}}]}",
            "R004/new can never be the one that applies",
        ),
        (
            RULES,
            "when: {due_on: {months_until: {at_most: 6}}}",
            "when: {all: [{due_on: {months_until: {at_most: 6}}}, {due_on: {days_until: {at_least: 190}}}]}",
            "R004 can never apply",
        ),
        (
            RULES,
            "{less_than: 75}",
            "{less_than: 76}",
            "R002 and R003 exclude each other, but can apply together",
        ),
        (
            RULES,
            "{when: known_account,",
            "{when: {ins: work},",
            "R003@- document account spared 1 can never hold where it is read",
        ),
        (
            RULES,
            "{birth: {kouki_age: {at_least: 75}, at: moved_on}}",
            "{all: [is_head, {birth: {legal_age: {less_than: 15}}}]}",
            "R002 can never apply",
        ),
        (
            RULES,
            "{birth: {kouki_age: {at_least: 75}, at: moved_on}}",
            "{count_members: {where: {all: [{ins: city}, {ins: work}]}, at_least: 1}}",
            "R002 can never apply",
        ),
        (RULES, "- {ins: city}", "- {any: [{ins: city}, {ins: work}]}", "ins is asked, but"),
        (
            FACTS,
            "  question: {ja: 予定日は",
            "  only_if: {all: [is_head, not: is_head]}\n  question: {ja: 予定日は",
            "due_on only_if can never hold",
        ),
        ("impossible.yaml", "{all: [is_head,", "{all: [is_head, not: is_head,", "head_is_child can never"),
        (
            "impossible.yaml",
            "{moved_on: {days_ago: {less_than: 0}}}",
            "{any: [{moved_on: {days_ago: {less_than: 1}}}, {moved_on: {days_ago: {at_least: 1}}}]}",
            "no household can have the life event IN, for that is impossible (moved_in_future)",
        ),
        (
            "impossible.yaml",
            "{all: [is_head, birth: {legal_age: {less_than: 15}}]}",
            "{any: [{all: [is_head, birth: {legal_age: {less_than: 15}}]}, {ins: city}]}",
            "R003 can never apply, for that is impossible (head_is_child)",
        ),
        (
            "impossible.yaml",
            "  - id: moved_in_future",
            "  - {id: small_head, scope: person, words: {ja: 小, en: small},\n"
            "     when: {all: [is_head, birth: {legal_age: {less_than: 9}}]}}\n  - id: moved_in_future",
            "small_head can never be found without another one",
        ),
        (
            RULES,
            "- {when: takes_part,",
            "- {when: {any: [takes_part, not: known_account]},",
            "R003@- document account spared 2 always holds where it is read",
        ),
        (
            RULES,
            "    needs_juki_net: true",
            "    not_needed: [{when: {all: [event: IN, ins: city, event: OUT, event: BORN]},"
            " words: {ja: 不要, en: not needed}}]\n    needs_juki_net: true",
            "R003@- not_needed 1 can never hold where it is read",
        ),
        (
            FACTS,
            "  question: {ja: 予定日は",
            "  presume: [{when: is_head, value: unknown, reason: {ja: 主, en: head}},"
            " {when: is_head, value: unknown, reason: {ja: 主, en: head}}]\n  question: {ja: 予定日は",
            "due_on presume 2 can never hold where it is read",
        ),
    ],
)
def test_a_false_claim_is_found(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    text = (data / file).read_text(encoding="utf-8")
    assert old in text
    (data / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert check(data=data) == []
    assert any(message in problem.message for problem in proofs(data).problems)


def test_what_is_entered_ahead_is_proven_too(tmp_path: Path) -> None:
    """Rules and derivations of the next fiscal year, and of another municipality."""
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    overlay = data / "municipalities/990001/overlay.yaml"
    text = overlay.read_text(encoding="utf-8")
    never = "    procedures:\n      R003: {when: {all: [{ins: city}, {ins: work}]}}\n"
    overlay.write_text(text.replace("    procedures:\n", never, 1), encoding="utf-8")
    assert [problem.message for problem in proofs(data).problems][:1] == ["R003 can never apply"]
    overlay.write_text(text, encoding="utf-8")
    other = Path(shutil.copytree(data / "municipalities/990001", data / "municipalities/990002"))
    text = text.replace("'990001'", "'990002'").replace("at_least: 70", "at_least: 70, less_than: 70")
    (other / "overlay.yaml").write_text(text, encoding="utf-8")
    assert [problem.message for problem in proofs(data).problems][:1] == ["x-bus can never apply"]


def test_without_z3_nothing_is_proven_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procedures.proving.proof.find_spec", lambda name: None)
    proof = prove(load_catalogue("990001", SMALL), date(2026, 11, 23))
    assert proof.problems == ()
    assert len(proof.unproven) == len(CLAIMS)
    assert all("not installed" in claim for claim in proof.unproven)


def _people(dice: random.Random, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Members with every fact given, dates near the edges that conditions look at."""
    days = [date(2026, 11, 24) - timedelta(days=dice.choice([0, 14, 15, 5478, 5479, 23741, 27393, 27394]))]
    days.append(date(2026, 11, 23) + timedelta(days=dice.choice([0, 181, 182])))

    def value(spec: FactSpec) -> Any:
        if spec.type == "yes_no":
            return dice.random() < 0.5
        if spec.type == "choice":
            return dice.choice(list(spec.words))
        if spec.type == "choices":
            return [option for option in spec.words if dice.random() < 0.5]
        return {
            "date": days[spec.name != "birth" and dice.random() < 0.5].isoformat(),
            "number": 3,
            "text": "a",
            "texts": ["a"],
        }[spec.type]

    facts = [spec for spec in catalogue.facts.values() if spec.derive is None]
    return [
        {"id": f"p{number}", "facts": {spec.name: value(spec) for spec in facts if spec.scope == "person"}}
        for number in range(dice.choice([1, 2, 4]))
    ] + [{spec.name: value(spec) for spec in facts if spec.scope == "household"}]


@pytest.mark.parametrize("seed", range(6))
def test_a_formula_says_what_the_engine_says(seed: int) -> None:
    """With every fact pinned to the case's value, a condition can hold in the world exactly if it holds."""
    dice = random.Random(seed)
    catalogue = load_catalogue("990001", SMALL) if seed % 2 else load_catalogue()
    *people, facts = _people(dice, catalogue)
    event = "IN" if seed % 2 else "MOVE"
    case = Case.from_dict(
        {
            "municipality": catalogue.municipality,
            "date": date(2026, 11, 24),
            "event": event,
            "facts": facts,
            "household": people,
        }
    )
    view = CaseView(case, catalogue.facts, catalogue.settings, catalogue.calendar)
    world = World(catalogue, case.date)
    for rule in catalogue.rules_for(event, case.date):
        home = 0 if rule.person else HOUSEHOLD
        formula = world.formula(rule.when, home)
        if any(isinstance(node, Age) and node.at for node in walk(rule.when)):
            continue  # tied to its dates within a few days only
        solver = world.z3.Solver()
        solver.add(*world.base, *_pinned(world, view, catalogue), formula)
        possible = solver.check() == world.z3.sat
        assert possible is (rule.when.truth(view, home) is True), rule.id


def _pinned(world: World, view: CaseView, catalogue: Catalogue) -> list[Any]:
    z3, known = world.z3, []
    for code, happens in world.events.items():
        known.append(happens == (code in view.events))
    for index in range(1, MEMBERS):
        known.append(z3.Bool(f"member {index}") == (index < view.size))
    for home in (HOUSEHOLD, *range(view.size)):
        for spec in catalogue.facts.values():
            if spec.derive is not None or (spec.scope == "person") != (home != HOUSEHOLD):
                continue
            value, variable = view.value(spec.name, home), world.variable(spec.name, home)
            if isinstance(variable, dict):
                held = value if isinstance(value, tuple) else (value,)
                known += [one == (option in held) for option, one in variable.items()]
            elif isinstance(value, PartialDate):
                known.append(variable == value.earliest.toordinal())
            elif spec.type == "choice":
                known.append(variable == list(spec.words).index(str(value)))
            else:
                known.append(variable == value)
    return known


def test_a_rule_that_begins_later_excludes_too(tmp_path: Path) -> None:
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    text = (data / RULES).read_text(encoding="utf-8").replace("{less_than: 75}", "{less_than: 76}")
    later = text.replace("    needs_juki_net: true\n", "    effective_from: 2027-01-01\n", 1)
    assert later != text
    (data / RULES).write_text(later, encoding="utf-8")
    (problem,) = proofs(data).problems
    assert "R002 and R003 exclude each other, but can apply together" in problem.message


def test_a_question_that_only_one_municipality_makes_useless(tmp_path: Path) -> None:
    data = Path(shutil.copytree(SMALL, tmp_path / "data"))
    other = Path(shutil.copytree(data / "municipalities/990001", data / "municipalities/990002"))
    text = (other / "overlay.yaml").read_text(encoding="utf-8").replace("'990001'", "'990002'")
    always = "\n  R003: {when: {all: [{event: IN}, {any: [{ins: city}, {ins: work}]}]}}\nadd:"
    (other / "overlay.yaml").write_text(text.replace("\nadd:", always, 1), encoding="utf-8")
    assert any("ins is asked, but" in problem.message for problem in proofs(data).problems)


def test_what_z3_does_not_decide_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    z3 = import_module("z3")
    monkeypatch.setattr(z3.Solver, "check", lambda self: z3.unknown)
    catalogue = load_catalogue("990001", SMALL)
    proof = prove(catalogue, catalogue.released, [rule for rule in catalogue.rules if rule.id == "R004"])
    (late,) = proof.unproven
    assert late.endswith("claim(s) on which z3 did not decide in time")
