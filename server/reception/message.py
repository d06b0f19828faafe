"""The notification as it will go to the core, in the core adapter's words: frozen at prepare, sent later."""

from typing import Any

from procedures import Guidance, Item
from server.db.context import Context
from server.kit.clock import now
from server.reception import new_household
from server.reception.documents import NUMBER
from server.reception.intake import Intake
from server.reception.models import Reception
from server.reception.people import PersonView

_RELATION_WORDS = {
    "self": "本人",
    "member": "同一世帯員",
    "relative": "任意代理人",
    "legal_representative": "法定代理人",
    "agent": "任意代理人",
    "messenger": "使者",
}
_POINTS = {"my_number_card": 1, "photo_document": 1, "two_documents": 2, "acquaintance": 0}
# What a department gets as work: not the notification (N), not advice (D), not what happens by itself (E).
WORKED = ("A", "B", "C")


def draft_of(
    intake: Intake, guidance: Guidance, reception: Reception, paper: Any, ctx: Context, form_sha256: str
) -> dict[str, Any]:
    """A core notification without its key. `resident_id` is None for whom the core was not asked about."""
    household_id = next((p.resident.household_id for p in intake.people if p.resident), None)
    head = new_household.head(intake)
    whole = intake.whole_household
    visit = visit_part(intake, guidance, ctx, intake.movers)
    for subject, mover in zip(visit["subjects"], intake.movers, strict=True):
        # For the register alone: no department needs it.
        subject[NUMBER] = intake.facts.value(mover.person_id, NUMBER)
    return {
        "tenant": reception.tenant_id,
        "municipality_code": paper.municipality_code,
        "kind": "転居",
        "reason": "転居",
        "scope": "全部" if whole else "一部",
        "desk": paper.desk,
        "station": ctx.station or "－",
        "received_at": now().isoformat(),
        "household": {
            "old_id": household_id,
            "new_id": None,
            "head_id": head.resident_id if head else None,
            "joins": "same" if whole else "new",
        },
        "form": {"id": "residence_change", "version": "1", "sha256": form_sha256},
    } | visit


def visit_part(
    intake: Intake, guidance: Guidance, ctx: Context, subjects: list[PersonView]
) -> dict[str, Any]:
    """What departments and core are both told of a visit: when, who filed, about whom, and what follows."""
    filer = intake.filer
    return {
        "filed_on": intake.filed_on.isoformat(),
        "moved_on": intake.moved_on.isoformat() if intake.moved_on else None,
        "reception_no": intake.number,
        "filer": {
            "resident_id": filer.resident_id if filer else None,
            "name": intake.facts.value(filer.person_id, "name")
            if filer
            else intake.facts.value("", "filer_name", "代理人"),
            "relation": "世帯主"
            if filer and filer.is_head and intake.relation == "self"
            else _RELATION_WORDS[intake.relation or "self"],
            "identity_check": {
                "method": intake.identity_method or "two_documents",
                "points": _POINTS[intake.identity_method or "two_documents"],
                "by": ctx.actor,
            },
        },
        "subjects": [_subject(intake, person) for person in subjects],
        "follow_ups": [_follow_up(item) for item in worked(guidance)],
    }


def worked(guidance: Guidance) -> list[Item]:
    """The procedures that give a department work: sure ones, and those it has to confirm."""
    items = [*guidance.applies, *guidance.needs_confirmation]
    return [item for item in items if item.klass in WORKED and not item.department.external]


def _subject(intake: Intake, person: PersonView) -> dict[str, Any]:
    facts, resident = intake.facts, person.resident
    birth = (
        resident.birth.model_dump()
        if resident
        else {"value": facts.value(person.person_id, "birth"), "text": None}
    )
    relationship = list(resident.relationship) if resident else facts.value(person.person_id, "rel")
    if new_household.is_founded(intake):
        relationship = new_household.relationship(intake, person).split("の")
    known = resident.known if resident else None
    return {
        "resident_id": person.resident_id,
        "name": facts.value(person.person_id, "name"),
        "kana": facts.value(person.person_id, "kana", ""),
        "birth": birth,
        "sex": facts.value(person.person_id, "sex", "0"),
        "relationship": relationship,
        "old_address": resident.address.model_dump(mode="json") if resident else None,
        "new_address": intake.new_address,
        "protected": person.protection != "no",
        "notes": {}
        if known is None
        else {
            "national_health_insurance": known.national_health_insurance,
            "late_elderly": known.late_elderly,
            "care_insurance": known.care_insurance,
            "pension": known.pension,
            "child_allowance": known.child_allowance,
        },
    }


def _follow_up(item: Item) -> dict[str, Any]:
    return {
        "procedure_id": item.procedure_id,
        "department": item.department.id,
        "klass": item.klass,
        "due": item.deadline.on.isoformat() if item.deadline.on else None,
        "state": "open",
    }
