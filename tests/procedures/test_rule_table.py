"""What the rule table says about each row beside its condition: class, department, how it is handled.

Groups: N and whatever is lost when missed today → today; A, B → here; C → handover; D, E → advice.
"""

import pytest

from procedures.loading import load_catalogue

# id/variant: class, department, group, optional
TABLE = {
    "R006": ("N", "shimin", "here", False),
    "R007": ("A", "shimin", "here", False),
    "R008": ("A", "shimin", "here", False),
    "R009": ("B", "shimin", "here", True),
    "R010": ("N", "shimin", "today", False),
    "R015": ("N", "shimin", "today", False),
    "R015/two_adults": ("N", "shimin", "today", False),
    "R015/children_only": ("N", "shimin", "today", False),
    "R019": ("C", "shimin", "handover", False),
    "R031": ("B", "shimin", "here", False),
    "R032": ("B", "shimin", "here", True),
    "R033": ("B", "shimin", "here", False),
    "R037": ("B", "shimin", "here", True),
    "R037/applying": ("B", "shimin", "here", False),
    "R052": ("A", "kokuho", "here", False),
    "R070": ("B", "kokuho", "here", False),
    "R070/linked": ("E", "kokuho", "advice", False),
    "R070/not_linked": ("B", "kokuho", "here", False),
    "R081": ("A", "kokuho", "here", False),
    "R096": ("A", "kaigo", "here", False),
    "R105": ("B", "kosodate", "here", False),
    "R109": ("B", "kosodate", "here", False),
    "R118": ("B", "gakumu", "here", False),
    "R119": ("D", "school", "advice", False),
    "R123": ("C", "hoiku", "handover", False),
    "R126": ("A", "kosodate", "here", False),
    "R127": ("B", "kosodate", "here", False),
    "R130": ("B", "shogai", "here", False),
    "R131": ("B", "shogai", "here", False),
    "R132": ("B", "shogai", "here", False),
    "R133": ("B", "shogai", "here", False),
    "R153": ("D", "unyu", "advice", False),
    "R157": ("B", "kankyo", "here", False),
    "R157/national_database": ("D", "kankyo", "advice", False),
    "R157/counter": ("B", "kankyo", "here", False),
    "R158": ("D", "suido", "advice", False),
    "R160": ("D", "kankyo", "advice", False),
}
FACES = {
    f"{rule.id}/{variant.id}" if variant else rule.id: variant.face if variant else rule.face
    for rule in load_catalogue().rules
    for variant in (None, *rule.variants)
}


def test_the_table_covers_every_rule_and_branch() -> None:
    assert set(TABLE) == set(FACES)


@pytest.mark.parametrize("row", TABLE)
def test_class_department_and_handling(row: str) -> None:
    face = FACES[row]
    assert (face.klass, face.department.id, face.group, face.optional) == TABLE[row]


def test_only_protection_is_confidential() -> None:
    assert {rule.id for rule in load_catalogue().rules if rule.confidential} == {"R019"}


def test_other_authorities_are_marked_external() -> None:
    external = {row for row, face in FACES.items() if face.department.external}
    assert external == {"R119", "R153", "R158"}


def test_every_rule_says_where_it_comes_from() -> None:
    for rule in load_catalogue().rules:
        assert rule.face.legal_basis
        assert rule.sources or rule.confidence == "K", f"{rule.id} is marked as read, but names no source"
