"""Who may sign, and what a municipality has confirmed."""

from pathlib import Path

import pytest

from procedures import Case, Item, by_answer, evaluate, load_catalogue, signing

CATALOGUE = load_catalogue("990001", Path(__file__).parent / "small")


def item(*people: str, procedure: str = "R004") -> Item:
    case = Case.from_dict(
        {
            "municipality": "990001",
            "date": "2026-11-24",
            "event": ["BORN", "OUT"],
            "facts": {"moved_on": "2026-11-20"},
            "household": [{"id": name, "facts": {"due_on": "2027-01-10"}} for name in people],
        }
    )
    return next(one for one in evaluate(case, CATALOGUE).applies if one.procedure_id == procedure)


@pytest.mark.parametrize(
    ("roles", "kind", "who"),
    [
        ({"a": {"self"}, "b": {"self"}}, "here", "self"),
        ({"a": {"self"}, "b": set()}, "letter", "proxy"),
        ({"a": {"self"}}, "letter", "proxy"),
        ({"a": {"parent"}, "b": {"self"}}, "letter", "proxy"),  # a parent cannot end today, a proxy can
    ],
)
def test_the_hardest_answer_counts(roles: dict[str, set[str]], kind: str, who: str) -> None:
    found = signing(item("a", "b"), roles)
    assert found.applicant is not None
    assert (found.kind, found.applicant.who) == (kind, who)


def test_what_one_may_sign_does_not_wait_for_the_others() -> None:
    both = item("a", "b")
    parts = by_answer(both, {"a": set(), "b": {"self"}})
    assert [(part.person_ids, found.kind) for part, found in parts] == [(("b",), "here"), (("a",), "letter")]
    assert all(part.documents == both.documents for part, _ in parts)
    ((whole, found),) = by_answer(both, {"a": {"self"}, "b": {"self"}})
    assert (whole, found.kind) == (both, "here")


def test_without_a_proxy_it_is_for_later() -> None:
    alone = item("a")
    object.__setattr__(alone, "applicants", alone.applicants[:2])
    late = signing(alone, {"a": {"parent"}})
    assert late.applicant is not None
    assert (late.kind, late.applicant.who) == ("later", "parent")
    assert signing(alone, {"a": {"neighbour"}}).kind == "later"
    assert signing(alone, {"a": {"neighbour"}}).applicant is None


def test_what_names_nobody_is_signed_by_anybody() -> None:
    assert signing(item("a", procedure="R001"), {}).kind == "here"


def test_only_the_version_that_was_confirmed_is_confirmed() -> None:
    """R004 was confirmed on 1 October; the version in force began on the 2nd."""
    assert item("a", procedure="R001").confirmed is True
    assert item("a", procedure="R004").confirmed is False
    assert item("a", procedure="C01").confirmed is False
