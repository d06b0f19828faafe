"""Cutting an accepted intake into each department's part: what its procedure needs, and nothing else.

No address of a household with a protected member is broadcast (支援措置): the department asks the counter.
"""

from typing import Any

_PERSON_FIELDS = ("name", "kana", "birth", "sex", "relationship")


def parts_of(frozen: dict[str, Any]) -> list[dict[str, Any]]:
    """One part for each follow-up of the frozen intake, in its order."""
    guidance = frozen["guidance"]
    wanted = {(f["procedure_id"], f["department"]) for f in frozen["draft"]["follow_ups"]}
    items = [
        ({**item, "outcome": outcome})
        for outcome in ("applies", "needs_confirmation")
        for item in guidance[outcome]
        if (item["procedure_id"], item["department"]["id"]) in wanted
    ]
    return [_part(item, frozen) for item in items]


def _part(item: dict[str, Any], frozen: dict[str, Any]) -> dict[str, Any]:
    draft, facts = frozen["draft"], frozen["facts"]
    protected = frozen["protected"]
    people = [_person(person_id, facts) for person_id in item["person_ids"]]
    return {
        "procedure_id": item["procedure_id"],
        "variant": item["variant"],
        "outcome": item["outcome"],
        "name": item["name"],
        "department": item["department"]["id"],
        "klass": item["klass"],
        "due": item["deadline"]["on"],
        "deadline": item["deadline"]["text"],
        "documents": item["documents"],
        "legal_basis": item["legal_basis"],
        "why": [{"person_id": why["person_id"], "because": why["because"]} for why in item["why"]],
        "protected": protected,
        "reception_no": draft["reception_no"],
        "events": frozen.get("events", []),
        "filed_on": draft["filed_on"],
        "moved_on": draft["moved_on"],
        "filer": draft["filer"],
        "people": people,
        "facts": _facts_used(item, facts),
        "old_address": None if protected else _address(draft, "old_address"),
        "new_address": None if protected else _address(draft, "new_address"),
    }


def _person(person_id: str, facts: list[dict[str, Any]]) -> dict[str, Any]:
    own = {fact["name"]: fact for fact in facts if fact["person"] == person_id}
    return {"person_id": person_id} | {
        name: {
            "value": own[name]["value"],
            "source": own[name]["source"],
            "confirmed_by": own[name]["confirmed_by"],
        }
        for name in _PERSON_FIELDS
        if name in own
    }


def _facts_used(item: dict[str, Any], facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The facts that this procedure's own conditions looked at."""
    used: set[tuple[str, str]] = set()
    for why in item["why"]:
        _collect(why["conditions"], used)
    return [
        {
            key: fact[key]
            for key in ("person", "name", "value", "unknown", "source", "at", "by", "confirmed_by")
        }
        for fact in facts
        if (fact["person"], fact["name"]) in used
    ]


def _collect(node: dict[str, Any], used: set[tuple[str, str]]) -> None:
    if node["fact"]:
        used.add((node["person_id"] or "", node["fact"]))
    for child in node["children"]:
        _collect(child, used)


def _address(draft: dict[str, Any], name: str) -> str | None:
    address = draft["subjects"][0][name] if draft["subjects"] else None
    return address["text"] if address else None
