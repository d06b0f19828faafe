"""Finding the register numbers of people who were taken in while the core was away.

Nobody is guessed: a person counts as found only when exactly one resident has the same name, birth date and
sex, and all of them live in one household. Anything else is for a person to reconcile.
"""

from typing import Any

from core_adapter.matching import fold_name
from core_adapter.models import Household, ResidentQuery
from core_adapter.ports import CoreAdapter


class AmbiguousPersonError(LookupError):
    """Somebody in the notification could not be told apart, or was not found."""


def complete(draft: dict[str, Any], core: CoreAdapter) -> dict[str, Any]:
    """`draft` with every resident and household number filled in.

    Raises AmbiguousPersonError, CoreError. A draft that lacks nothing is returned as it is, without
    asking the core.
    """
    if all(subject.get("resident_id") for subject in draft["subjects"]):
        return draft
    found: Household | None = None
    subjects = []
    for subject in draft["subjects"]:
        if subject["birth"]["value"] is None:
            # A name and a sex alone say who somebody is only by chance.
            raise AmbiguousPersonError
        query = ResidentQuery(name=subject["name"], birth=subject["birth"]["value"], sex=subject["sex"])
        exact = [
            match.resident
            for match in core.search(query)
            if not set(match.differences) - {"name_variant", "address", "kana"}
            # A search takes the beginning of a name as well.
            and fold_name(match.resident.name.display) == fold_name(subject["name"])
            and match.resident.birth.value == subject["birth"]["value"]
        ]
        if len(exact) != 1:
            raise AmbiguousPersonError
        resident = exact[0]
        if found is None:
            found = core.household(resident.household_id)
        if found is None or resident.household_id != found.household_id:
            raise AmbiguousPersonError
        subjects.append(
            {
                **subject,
                "resident_id": resident.resident_id,
                "name": resident.name.display,
                "kana": resident.name.kana,
                "relationship": resident.relationship,
                "old_address": resident.address.model_dump(mode="json"),
                "protected": resident.protection != "no",
            }
        )
    if found is None:
        raise AmbiguousPersonError
    whole = len(subjects) == len(found.members)
    household = {
        "old_id": found.household_id,
        "new_id": None,
        # Who heads the household that a part of this one founds follows from the relationships.
        "head_id": found.head_id if whole else None,
        "joins": "same" if whole else "new",
    }
    return {**draft, "subjects": subjects, "household": household, "scope": "全部" if whole else "一部"}
