"""What still stands between an intake and its paper. Each gap has the key of the sentence that names it."""

from procedures import Guidance
from server.reception.intake import Intake


def gaps(intake: Intake, guidance: Guidance | None) -> list[str]:
    """Keys of everything that must be settled before the form can be made, in the order of the screen."""
    found = []
    if intake.standing.needs_supervisor:
        found.append("supervisor")
    if not intake.people:
        found.append("people")
    elif not intake.movers:
        found.append("movers")
    if intake.new_address is None:
        found.append("new_address")
    if intake.moved_on is None:
        found.append("moved_on")
    elif intake.moved_on > intake.filed_on:
        # 住民記録システム標準仕様書 4.0.3: only a 転出 may lie ahead.
        found.append("moved_on_future")
    if intake.filer is None and not intake.facts.value("", "filer_name"):
        found.append("filer")
    # What only decides a piece of advice may stay open: nobody signs it.
    if guidance is not None and any(not question.advice_only for question in guidance.questions):
        found.append("questions")
    return found
