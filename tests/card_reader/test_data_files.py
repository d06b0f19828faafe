"""Mistakes in the data files are told with file and line, and without the values that somebody typed."""

from pathlib import Path

import pytest

from card_reader.cards import FACTS_FILE, CardFacts, card_facts
from card_reader.simulated.personas import load_personas
from card_reader.yamlfile import BadDataFile, load

GOOD = """\
personas:
  taro:
    label: {ja: 見本太郎, en: Taro}
    kind: my_number
    name: 見本　太郎
    address: 見本県見本市
    birth: "19730401"
    sex: "1"
    pin: "4321"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "personas.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_read_in_its_order(tmp_path: Path) -> None:
    more = GOOD + "  abe:\n    label: {ja: 定期, en: Pass}\n    kind: transit\n"
    found = load_personas(written(tmp_path, more))
    assert [(key, persona.id) for key, persona in found.items()] == [("taro", "taro"), ("abe", "abe")]


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        ('pin: "4321"', "pin: 4321", 9, "pin"),
        ('pin: "4321"', 'pin: "43217"', 9, "pin"),
        ('birth: "19730401"', "birth: 1973-04-01", 7, "birth"),
        ('sex: "1"', 'sex: "x"', 8, "sex"),
        ("kind: my_number", "kind: passport", 4, "kind"),
        ("    name: 見本　太郎\n", "", 2, "needs name"),
        ('pin: "4321"', 'pin: "4321"\n    number: "4321"', 10, "number"),
        ('pin: "4321"', 'pin: "4321"\n    tries: {pin: 99}', 10, "tries"),
        ('sex: "1"', 'sex: "1"\n    sex: "2"', 9, "sex is given twice"),
        ("  taro:", "  Taro Mihon:", 2, "personas"),
        ('pin: "4321"', 'pin: "4321', 10, "end of stream"),
        ('sex: "1"', 'sex: "\x07"', 8, "not allowed"),
        (GOOD, "personas:\n- a\n", 1, "personas"),
        (GOOD, "", 1, ""),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, before: str, after: str, line: int, words: str
) -> None:
    path = written(tmp_path, GOOD.replace(before, after))
    with pytest.raises(BadDataFile) as caught:
        load_personas(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)
    assert "4321" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDataFile, match=r"nothing\.yaml:1"):
        load_personas(tmp_path / "nothing.yaml")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"0006"', '"6"'),
        ('aid: "D392F000260100000001"', 'aid: "D392F00026010000000X"'),
        ("tries: 3", "tries: 0"),
    ],
)
def test_impossible_card_facts_are_refused(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "cards.yaml"
    path.write_text(FACTS_FILE.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    with pytest.raises(BadDataFile, match=r"cards\.yaml:\d+: "):
        load(path, CardFacts)


def test_the_facts_of_this_package_are_those_of_the_sources() -> None:
    facts = card_facts()
    assert facts.jpki.aid == "D392F000260100000001"
    assert facts.text.aid == "D3921000310001010408"
    assert (facts.text.attributes, facts.text.pin.reference, facts.text.pin.tries) == ("0002", "0011", 3)
