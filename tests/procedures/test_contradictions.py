"""Rules that say what they give or take are proven never to tell one person contrary things."""

import shutil
from pathlib import Path

import pytest

from procedures import load_catalogue
from procedures.proving.checker import check
from procedures.proving.contradictions import clashes
from procedures.proving.proof import prove

SMALL = Path(__file__).parent / "small"
RULES = "national/1.yaml"
THINGS = """
things:
  city: {name: {ja: 国保, en: City insurance}, apart: [old]}
  old: {name: {ja: 後期, en: Insurance of the old}}
"""
BOTH = "one person may be told both: R002 says: gains old, and R003 says: gains city"


def small(folder: Path, effects: dict[str, str], *changes: tuple[str, str]) -> Path:
    """The small catalogue with the effects of some rules, and with changes to its rules."""
    data = Path(shutil.copytree(SMALL, folder / "data"))
    codes = data / "codes.yaml"
    codes.write_text(codes.read_text(encoding="utf-8") + THINGS, encoding="utf-8")
    text = (data / RULES).read_text(encoding="utf-8")
    for rule, said in effects.items():
        head, name, tail = text.partition(f"  - id: {rule}\n")
        text = head + name + f"    effects: {said}\n" + tail
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (data / RULES).write_text(text.replace("    excludes: [R003]\n", ""), encoding="utf-8")
    return data


def messages(data: Path) -> list[str]:
    """What is wrong with the two rules, and what can be proven of them."""
    problems = check(data=data)
    if not problems:
        catalogue = load_catalogue("990001", data)
        rules = [rule for rule in catalogue.rules if rule.id in ("R002", "R003")]
        problems += prove(catalogue, catalogue.released, rules).problems
    return [problem.message for problem in problems if "is asked, but" not in problem.message]


APART = {"R002": "{old: gains}", "R003": "{city: gains}"}
OVERLAP = ("{less_than: 75}", "{less_than: 76}")


@pytest.mark.parametrize(
    ("effects", "changes", "said"),
    [
        (APART, [], []),
        (APART, [OVERLAP], [BOTH]),
        ({"R002": "{old: gains}", "R003": "{old: gains}"}, [OVERLAP], [BOTH.replace("city", "old")]),
        (
            {"R002": "{city: loses}", "R003": "{city: gains}"},
            [OVERLAP],
            [BOTH.replace("gains old", "loses city")],
        ),
        ({"R002": "{city: loses}", "R003": "{city: loses}"}, [OVERLAP], []),
        ({"R002": "{old: loses}", "R003": "{city: gains}"}, [OVERLAP], []),
    ],
)
def test_contrary_rules_of_one_person(
    effects: dict[str, str], changes: list[tuple[str, str]], said: list[str], tmp_path: Path
) -> None:
    assert messages(small(tmp_path, effects, *changes)) == said


WHY = "    alongside: {R003: {ja: 選べるため, en: there is a choice}}\n    order: 2\n"


def test_what_may_come_out_together_is_said_and_must_be_needed(tmp_path: Path) -> None:
    said = ("    order: 2\n", WHY)
    assert messages(small(tmp_path / "a", APART, OVERLAP, said)) == []
    needless = "R002 is never at odds with R003, so `alongside` is not needed"
    assert messages(small(tmp_path / "b", APART, said)) == [needless]
    unknown = ("    order: 2\n", WHY.replace("R003", "R099"))
    assert "R002 names R099, which is no rule" in messages(small(tmp_path / "c", APART, unknown))


def test_a_variant_may_say_something_else(tmp_path: Path) -> None:
    """R003 says it only of those who are no heads; R002 is about heads only then."""
    variant = "    variants: [{id: head, when: is_head, changes: {effects: {}}}]\n    needs_juki_net: true\n"
    heads = (
        "when: {birth: {kouki_age: {at_least: 75}, at: moved_on}}",
        "when: {all: [is_head, {birth: {kouki_age: {at_least: 75}, at: moved_on}}]}",
    )
    changes = [OVERLAP, ("    needs_juki_net: true\n", variant)]
    assert messages(small(tmp_path / "a", APART, *changes)) == [BOTH]
    assert messages(small(tmp_path / "b", APART, *changes, heads)) == []


@pytest.mark.parametrize(
    ("effects", "message"),
    [
        ({"R002": "{young: gains}"}, "no such thing: young"),
        ({"R001": "{old: gains}"}, "a rule about the household has no effects on a person"),
        ({"R002": "{old: wins}"}, "effects.old: Input should be 'gains', 'keeps', 'loses' or 'elsewhere'"),
    ],
)
def test_a_fault_in_effects_is_named(effects: dict[str, str], message: str, tmp_path: Path) -> None:
    assert any(message in one for one in messages(small(tmp_path, effects)))


def test_the_shipped_rules_speak_of_everything_listed() -> None:
    catalogue = load_catalogue()
    spoken = {thing for rule in catalogue.rules for thing in rule.face.effects}
    assert spoken == set(catalogue.codes.things)
    pairs = {frozenset((clash.first.id, clash.second.id)) for clash in clashes(catalogue)}
    assert {frozenset(("R050", "R080")), frozenset(("R034", "R036")), frozenset(("R101", "R102"))} <= pairs
