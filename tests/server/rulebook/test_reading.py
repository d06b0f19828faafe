"""Texts of every wrong kind: each gives a fault with its line, and none of them stops the process."""

import pytest

from server.rulebook.fault_words import KEYS
from server.rulebook.reading import reading, shipped_text
from server.web.words import Words
from tests.server.rulebook.conftest import CODE, SMALL, with_fee

TEXT = shipped_text(CODE, SMALL)
LAUGHS = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
END = TEXT.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("", 1, "whole"),
        ("こんにちは", 1, "whole"),
        ("- 1\n", 1, "whole"),
        (TEXT + "x: {a: [1\n", END + 1, "not_yaml"),
        (TEXT + "\tx: 1\n", END, "no_character"),
        (TEXT + "x: \ufffe\n", 0, "no_character"),
        (TEXT + "x: 1\nx: 2\n", END + 1, "twice"),
        (TEXT + "yes: 1\n", END, "true_false"),
        (TEXT + "x: 2027-02-30\n", END, "no_value"),
        (TEXT + "x: !!int many\n", END, "no_value"),
        (TEXT + "x: !!python/name:os.getpid ''\n", END, "no_tag"),
        (TEXT + "x: {<<: {a: 1}}\n", END, "no_tag"),
        (TEXT + "x: *nothing\n", END, "no_anchor"),
        (TEXT + "x: &x [*x]\n", END, "in_itself"),
        (TEXT + "? [a, b]\n: 1\n", END, "not_word"),
        (TEXT + "x: " + "[" * 190_000, END, "too_deep"),
        (TEXT + "- " * 190_000, END, "not_yaml"),
        ("- " * 190_000, 1, "too_deep"),
        ("a0: &a0 [1]\n" + LAUGHS, 6, "too_many"),
        (TEXT.replace("12-29", "12/29"), 3, "not_shape"),
        (TEXT.replace("12-29", "01-01").replace("01-03", "12-31"), 3, "year_end"),
        (TEXT.replace("[5, 6]", "[0, 1, 2, 3, 4, 5, 6]"), 3, "too_long"),
        (TEXT.replace("'17:15'", "'08:00'"), 39, "hours_order"),
        (TEXT.replace("'17:15'", "17:15"), 39, "not_time"),
        (with_fee(10_000_000), 6, "too_big"),
        (TEXT.replace("'990001'", "'99'"), 1, "not_shape"),
    ],
)
def test_a_fault_is_named_with_its_line(text: str, line: int, key: str) -> None:
    found = reading(CODE, text, SMALL)
    assert found.catalogue is None
    assert (line, key) in [(one.line, one.key) for one in found.faults]


def test_a_period_never_leads_beyond_the_calendar() -> None:
    long = TEXT.replace(
        "procedures:\n",
        "procedures:\n  R001: {deadline: {type: offset, start: event_date, days: 99999999}}\n",
        1,
    )
    assert "too_big" in [one.key for one in reading(CODE, long, SMALL).faults]


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_fault_has_its_sentence(lang: str) -> None:
    words = Words()
    for key in KEYS:
        assert words.say(lang, f"rules.fault.{key}", what="C01") != f"rules.fault.{key}"
