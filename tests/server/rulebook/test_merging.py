"""Two drafts at once: what one changed is taken into the other, or said to stand in the same place."""

import pytest

from server.rulebook.merging import merged

BASE = "a: 1\nb: 2\nc: 3\nd: 4\n"


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        (BASE, BASE, BASE),
        (BASE.replace("1", "9"), BASE, BASE.replace("1", "9")),
        (BASE.replace("1", "9"), BASE.replace("3", "8"), "a: 9\nb: 2\nc: 8\nd: 4\n"),
        ("b: 2\nc: 3\nd: 4\n", BASE + "e: 5\n", "b: 2\nc: 3\nd: 4\ne: 5\n"),
        (BASE.replace("1", "9"), BASE.replace("1", "9"), BASE.replace("1", "9")),
        (BASE.replace("1", "9"), BASE.replace("1", "8"), None),
        (BASE.replace("1", "9"), BASE.replace("2", "8"), None),
        (BASE + "e: 5\n", BASE + "f: 6\n", None),
    ],
)
def test_what_both_changed_stands_together_or_nothing_is_written(
    mine: str, theirs: str, both: str | None
) -> None:
    assert merged(BASE, mine, theirs) == both
