"""A rule in words, and what two catalogues say differently of it."""

from datetime import date
from pathlib import Path

from procedures.engine.catalogue import Catalogue
from procedures.logic.case import Case
from procedures.pages.portrait import portrait, redrawn
from procedures.proving.case_file import CaseFile
from procedures.proving.checker import read
from procedures.proving.comparison import answered_differently
from procedures.reading.loading import Loader, load_catalogue, overlay_path
from procedures.reading.yaml_lines import Located

SMALL = Path(__file__).parent / "small"
TEXT = overlay_path("990001", SMALL).read_text(encoding="utf-8")
NOW, LATER = date(2026, 11, 24), date(2027, 4, 1)


def town(text: str) -> Catalogue:
    catalogue, problems = read(Loader("990001", SMALL, text))
    assert catalogue is not None
    assert problems == []
    return catalogue


def test_a_text_in_hand_makes_the_same_rules_as_the_file() -> None:
    assert town(TEXT).version == load_catalogue("990001", SMALL).version
    assert town(TEXT + "# more\n").version != town(TEXT).version


def test_every_rule_of_a_real_town_can_be_put_into_words() -> None:
    catalogue = load_catalogue("992020")
    for rule in catalogue.rules:
        keys = {part.key for part in portrait(rule, catalogue) if part.words.ja and part.words.en}
        assert {"name", "department", "deadline", "legal_basis", "when"} <= keys


def test_what_a_fee_a_reason_and_a_new_rule_change() -> None:
    old = town(TEXT)
    dearer = redrawn(old, town(TEXT.replace("yen: 300", "yen: 1400")), NOW)
    assert [(one.id, one.kind) for one in dearer] == [("C01", "changed")]
    key, variant, before, after = dearer[0].parts[0]
    assert (key, variant, before.ja, after.en) == ("fee", None, "300円", "1,400 yen copy") or (
        before.ja.endswith("300円") and after.en.startswith("1,400 yen")
    )
    gone = TEXT.replace("\nadd:", "\n  R001: {disabled: true, why: {ja: 廃止, en: abolished}}\nadd:")
    (missing,) = redrawn(old, town(gone), NOW)
    assert (missing.id, missing.kind, missing.why and missing.why.en) == ("R001", "disappeared", "abolished")
    assert [one.id for one in redrawn(town(gone), old, NOW) if one.kind == "appeared"] == ["R001"]
    assert redrawn(old, old, LATER) == []


def test_cases_say_whose_deadline_moves() -> None:
    person = {"id": "p", "facts": {"birth": "1950-01-01", "ins": "work"}}
    case = Case.from_dict(
        {
            "municipality": "990001",
            "date": "2026-11-24",
            "event": "IN",
            "facts": {"moved_on": "2026-11-20"},
            "household": [person],
        }
    )
    file = CaseFile("だれか", case, {}, None, Located("somebody.yaml", {}, {}))
    longer = town(TEXT.replace("months: 1", "months: 2"))
    (found,) = answered_differently([file], town(TEXT), longer)
    (before, after) = found.deadlines["x-bus"]
    assert ("1か月" in before.ja, "2か月" in after.ja) == (True, True)
    assert [change.fields for change in found.changes] == [("deadline",)]
    assert answered_differently([file], town(TEXT), town(TEXT + "# the same\n")) == []
