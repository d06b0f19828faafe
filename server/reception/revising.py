"""What a later change does to the guidance: which procedures came to the visitor's list and which left it."""

from collections.abc import Callable
from typing import Any

from procedures import Choice, FactSpec, Guidance, Question, changes
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.reception import facts
from server.reception.intake import Intake, load
from server.reception.models import Reception

# The fact that keeps what the last change did, until somebody has seen it.
CHANGED = "guidance_change"
_LISTED = ("applies", "needs_confirmation")


def revise(
    unit: Unit,
    ctx: Context,
    reception: Reception,
    key: DataKey,
    guide: Callable[[Intake], Guidance | None],
    verb: Callable[[], object],
) -> None:
    """Carry out `verb` and keep what it changed on the list; a list that did not exist yet cannot change."""
    before = guide(load(unit, ctx, key, reception))
    verb()
    after = guide(load(unit, ctx, key, reception))
    found = difference(before, after) if before and after else {}
    if any(found.values()):
        facts.put(unit, ctx, key, reception.id, CHANGED, found, source="derived")
    else:
        seen(unit, reception)


def seen(unit: Unit, reception: Reception) -> None:
    """Whoever works on the intake has read it."""
    facts.withdraw(unit, reception.id, person_id="", name=CHANGED)


def difference(before: Guidance, after: Guidance) -> dict[str, list[dict[str, Any]]]:
    """{appeared, disappeared: [{id, name {ja, en}, person_ids, confidential}]} of what is sure or open."""
    secret = {
        item.procedure_id
        for guidance in (before, after)
        for item in (*guidance.applies, *guidance.needs_confirmation, *guidance.may_apply)
        if item.confidential
    }
    found: dict[str, list[dict[str, Any]]] = {"appeared": [], "disappeared": []}
    for change in changes(before, after):
        was, now = change.before in _LISTED, change.after in _LISTED
        if was != now:
            found["appeared" if now else "disappeared"].append(
                {
                    "id": change.procedure_id,
                    "name": {"ja": change.name.ja, "en": change.name.en},
                    "person_ids": list(change.person_ids),
                    "confidential": change.procedure_id in secret,
                }
            )
    return found


def asked_again(intake: Intake, spec: FactSpec) -> Question | None:
    """The question to an answer that was given at the counter, for all who have one; None without any."""
    owners = [
        owner
        for owner in ("", *(person.person_id for person in intake.people))
        if any(view.source in ("resident", "staff") for view in intake.facts.all(owner, spec.name))
    ]
    words = spec.asked(intake.events)
    if not owners or words is None:
        return None
    return Question(
        fact=spec.name,
        scope=spec.scope,
        person_ids=tuple(owner for owner in owners if owner),
        type=spec.type,
        text=words,
        choices=tuple(Choice(value, label) for value, label in spec.words.items()),
        asked_of=spec.asked_of,
        hint=spec.hint,
        decides=(),
        advice_only=False,
        expected_remaining=0.0,
    )
