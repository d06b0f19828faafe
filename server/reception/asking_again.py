"""A question that was answered, put once more."""

from procedures import Choice, FactSpec, Question
from server.reception.intake import Intake


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
