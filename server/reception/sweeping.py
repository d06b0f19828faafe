"""Asking at one go what few people answer with yes: read the list aloud, tick what applies, the rest is no.

Rules are not weakened by it: every question is put to everybody whom it concerns. What was ticked is asked on
its own afterwards, because it matters who and which.
"""

from collections.abc import Collection, Mapping
from typing import Any

from procedures import FactSpec, Question
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.reception import facts, service
from server.reception.models import Reception

# A question that more people than these say yes to is quicker asked on its own.
RARE = 0.35
# The fact that keeps which questions were ticked, to be asked on their own.
ALONE = "asked_alone"


def sweep(
    questions: tuple[Question, ...], specs: Mapping[str, FactSpec], alone: Collection[str] = ()
) -> tuple[Question, ...]:
    """The questions to be asked at one go, () when that spares nothing; `alone` were ticked before.

    Whom an event concerns comes first: while that is open, nothing is swept.
    """
    if any(specs[question.fact].asked_first for question in questions):
        return ()
    found = tuple(one for one in questions if one.fact not in alone and _is_rare(specs[one.fact]))
    return found if len(found) > 1 else ()


def answer(
    unit: Unit,
    ctx: Context,
    reception: Reception,
    key: DataKey,
    asked: Collection[Question],
    ticked: Collection[str],
) -> None:
    """No to every question asked but the ticked ones, which are asked on their own. Raises NotNowError."""
    for question in asked:
        if question.fact in ticked:
            continue
        for owner in question.person_ids if question.scope == "person" else ("",):
            no: Any = [] if question.type == "choices" else False
            service.set_fact(unit, ctx, reception, key, question.fact, no, person_id=owner)
    before = facts.read(unit, key, reception.id).value("", ALONE, [])
    service.set_fact(unit, ctx, reception, key, ALONE, sorted({*before, *ticked}), source="staff")


def _is_rare(spec: FactSpec) -> bool:
    if spec.asked_of != "resident":
        return False
    if spec.type == "yes_no":
        return spec.chances[True] <= RARE
    return spec.type == "choices" and all(chance <= RARE for chance in spec.chances.values())
