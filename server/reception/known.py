"""What the core's record of a resident says in the words of the procedure rules (procedures/data/facts.yaml).

Only what the core knows is said: a fact it leaves open is left out, so that it is asked.
"""

from typing import Any

from core_adapter.models import Resident


def register_facts(resident: Resident) -> dict[str, Any]:
    """Fields of the register as the screens and the form show them."""
    return {
        "name": resident.name.display,
        "kana": resident.name.kana,
        "birth": resident.birth.value,
        "sex": resident.sex,
        "relationship": resident.relationship_text,
        "address": resident.address.text,
    }


def rule_facts(resident: Resident) -> dict[str, Any]:
    """Facts that the rules ask for and the core answers (住民記録システム標準仕様書 7.2.2 他業務照会)."""
    known = resident.known
    facts: dict[str, Any] = {
        "rel": list(resident.relationship),
        "is_head": resident.is_head,
        "nat": resident.residence_kind if resident.residence_kind != "unknown" else None,
        "stay_until": resident.stay_until.isoformat() if resident.stay_until else None,
        "ins": _insurance(resident),
        "pens": known.pension,
        "mnc": known.my_number_card,
        "care_lv": _care_level(resident),
        "gets_jidoteate": known.child_allowance,
        "dv_support": {"yes": True, "no": False}.get(resident.protection),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _insurance(resident: Resident) -> str | None:
    if resident.known.late_elderly:
        return "kouki"
    if resident.known.national_health_insurance:
        return "kokuho"
    told = resident.known.national_health_insurance is not None and resident.known.late_elderly is not None
    return "other" if told else None


def _care_level(resident: Resident) -> str | None:
    if resident.known.care_level:
        return resident.known.care_level
    # Insured without a level means that nobody certified one; not insured says nothing of it either way.
    return "none" if resident.known.care_insurance is not None else None
